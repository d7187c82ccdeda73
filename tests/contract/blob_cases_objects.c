/* Objects: written, read, copied, deleted and listed. */
#include "blob_cases.h"

#include "clock.h"
#include "file_at.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY BLOB_CASE_KEY

/* ---- Objects ---- */

static void test_objects(struct blob *blob, const char *address)
{
    (void)address;
    struct text content TEXT_CLEANUP = {0};
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "not-found");
    CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "first", 5, why));
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "first");
    CHECK_STR(content_of(blob, BUCKET_THUMBNAILS, KEY, &content), "not-found");
    CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "second one", 10, why));
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "second one");
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 1);
    for (int i = 0; i < 2; i++)
        CHECK_OK(blob_delete(blob, BUCKET_PHOTOS, KEY, why));
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "not-found");
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 0);
    CHECK_OK(put(blob, BUCKET_SITE, "a", "", 0, why));
    CHECK_OK(put(blob, BUCKET_SITE, "a/b", "below", 5, why)); /* unlike in a file system */
    CHECK_OK(put(blob, BUCKET_SITE, "a_b", "beside", 6, why));
    CHECK_OK(put(blob, BUCKET_SITE, "a-b", "beside", 6, why));
    CHECK_OK(put(blob, BUCKET_SITE, "a.b", "beside", 6, why));
    CHECK_STR(content_of(blob, BUCKET_SITE, "a", &content), "");
    CHECK_STR(content_of(blob, BUCKET_SITE, "a/b", &content), "below");
    CHECK_INT(count_keys(blob, BUCKET_SITE), 5);
}

static void test_hidden_until_commit(struct blob *blob, const char *address)
{
    (void)address;
    struct text content TEXT_CLEANUP = {0};
    struct blob_upload *upload = NULL, *aborted = NULL;
    CHECK_OK(blob_upload_begin(blob, BUCKET_PHOTOS, KEY, &upload, why));
    CHECK_OK(blob_upload_begin(blob, BUCKET_PHOTOS, KEY, &aborted, why));
    CHECK_INT(pwrite(blob_upload_fd(upload), "b", 1, 1), 1);
    CHECK_INT(pwrite(blob_upload_fd(upload), "a", 1, 0), 1);
    char back[2];
    CHECK_INT(pread(blob_upload_fd(upload), back, 2, 0), 2);
    CHECK_INT(pwrite(blob_upload_fd(aborted), "x", 1, 0), 1);
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "not-found");
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 0);
    CHECK_OK(blob_upload_commit(upload, why));
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "ab");
    blob_upload_abort(aborted);
    blob_upload_abort(NULL);
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, KEY, &content), "ab");
}

static void test_metadata(struct blob *blob, const char *address)
{
    (void)address;
    static const struct {
        const char *key, *type;
    } types[] = {
        {KEY, "image/webp"},
        {"index.html", "text/html; charset=utf-8"},
        {"assets/app.css", "text/css; charset=utf-8"},
        {"assets/app.js", "text/javascript; charset=utf-8"},
        {"assets/version.2/photo", "application/octet-stream"},
        {"data.json", "application/json"},
        {"manifest.webmanifest", "application/manifest+json"},
        {"logo.svg", "image/svg+xml"},
        {"logo.png", "image/png"},
        {"photo.jpg", "image/jpeg"},
        {"favicon.ico", "image/vnd.microsoft.icon"},
        {"font.woff2", "font/woff2"},
        {"robots.txt", "text/plain; charset=utf-8"},
        {"noext", "application/octet-stream"},
        {"strange.webpx", "application/octet-stream"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct blob_object object;
        CHECK_OK(put(blob, BUCKET_SITE, types[i].key, "x", 1, why));
        if (!CHECK_INT(blob_get(blob, BUCKET_SITE, types[i].key, &object, NULL), STATUS_OK))
            continue;
        CHECK_STR(object.content_type, types[i].type);
        CHECK_INT(object.size, 1);
        CHECK(object.modified_s > 1700000000);
        size_t length = strlen(object.etag);
        CHECK(length > 2 && object.etag[0] == '"' && object.etag[length - 1] == '"');
        blob_object_release(&object);
    }
}

static void test_etag(struct blob *blob, const char *address)
{
    (void)address;
    char etags[4][BLOB_ETAG_SIZE];
    static const char *const contents[] = {"one.", "two.", "one,"};
    /* The same size, written one after the other; the last is the one before, read again. */
    for (int i = 0; i < 4; i++) {
        struct blob_object object;
        if (i < 3)
            CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, contents[i], 4, why));
        if (!CHECK_INT(blob_get(blob, BUCKET_PHOTOS, KEY, &object, NULL), STATUS_OK))
            return;
        memcpy(etags[i], object.etag, BLOB_ETAG_SIZE);
        blob_object_release(&object);
    }
    CHECK(strcmp(etags[0], etags[1]) != 0);
    CHECK(strcmp(etags[1], etags[2]) != 0);
    CHECK_STR(etags[3], etags[2]);
}

/* Where the back end keeps the old object for who reads it, it is read; otherwise there is an error. Never something
 * else. */
static void test_old_reader(struct blob *blob, const char *address)
{
    (void)address;
    static const struct {
        const char *what;
        bool deletes;
        enum status status;
    } rows[] = {{"replaced", false, STATUS_CONFLICT}, {"deleted", true, STATUS_NOT_FOUND}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blob_object object;
        char data[4] = "";
        size_t count = 0;
        check_case("who reads an object that is %s reads that one or hears of it", rows[i].what);
        CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "old", 3, why));
        if (!CHECK_INT(blob_get(blob, BUCKET_PHOTOS, KEY, &object, NULL), STATUS_OK))
            return;
        if (rows[i].deletes)
            CHECK_OK(blob_delete(blob, BUCKET_PHOTOS, KEY, why));
        else
            CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "new", 3, why));
        CHECK_STATUS(blob_object_read(&object, 0, data, 3, &count, why),
                     blob_has_files(blob) ? STATUS_OK : rows[i].status);
        CHECK_STR(data, blob_has_files(blob) ? "old" : "");
        blob_object_release(&object);
    }
}

static const struct {
    uint64_t offset, size, count;
} ranges[] = {
    {0, 1, 1},      {0, 100000, 100000},     {99999, 1, 1},     {99999, 10, 1},  {100000, 1, 0},
    {500000, 1, 0}, {1, 65536, 65536},       {65537, 400, 400}, {65937, 10, 10}, /* one after the other */
    {7, 0, 0},      {40000, 1000000, 60000},
};

static void test_ranges(struct blob *blob, const char *address)
{
    (void)address;
    enum { SIZE = 100000, ROOM = 1000000 };
    unsigned char *bytes = memory_new(ROOM);
    struct blob_object object;
    int fd = make_file(SIZE);
    CHECK_OK(blob_put(blob, BUCKET_ORIGINALS, "key", fd, 0, SIZE, why));
    if (CHECK_INT(blob_get(blob, BUCKET_ORIGINALS, "key", &object, NULL), STATUS_OK)) {
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            size_t count = 1 << 30, wrong = 0;
            CHECK_OK(blob_object_read(&object, ranges[i].offset, bytes, ranges[i].size, &count, why));
            CHECK_INT(count, ranges[i].count);
            for (size_t j = 0; j < count && count <= ROOM; j++)
                wrong += bytes[j] != byte_at(ranges[i].offset + j);
            CHECK_INT(wrong, 0);
        }
        blob_object_release(&object);
    }
    (void)close(fd);
    free(bytes);
}

struct taken {
    uint64_t place, wrong, most;
};

static bool take_bytes(void *context, const void *bytes, size_t size)
{
    struct taken *taken = context;
    for (size_t i = 0; i < size; i++)
        taken->wrong += ((const unsigned char *)bytes)[i] != byte_at(taken->place + i);
    taken->place += size;
    return taken->place < taken->most;
}

static void test_stream(struct blob *blob, const char *address)
{
    (void)address;
    enum { SIZE = 3000000 };
    struct blob_object object;
    int fd = make_file(SIZE);
    CHECK_OK(blob_put(blob, BUCKET_ORIGINALS, "key", fd, 0, SIZE, why));
    if (CHECK_INT(blob_get(blob, BUCKET_ORIGINALS, "key", &object, NULL), STATUS_OK)) {
        struct taken all = {.place = 10, .most = UINT64_MAX}, some = {.most = 1000000}, none = {.most = UINT64_MAX};
        CHECK_OK(blob_object_stream(&object, 10, SIZE - 20, take_bytes, &all, why));
        CHECK_INT(all.place, SIZE - 10);
        CHECK_INT(all.wrong, 0);
        CHECK_STATUS(blob_object_stream(&object, 0, SIZE, take_bytes, &some, why), STATUS_UNAVAILABLE);
        CHECK(some.place >= some.most && some.place < SIZE);
        CHECK_OK(blob_object_stream(&object, SIZE, 0, take_bytes, &none, why));
        CHECK_INT(none.place, 0);
        CHECK_OK(blob_object_stream(&object, 10, SIZE - 20, take_bytes,
                                    &(struct taken){.place = 10, .most = UINT64_MAX}, why));
        blob_object_release(&object);
    }
    (void)close(fd);
}

static void check_file(int fd, uint64_t offset, uint64_t size)
{
    unsigned char *bytes = memory_new(size + 2);
    size_t wrong = 0;
    CHECK_INT(file_read_at(fd, bytes, size + 1, 0), size);
    for (size_t i = 0; i < size; i++)
        wrong += bytes[i] != byte_at(offset + i);
    CHECK_INT(wrong, 0);
    free(bytes);
}

static void test_copies_out(struct blob *blob, const char *address)
{
    (void)address;
    enum { SIZE = 600000 };
    struct blob_object object;
    int fd = make_file(SIZE), out = -1;
    CHECK_OK(blob_put(blob, BUCKET_ORIGINALS, "key", fd, 0, SIZE, why));
    CHECK_STATUS(blob_get_file(blob, BUCKET_ORIGINALS, "none", &object, why), STATUS_NOT_FOUND);
    if (CHECK_INT(blob_get_file(blob, BUCKET_ORIGINALS, "key", &object, NULL), STATUS_OK)) {
        check_file(object.fd, 0, SIZE);
        CHECK_OK(blob_object_copy_out(&object, 1000, 300000, &out, why));
        check_file(out, 1000, 300000);
        (void)close(out);
        CHECK_OK(blob_object_copy_out(&object, SIZE, 0, &out, why));
        check_file(out, 0, 0);
        (void)close(out);
        blob_object_release(&object);
    }
    (void)close(fd);
}

static void test_put(struct blob *blob, const char *address)
{
    (void)address;
    static const struct {
        uint64_t offset, size;
        enum status status;
    } rows[] = {
        {0, 5000, STATUS_OK},
        {0, 0, STATUS_OK},
        {4999, 1, STATUS_OK},
        {10, 4000, STATUS_OK},
        {1, 5000, STATUS_UNPROCESSABLE},
        {6000, 1, STATUS_UNPROCESSABLE},
    };
    int fd = make_file(5000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blob_object object;
        CHECK_OK(blob_delete(blob, BUCKET_PHOTOS, KEY, why));
        CHECK_STATUS(blob_put(blob, BUCKET_PHOTOS, KEY, fd, rows[i].offset, rows[i].size, why), rows[i].status);
        enum status there = blob_get_file(blob, BUCKET_PHOTOS, KEY, &object, NULL);
        CHECK_STR(status_name(there), rows[i].status ? "not-found" : "ok");
        if (there)
            continue;
        check_file(object.fd, rows[i].offset, rows[i].size);
        blob_object_release(&object);
    }
    CHECK_STATUS(blob_put(blob, BUCKET_PHOTOS, "/key", fd, 0, 1, why), STATUS_INVALID);
    (void)close(fd);
}

/* ---- Copying and deleting ---- */

static void test_copy(struct blob *blob, const char *address)
{
    (void)address;
    struct blob_object object;
    TEXT_CLEANUP struct text content = {0};
    int64_t before_s = clock_now_ms() / 1000;
    CHECK_STATUS(blob_copy(blob, BUCKET_PHOTOS, KEY, BUCKET_ORIGINALS, KEY, why), STATUS_NOT_FOUND);
    CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "photo", 5, why));
    CHECK_OK(put(blob, BUCKET_SITE, "a/b", "page", 4, why));
    CHECK_STATUS(blob_copy(blob, BUCKET_PHOTOS, "none", BUCKET_SITE, "a/b", why), STATUS_NOT_FOUND);
    CHECK_STR(content_of(blob, BUCKET_SITE, "a/b", &content), "page");
    CHECK_OK(blob_copy(blob, BUCKET_PHOTOS, KEY, BUCKET_ORIGINALS, KEY, why));
    CHECK_OK(blob_copy(blob, BUCKET_PHOTOS, KEY, BUCKET_SITE, "a/b", why));
    CHECK_OK(blob_copy(blob, BUCKET_PHOTOS, KEY, BUCKET_PHOTOS, "other", why));
    CHECK_OK(blob_delete(blob, BUCKET_PHOTOS, KEY, why)); /* they don't hang together */
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, KEY, &content), "photo");
    CHECK_STR(content_of(blob, BUCKET_SITE, "a/b", &content), "photo");
    CHECK_STR(content_of(blob, BUCKET_PHOTOS, "other", &content), "photo");
    if (CHECK_INT(blob_get(blob, BUCKET_SITE, "a/b", &object, NULL), STATUS_OK)) {
        CHECK(object.modified_s >= before_s - 1);
        blob_object_release(&object);
    }
    CHECK_STATUS(blob_copy(blob, BUCKET_PHOTOS, "other", BUCKET_SITE, "/b", why), STATUS_INVALID);
    CHECK_STATUS(blob_copy(blob, BUCKET_PHOTOS, "", BUCKET_SITE, "b", why), STATUS_INVALID);
}

static void test_delete_many(struct blob *blob, const char *address)
{
    (void)address;
    enum { KEYS = 1100, KEY_ROOM = 16 }; /* more than S3 takes at once */
    char(*rows)[KEY_ROOM] = memory_new_array(KEYS, KEY_ROOM);
    const char **keys = NEW_ARRAY(KEYS, const char *);
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(rows[i], KEY_ROOM, "key-%d", i);
        keys[i] = rows[i];
    }
    static const int there[] = {0, 1, 555, 999, 1000, KEYS - 1};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        CHECK_OK(put(blob, BUCKET_PHOTOS, keys[there[i]], "x", 1, why));
    CHECK_OK(put(blob, BUCKET_PHOTOS, "stays", "x", 1, why));
    CHECK_OK(put(blob, BUCKET_SITE, keys[0], "x", 1, why));
    CHECK_STATUS(blob_delete_many(blob, BUCKET_PHOTOS, (const char *const[]){keys[0], "/"}, 2, why), STATUS_INVALID);
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 7);
    CHECK_OK(blob_delete_many(blob, BUCKET_PHOTOS, NULL, 0, why));
    CHECK_OK(blob_delete_many(blob, BUCKET_PHOTOS, keys, KEYS, why));
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 1);
    CHECK_INT(count_keys(blob, BUCKET_SITE), 1);
    free(keys);
    free(rows);
}

static void test_big(struct blob *blob, const char *address)
{
    (void)address;
    enum { PIECE = 1 << 20, PIECES = 96 };
    char *piece = memory_new(PIECE);
    struct blob_upload *upload = NULL;
    struct blob_object object;
    CHECK_OK(blob_upload_begin(blob, BUCKET_ORIGINALS, "big", &upload, why));
    for (int i = 0; i < PIECES; i++) {
        memset(piece, i, PIECE);
        CHECK_INT(write(blob_upload_fd(upload), piece, PIECE), PIECE);
    }
    CHECK_OK(blob_upload_commit(upload, why));
    if (CHECK_INT(blob_get(blob, BUCKET_ORIGINALS, "big", &object, NULL), STATUS_OK)) {
        CHECK_INT(object.size, (long long)PIECE * PIECES);
        for (int i = PIECES - 1; i >= 0; i -= 19) {
            size_t count = 0;
            CHECK_OK(blob_object_read(&object, (uint64_t)PIECE * (uint64_t)i, piece, 1, &count, why));
            CHECK_INT(piece[0], i);
        }
        blob_object_release(&object);
    }
    free(piece);
}

static bool stop_at_once(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    ++*(size_t *)context;
    return false;
}

static bool note_key(void *context, const char *key, int64_t modified_s)
{
    (void)modified_s;
    text_addf(context, "%s ", key);
    return true;
}

static void test_list_names(struct blob *blob, const char *address)
{
    (void)address;
    struct text keys TEXT_CLEANUP = {0};
    CHECK_OK(put(blob, BUCKET_SITE, "assets/icons/a_b-c.d.svg", "x", 1, why));
    CHECK_OK(blob_list(blob, BUCKET_SITE, note_key, &keys, why));
    CHECK_STR(text_get(&keys), "assets/icons/a_b-c.d.svg ");
}

static void test_list_stops(struct blob *blob, const char *address)
{
    (void)address;
    size_t rows = 0;
    for (int i = 0; i < 9; i++)
        CHECK_OK(put(blob, BUCKET_SITE, (char[]){(char)('a' + i), 0}, "x", 1, why));
    CHECK_OK(blob_list(blob, BUCKET_SITE, stop_at_once, &rows, why));
    CHECK_INT(rows, 1);
}

static void test_reader(struct blob *blob, const char *address)
{
    TEXT_CLEANUP struct text content = {0};
    struct blob *reader;
    struct blob_upload *upload;
    CHECK_OK(put(blob, BUCKET_PHOTOS, "a", "first", 5, why));
    CHECK_OK(blob_upload_begin(blob, BUCKET_PHOTOS, "b", &upload, why));
    CHECK_INT(write(blob_upload_fd(upload), "second", 6), 6);
    if (CHECK_INT(blob_open(address, BLOB_READ, &reader, NULL), STATUS_OK)) {
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "a", &content), "first");
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "b", &content), "not-found");
        CHECK_OK(blob_upload_commit(upload, why)); /* it was not swept away */
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "b", &content), "second");
        CHECK_INT(count_keys(reader, BUCKET_PHOTOS), 2);
        blob_close(reader);
    }
}

const struct blob_case blob_object_cases[] = {
    {"an object is there from its commit until it is deleted", test_objects},
    {"an upload is seen by nobody before its commit", test_hidden_until_commit},
    {"the type of an object follows from its suffix", test_metadata},
    {"another content under the same key has another ETag", test_etag},
    {"who reads an object never reads another one", test_old_reader},
    {"any range of an object can be read", test_ranges},
    {"a range is streamed until its end, or until it is enough", test_stream},
    {"a range or a whole object can be had as a file", test_copies_out},
    {"an object is made of a part of a file", test_put},
    {"a copy is an object of its own", test_copy},
    {"many keys are deleted at once, whether or not they are there", test_delete_many},
    {"a big object is kept whole", test_big},
    {"listing gives the keys as they were", test_list_names},
    {"listing ends when the caller has enough", test_list_stops},
    {"buckets are read beside the process that owns them", test_reader},
    {0},
};
