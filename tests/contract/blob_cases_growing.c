/* Objects that grow. */
#include "blob_cases.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 700 };

static struct blob_growing *begin(struct blob *blob, struct text *ret_state)
{
    struct blob_growing *growing = NULL;
    blob_growing_begin(blob, ret_state);
    CHECK_OK(blob_growing_open(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(ret_state), 0, false, &growing, why));
    return growing;
}

static struct blob_growing *go_on(struct blob *blob, const char *state, uint64_t size, bool is_contested)
{
    struct blob_growing *growing = NULL;
    CHECK_OK(blob_growing_open(blob, BUCKET_ORIGINALS, "a/growing-one", state, size, is_contested, &growing, why));
    return growing;
}

static void add(struct blob_growing *growing, const char *bytes)
{
    CHECK_OK(blob_growing_write(growing, bytes, strlen(bytes), why));
}

static void save(struct blob_growing *growing, struct text *ret_state)
{
    CHECK_OK(blob_growing_save(growing, ret_state, why));
}

static void check_object(struct blob *blob, const char *state, const char *expected)
{
    TEXT_CLEANUP struct text content = {0};
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "a/growing-one", &content), "not-found");
    CHECK_OK(blob_growing_complete(blob, BUCKET_ORIGINALS, "a/growing-one", state, strlen(expected), why));
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "a/growing-one", &content), expected);
}

static bool count_row(void *context, const char *key, const char *id, int64_t begun_s)
{
    CHECK_STR(key, "a/growing-one");
    CHECK(id[0] && begun_s > 0);
    ++*(size_t *)context;
    return true;
}

static size_t count_unfinished(struct blob *blob)
{
    size_t count = 0;
    CHECK_OK(blob_parts_list(blob, BUCKET_ORIGINALS, count_row, &count, why));
    return count;
}

static void test_grows(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0}, content = {0};
    struct blob_growing *growing = begin(blob, &state);
    add(growing, "first, ");
    save(growing, &state);
    add(growing, "second, ");
    save(growing, &state);
    blob_growing_close(growing);
    growing = go_on(blob, text_get(&state), 15, false);
    add(growing, "third");
    save(growing, &state);
    blob_growing_close(growing);
    check_object(blob, text_get(&state), "first, second, third");
    check_case("once more, as after a crash");
    CHECK_OK(blob_growing_complete(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), 20, why));
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "a/growing-one", &content), "first, second, third");
    CHECK_INT(count_unfinished(blob), 0);
}

static void test_empty(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0};
    struct blob_growing *growing = begin(blob, &state);
    save(growing, &state);
    blob_growing_close(growing);
    check_object(blob, text_get(&state), "");
}

static void test_unsaved(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0};
    struct blob_growing *growing = begin(blob, &state);
    add(growing, "kept");
    save(growing, &state);
    add(growing, " and not kept, which is longer than what follows");
    blob_growing_close(growing);
    growing = go_on(blob, text_get(&state), 4, false);
    add(growing, ", then more");
    save(growing, &state);
    add(growing, " and again not kept");
    blob_growing_close(growing);
    check_object(blob, text_get(&state), "kept, then more");
}

static void test_large(struct blob *blob, const char *address)
{
    (void)address;
    enum { SIZE = 2 * BLOB_PART_BYTES_MIN - 1003, HALF = BLOB_PART_BYTES_MIN + 77 };
    TEXT_CLEANUP struct text state = {0};
    unsigned char bytes[PIECE];
    struct blob_growing *growing = begin(blob, &state);
    for (uint64_t at = 0; at < SIZE;) {
        uint64_t end = at < HALF ? HALF : SIZE;
        size_t count = end - at < PIECE ? (size_t)(end - at) : PIECE;
        for (size_t i = 0; i < count; i++)
            bytes[i] = byte_at(at + i);
        if (!CHECK_INT(blob_growing_write(growing, bytes, count, NULL), STATUS_OK))
            return;
        at += count;
        if (at == HALF) {
            save(growing, &state);
            blob_growing_close(growing);
            growing = go_on(blob, text_get(&state), HALF, false);
        }
    }
    save(growing, &state);
    blob_growing_close(growing);
    CHECK_OK(blob_growing_complete(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), SIZE, why));
    CHECK_INT(count_unfinished(blob), 0);
    CHECK_INT(count_keys(blob, BUCKET_ORIGINALS), 1);
    struct blob_object object;
    size_t wrong = 0, count = 0;
    unsigned char *all = malloc(SIZE);
    CHECK_OK(blob_get(blob, BUCKET_ORIGINALS, "a/growing-one", &object, why));
    CHECK_INT(object.size, SIZE);
    CHECK_OK(blob_object_read(&object, 0, all, SIZE, &count, why));
    for (size_t i = 0; i < count; i++)
        wrong += all[i] != byte_at(i);
    CHECK_INT(wrong, 0);
    free(all);
    blob_object_release(&object);
}

/* A writer that was thought dead goes on writing. */
static void test_contested(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0}, newer = {0}, lost = {0};
    struct blob_growing *dead = begin(blob, &state);
    add(dead, "known");
    save(dead, &state);
    struct blob_growing *growing = go_on(blob, text_get(&state), 5, true);
    add(dead, " to nobody, and long");
    save(dead, &lost);
    add(growing, " to all");
    save(growing, &newer);
    add(dead, " and still more");
    save(dead, &lost);
    check_case("what the older state names is whole until it is removed");
    struct blob_growing *again = go_on(blob, text_get(&state), 5, true);
    blob_growing_close(again);
    blob_growing_forget(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), text_get(&newer));
    blob_growing_close(growing);
    blob_growing_close(dead);
    check_object(blob, text_get(&newer), "known to all");
}

static void test_ends(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0};
    struct blob_growing *growing = begin(blob, &state);
    add(growing, "bytes");
    save(growing, &state);
    blob_growing_close(growing);
    CHECK_INT(count_unfinished(blob) + count_keys(blob, BUCKET_ORIGINALS), 1);
    check_case("too few bytes are not taken for all");
    CHECK_STATUS(blob_growing_complete(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), 6, why),
                 STATUS_NOT_FOUND);
    CHECK_STATUS(blob_growing_open(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), 6, false, &growing, why),
                 STATUS_NOT_FOUND);
    check_case("removed, and once more");
    for (int i = 0; i < 2; i++)
        CHECK_OK(blob_growing_remove(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), why));
    CHECK_INT(count_unfinished(blob) + count_keys(blob, BUCKET_ORIGINALS), 0);
    CHECK_STATUS(blob_growing_open(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), 5, false, &growing, why),
                 STATUS_NOT_FOUND);
    CHECK_STATUS(blob_growing_complete(blob, BUCKET_ORIGINALS, "a/growing-one", text_get(&state), 5, why),
                 STATUS_NOT_FOUND);
    CHECK_STATUS(blob_growing_open(blob, BUCKET_ORIGINALS, "a/growing-one", "none/of ours", 0, false, &growing, why),
                 STATUS_NOT_FOUND);
}

static bool abort_row(void *context, const char *key, const char *id, int64_t begun_s)
{
    (void)begun_s;
    CHECK_OK(blob_parts_abort(context, BUCKET_ORIGINALS, key, id, why));
    return true;
}

static void test_swept(struct blob *blob, const char *address)
{
    (void)address;
    TEXT_CLEANUP struct text state = {0};
    blob_growing_close(begin(blob, &state));
    CHECK_OK(blob_parts_list(blob, BUCKET_ORIGINALS, abort_row, blob, why));
    CHECK_INT(count_unfinished(blob), 0);
}

static void test_elsewhere(struct blob *blob, const char *address)
{
    TEXT_CLEANUP struct text state = {0};
    struct blob *other;
    struct blob_growing *growing = begin(blob, &state);
    add(growing, "here, ");
    save(growing, &state);
    blob_growing_close(growing);
    if (!CHECK_INT(blob_open(address, BLOB_BESIDE, &other, NULL), STATUS_OK))
        return;
    growing = go_on(other, text_get(&state), 6, false);
    add(growing, "there");
    save(growing, &state);
    blob_growing_close(growing);
    blob_close(other);
    check_object(blob, text_get(&state), "here, there");
}

const struct blob_case blob_growing_cases[] = {
    {"an object grows, and nobody sees it before it is complete", test_grows},
    {"an object has no bytes", test_empty},
    {"what was not saved is gone", test_unsaved},
    {"an object grows beyond a part", test_large},
    {"who has lost an object that grows adds nothing to it", test_contested},
    {"what grew and was removed is gone", test_ends},
    {"what nobody completes is found", test_swept},
    {"an object grows through another process", test_elsewhere},
    {0},
};
