/* Objects in parts. */
#include "blob_cases.h"

#include "clock.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MIN = BLOB_PART_BYTES_MIN, PART_ROWS = 3 };

static const uint64_t sizes[PART_ROWS] = {MIN, MIN + 3, 1000};

/* Puts the parts of `sizes`, taken from one file, in the order 3, 1, 2. */
static void put_parts(struct blob *blob, const char *key, const char *id, struct blob_part ret_parts[static PART_ROWS])
{
    static const size_t order[PART_ROWS] = {2, 0, 1};
    int fd = make_file(2 * MIN + 1003);
    for (size_t i = 0; i < PART_ROWS; i++) {
        size_t row = order[i];
        uint64_t offset = 0;
        for (size_t before = 0; before < row; before++)
            offset += sizes[before];
        CHECK_OK(blob_parts_put(blob, BUCKET_ORIGINALS, key, id, 10 * (unsigned)row + 1, fd, offset, sizes[row],
                                &ret_parts[row], why));
        CHECK_INT(ret_parts[row].number, 10 * row + 1);
        CHECK_INT(ret_parts[row].size, sizes[row]);
    }
    (void)close(fd);
}

static void check_content(struct blob *blob, const char *key, uint64_t size)
{
    struct blob_object object;
    enum { BLOCK = 1 << 20 };
    unsigned char *block = memory_new(BLOCK);
    size_t wrong = 0;
    if (CHECK_INT(blob_get(blob, BUCKET_ORIGINALS, key, &object, NULL), STATUS_OK)) {
        CHECK_INT(object.size, size);
        for (uint64_t done = 0; done < object.size;) {
            size_t count = 0;
            if (!CHECK_INT(blob_object_read(&object, done, block, BLOCK, &count, NULL), STATUS_OK) || !count)
                break;
            for (size_t i = 0; i < count; i++)
                wrong += block[i] != byte_at(done + i);
            done += count;
        }
        blob_object_release(&object);
    }
    CHECK_INT(wrong, 0);
    free(block);
}

static bool note_parts(void *context, const char *key, const char *id, int64_t begun_s)
{
    int64_t now_s = clock_now_ms() / 1000;
    CHECK(begun_s >= now_s - 600 && begun_s <= now_s + 5);
    text_addf(context, "%s %s;", key, id);
    return true;
}

static void check_listed(struct blob *blob, const char *key, const char *id)
{
    TEXT_CLEANUP struct text listed = {0}, expected = {0};
    CHECK_OK(blob_parts_list(blob, BUCKET_ORIGINALS, note_parts, &listed, why));
    if (key)
        text_setf(&expected, "%s %s;", key, id);
    CHECK_STR(text_get(&listed), text_get(&expected));
}

static void test_together(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text id = {0}, content = {0};
    struct blob_part parts[PART_ROWS] = {0};
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "a/big-one", &id, why));
    CHECK(id.length > 0 && id.length <= BLOB_PARTS_ID_MAX);
    put_parts(blob, "a/big-one", text_get(&id), parts);
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "a/big-one", &content), "not-found");
    CHECK_INT(count_keys(blob, BUCKET_ORIGINALS), 0);
    check_listed(blob, "a/big-one", text_get(&id));
    CHECK_OK(blob_parts_complete(blob, BUCKET_ORIGINALS, "a/big-one", text_get(&id), parts, PART_ROWS, why));
    check_content(blob, "a/big-one", 2 * MIN + 1003);
    check_listed(blob, NULL, NULL);
}

static void test_replaced(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text id = {0}, content = {0};
    struct blob_part first = {0}, second = {0};
    int fd = make_file(100);
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    CHECK_OK(blob_parts_put(blob, BUCKET_ORIGINALS, "key", text_get(&id), 1, fd, 0, 7, &first, why));
    CHECK_OK(blob_parts_put(blob, BUCKET_ORIGINALS, "key", text_get(&id), 1, fd, 0, 9, &second, why));
    CHECK_STATUS(blob_parts_complete(blob, BUCKET_ORIGINALS, "key", text_get(&id), &first, 1, why), STATUS_INVALID);
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "key", &content), "not-found");
    CHECK_OK(blob_parts_complete(blob, BUCKET_ORIGINALS, "key", text_get(&id), &second, 1, why));
    check_content(blob, "key", 9);
    (void)close(fd);
}

static void test_refused(struct blob *blob, const char *address)
{
    (void)address;
    struct blob_part parts[PART_ROWS] = {0};
    TEXT_CLEANUP struct text id = {0}, content = {0};
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    put_parts(blob, "key", text_get(&id), parts);
    const struct {
        const char *name;
        struct blob_part parts[2];
        size_t count;
    } rows[] = {
        {"no part", {parts[0]}, 0},
        {"a small part before the last", {parts[2], {.number = 22, .size = 1}}, 2},
        {"parts in the wrong order", {parts[1], parts[0]}, 2},
        {"a part twice", {parts[0], parts[0]}, 2},
        {"a part that was never put", {parts[0], {.number = 7, .size = 4, .tag = "x"}}, 2},
        {"a part under another number", {parts[0], {.number = 2, .size = parts[1].size}}, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("an object is not made of %s", rows[i].name);
        CHECK_STATUS(
            blob_parts_complete(blob, BUCKET_ORIGINALS, "key", text_get(&id), rows[i].parts, rows[i].count, why),
            STATUS_INVALID);
        CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "key", &content), "not-found");
    }
    check_case("the parts are still there after what was refused");
    CHECK_OK(blob_parts_complete(blob, BUCKET_ORIGINALS, "key", text_get(&id), parts, PART_ROWS, why));
    check_content(blob, "key", 2 * MIN + 1003);
}

static void test_numbers(struct blob *blob, const char *address)
{
    (void)address;
    static const struct {
        unsigned number;
        uint64_t size;
        enum status status;
    } rows[] = {
        {0, 5, STATUS_INVALID},         {1, 5, STATUS_OK},
        {BLOB_PARTS_MAX, 5, STATUS_OK}, {BLOB_PARTS_MAX + 1, 5, STATUS_INVALID},
        {2, 101, STATUS_UNPROCESSABLE}, /* the file has 100 */
    };
    struct blob_part part;
    TEXT_CLEANUP struct text id = {0};
    int fd = make_file(100);
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_STATUS(blob_parts_put(blob, BUCKET_ORIGINALS, "key", text_get(&id), rows[i].number, fd, 0, rows[i].size,
                                    &part, why),
                     rows[i].status);
    CHECK_OK(blob_parts_abort(blob, BUCKET_ORIGINALS, "key", text_get(&id), why));
    (void)close(fd);
}

/* After the end, whichever it was, and of an id that never was. */
static void check_gone(struct blob *blob, const char *id)
{
    struct blob_part part = {.number = 1, .size = 10, .tag = "x"};
    int fd = make_file(10);
    CHECK_STATUS(blob_parts_put(blob, BUCKET_ORIGINALS, "key", id, 1, fd, 0, 10, &part, why), STATUS_NOT_FOUND);
    CHECK_STATUS(blob_parts_complete(blob, BUCKET_ORIGINALS, "key", id, &part, 1, why), STATUS_NOT_FOUND);
    CHECK_OK(blob_parts_abort(blob, BUCKET_ORIGINALS, "key", id, why));
    check_listed(blob, NULL, NULL);
    (void)close(fd);
}

static void test_ends(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text id = {0}, content = {0};
    struct blob_part part = {0};
    int fd = make_file(10);
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    CHECK_OK(blob_parts_put(blob, BUCKET_ORIGINALS, "key", text_get(&id), 1, fd, 0, 10, &part, why));
    CHECK_OK(blob_parts_abort(blob, BUCKET_ORIGINALS, "key", text_get(&id), why));
    check_gone(blob, text_get(&id));
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "key", &content), "not-found");
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    CHECK_OK(blob_parts_put(blob, BUCKET_ORIGINALS, "key", text_get(&id), 1, fd, 0, 10, &part, why));
    CHECK_OK(blob_parts_complete(blob, BUCKET_ORIGINALS, "key", text_get(&id), &part, 1, why));
    check_gone(blob, text_get(&id));
    check_content(blob, "key", 10);
    check_gone(blob, "../../photos");
    check_gone(blob, "00000000000000000000000000000000");
    (void)close(fd);
}

/* Another process goes on where this one was. */
static void test_elsewhere(struct blob *blob, const char *address)
{
    TEXT_CLEANUP struct text id = {0};
    struct blob *other = NULL;
    struct blob_part parts[PART_ROWS] = {0};
    CHECK_OK(blob_parts_begin(blob, BUCKET_ORIGINALS, "key", &id, why));
    put_parts(blob, "key", text_get(&id), parts);
    if (!CHECK_INT(blob_open(address, BLOB_BESIDE, &other, NULL), STATUS_OK))
        return;
    check_listed(other, "key", text_get(&id));
    CHECK_OK(blob_parts_complete(other, BUCKET_ORIGINALS, "key", text_get(&id), parts, PART_ROWS, why));
    blob_close(other);
    check_content(blob, "key", 2 * MIN + 1003);
}

const struct blob_case blob_part_cases[] = {
    {"parts become one object in the order of their numbers", test_together},
    {"a part replaces the one of its number", test_replaced},
    {"parts that don't fit make no object", test_refused},
    {"parts have numbers from 1 to 10,000, and all their bytes", test_numbers},
    {"after their end parts are gone", test_ends},
    {"parts may be put together by another process", test_elsewhere},
    {0},
};
