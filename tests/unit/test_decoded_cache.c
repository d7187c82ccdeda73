/* Decoded photos between the moderator's look and the resize: each is had once, and none stays. */
#include "check.h"
#include "decoded_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static struct id make_id(uint8_t number)
{
    return (struct id){{number}};
}

static int keep(struct negatives *negatives, uint8_t number)
{
    struct id id = make_id(number);
    struct negative negative = {.file = memfd_create("negative", MFD_CLOEXEC), .shape = {0, number, 1}};
    int file = negative.file;
    negatives_keep(negatives, &id, &negative);
    CHECK_INT(negative.file, -1);
    return file;
}

static bool is_open(int file)
{
    return fcntl(file, F_GETFD) >= 0;
}

/* 0: there is none. */
static uint32_t take(struct negatives *negatives, uint8_t number)
{
    struct id id = make_id(number);
    NEGATIVE_CLEANUP struct negative negative = negatives_take(negatives, &id);
    CHECK_INT(negative.file >= 0, negative.shape.width > 0);
    return negative.shape.width;
}

static void test_once(void)
{
    struct negatives negatives;
    negatives_init(&negatives);
    CHECK_INT(take(&negatives, 1), 0);
    int first = keep(&negatives, 1), second = keep(&negatives, 2);
    CHECK_INT(take(&negatives, 1), 1);
    CHECK(!is_open(first) && is_open(second));
    CHECK_INT(take(&negatives, 1), 0);
    CHECK_INT(take(&negatives, 2), 2);
    negatives_release(&negatives);
}

static void test_again(void)
{
    struct negatives negatives;
    negatives_init(&negatives);
    int former = keep(&negatives, 1), latter = keep(&negatives, 1);
    CHECK(!is_open(former) && is_open(latter));
    CHECK_INT(take(&negatives, 1), 1);
    CHECK_INT(take(&negatives, 1), 0);
    negatives_release(&negatives);
}

static void test_room(void)
{
    struct negatives negatives;
    negatives_init(&negatives);
    int oldest = keep(&negatives, 1);
    for (int i = 2; i <= NEGATIVES_MAX; i++)
        (void)keep(&negatives, (uint8_t)i);
    CHECK(is_open(oldest));
    int newest = keep(&negatives, NEGATIVES_MAX + 1);
    CHECK(!is_open(oldest));
    CHECK_INT(take(&negatives, 1), 0);
    CHECK_INT(take(&negatives, 2), 2);
    negatives_release(&negatives);
    CHECK(!is_open(newest));
}

CHECK_MAIN({"a negative is taken once, by its photo alone", test_once},
           {"a photo that was looked at again has one", test_again},
           {"the oldest goes when there is no room, all go at the end", test_room})
