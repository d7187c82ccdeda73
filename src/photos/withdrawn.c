/* Photos that were published, and then withdrawn to be looked at by a person. Their renditions wait in the originals bucket, which
 * nobody can read, under the keys that they have in public. Each step may be done again after a crash: a copy is whole
 * before that from which it was made goes. */
#include "clock.h"
#include "photos_private.h"

#include <errno.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10 };

/* ---- In the store ---- */

enum status photos_withdraw(struct store *store, const struct photo *photo, const char *labels, const char *audit,
                            struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    TEXT_CLEANUP struct text data = {0};
    int64_t now = clock_now_ms();
    photos_original_key(&photo->id, key);
    JSON_CLEANUP json_t *input =
        json_pack("{s:s, s:s, s:b}", "photo_id", key, "author", photo->author, "withdrawn", true);
    runner_initial_data(NULL, input, &data);
    const struct execution execution = {
        .id = photo->id,
        .status = EXECUTION_RUNNING,
        .workflow = photos_workflow_name,
        .state = "",
        .data = text_get(&data),
        .started_ms = now,
        .updated_ms = now,
        .due_ms = now,
    };
    return store_photo_withdraw(store, &photo->id, labels, audit, &execution, why);
}

/* ---- In the buckets ---- */

static enum status copy_bytes(const struct blob_object *from, int to, struct text *why)
{
    char block[COPY_BYTES];
    for (uint64_t done = 0; done < from->size;) {
        ssize_t count = pread(from->fd, block, sizeof block, (off_t)done);
        if (count > 0)
            count = pwrite(to, block, (size_t)count, (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            text_setf(why, "An image of the photo could not be moved: %s.",
                      count ? strerrordesc_np(errno) : "it is cut short");
            return count ? status_from_errno(errno) : STATUS_UNAVAILABLE;
        }
        done += (uint64_t)count;
    }
    return STATUS_OK;
}

/* NOT_FOUND when there is nothing to copy. */
static enum status copy(struct blob *blob, enum bucket from, enum bucket to, const char *key, struct text *why)
{
    struct blob_object object;
    struct blob_upload *upload;
    enum status status = blob_get(blob, from, key, &object, why);
    if (status != STATUS_OK)
        return status;
    status = blob_upload_begin(blob, to, key, &upload, why);
    if (status == STATUS_OK) {
        status = copy_bytes(&object, blob_upload_fd(upload), why);
        if (status == STATUS_OK)
            status = blob_upload_commit(upload, why);
        else
            blob_upload_abort(upload);
    }
    blob_object_release(&object);
    return status;
}

enum status photos_hide(struct photos *photos, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct blob *blob = photos->settings.blob;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        public_objects[i].make_key(id, key);
        enum status status = copy(blob, public_objects[i].bucket, BUCKET_ORIGINALS, key, why);
        if (status == STATUS_OK)
            status = blob_delete(blob, public_objects[i].bucket, key, why);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_OK;
}

enum status photos_show(struct photos *photos, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        public_objects[i].make_key(id, key);
        enum status status = copy(photos->settings.blob, BUCKET_ORIGINALS, public_objects[i].bucket, key, why);
        if (status == STATUS_NOT_FOUND && i == OBJECT_MEDIUM)
            continue;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status photos_remove_hidden(struct photos *photos, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PUBLIC_OBJECTS && status == STATUS_OK; i++) {
        struct blob_object object;
        public_objects[i].make_key(id, key);
        /* Deleting costs the disk a flush, and most photos were never withdrawn. */
        if (blob_get(photos->settings.blob, BUCKET_ORIGINALS, key, &object, NULL) != STATUS_OK)
            continue;
        blob_object_release(&object);
        status = blob_delete(photos->settings.blob, BUCKET_ORIGINALS, key, why);
    }
    return status;
}
