/* The quarantine of photos that were published, and then withdrawn until a person decides. Their renditions wait in the
 * originals bucket, which nobody can read, under the keys that they have in public. Each step may be done again after a
 * crash: a copy is whole before that from which it was made goes. */
#include "objects.h"
#include "photos.h"

/* ---- In the store ---- */

enum status photos_withdraw(struct store *store, const struct photo *photo, const char *labels, const char *audit,
                            struct text *why)
{
    TEXT_CLEANUP struct text data = {0};
    json_t *more = json_pack("{s:b}", "withdrawn", true);
    const struct execution execution = photos_execution(&photo->id, photo->author, store_now_ms(store), more, &data);
    return store_photo_withdraw(store, &photo->id, labels, audit, &execution, why);
}

/* ---- In the buckets ---- */

enum status photos_quarantine(struct blob *blob, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        public_objects[i].make_key(id, key);
        enum status status = blob_copy(blob, public_objects[i].bucket, key, BUCKET_ORIGINALS, key, why);
        if (status == STATUS_OK)
            status = blob_delete(blob, public_objects[i].bucket, key, why);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_OK;
}

enum status photos_leave_quarantine(struct blob *blob, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        public_objects[i].make_key(id, key);
        enum status status = blob_copy(blob, BUCKET_ORIGINALS, key, public_objects[i].bucket, key, why);
        if (status == STATUS_NOT_FOUND && i == OBJECT_MEDIUM)
            continue;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status photos_remove_quarantined(struct blob *blob, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PUBLIC_OBJECTS && status == STATUS_OK; i++) {
        struct blob_object object;
        public_objects[i].make_key(id, key);
        /* Deleting costs the disk a flush, and most photos were never withdrawn. */
        status = blob_get(blob, BUCKET_ORIGINALS, key, &object, why);
        if (status == STATUS_OK) {
            blob_object_release(&object);
            status = blob_delete(blob, BUCKET_ORIGINALS, key, why);
        } else if (status == STATUS_NOT_FOUND) {
            status = STATUS_OK;
        }
    }
    return status;
}
