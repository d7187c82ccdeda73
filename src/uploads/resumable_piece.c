/* Pieces of resumable uploads: a claim of the session for as long as the bytes come. */
#include "resumable_private.h"

#include "memory.h"
#include "reasons.h"

#include <stdlib.h>
#include <string.h>

struct resumable_piece {
    struct resumables *resumables;
    struct arena arena;
    struct session session;
    bool is_claimed;
    struct blob_growing *growing; /* NULL: there is nothing to add */
    uint64_t written;             /* the end of it */
    uint8_t signature[PROBE_SIGNATURE_BYTES];
};

/* ---- Saving ---- */

/* Makes what was written count. What a copy was made of goes when the session knows the copy. */
static enum status save(struct resumable_piece *piece, bool keep_claim, struct text *why)
{
    TEXT_CLEANUP struct text state = {0};
    struct session *session = &piece->session;
    struct uploads *uploads = piece->resumables->uploads;
    const char *former = session->bytes;
    char key[OBJECT_KEY_SIZE];
    photos_original_key(&session->id, key);
    enum status status = blob_growing_save(piece->growing, &state, why);
    if (status != STATUS_OK)
        return status;
    struct session saved = *session;
    saved.was_lost = false;
    saved.offset = piece->written;
    saved.bytes = arena_copy_string(&piece->arena, text_get(&state));
    piece->is_claimed = keep_claim;
    status = held_sessions_save(piece->resumables->held, &saved, keep_claim, why);
    if (status != STATUS_OK)
        return status;
    *session = saved;
    if (former)
        blob_growing_forget(uploads->settings.blob, BUCKET_ORIGINALS, key, former, session->bytes);
    return STATUS_OK;
}

/* ---- Beginning ---- */

static enum status check_place(const struct session *session, uint64_t offset, uint64_t size, struct text *why)
{
    char here[REASON_NUMBER_SIZE], there[REASON_NUMBER_SIZE];
    if (session->is_held) {
        reason_set(why, REASON_UPLOAD_IN_USE);
        return STATUS_BUSY;
    }
    if (session->offset != offset) {
        reason_set(why, REASON_UPLOAD_OFFSET_DIFFERS, reason_number(here, session->offset),
                   reason_number(there, offset));
        return STATUS_CONFLICT;
    }
    if (size == UINT64_MAX || size <= session->length - offset)
        return STATUS_OK;
    reason_set(why, REASON_UPLOAD_BEYOND_LENGTH, reason_number(here, session->length));
    return STATUS_TOO_LARGE;
}

static enum status claim(struct resumable_piece *piece, const struct id *id, uint64_t offset, uint64_t size,
                         struct text *why)
{
    struct session *session = &piece->session;
    enum status status = held_sessions_claim(piece->resumables->held, id, &piece->arena, session, why);
    piece->is_claimed = status == STATUS_OK;
    if (status != STATUS_OK)
        return status;
    session->is_held = false; /* by anybody else */
    return check_place(session, offset, size, why);
}

static enum status open_bytes(struct resumable_piece *piece, struct text *why)
{
    const struct session *session = &piece->session;
    char key[OBJECT_KEY_SIZE];
    if (session->offset == session->length)
        return STATUS_OK;
    photos_original_key(&session->id, key);
    enum status status = blob_growing_open(piece->resumables->uploads->settings.blob, BUCKET_ORIGINALS, key,
                                           session->bytes ? session->bytes : "", session->offset, session->was_lost,
                                           &piece->growing, why);
    if (status == STATUS_OK && session->was_lost) /* before anything is added: the copy is what counts from now on */
        status = save(piece, true, why);
    return status == STATUS_NOT_FOUND ? resumable_gone(why) : status;
}

enum status resumable_piece_begin(struct resumables *resumables, const struct id *id, const char *author,
                                  uint64_t offset, uint64_t size, struct resumable_piece **ret_piece, struct text *why)
{
    struct resumable_piece *piece = NEW(struct resumable_piece);
    *piece = (struct resumable_piece){.resumables = resumables, .written = offset};
    enum status status = resumable_read(resumables, id, author, &piece->arena, &piece->session, why);
    if (status == STATUS_OK && resumable_is_presigned(&piece->session))
        status = resumable_gone(why);
    if (status == STATUS_OK)
        status = check_place(&piece->session, offset, size, why);
    if (status == STATUS_OK && !piece->session.is_finished)
        status = claim(piece, id, offset, size, why);
    if (status == STATUS_OK && !piece->session.is_finished)
        status = open_bytes(piece, why);
    if (status == STATUS_OK)
        *ret_piece = piece;
    else
        resumable_piece_end(piece, true);
    return status;
}

/* ---- Writing ---- */

/* Not with each of the small pieces that a body comes in. */
static enum status check_room(const struct resumable_piece *piece, size_t size, struct text *why)
{
    enum { STEP = 64 << 10 };
    bool is_due = piece->written == piece->session.offset || piece->written / STEP != (piece->written + size) / STEP;
    return is_due ? disk_room_check(&piece->resumables->uploads->room, blob_growing_fd(piece->growing), STEP, true, why)
                  : STATUS_OK;
}

static void note_signature(struct resumable_piece *piece, const char *data, size_t size)
{
    if (piece->written >= sizeof piece->signature)
        return;
    size_t known = (size_t)piece->written, left = sizeof piece->signature - known;
    memcpy(piece->signature + known, data, size < left ? size : left);
}

enum status resumable_piece_write(struct resumable_piece *piece, const char *data, size_t size, struct text *why)
{
    if (size > piece->session.length - piece->written) {
        char most[REASON_NUMBER_SIZE];
        reason_set(why, REASON_UPLOAD_BEYOND_LENGTH, reason_number(most, piece->session.length));
        return STATUS_TOO_LARGE;
    }
    if (size == 0)
        return STATUS_OK;
    enum status status = check_room(piece, size, why);
    if (status == STATUS_OK)
        status = blob_growing_write(piece->growing, data, size, why);
    if (status != STATUS_OK)
        return status;
    note_signature(piece, data, size);
    piece->written += size;
    return STATUS_OK;
}

/* ---- Keeping ---- */

/* A stranger's file is refused by its first bytes. */
static enum status sniff(const struct resumable_piece *piece, struct text *why)
{
    size_t known = sizeof piece->signature;
    if (piece->session.offset)
        return STATUS_OK; /* when all is there it is looked at again */
    return image_sniff(piece->signature, piece->written < known ? (size_t)piece->written : known, why);
}

static enum status refuse(struct resumable_piece *piece, enum status status)
{
    piece->is_claimed = false;
    (void)resumable_forget(piece->resumables, &piece->session, NULL);
    return status;
}

enum status resumable_piece_keep(struct resumable_piece *piece, struct arena *arena, struct resumable *ret_resumable,
                                 struct text *why)
{
    struct session *session = &piece->session;
    bool is_whole = piece->written == session->length;
    if (!piece->is_claimed)
        return resumable_look(piece->resumables, &session->id, session->author, arena, ret_resumable, why);
    enum status status = sniff(piece, why);
    if (status != STATUS_OK)
        return refuse(piece, status);
    if (piece->written != session->offset)
        status = save(piece, is_whole, why);
    if (status != STATUS_OK)
        return status;
    resumable_describe(session, ret_resumable);
    if (!is_whole)
        return STATUS_OK;
    piece->is_claimed = false;
    return resumable_settle(piece->resumables, session, arena, ret_resumable, why);
}

void resumable_piece_end(struct resumable_piece *piece, bool undo)
{
    if (!piece)
        return;
    if (piece->is_claimed && !undo && piece->written > piece->session.offset)
        (void)save(piece, false, NULL);
    if (piece->is_claimed)
        held_sessions_give_back(piece->resumables->held, &piece->session);
    blob_growing_close(piece->growing);
    arena_release(&piece->arena);
    free(piece);
}
