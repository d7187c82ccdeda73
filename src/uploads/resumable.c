#include "resumable_private.h"

#include "memory.h"
#include "presigned.h"
#include "reasons.h"
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 100, STRAY_S = 2 * RESUMABLE_LIFE_MS / 1000 };

/* For questions how full it is. Nothing can be written by it: that would keep the disk from being made read-only. */
static enum status open_disk(struct blob *blob, int *ret_disk, struct text *why)
{
    struct blob_upload *upload;
    enum status status = blob_upload_begin(blob, BUCKET_ORIGINALS, "disk", &upload, why);
    if (status != STATUS_OK)
        return status;
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", blob_upload_fd(upload));
    int disk = open(path, O_PATH | O_CLOEXEC), error = errno;
    blob_upload_abort(upload);
    if (disk >= 0)
        *ret_disk = disk;
    else
        text_setf(why, "The disk of uploads can't be watched: %s.", strerrordesc_np(error));
    return disk >= 0 ? STATUS_OK : status_from_errno(error);
}

enum status resumables_open(struct uploads *uploads, struct resumables **ret_resumables, struct text *why)
{
    struct resumables *resumables = NEW(struct resumables);
    *resumables = (struct resumables){.uploads = uploads, .disk = -1};
    const char *earlier = uploads->settings.earlier_folder;
    enum status status = earlier ? earlier_uploads_take(uploads, earlier, why) : STATUS_OK;
    if (status == STATUS_OK)
        status = open_disk(uploads->settings.blob, &resumables->disk, why);
    if (status == STATUS_OK)
        status = held_sessions_open(uploads->settings.store, &resumables->held, why);
    if (status == STATUS_OK)
        *ret_resumables = resumables;
    else
        resumables_close(resumables);
    return status;
}

void resumables_close(struct resumables *resumables)
{
    if (!resumables)
        return;
    held_sessions_close(resumables->held);
    if (resumables->disk >= 0)
        (void)close(resumables->disk);
    free(resumables);
}

enum status resumable_gone(struct text *why)
{
    reason_set(why, REASON_UPLOAD_UNKNOWN);
    return STATUS_NOT_FOUND;
}

void resumable_describe(const struct session *session, struct resumable *ret_resumable)
{
    *ret_resumable = (struct resumable){.id = session->id,
                                        .author = session->author,
                                        .description = {session->caption, session->alt_text},
                                        .length = session->length,
                                        .offset = session->offset,
                                        .expires_ms = session->expires_ms};
}

/* ---- The whole ---- */

const char *resumable_make_key(const struct id *id, struct arena *arena)
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    return arena_printf(arena, "tus-%s", text);
}

static enum status find_photo(struct resumables *resumables, const struct session *session, struct arena *arena,
                              struct photo *ret_photo, struct text *why)
{
    const char *key = resumable_make_key(&session->id, arena);
    return upload_find(resumables->uploads, session->author, key, arena, ret_photo, why);
}

/* As for any upload. The photo and the end of its session are one transaction. */
static enum status make_photo(struct resumables *resumables, const struct session *session, struct arena *arena,
                              struct photo *ret_photo, bool *ret_created, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    const struct session_claim claim = held_sessions_prove(resumables->held, session);
    const struct photo_description description = {session->caption, session->alt_text};
    photos_original_key(&session->id, key);
    enum status status = blob_growing_complete(resumables->uploads->settings.blob, BUCKET_ORIGINALS, key,
                                               session->bytes ? session->bytes : "", session->length, why);
    return status ? status
                  : upload_take(resumables->uploads, &session->id, session->author,
                                resumable_make_key(&session->id, arena), &description, &claim, arena, ret_photo,
                                ret_created, why);
}

bool resumable_is_refusal(enum status status)
{
    return status == STATUS_INVALID || status == STATUS_TOO_LARGE || status == STATUS_UNSUPPORTED
           || status == STATUS_UNPROCESSABLE || status == STATUS_NOT_FOUND;
}

enum status resumable_finish(struct resumables *resumables, struct session *session, bool is_finished, struct text *why)
{
    session->is_finished = true;
    if (is_finished) {
        held_sessions_let_go(resumables->held, session);
        return STATUS_OK;
    }
    session->bytes = NULL;
    return held_sessions_save(resumables->held, session, false, why);
}

enum status resumable_settle(struct resumables *resumables, struct session *session, struct arena *arena,
                             struct resumable *ret_resumable, struct text *why)
{
    struct photo photo;
    bool was_created = false;
    enum status status = find_photo(resumables, session, arena, &photo, why);
    if (status == STATUS_NOT_FOUND)
        status = make_photo(resumables, session, arena, &photo, &was_created, why);
    if (status == STATUS_OK) {
        status = resumable_finish(resumables, session, was_created, why);
        resumable_describe(session, ret_resumable);
        ret_resumable->has_photo = true;
        ret_resumable->photo = photo.id;
    } else if (resumable_is_refusal(status)) {
        if (status == STATUS_NOT_FOUND)
            (void)resumable_gone(why);
        (void)resumable_forget(resumables, session, NULL);
    } else {
        held_sessions_give_back(resumables->held, session);
    }
    return status;
}

enum status resumable_forget(struct resumables *resumables, const struct session *session, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct blob *blob = resumables->uploads->settings.blob;
    char key[OBJECT_KEY_SIZE];
    struct photo photo;
    enum status status = STATUS_OK;
    bool is_photos = session->is_finished || find_photo(resumables, session, &arena, &photo, NULL) != STATUS_NOT_FOUND;
    photos_original_key(&session->id, key);
    if (resumable_is_presigned(session))
        status = presigned_remove(resumables->uploads, &session->id, why);
    else if (!is_photos && session->bytes)
        status = blob_growing_remove(blob, BUCKET_ORIGINALS, key, session->bytes, why);
    if (status == STATUS_OK && !is_photos && session->offset == session->length)
        status = blob_delete(blob, BUCKET_ORIGINALS, key, why);
    if (status == STATUS_OK)
        return held_sessions_remove(resumables->held, session, why);
    held_sessions_give_back(resumables->held, session);
    return status;
}

/* ---- Creating ---- */

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Of all the bytes a network has half at the most, and an author a quarter; but one photo always. */
static struct session_limits find_limits(const struct uploads_settings *settings)
{
    uint64_t photo = larger(settings->max_upload, SESSION_BYTES_LEAST), bytes = settings->max_partials_bytes;
    return (struct session_limits){.sessions_each = settings->max_partials,
                                   .bytes = bytes,
                                   .bytes_author = larger(bytes / 4, photo),
                                   .bytes_network = larger(bytes / 2, photo)};
}

/* Which limit, and what to do. */
static enum status explain(enum session_outcome outcome, const struct session_limits *limits, struct text *why)
{
    char most[REASON_NUMBER_SIZE];
    switch (outcome) {
    case SESSION_MANY:
        reason_set(why, REASON_UPLOADS_TOO_MANY, reason_number(most, limits->sessions_each));
        return STATUS_NO_SPACE;
    case SESSION_AUTHOR_FULL:
        reason_set(why, REASON_UPLOADS_TOO_LARGE, reason_bytes_limit(most, limits->bytes_author));
        return STATUS_NO_SPACE;
    case SESSION_NETWORK_FULL:
        reason_set(why, REASON_UPLOADS_OF_NETWORK, reason_bytes_limit(most, limits->bytes_network));
        return STATUS_NO_SPACE;
    case SESSION_FULL:
        reason_set(why, REASON_UPLOADS_FULL);
        return STATUS_NO_SPACE;
    case SESSION_MADE:
        break;
    }
    return STATUS_OK;
}

enum status resumable_check_new(struct resumables *resumables, const struct resumable *resumable, struct text *why)
{
    uint64_t limit = resumables->uploads->settings.max_upload;
    enum status status = photos_check_name(resumable->author, why);
    if (status != STATUS_OK)
        return status;
    if (resumable->length == 0) {
        reason_set(why, REASON_IMAGE_EMPTY);
        return STATUS_INVALID;
    }
    if (resumable->length > limit) {
        char size[REASON_NUMBER_SIZE], most[REASON_NUMBER_SIZE];
        reason_set(why, REASON_FILE_TOO_LARGE, reason_bytes(size, resumable->length), reason_bytes_limit(most, limit));
        return STATUS_TOO_LARGE;
    }
    return upload_check_pending(resumables->uploads, resumable->author, why);
}

enum status resumable_add(struct resumables *resumables, const struct resumable *resumable, const char *bytes,
                          struct text *why)
{
    struct session_limits limits = find_limits(&resumables->uploads->settings);
    enum session_outcome outcome = SESSION_MADE;
    const struct session session = {.id = resumable->id,
                                    .author = resumable->author,
                                    .network = resumable->network,
                                    .caption = resumable->description.caption,
                                    .alt_text = resumable->description.alt_text,
                                    .length = resumable->length,
                                    .bytes = bytes,
                                    .expires_ms = resumable->expires_ms};
    enum status status = store_session_create(resumables->uploads->settings.store, &session, &limits, &outcome, why);
    return status ? status : explain(outcome, &limits, why);
}

enum status resumable_create(struct resumables *resumables, struct resumable *resumable, struct text *why)
{
    const struct uploads_settings *settings = &resumables->uploads->settings;
    TEXT_CLEANUP struct text state = {0};
    enum status status = resumable_check_new(resumables, resumable, why);
    if (status == STATUS_OK)
        status = disk_room_check(&resumables->uploads->room, resumables->disk, resumable->length, false, why);
    if (status != STATUS_OK)
        return status;
    resumable->id = id_new();
    resumable->offset = 0;
    resumable->expires_ms = store_now_ms(settings->store) + RESUMABLE_LIFE_MS;
    blob_growing_begin(settings->blob, &state);
    return resumable_add(resumables, resumable, text_get(&state), why);
}

/* ---- Looking, removing ---- */

enum status resumable_read(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct session *ret_session, struct text *why)
{
    struct store *store = resumables->uploads->settings.store;
    enum status status = store_session_get(store, id, arena, ret_session, why);
    if (status != STATUS_OK)
        return status;
    if (ret_session->expires_ms <= store_now_ms(store))
        return resumable_gone(why);
    if (strcmp(ret_session->author, author) == 0)
        return STATUS_OK;
    reason_set(why, REASON_UPLOAD_NOT_YOURS);
    return STATUS_FORBIDDEN;
}

static enum status look_at_finished(struct resumables *resumables, const struct session *session, struct arena *arena,
                                    struct resumable *ret_resumable, struct text *why)
{
    struct photo photo;
    enum status status = find_photo(resumables, session, arena, &photo, why);
    if (status == STATUS_NOT_FOUND) /* it was deleted */
        return resumable_gone(why);
    resumable_describe(session, ret_resumable);
    ret_resumable->has_photo = status == STATUS_OK;
    ret_resumable->photo = photo.id;
    return status;
}

enum status resumable_look(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct resumable *ret_resumable, struct text *why)
{
    struct session session;
    enum status status = resumable_read(resumables, id, author, arena, &session, why);
    if (status != STATUS_OK)
        return status;
    if (resumable_is_presigned(&session))
        return resumable_gone(why);
    if (session.is_finished)
        return look_at_finished(resumables, &session, arena, ret_resumable, why);
    if (session.is_held) {
        reason_set(why, REASON_UPLOAD_IN_USE);
        return STATUS_BUSY;
    }
    if (session.offset < session.length) {
        resumable_describe(&session, ret_resumable);
        return STATUS_OK;
    }
    status = held_sessions_claim(resumables->held, id, arena, &session, why);
    return status ? status : resumable_settle(resumables, &session, arena, ret_resumable, why);
}

enum status resumable_remove(struct resumables *resumables, const struct id *id, const char *author, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct session session;
    enum status status = resumable_read(resumables, id, author, &arena, &session, why);
    if (status == STATUS_OK)
        status = held_sessions_claim(resumables->held, id, &arena, &session, why);
    return status ? status : resumable_forget(resumables, &session, why);
}

/* ---- Sweeping ---- */

struct sweep {
    struct uploads *uploads;
    struct failures *failures;
};

static bool is_older(const struct sweep *sweep, int64_t begun_s, int64_t age_s)
{
    return begun_s + age_s <= store_now_ms(sweep->uploads->settings.store) / 1000;
}

/* One that somebody has just now isn't removed, and isn't a failure. */
static bool sweep_one(struct resumables *resumables, const struct id *id, struct failures *failures)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct session session;
    enum status status = held_sessions_claim(resumables->held, id, &arena, &session, &why);
    if (status == STATUS_OK)
        status = resumable_forget(resumables, &session, &why);
    if (status == STATUS_BUSY || status == STATUS_NOT_FOUND)
        return false;
    return failures_note(failures, status, &why);
}

static bool sweep_stray(void *context, const char *key, const char *id, int64_t begun_s)
{
    const struct sweep *sweep = context;
    TEXT_CLEANUP struct text why = {0};
    if (is_older(sweep, begun_s, STRAY_S))
        (void)failures_note(sweep->failures,
                            blob_parts_abort(sweep->uploads->settings.blob, BUCKET_ORIGINALS, key, id, &why), &why);
    return true;
}

/* Of a process that died between saving a piece and forgetting what there was before; and what clients put straight
 * into the bucket, and no photo was made of. */
static bool sweep_object(void *context, const char *key, int64_t modified_s)
{
    const struct sweep *sweep = context;
    TEXT_CLEANUP struct text why = {0};
    bool is_incoming = strncmp(key, BLOB_INCOMING, sizeof BLOB_INCOMING - 1) == 0;
    bool is_stray = (strstr(key, BLOB_REST_MARK) && is_older(sweep, modified_s, STRAY_S))
                    || (is_incoming && is_older(sweep, modified_s, PRESIGNED_STRAY_S));
    if (is_stray)
        (void)failures_note(sweep->failures, blob_delete(sweep->uploads->settings.blob, BUCKET_ORIGINALS, key, &why),
                            &why);
    return true;
}

static void sweep_sessions(struct resumables *resumables, struct failures *failures)
{
    struct id ids[BATCH];
    size_t count = 0, removed = 0;
    do {
        TEXT_CLEANUP struct text why = {0};
        removed = 0;
        enum status status = store_sessions_expired(resumables->uploads->settings.store, ids, BATCH, &count, &why);
        if (!failures_note(failures, status, &why))
            return;
        for (size_t i = 0; i < count; i++)
            removed += sweep_one(resumables, &ids[i], failures);
    } while (count == BATCH && removed);
}

void resumables_sweep(struct resumables *resumables, struct failures *failures)
{
    struct blob *blob = resumables->uploads->settings.blob;
    struct sweep sweep = {resumables->uploads, failures};
    TEXT_CLEANUP struct text why = {0};
    sweep_sessions(resumables, failures);
    (void)failures_note(failures, blob_parts_list(blob, BUCKET_ORIGINALS, sweep_stray, &sweep, &why), &why);
    if (!blob_has_files(blob))
        (void)failures_note(failures, blob_list(blob, BUCKET_ORIGINALS, sweep_object, &sweep, &why), &why);
}
