#include "resumable.h"

#include "clock.h"
#include "file_at.h"
#include "memory.h"
#include "reasons.h"
#include "resumable_file.h"
#include "upload.h"
#include "upload_quota.h"
#include "uploads_private.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 256 << 10, KEY_SIZE = 4 + ID_TEXT_SIZE };

/* What this process knows beyond the files: who writes, and what a cut has left unsaved. */
struct upload_lock {
    struct upload_lock *next;
    struct id id;
    bool is_held;
    uint64_t received; /* bytes of the file that are good, though not yet durable; 0: none beyond the offset */
};

struct resumables {
    struct uploads *uploads;
    int folder;
    pthread_mutex_t lock; /* of the two lists */
    struct upload_lock *locks;
    struct upload_quota *quota;
};

struct resumable_piece {
    struct resumables *resumables;
    struct upload_lock *upload_lock;
    struct arena arena;
    struct resumable resumable;
    int file;
    uint64_t written; /* the end of it in the file */
};

/* ---- What is under way ---- */

static void leave_quota(struct resumables *resumables, const struct id *id)
{
    (void)pthread_mutex_lock(&resumables->lock);
    upload_quota_remove(resumables->quota, id);
    (void)pthread_mutex_unlock(&resumables->lock);
}

static void forget(struct resumables *resumables, const struct id *id)
{
    resumable_files_remove(resumables->folder, id);
    leave_quota(resumables, id);
}

/* The bytes are those of a photo now. */
static void drop_data(struct resumables *resumables, const struct id *id)
{
    resumable_data_remove(resumables->folder, id);
    leave_quota(resumables, id);
}

/* One that an earlier process began. Nobody else is here yet. */
static void count_unfinished(void *context, const struct id *id)
{
    struct resumables *resumables = context;
    ARENA_CLEANUP struct arena arena = {0};
    struct resumable resumable;
    if (resumable_info_read(resumables->folder, id, &arena, &resumable, NULL) == STATUS_OK)
        (void)upload_quota_add(resumables->quota, id, resumable.author, NULL, resumable.length, NULL);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Of all the bytes a network has half at the most, and an author a quarter; but one photo always. */
static struct upload_quota_limits find_limits(const struct uploads_settings *settings)
{
    uint64_t photo = larger(settings->max_upload, UPLOAD_QUOTA_LEAST), bytes = settings->max_partials_bytes;
    return (struct upload_quota_limits){.uploads_each = settings->max_partials,
                                        .bytes = bytes,
                                        .bytes_author = larger(bytes / 4, photo),
                                        .bytes_network = larger(bytes / 2, photo)};
}

/* Takes a place for it. NO_SPACE. */
static enum status enter_quota(struct resumables *resumables, const struct resumable *resumable, struct text *why)
{
    struct upload_quota_limits limits = find_limits(&resumables->uploads->settings);
    enum status status = disk_room_check(&resumables->uploads->room, resumables->folder, resumable->length, false, why);
    if (status != STATUS_OK)
        return status;
    (void)pthread_mutex_lock(&resumables->lock);
    enum upload_quota_verdict verdict = upload_quota_add(resumables->quota, &resumable->id, resumable->author,
                                                         resumable->network, resumable->length, &limits);
    (void)pthread_mutex_unlock(&resumables->lock);
    upload_quota_explain(verdict, &limits, why);
    return verdict == UPLOAD_QUOTA_TAKEN ? STATUS_OK : STATUS_NO_SPACE;
}

enum status resumables_open(struct uploads *uploads, const char *folder, struct resumables **ret_resumables,
                            struct text *why)
{
    int fd;
    enum status status = resumable_folder_open(folder, &fd, why);
    if (status != STATUS_OK)
        return status;
    struct resumables *resumables = NEW(struct resumables);
    *resumables = (struct resumables){.uploads = uploads, .folder = fd, .quota = upload_quota_new()};
    (void)pthread_mutex_init(&resumables->lock, NULL);
    resumables_sweep(resumables);
    resumable_data_each(fd, count_unfinished, resumables);
    *ret_resumables = resumables;
    return STATUS_OK;
}

void resumables_close(struct resumables *resumables)
{
    if (!resumables)
        return;
    for (struct upload_lock *upload_lock = resumables->locks, *next; upload_lock; upload_lock = next) {
        next = upload_lock->next;
        free(upload_lock);
    }
    upload_quota_free(resumables->quota);
    (void)close(resumables->folder);
    (void)pthread_mutex_destroy(&resumables->lock);
    free(resumables);
}

/* ---- One at a time ---- */

static enum status hold(struct resumables *resumables, const struct id *id, struct upload_lock **ret_lock,
                        struct text *why)
{
    (void)pthread_mutex_lock(&resumables->lock);
    struct upload_lock *upload_lock = resumables->locks;
    while (upload_lock && !id_equal(&upload_lock->id, id))
        upload_lock = upload_lock->next;
    bool is_free = !upload_lock || !upload_lock->is_held;
    if (!upload_lock) {
        upload_lock = NEW(struct upload_lock);
        *upload_lock = (struct upload_lock){.next = resumables->locks, .id = *id};
        resumables->locks = upload_lock;
    }
    upload_lock->is_held = true;
    (void)pthread_mutex_unlock(&resumables->lock);
    if (is_free)
        *ret_lock = upload_lock;
    else
        reason_set(why, REASON_UPLOAD_IN_USE);
    return is_free ? STATUS_OK : STATUS_BUSY;
}

static void let_go(struct resumables *resumables, struct upload_lock *upload_lock)
{
    (void)pthread_mutex_lock(&resumables->lock);
    upload_lock->is_held = false;
    if (!upload_lock->received) {
        struct upload_lock **link = &resumables->locks;
        while (*link != upload_lock)
            link = &(*link)->next;
        *link = upload_lock->next;
        free(upload_lock);
    }
    (void)pthread_mutex_unlock(&resumables->lock);
}

/* ---- The whole ---- */

static bool has_expired(const struct id *id)
{
    return resumable_expires_ms(id) <= clock_now_ms();
}

static void make_key(const struct id *id, char ret_key[static KEY_SIZE])
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)snprintf(ret_key, KEY_SIZE, "tus-%s", text);
}

static enum status copy_file(int file, struct upload *upload, struct text *why)
{
    char *buffer = memory_new(COPY_BYTES);
    enum status status = STATUS_OK;
    off_t at = 0;
    for (ssize_t count; status == STATUS_OK && (count = pread(file, buffer, COPY_BYTES, at)) != 0; at += count) {
        if (count < 0) {
            text_setf(why, "The upload can't be read: %s.", strerror(errno));
            status = status_from_errno(errno);
            break;
        }
        status = upload_write(upload, buffer, (size_t)count, why);
    }
    free(buffer);
    return status;
}

/* As for any upload. Under this key there is one photo at most, however often a crash brings us here. */
static enum status make_photo(struct resumables *resumables, struct resumable *resumable, int file, struct arena *arena,
                              struct text *why)
{
    char key[KEY_SIZE];
    struct upload *upload;
    struct photo photo;
    make_key(&resumable->id, key);
    enum status status = upload_begin(resumables->uploads, resumable->author, key, &upload, why);
    if (status != STATUS_OK)
        return status;
    status = copy_file(file, upload, why);
    if (status == STATUS_OK)
        status = upload_finish(upload, &resumable->description, arena, &photo, why);
    else
        upload_abort(upload);
    if (status == STATUS_OK) {
        resumable->has_photo = true;
        resumable->photo = photo.id;
        drop_data(resumables, &resumable->id);
    }
    return status;
}

static bool is_refusal(enum status status)
{
    return status == STATUS_INVALID || status == STATUS_TOO_LARGE || status == STATUS_UNSUPPORTED
           || status == STATUS_UNPROCESSABLE;
}

static enum status gone(struct text *why)
{
    reason_set(why, REASON_UPLOAD_UNKNOWN);
    return STATUS_NOT_FOUND;
}

/* Whole: its photo, which is there already or is made now. */
static enum status settle_whole(struct resumables *resumables, struct resumable *resumable, struct arena *arena,
                                struct text *why)
{
    char key[KEY_SIZE];
    struct photo photo;
    make_key(&resumable->id, key);
    enum status status = upload_find(resumables->uploads, resumable->author, key, arena, &photo, why);
    if (status == STATUS_OK) {
        resumable->has_photo = true;
        resumable->photo = photo.id;
        drop_data(resumables, &resumable->id); /* a crash may have left it */
        return STATUS_OK;
    }
    int file = status == STATUS_NOT_FOUND ? resumable_data_open(resumables->folder, &resumable->id) : -1;
    if (status == STATUS_NOT_FOUND && file < 0) { /* the photo was deleted */
        forget(resumables, &resumable->id);
        return gone(why);
    }
    if (file < 0)
        return status;
    status = make_photo(resumables, resumable, file, arena, why);
    (void)close(file);
    if (is_refusal(status))
        forget(resumables, &resumable->id);
    return status;
}

/* A stranger's file is refused by its first bytes. */
static enum status sniff(const struct resumable *resumable, int file, struct text *why)
{
    uint8_t signature[PROBE_SIGNATURE_BYTES];
    size_t known = resumable->offset < sizeof signature ? (size_t)resumable->offset : sizeof signature;
    if (pread(file, signature, known, 0) != (ssize_t)known)
        return STATUS_OK;
    return image_sniff(signature, known, why);
}

/* Makes the first `size` bytes count. */
static enum status save(struct resumables *resumables, struct resumable *resumable, int file, uint64_t size,
                        struct text *why)
{
    if (fdatasync(file) != 0) {
        text_setf(why, "The upload could not be stored: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    enum status status = resumable_offset_write(resumables->folder, &resumable->id, size, why);
    if (status == STATUS_OK)
        resumable->offset = size;
    return status;
}

/* ---- Creating, looking, removing ---- */

enum status resumable_create(struct resumables *resumables, struct resumable *resumable, struct text *why)
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
    resumable->id = id_new();
    resumable->offset = 0;
    status = upload_check_pending(resumables->uploads, resumable->author, why);
    if (status == STATUS_OK)
        status = enter_quota(resumables, resumable, why);
    if (status != STATUS_OK)
        return status;
    status = resumable_files_create(resumables->folder, resumable, why);
    if (status != STATUS_OK)
        leave_quota(resumables, &resumable->id);
    return status;
}

static enum status read_own(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                            struct resumable *ret_resumable, struct text *why)
{
    enum status status =
        has_expired(id) ? STATUS_NOT_FOUND : resumable_info_read(resumables->folder, id, arena, ret_resumable, why);
    if (status == STATUS_NOT_FOUND)
        return gone(why);
    if (status == STATUS_OK && strcmp(ret_resumable->author, author) != 0) {
        reason_set(why, REASON_UPLOAD_NOT_YOURS);
        return STATUS_FORBIDDEN;
    }
    return status;
}

/* What a cut has left becomes durable, and what is whole a photo. */
static enum status settle(struct resumables *resumables, struct upload_lock *upload_lock, struct resumable *resumable,
                          struct arena *arena, struct text *why)
{
    enum status status = STATUS_OK;
    if (upload_lock->received > resumable->offset) {
        int file = resumable_data_open(resumables->folder, &resumable->id);
        status = file < 0 ? gone(why) : save(resumables, resumable, file, upload_lock->received, why);
        if (file >= 0)
            (void)close(file);
    }
    if (status == STATUS_OK)
        upload_lock->received = 0;
    return status == STATUS_OK && resumable->offset == resumable->length
               ? settle_whole(resumables, resumable, arena, why)
               : status;
}

enum status resumable_look(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct resumable *ret_resumable, struct text *why)
{
    struct upload_lock *upload_lock;
    struct resumable resumable = {0};
    enum status status = hold(resumables, id, &upload_lock, why);
    if (status != STATUS_OK)
        return status;
    status = read_own(resumables, id, author, arena, &resumable, why);
    if (status == STATUS_OK)
        status = settle(resumables, upload_lock, &resumable, arena, why);
    let_go(resumables, upload_lock);
    if (status == STATUS_OK)
        *ret_resumable = resumable;
    return status;
}

enum status resumable_remove(struct resumables *resumables, const struct id *id, const char *author, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct upload_lock *upload_lock;
    struct resumable resumable = {0};
    enum status status = hold(resumables, id, &upload_lock, why);
    if (status != STATUS_OK)
        return status;
    status = read_own(resumables, id, author, &arena, &resumable, why);
    if (status == STATUS_OK) {
        forget(resumables, id);
        upload_lock->received = 0;
    }
    let_go(resumables, upload_lock);
    return status;
}

static void sweep_one(void *context, const struct id *id)
{
    struct resumables *resumables = context;
    struct upload_lock *upload_lock;
    if (!has_expired(id) || hold(resumables, id, &upload_lock, NULL) != STATUS_OK)
        return;
    forget(resumables, id);
    upload_lock->received = 0;
    let_go(resumables, upload_lock);
}

void resumables_sweep(struct resumables *resumables)
{
    resumable_files_each(resumables->folder, sweep_one, resumables);
}

/* ---- Pieces ---- */

enum status resumable_piece_begin(struct resumables *resumables, const struct id *id, const char *author,
                                  uint64_t offset, struct resumable_piece **ret_piece, struct text *why)
{
    struct upload_lock *upload_lock;
    enum status status = hold(resumables, id, &upload_lock, why);
    if (status != STATUS_OK)
        return status;
    struct resumable_piece *piece = NEW(struct resumable_piece);
    *piece = (struct resumable_piece){.resumables = resumables, .upload_lock = upload_lock, .file = -1};
    struct resumable *resumable = &piece->resumable;
    status = read_own(resumables, id, author, &piece->arena, resumable, why);
    uint64_t present = upload_lock->received > resumable->offset ? upload_lock->received : resumable->offset;
    if (status == STATUS_OK && present != offset) {
        char here[REASON_NUMBER_SIZE], there[REASON_NUMBER_SIZE];
        reason_set(why, REASON_UPLOAD_OFFSET_DIFFERS, reason_number(here, present), reason_number(there, offset));
        status = STATUS_CONFLICT;
    }
    if (status == STATUS_OK && offset < resumable->length) {
        piece->file = resumable_data_open(resumables->folder, id);
        /* Beyond the offset there may be what was undone, or what a crash has left. */
        if (piece->file < 0 || ftruncate(piece->file, (off_t)offset) != 0)
            status = piece->file < 0 ? gone(why) : status_from_errno(errno);
    }
    piece->written = offset;
    if (status == STATUS_OK)
        *ret_piece = piece;
    else
        resumable_piece_end(piece, false);
    return status;
}

/* Not with each of the small pieces that a body comes in. */
static enum status check_piece_room(const struct resumable_piece *piece, size_t size, struct text *why)
{
    enum { STEP = 64 << 10 };
    bool is_due = piece->written == piece->resumable.offset || piece->written / STEP != (piece->written + size) / STEP;
    return is_due ? disk_room_check(&piece->resumables->uploads->room, piece->file, STEP, true, why) : STATUS_OK;
}

enum status resumable_piece_write(struct resumable_piece *piece, const char *data, size_t size, struct text *why)
{
    if (size > piece->resumable.length - piece->written) {
        char most[REASON_NUMBER_SIZE];
        reason_set(why, REASON_UPLOAD_BEYOND_LENGTH, reason_number(most, piece->resumable.length));
        return STATUS_TOO_LARGE;
    }
    enum status status = check_piece_room(piece, size, why);
    if (status != STATUS_OK)
        return status;
    if (!file_write_at(piece->file, data, size, piece->written)) {
        text_setf(why, "The photo could not be stored: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    piece->written += size;
    return STATUS_OK;
}

enum status resumable_piece_keep(struct resumable_piece *piece, struct arena *arena, struct resumable *ret_resumable,
                                 struct text *why)
{
    struct resumables *resumables = piece->resumables;
    struct resumable *resumable = &piece->resumable;
    bool was_known = resumable->offset >= PROBE_SIGNATURE_BYTES;
    enum status status = STATUS_OK;
    if (piece->written != resumable->offset)
        status = save(resumables, resumable, piece->file, piece->written, why);
    if (status != STATUS_OK)
        return status;
    piece->upload_lock->received = 0;
    if (!was_known && piece->file >= 0)
        status = sniff(resumable, piece->file, why);
    if (status != STATUS_OK)
        forget(resumables, &resumable->id);
    else if (resumable->offset == resumable->length)
        status = settle_whole(resumables, resumable, arena, why);
    if (status == STATUS_OK)
        *ret_resumable = *resumable;
    return status;
}

void resumable_piece_end(struct resumable_piece *piece, bool undo)
{
    if (!piece)
        return;
    if (!undo && piece->file >= 0 && piece->written > piece->resumable.offset)
        piece->upload_lock->received = piece->written;
    if (piece->file >= 0)
        (void)close(piece->file);
    let_go(piece->resumables, piece->upload_lock);
    arena_release(&piece->arena);
    free(piece);
}
