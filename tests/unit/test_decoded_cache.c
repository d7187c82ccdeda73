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

static int keep(struct decoded_cache *cache, uint8_t number)
{
    struct id id = make_id(number);
    struct negative negative = {.file = memfd_create("negative", MFD_CLOEXEC), .shape = {0, number, 1}};
    int file = negative.file;
    decoded_cache_keep(cache, &id, &negative);
    CHECK_INT(negative.file, -1);
    return file;
}

static bool is_open(int file)
{
    return fcntl(file, F_GETFD) >= 0;
}

/* 0: there is none. */
static uint32_t take(struct decoded_cache *cache, uint8_t number)
{
    struct id id = make_id(number);
    NEGATIVE_CLEANUP struct negative negative = decoded_cache_take(cache, &id);
    CHECK_INT(negative.file >= 0, negative.shape.width > 0);
    return negative.shape.width;
}

static void test_once(void)
{
    struct decoded_cache cache;
    decoded_cache_init(&cache);
    CHECK_INT(take(&cache, 1), 0);
    int first = keep(&cache, 1), second = keep(&cache, 2);
    CHECK_INT(take(&cache, 1), 1);
    CHECK(!is_open(first) && is_open(second));
    CHECK_INT(take(&cache, 1), 0);
    CHECK_INT(take(&cache, 2), 2);
    decoded_cache_release(&cache);
}

static void test_again(void)
{
    struct decoded_cache cache;
    decoded_cache_init(&cache);
    int former = keep(&cache, 1), latter = keep(&cache, 1);
    CHECK(!is_open(former) && is_open(latter));
    CHECK_INT(take(&cache, 1), 1);
    CHECK_INT(take(&cache, 1), 0);
    decoded_cache_release(&cache);
}

static void test_room(void)
{
    struct decoded_cache cache;
    decoded_cache_init(&cache);
    int oldest = keep(&cache, 1);
    for (int i = 2; i <= DECODED_CACHE_MAX; i++)
        (void)keep(&cache, (uint8_t)i);
    CHECK(is_open(oldest));
    int newest = keep(&cache, DECODED_CACHE_MAX + 1);
    CHECK(!is_open(oldest));
    CHECK_INT(take(&cache, 1), 0);
    CHECK_INT(take(&cache, 2), 2);
    decoded_cache_release(&cache);
    CHECK(!is_open(newest));
}

CHECK_MAIN({"a negative is taken once, by its photo alone", test_once},
           {"a photo that was looked at again has one", test_again},
           {"the oldest goes when there is no room, all go at the end", test_room})
