/* An upload whose photo the store couldn't make, or doesn't say: its original goes, unless the photo may be there. */
#include "check.h"
#include "image_fixture.h"
#include "store_ops.h"
#include "upload.h"

#include <stdio.h>

static struct {
    const struct store_photo_ops *inner;
    enum status status;
    bool makes_it; /* before it fails */
} failing;

static enum status fail_to_create(struct store *store, const struct photo_creation *creation, struct arena *arena,
                                  struct photo_created *ret_created, struct text *why)
{
    if (failing.makes_it)
        CHECK_INT(failing.inner->create(store, creation, arena, ret_created, NULL), STATUS_OK);
    text_setf(why, "The store failed.");
    return failing.status;
}

static unsigned count_photos(struct store *store)
{
    uint64_t pending = 0;
    CHECK_INT(store_photos_pending(store, "anna", &pending, NULL), STATUS_OK);
    return (unsigned)pending;
}

static bool count_key(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    ++*(unsigned *)context;
    return true;
}

static void upload(struct store *store, struct blob *blob, enum status expected)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct bytes file = sample_read("plain.jpg");
    struct uploads *uploads;
    struct upload *upload;
    struct photo photo;
    const struct photo_description nothing = {0};
    const struct uploads_settings settings = {
        .store = store, .blob = blob, .max_upload = 1 << 20, .limits = {.pixels = 1 << 20, .frames = 10}};
    CHECK_INT(uploads_open(&settings, &uploads, NULL), STATUS_OK);
    CHECK_INT(upload_begin(uploads, "anna", NULL, &upload, NULL), STATUS_OK);
    CHECK_INT(upload_write(upload, (const char *)file.data, file.size, NULL), STATUS_OK);
    CHECK_INT(upload_finish(upload, &nothing, &arena, &photo, NULL), expected);
    uploads_close(uploads);
    bytes_release(&file);
}

static void test_failures(void)
{
    static const struct {
        const char *what;
        bool is_remote, makes_it;
        enum status status;
        unsigned photos, originals;
    } rows[] = {
        {"a store elsewhere loses its answer", true, true, STATUS_UNAVAILABLE, 1, 1},
        {"a store elsewhere is away", true, false, STATUS_UNAVAILABLE, 0, 1},
        {"a store elsewhere refuses", true, false, STATUS_CONFLICT, 0, 0},
        {"a store on this machine fails", false, false, STATUS_UNAVAILABLE, 0, 0},
        {"a store on this machine is full", false, false, STATUS_NO_SPACE, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text store_address TEXT_CLEANUP = {0}, blob_address TEXT_CLEANUP = {0};
        struct store *store;
        struct blob *blob;
        unsigned originals = 0;
        check_case("%s", rows[i].what);
        text_setf(&store_address, "sqlite:%s/photos-%zu.db", check_folder(), i);
        text_setf(&blob_address, "file:%s/buckets-%zu", check_folder(), i);
        CHECK_INT(store_open(text_get(&store_address), &store, NULL), STATUS_OK);
        CHECK_INT(blob_open(text_get(&blob_address), BLOB_OWN, &blob, NULL), STATUS_OK);
        const struct store_ops *inner = store->ops;
        struct store_ops ops = *inner;
        struct store_photo_ops photos = *inner->photos;
        failing.inner = inner->photos;
        failing.status = rows[i].status;
        failing.makes_it = rows[i].makes_it;
        photos.create = fail_to_create;
        ops.photos = &photos;
        ops.is_remote = rows[i].is_remote;
        store->ops = &ops;
        upload(store, blob, rows[i].status);
        store->ops = inner;
        CHECK_INT(blob_list(blob, BUCKET_ORIGINALS, count_key, &originals, NULL), STATUS_OK);
        CHECK_INT(originals, rows[i].originals);
        CHECK_INT(count_photos(store), rows[i].photos);
        blob_close(blob);
        store_close(store);
    }
}

CHECK_MAIN({"an upload", test_failures})
