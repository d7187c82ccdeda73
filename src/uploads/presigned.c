#include "presigned.h"

#include "reasons.h"
#include "resumable_private.h"

#include <stdio.h>
#include <string.h>

bool resumable_is_presigned(const struct session *session)
{
    return session->bytes && strcmp(session->bytes, PRESIGNED_BYTES) == 0;
}

static void make_incoming_key(const struct id *id, char ret_key[static PRESIGNED_KEY_SIZE])
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)snprintf(ret_key, PRESIGNED_KEY_SIZE, "%s%s", BLOB_INCOMING, text);
}

enum status presigned_create(struct resumables *resumables, struct presigned *presigned, struct text *ret_url,
                             struct text *why)
{
    const struct uploads_settings *settings = &resumables->uploads->settings;
    const struct blob_presigned wanted = {.method = BLOB_METHOD_PUT,
                                          .seconds = PRESIGNED_LIFE_MS / 1000,
                                          .content_type = presigned->content_type,
                                          .size = presigned->length};
    struct resumable resumable = {.id = id_new(),
                                  .author = presigned->author,
                                  .network = presigned->network,
                                  .length = presigned->length,
                                  .expires_ms = store_now_ms(settings->store) + RESUMABLE_LIFE_MS};
    enum status status = resumable_check_new(resumables, &resumable, why);
    if (status != STATUS_OK)
        return status;
    make_incoming_key(&resumable.id, presigned->key);
    presigned->expires_ms = store_now_ms(settings->store) + PRESIGNED_LIFE_MS;
    status = blob_presign(settings->blob, BUCKET_ORIGINALS, presigned->key, &wanted, ret_url, why);
    return status ? status : resumable_add(resumables, &resumable, PRESIGNED_BYTES, why);
}

enum status presigned_remove(struct uploads *uploads, const struct id *id, struct text *why)
{
    char key[PRESIGNED_KEY_SIZE];
    make_incoming_key(id, key);
    return blob_delete(uploads->settings.blob, BUCKET_ORIGINALS, key, why);
}

/* ---- Making the photo ---- */

static enum status check_size(struct blob *blob, const char *key, uint64_t length, struct text *why)
{
    char came[REASON_NUMBER_SIZE], announced[REASON_NUMBER_SIZE];
    struct blob_object object;
    enum status status = blob_get(blob, BUCKET_ORIGINALS, key, &object, why);
    if (status != STATUS_OK)
        return status;
    uint64_t size = object.size;
    blob_object_release(&object);
    if (size == length)
        return STATUS_OK;
    reason_set(why, REASON_UPLOAD_SIZE_DIFFERS, reason_number(came, size), reason_number(announced, length));
    return STATUS_INVALID;
}

/* The key is new each time, so that nobody who was late can copy over the original of a photo. */
static enum status make_photo(struct uploads *uploads, const struct session *session,
                              const struct photo_description *description, struct arena *arena, struct photo *ret_photo,
                              struct text *why)
{
    struct blob *blob = uploads->settings.blob;
    struct id id = id_new();
    bool was_created = false;
    char from[PRESIGNED_KEY_SIZE], key[OBJECT_KEY_SIZE];
    make_incoming_key(&session->id, from);
    photos_original_key(&id, key);
    enum status status = check_size(blob, from, session->length, why);
    if (status == STATUS_OK)
        status = blob_copy(blob, BUCKET_ORIGINALS, from, BUCKET_ORIGINALS, key, why);
    if (status == STATUS_NOT_FOUND)
        reason_set(why, REASON_UPLOAD_NOT_SENT);
    if (status != STATUS_OK)
        return status;
    status = check_size(blob, key, session->length, why); /* of what the photo is made of */
    if (status == STATUS_OK)
        status = upload_take(uploads, &id, session->author, resumable_make_key(&session->id, arena), description, NULL,
                             arena, ret_photo, &was_created, why);
    if ((status != STATUS_OK || !was_created) && !upload_may_have_photo(uploads, status))
        (void)blob_delete(blob, BUCKET_ORIGINALS, key, NULL);
    /* A copy that is gone says nothing about what was sent. */
    return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
}

/* Somebody else who has the session does the same, or it ends by itself: nothing depends on it but room. */
static void settle(struct resumables *resumables, const struct id *id, enum status status)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct session session;
    if (status != STATUS_OK && !resumable_is_refusal(status))
        return;
    if (held_sessions_claim(resumables->held, id, &arena, &session, NULL) != STATUS_OK)
        return;
    if (status != STATUS_OK)
        (void)resumable_forget(resumables, &session, NULL);
    else if (presigned_remove(resumables->uploads, id, NULL) == STATUS_OK)
        (void)resumable_finish(resumables, &session, false, NULL);
    else
        held_sessions_give_back(resumables->held, &session);
}

static enum status read_key(const char *key, struct id *ret_id, struct text *why)
{
    size_t prefix = sizeof BLOB_INCOMING - 1;
    if (strncmp(key, BLOB_INCOMING, prefix) == 0 && id_parse(key + prefix, strlen(key + prefix), ret_id))
        return STATUS_OK;
    return resumable_gone(why);
}

static enum status take_new(struct resumables *resumables, const struct id *id, const char *author,
                            const struct photo_description *description, struct arena *arena, struct photo *ret_photo,
                            struct text *why)
{
    struct session session;
    enum status status = resumable_read(resumables, id, author, arena, &session, why);
    if (status == STATUS_NOT_FOUND)
        return resumable_gone(why);
    if (status != STATUS_OK)
        return status;
    if (!resumable_is_presigned(&session))
        return resumable_gone(why);
    /* It is looked at in a temporary file. */
    status = disk_room_check(&resumables->uploads->room, resumables->disk, session.length, false, why);
    if (status == STATUS_OK)
        status = make_photo(resumables->uploads, &session, description, arena, ret_photo, why);
    if (status != STATUS_NOT_FOUND)
        settle(resumables, id, status);
    return status;
}

enum status presigned_take(struct resumables *resumables, const char *key, const char *author,
                           const struct photo_description *description, struct arena *arena, struct photo *ret_photo,
                           struct text *why)
{
    struct id id;
    enum status status = read_key(key, &id, why);
    if (status != STATUS_OK)
        return status;
    status = upload_find(resumables->uploads, author, resumable_make_key(&id, arena), arena, ret_photo, why);
    return status == STATUS_NOT_FOUND ? take_new(resumables, &id, author, description, arena, ret_photo, why) : status;
}
