#include "upload.h"

#include "appender.h"
#include "digest.h"
#include "image_record.h"
#include "memory.h"
#include "reasons.h"
#include "uploads_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct upload {
    struct uploads *uploads;
    struct blob_upload *object;
    struct digest *digest;
    struct appender *appender;
    char *idempotency_key;
    char author[AUTHOR_NAME_MAX + 1];
    struct id id;
    uint64_t size;
    uint8_t signature[PROBE_SIGNATURE_BYTES];
};

static enum status check_key(const char *key, struct text *why)
{
    size_t length = strlen(key);
    bool is_visible = true;
    for (const char *c = key; *c; c++)
        is_visible = is_visible && *c > ' ' && *c < 127;
    if (length && length <= IDEMPOTENCY_KEY_MAX && is_visible)
        return STATUS_OK;
    char most[REASON_NUMBER_SIZE];
    reason_set(why, REASON_IDEMPOTENCY_KEY_INVALID, reason_number(most, IDEMPOTENCY_KEY_MAX));
    return STATUS_INVALID;
}

static enum status refuse_pending(uint64_t limit, struct text *why)
{
    char number[REASON_NUMBER_SIZE];
    reason_set(why, REASON_PHOTOS_TOO_MANY, reason_number(number, limit));
    return STATUS_TOO_MANY;
}

enum status upload_check_pending(struct uploads *uploads, const char *author, struct text *why)
{
    uint64_t pending = 0, limit = uploads->settings.max_pending;
    enum status status = limit ? store_photos_pending(uploads->settings.store, author, &pending, why) : STATUS_OK;
    return status == STATUS_OK && limit && pending >= limit ? refuse_pending(limit, why) : status;
}

enum status upload_find(struct uploads *uploads, const char *author, const char *idempotency_key, struct arena *arena,
                        struct photo *ret_photo, struct text *why)
{
    return store_photo_find_key(uploads->settings.store, author, idempotency_key, arena, ret_photo, why);
}

enum status upload_begin(struct uploads *uploads, const char *author, const char *idempotency_key,
                         struct upload **ret_upload, struct text *why)
{
    enum status status = photos_check_name(author, why);
    if (status == STATUS_OK && idempotency_key)
        status = check_key(idempotency_key, why);
    if (status != STATUS_OK)
        return status;
    struct id id = id_new();
    char key[OBJECT_KEY_SIZE];
    photos_original_key(&id, key);
    struct blob_upload *object;
    status = blob_upload_begin(uploads->settings.blob, BUCKET_ORIGINALS, key, &object, why);
    if (status != STATUS_OK)
        return status;
    status = disk_room_check(&uploads->room, blob_upload_fd(object), 0, false, why);
    if (status != STATUS_OK) {
        blob_upload_abort(object);
        return status;
    }
    struct upload *upload = NEW(struct upload);
    *upload = (struct upload){.uploads = uploads,
                              .object = object,
                              .digest = digest_new(DIGEST_SHA256),
                              .appender = appender_new(blob_upload_fd(object), 0),
                              .id = id};
    memcpy(upload->author, author, strlen(author));
    upload->idempotency_key = idempotency_key ? memory_copy_string(idempotency_key) : NULL;
    *ret_upload = upload;
    return STATUS_OK;
}

static void release(struct upload *upload)
{
    appender_free(upload->appender);
    digest_free(upload->digest);
    free(upload->idempotency_key);
    free(upload);
}

void upload_abort(struct upload *upload)
{
    if (!upload)
        return;
    blob_upload_abort(upload->object);
    release(upload);
}

/* A stranger's file is turned away by its first bytes, before the rest has crossed the network. */
static enum status sniff(struct upload *upload, const char *data, size_t size, struct text *why)
{
    size_t known = upload->size < PROBE_SIGNATURE_BYTES ? (size_t)upload->size : PROBE_SIGNATURE_BYTES;
    size_t taken = size < PROBE_SIGNATURE_BYTES - known ? size : PROBE_SIGNATURE_BYTES - known;
    if (taken == 0)
        return STATUS_OK;
    memcpy(upload->signature + known, data, taken);
    return image_sniff(upload->signature, known + taken, why);
}

static enum status fail_to_store(struct text *why)
{
    text_setf(why, "The photo could not be stored: %s.", strerror(errno));
    return status_from_errno(errno);
}

/* As often as something is written. */
static enum status check_room(const struct upload *upload, size_t size, struct text *why)
{
    bool is_due = upload->size / APPENDER_BYTES != (upload->size + size) / APPENDER_BYTES;
    return is_due ? disk_room_check(&upload->uploads->room, blob_upload_fd(upload->object), APPENDER_BYTES, true, why)
                  : STATUS_OK;
}

enum status upload_write(struct upload *upload, const char *data, size_t size, struct text *why)
{
    uint64_t limit = upload->uploads->settings.max_upload;
    if (size > limit - upload->size) {
        char most[REASON_NUMBER_SIZE];
        reason_set(why, REASON_FILE_OVER_LIMIT, reason_bytes_limit(most, limit));
        return STATUS_TOO_LARGE;
    }
    enum status status = sniff(upload, data, size, why);
    if (status != STATUS_OK)
        return status;
    status = check_room(upload, size, why);
    if (status != STATUS_OK)
        return status;
    if (!appender_add(upload->appender, data, size))
        return fail_to_store(why);
    digest_add(upload->digest, data, size);
    upload->size += size;
    return STATUS_OK;
}

static enum status check(const struct upload *upload, struct image_info *ret_info, struct text *why)
{
    if (upload->size == 0) {
        reason_set(why, REASON_IMAGE_EMPTY);
        return STATUS_INVALID;
    }
    if (!appender_flush(upload->appender))
        return fail_to_store(why);
    return image_probe(blob_upload_fd(upload->object), upload->size, &upload->uploads->settings.limits, ret_info, why);
}

static const char *copy_words(struct arena *arena, const char *words)
{
    return words && *words ? arena_copy_string(arena, words) : NULL;
}

/* An original that is in its bucket, and what is known of it. */
struct original {
    struct uploads *uploads;
    const struct id *id;
    const char *author, *idempotency_key;
    const struct session_claim *session; /* NULL: it came at once */
    struct image_info info;
    uint64_t size;
    struct digest *digest;
};

/* One transaction writes photo and execution; from then on the workflow has it. */
static enum status create(const struct original *original, const struct photo_description *description,
                          struct arena *arena, struct photo *ret_photo, bool *ret_created, struct text *why)
{
    const struct uploads_settings *settings = &original->uploads->settings;
    const struct image_info *info = &original->info;
    uint8_t *sha256 = arena_new(arena, DIGEST_BYTES_MAX);
    (void)digest_finish(original->digest, sha256);
    char key[OBJECT_KEY_SIZE];
    photos_original_key(original->id, key);
    int64_t now = store_now_ms(settings->store);
    struct photo photo = {
        .id = *original->id,
        .author = arena_copy_string(arena, original->author),
        .state = PHOTO_PENDING,
        .created_ms = now,
        .updated_ms = now,
        .format = image_format_name(info->format),
        .frames = info->frames,
        .original = {.width = info->width, .height = info->height, .bytes = original->size},
        .caption = copy_words(arena, description->caption),
        .alt_text = copy_words(arena, description->alt_text),
        .sha256 = sha256,
    };
    if (!capture_time_is_future(&info->captured, now))
        photo.captured = info->captured;
    TEXT_CLEANUP struct text data = {0};
    json_t *more = json_pack("{s:o}", "image", image_record_make(info, original->size));
    const struct execution execution = photos_execution(original->id, original->author, now, more, &data);
    enum status status =
        store_photo_create(settings->store, &photo, original->idempotency_key, &execution, settings->max_pending,
                           original->session, arena, ret_photo, ret_created, why);
    if (status == STATUS_OK && *ret_created)
        *ret_photo = photo;
    if (status == STATUS_TOO_MANY)
        (void)refuse_pending(settings->max_pending, why);
    if (status == STATUS_OK && settings->arrived)
        settings->arrived(settings->context);
    return status;
}

bool upload_may_have_photo(const struct uploads *uploads, enum status status)
{
    return status == STATUS_UNAVAILABLE && store_is_remote(uploads->settings.store);
}

enum status upload_finish(struct upload *upload, const struct photo_description *description, struct arena *arena,
                          struct photo *ret_photo, struct text *why)
{
    struct uploads *uploads = upload->uploads;
    struct original original = {.uploads = uploads,
                                .id = &upload->id,
                                .author = upload->author,
                                .idempotency_key = upload->idempotency_key,
                                .size = upload->size,
                                .digest = upload->digest};
    char key[OBJECT_KEY_SIZE];
    bool created = false;
    enum status status = check(upload, &original.info, why);
    if (status != STATUS_OK) {
        upload_abort(upload);
        return status;
    }
    photos_original_key(&upload->id, key);
    status = blob_upload_commit(upload->object, why);
    if (status == STATUS_OK) {
        status = create(&original, description, arena, ret_photo, &created, why);
        /* Refused by the store, or sent twice: this copy is not needed. */
        if ((status != STATUS_OK || !created) && !upload_may_have_photo(uploads, status))
            (void)blob_delete(uploads->settings.blob, BUCKET_ORIGINALS, key, NULL);
    }
    release(upload);
    return status;
}

/* ---- What is in the bucket already ---- */

static enum status add_to_digest(struct digest *digest, struct blob_object *object, struct text *why)
{
    enum { READ_BYTES = 256 << 10 };
    char *buffer = memory_new(READ_BYTES);
    enum status status = STATUS_OK;
    size_t count = 0;
    for (uint64_t at = 0; status == STATUS_OK && at < object->size; at += count) {
        status = blob_object_read(object, at, buffer, READ_BYTES, &count, why);
        if (status == STATUS_OK)
            digest_add(digest, buffer, count);
    }
    free(buffer);
    return status;
}

enum status upload_take(struct uploads *uploads, const struct id *id, const char *author, const char *idempotency_key,
                        const struct photo_description *description, const struct session_claim *session,
                        struct arena *arena, struct photo *ret_photo, bool *ret_created, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct blob_object object;
    photos_original_key(id, key);
    enum status status = blob_get_file(uploads->settings.blob, BUCKET_ORIGINALS, key, &object, why);
    if (status != STATUS_OK)
        return status;
    struct original original = {.uploads = uploads,
                                .id = id,
                                .author = author,
                                .idempotency_key = idempotency_key,
                                .session = session,
                                .size = object.size,
                                .digest = digest_new(DIGEST_SHA256)};
    status = image_probe(object.fd, object.size, &uploads->settings.limits, &original.info, why);
    if (status == STATUS_OK)
        status = add_to_digest(original.digest, &object, why);
    if (status == STATUS_OK)
        status = create(&original, description, arena, ret_photo, ret_created, why);
    digest_free(original.digest);
    blob_object_release(&object);
    return status;
}
