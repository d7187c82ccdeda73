/* The promises of blob.h, on every back end. */
#include "blob.h"
#include "check.h"
#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "0123456789abcdef0123456789abcdef-comp.webp"

struct blob_back_end {
    const char *name;
    void (*make_address)(struct text *out);
};

static void make_file_address(struct text *out)
{
    text_addf(out, "file:%s", check_folder());
}

static const struct blob_back_end back_ends[] = {
    {"file", make_file_address},
};

#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        struct text why_ TEXT_CLEANUP = {0};                                                                           \
        struct text *why = &why_;                                                                                      \
        enum status status_ = (call);                                                                                  \
        if (!CHECK_STR(status_name(status_), status_name(expected)) || (status_ && why_.length == 0))                  \
            check_true(false, text_get(&why_), __FILE__, __LINE__);                                                    \
    } while (0)
#define CHECK_OK(call) CHECK_STATUS(call, STATUS_OK)

/* ---- Short ways ---- */

static enum status put(struct blob *blob, enum bucket bucket, const char *key, const void *data, size_t size,
                       struct text *why)
{
    struct blob_upload *upload;
    enum status status = blob_upload_begin(blob, bucket, key, &upload, why);
    if (status)
        return status;
    for (size_t done = 0; done < size;) {
        ssize_t written = write(blob_upload_fd(upload), (const char *)data + done, size - done);
        if (written <= 0) {
            status = status_from_errno(errno);
            text_setf(why, "%s", strerrordesc_np(errno));
            blob_upload_abort(upload);
            return status;
        }
        done += (size_t)written;
    }
    return blob_upload_commit(upload, why);
}

/* The content as a string; the status's name when it can't be had. */
static const char *content_of(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_content)
{
    struct blob_object object;
    text_clear(ret_content);
    enum status status = blob_get(blob, bucket, key, &object, NULL);
    if (status)
        return status_name(status);
    text_reserve(ret_content, object.size);
    CHECK_INT(read(object.fd, ret_content->data, object.size), object.size);
    ret_content->data[object.size] = '\0';
    blob_object_release(&object);
    return ret_content->data;
}

static bool count_key(void *context, const char *key, int64_t modified_s)
{
    CHECK(blob_key_is_valid(key, strlen(key)));
    CHECK(modified_s > 0);
    ++*(size_t *)context;
    return true;
}

static size_t count_keys(struct blob *blob, enum bucket bucket)
{
    size_t count = 0;
    CHECK_OK(blob_list(blob, bucket, count_key, &count, why));
    return count;
}

/* ---- Objects ---- */

static void test_objects(struct blob *blob)
{
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

static void test_hidden_until_commit(struct blob *blob)
{
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

static void test_metadata(struct blob *blob)
{
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

static void test_etag(struct blob *blob)
{
    char etags[4][BLOB_ETAG_SIZE];
    for (int i = 0; i < 4;
         i++) { /* the same size, written one after the other; the last is the one before, read again */
        struct blob_object object;
        if (i < 3)
            CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "same", 4, why));
        if (!CHECK_INT(blob_get(blob, BUCKET_PHOTOS, KEY, &object, NULL), STATUS_OK))
            return;
        memcpy(etags[i], object.etag, BLOB_ETAG_SIZE);
        blob_object_release(&object);
    }
    CHECK(strcmp(etags[0], etags[1]) != 0);
    CHECK(strcmp(etags[1], etags[2]) != 0);
    CHECK_STR(etags[3], etags[2]);
}

static void test_old_reader(struct blob *blob)
{
    struct blob_object object;
    char data[4] = "";
    CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "old", 3, why));
    if (!CHECK_INT(blob_get(blob, BUCKET_PHOTOS, KEY, &object, NULL), STATUS_OK))
        return;
    CHECK_OK(put(blob, BUCKET_PHOTOS, KEY, "new", 3, why));
    CHECK_OK(blob_delete(blob, BUCKET_PHOTOS, KEY, why));
    CHECK_INT(read(object.fd, data, 3), 3);
    CHECK_STR(data, "old");
    blob_object_release(&object);
}

static void test_big(struct blob *blob)
{
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
        CHECK_INT(pread(object.fd, piece, 1, (off_t)PIECE * (PIECES - 1)), 1);
        CHECK_INT(piece[0], PIECES - 1);
        blob_object_release(&object);
    }
    free(piece);
}

/* ---- Many at once ---- */

enum { THREADS = 8, ROUNDS = 12 };

struct crowd {
    struct blob *blob;
    atomic_int failures, next;
};

static void *commit_same_key(void *context)
{
    struct crowd *crowd = context;
    char data[1000];
    memset(data, 'a' + atomic_fetch_add(&crowd->next, 1), sizeof data);
    for (int i = 0; i < ROUNDS; i++)
        if (put(crowd->blob, BUCKET_PHOTOS, KEY, data, sizeof data, NULL))
            atomic_fetch_add(&crowd->failures, 1);
    return NULL;
}

static void test_same_key(struct blob *blob)
{
    pthread_t threads[THREADS];
    struct crowd crowd = {.blob = blob};
    struct text content TEXT_CLEANUP = {0};
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, commit_same_key, &crowd), 0);
    for (int i = 0; i < 10 * ROUNDS; i++) {
        const char *data = content_of(blob, BUCKET_PHOTOS, KEY, &content);
        CHECK(strcmp(data, "not-found") == 0 || (strlen(data) == 1000 && strspn(data, (char[]){data[0], 0}) == 1000));
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 1);
}

static void *put_and_delete(void *context)
{
    struct crowd *crowd = context;
    int number = atomic_fetch_add(&crowd->next, 1);
    for (int i = 0; i < ROUNDS; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "moving-%d-%d", number, i);
        if (put(crowd->blob, BUCKET_PHOTOS, key, "x", 1, NULL) || blob_delete(crowd->blob, BUCKET_PHOTOS, key, NULL))
            atomic_fetch_add(&crowd->failures, 1);
    }
    return NULL;
}

static bool count_still(void *context, const char *key, int64_t modified_s)
{
    (void)modified_s;
    *(size_t *)context += strncmp(key, "still-", 6) == 0;
    return true;
}

static void test_list_while_writing(struct blob *blob)
{
    pthread_t threads[THREADS];
    struct crowd crowd = {.blob = blob};
    for (int i = 0; i < 50; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "still-%d", i);
        CHECK_OK(put(blob, BUCKET_PHOTOS, key, "x", 1, why));
    }
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, put_and_delete, &crowd), 0);
    for (int i = 0; i < 10; i++) {
        size_t still = 0;
        CHECK_OK(blob_list(blob, BUCKET_PHOTOS, count_still, &still, why));
        CHECK_INT(still, 50);
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 50);
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

static void test_list_names(struct blob *blob)
{
    struct text keys TEXT_CLEANUP = {0};
    CHECK_OK(put(blob, BUCKET_SITE, "assets/icons/a_b-c.d.svg", "x", 1, why));
    CHECK_OK(blob_list(blob, BUCKET_SITE, note_key, &keys, why));
    CHECK_STR(text_get(&keys), "assets/icons/a_b-c.d.svg ");
}

static void test_list_stops(struct blob *blob)
{
    size_t rows = 0;
    for (int i = 0; i < 9; i++)
        CHECK_OK(put(blob, BUCKET_SITE, (char[]){(char)('a' + i), 0}, "x", 1, why));
    CHECK_OK(blob_list(blob, BUCKET_SITE, stop_at_once, &rows, why));
    CHECK_INT(rows, 1);
}

static void test_back_ends(void)
{
    static const struct {
        const char *behaviour;
        void (*run)(struct blob *blob);
    } cases[] = {
        {"an object is there from its commit until it is deleted", test_objects},
        {"an upload is seen by nobody before its commit", test_hidden_until_commit},
        {"the type of an object follows from its suffix", test_metadata},
        {"another object under the same key has another ETag", test_etag},
        {"who reads an object keeps it while it is replaced and deleted", test_old_reader},
        {"a big object is kept whole", test_big},
        {"of many commits to one key each is whole", test_same_key},
        {"listing while others write finds what stays", test_list_while_writing},
        {"listing gives the keys as they were", test_list_names},
        {"listing ends when the caller has enough", test_list_stops},
    };
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++)
        for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++) {
            struct text address TEXT_CLEANUP = {0}, why TEXT_CLEANUP = {0};
            struct blob *blob;
            check_case("%s: %s", back_ends[i].name, cases[j].behaviour);
            back_ends[i].make_address(&address);
            if (!CHECK_INT(blob_open(text_get(&address), &blob, &why), STATUS_OK))
                continue;
            cases[j].run(blob);
            blob_close(blob);
        }
}

static void check_reader(struct blob *blob, const char *address)
{
    struct text content TEXT_CLEANUP = {0};
    struct blob *reader;
    struct blob_upload *upload;
    CHECK_OK(put(blob, BUCKET_PHOTOS, "a", "first", 5, why));
    CHECK_OK(blob_upload_begin(blob, BUCKET_PHOTOS, "b", &upload, why));
    CHECK_INT(write(blob_upload_fd(upload), "second", 6), 6);
    if (CHECK_INT(blob_open_to_read(address, &reader, NULL), STATUS_OK)) {
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "a", &content), "first");
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "b", &content), "not-found");
        CHECK_OK(blob_upload_commit(upload, why)); /* it was not swept away */
        CHECK_STR(content_of(reader, BUCKET_PHOTOS, "b", &content), "second");
        blob_close(reader);
    }
    text_setf(&content, "%s/nowhere", address);
    CHECK_STATUS(blob_open_to_read(text_get(&content), &reader, why), STATUS_NOT_FOUND);
}

static void test_readers(void)
{
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++) {
        struct text address TEXT_CLEANUP = {0};
        struct blob *blob;
        check_case("%s", back_ends[i].name);
        back_ends[i].make_address(&address);
        if (CHECK_INT(blob_open(text_get(&address), &blob, NULL), STATUS_OK)) {
            check_reader(blob, text_get(&address));
            blob_close(blob);
        }
    }
}

CHECK_MAIN({"buckets", test_back_ends}, {"buckets are read beside the process that owns them", test_readers})
