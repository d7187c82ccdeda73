#include "reasons.h"
#include "sqlite_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Rows ---- */

static struct rendition rendition_from_row(sqlite3_stmt *row, int column)
{
    return (struct rendition){.width = (uint32_t)sqlite3_column_int64(row, column),
                              .height = (uint32_t)sqlite3_column_int64(row, column + 1),
                              .bytes = (uint64_t)sqlite3_column_int64(row, column + 2)};
}

static struct capture_time captured_from_row(sqlite3_stmt *row, int column)
{
    return (struct capture_time){.is_known = sqlite3_column_type(row, column) != SQLITE_NULL,
                                 .has_offset = sqlite3_column_type(row, column + 1) != SQLITE_NULL,
                                 .offset_minutes = (int32_t)sqlite3_column_int64(row, column + 1),
                                 .ms = sqlite3_column_int64(row, column)};
}

static const uint8_t *sha256_from_row(sqlite3_stmt *row, int column, struct arena *arena)
{
    const char *bytes = sqlite3_column_blob(row, column);
    if (!bytes || sqlite3_column_bytes(row, column) != SHA256_BYTES)
        return NULL;
    return (const uint8_t *)arena_copy(arena, bytes, SHA256_BYTES);
}

struct photo photo_from_row(sqlite3_stmt *row, struct arena *arena)
{
    return (struct photo){.id = column_id(row, 0),
                          .author = arena_copy_string(arena, column_string(row, 1)),
                          .state = (enum photo_state)sqlite3_column_int(row, 2),
                          .created_ms = sqlite3_column_int64(row, 3),
                          .updated_ms = sqlite3_column_int64(row, 4),
                          .error_message = arena_copy_string(arena, column_string(row, 5)),
                          .format = arena_copy_string(arena, column_string(row, 6)),
                          .frames = (uint32_t)sqlite3_column_int64(row, 7),
                          .original = rendition_from_row(row, 8),
                          .large = rendition_from_row(row, 11),
                          .thumbnail = rendition_from_row(row, 14),
                          .labels = arena_copy_string(arena, column_string(row, 17)),
                          .audit = arena_copy_string(arena, column_string(row, 18)),
                          .review = (enum photo_review)sqlite3_column_int(row, 19),
                          .caption = arena_copy_string(arena, column_string(row, 20)),
                          .alt_text = arena_copy_string(arena, column_string(row, 21)),
                          .thumbhash = arena_copy_string(arena, column_string(row, 22)),
                          .sha256 = sha256_from_row(row, 23, arena),
                          .medium = rendition_from_row(row, 24),
                          .captured = captured_from_row(row, 27)};
}

#define RENDITION(rendition) INTEGER((rendition).width), INTEGER((rendition).height), INTEGER((rendition).bytes)

enum status photo_find(struct connection *connection, const struct id *id, const char *author,
                       struct photo_found *ret_found, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, PHOTO_FIND, VALUES(ID(id)), &row, why);
    if (!status) {
        ret_found->state = sqlite3_column_int(row, 0);
        (void)snprintf(ret_found->author, sizeof ret_found->author, "%s", column_string(row, 1));
    }
    if (status == STATUS_NOT_FOUND || (!status && ret_found->state == STATE_DELETED)) {
        reason_set(why, REASON_PHOTO_UNKNOWN);
        return STATUS_NOT_FOUND;
    }
    if (!status && author && strcmp(ret_found->author, author) != 0) {
        reason_set(why, REASON_PHOTO_NOT_YOURS);
        return STATUS_FORBIDDEN;
    }
    return status;
}

/* ---- Making and reading ---- */

struct photo_creation {
    const struct photo *photo;
    const char *idempotency_key;
    const struct execution *execution;
    uint64_t max_pending;
    struct arena *arena;
    struct photo existing;
    bool is_created;
};

static enum status find_key(struct connection *connection, const char *author, const char *key, struct arena *arena,
                            struct photo *ret_photo, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, PHOTO_FIND_KEY, VALUES(TEXT(author), TEXT(key)), &row, why);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "There is no photo of this author with this key.");
    if (!status)
        *ret_photo = photo_from_row(row, arena);
    return status;
}

static enum status insert(struct connection *connection, const struct photo *photo, const char *key, struct text *why)
{
    return connection_run(connection, PHOTO_INSERT,
                          VALUES(ID(&photo->id), TEXT(photo->author), INTEGER(photo->state), INTEGER(photo->created_ms),
                                 INTEGER(photo->updated_ms), TEXT(photo->error_message), TEXT(photo->format),
                                 INTEGER(photo->frames), RENDITION(photo->original), RENDITION(photo->large),
                                 RENDITION(photo->thumbnail), TEXT(photo->labels), TEXT(photo->audit),
                                 INTEGER(photo->review), TEXT(photo->caption), TEXT(photo->alt_text),
                                 TEXT(photo->thumbhash), BLOB(photo->sha256, SHA256_BYTES), RENDITION(photo->medium),
                                 INTEGER_IF(photo->captured.is_known, photo->captured.ms),
                                 INTEGER_IF(photo->captured.has_offset, photo->captured.offset_minutes), TEXT(key)),
                          why);
}

static enum status check_pending(struct connection *connection, const struct photo_creation *creation, struct text *why)
{
    uint64_t pending = 0;
    enum status status = queue_pending(connection, creation->photo->author, &pending, why);
    if (status || creation->max_pending == 0 || pending < creation->max_pending)
        return status;
    text_setf(why, "%" PRIu64 " photos of %s are being processed already.", pending, creation->photo->author);
    return STATUS_TOO_MANY;
}

static enum status create(struct connection *connection, void *arguments, struct text *why)
{
    struct photo_creation *creation = arguments;
    const struct photo *photo = creation->photo;
    enum status status = STATUS_NOT_FOUND;
    if (creation->idempotency_key)
        status =
            find_key(connection, photo->author, creation->idempotency_key, creation->arena, &creation->existing, why);
    if (status != STATUS_NOT_FOUND)
        return status;
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    status = connection_row(connection, PHOTO_FIND, VALUES(ID(&photo->id)), &row, why);
    if (status == STATUS_OK) {
        text_setf(why, "There is a photo with this id already.");
        return STATUS_CONFLICT;
    }
    if (status == STATUS_NOT_FOUND)
        status = check_pending(connection, creation, why);
    if (!status)
        status = insert(connection, photo, creation->idempotency_key, why);
    if (!status)
        status = execution_insert(connection, creation->execution, photo->author, why);
    creation->is_created = !status;
    return status;
}

enum status sqlite_photo_create(struct store *store, const struct photo *photo, const char *idempotency_key,
                                const struct execution *execution, uint64_t max_pending, struct arena *arena,
                                struct photo *ret_existing, bool *ret_created, struct text *why)
{
    struct photo_creation creation = {.photo = photo,
                                      .idempotency_key = idempotency_key,
                                      .execution = execution,
                                      .max_pending = max_pending,
                                      .arena = arena};
    enum status status = writer_run(&((struct store_sqlite *)store)->writer, create, &creation, why);
    if (status)
        return status;
    *ret_created = creation.is_created;
    if (!creation.is_created)
        *ret_existing = creation.existing;
    return STATUS_OK;
}

enum status sqlite_photos_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = queue_pending(&reader->connection, author, ret_pending, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

enum status sqlite_photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                             struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    sqlite3_stmt *row = NULL;
    status = connection_row(&reader->connection, PHOTO_GET, VALUES(ID(id)), &row, why);
    if (status == STATUS_NOT_FOUND)
        reason_set(why, REASON_PHOTO_UNKNOWN);
    if (!status)
        *ret_photo = photo_from_row(row, arena);
    statement_cleanup(&row);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

enum status sqlite_photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                  struct arena *arena, struct photo *ret_photo, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = find_key(&reader->connection, author, idempotency_key, arena, ret_photo, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

/* ---- Publishing and rejecting ---- */

struct photo_change {
    const struct photo *photo;      /* to publish */
    const struct rendition *medium; /* to render */
    const struct id *id;
    const char *error_message, *labels; /* to reject */
    const char *audit;                  /* to set, with labels */
    enum photo_review review;           /* to review */
    const struct execution *execution;  /* to withdraw */
    const char *author;                 /* who deletes */
    int64_t now_ms;
};

static enum status publish(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    const struct photo *photo = change->photo;
    struct photo_found found;
    enum status status = photo_find(connection, &photo->id, NULL, &found, why);
    if (status || found.state == PHOTO_SUCCESS)
        return status;
    if (found.state != PHOTO_PENDING) {
        text_setf(why, "The photo was refused already.");
        return STATUS_CONFLICT;
    }
    status = connection_run(connection, PHOTO_PUBLISH,
                            VALUES(ID(&photo->id), INTEGER(change->now_ms), RENDITION(photo->large),
                                   RENDITION(photo->thumbnail), TEXT(photo->labels), TEXT(photo->thumbhash),
                                   RENDITION(photo->medium)),
                            why);
    return status ? status : user_add_post(connection, found.author, why);
}

enum status sqlite_photo_publish(struct store *store, const struct photo *photo, int64_t now_ms, struct text *why)
{
    struct photo_change change = {.photo = photo, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, publish, &change, why);
}

/* CONFLICT: it is not published. */
static enum status find_published(struct connection *connection, const struct id *id, struct photo_found *ret_found,
                                  struct text *why)
{
    enum status status = photo_find(connection, id, NULL, ret_found, why);
    if (status || ret_found->state == PHOTO_SUCCESS)
        return status;
    text_setf(why, "The photo is not published.");
    return STATUS_CONFLICT;
}

static enum status render(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = find_published(connection, change->id, &found, why);
    return status ? status
                  : connection_run(connection, PHOTO_RENDER, VALUES(ID(change->id), RENDITION(*change->medium)), why);
}

enum status sqlite_photo_render(struct store *store, const struct id *id, const struct rendition *medium,
                                struct text *why)
{
    struct photo_change change = {.id = id, .medium = medium};
    return writer_run(&((struct store_sqlite *)store)->writer, render, &change, why);
}

static enum status reject(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, change->id, NULL, &found, why);
    if (status || found.state == PHOTO_ERROR)
        return status;
    if (found.state != PHOTO_PENDING) {
        text_setf(why, "The photo was published already.");
        return STATUS_CONFLICT;
    }
    return connection_run(
        connection, PHOTO_REJECT,
        VALUES(ID(change->id), INTEGER(change->now_ms), TEXT(change->error_message), TEXT(change->labels)), why);
}

enum status sqlite_photo_reject(struct store *store, const struct id *id, const char *error_message, const char *labels,
                                int64_t now_ms, struct text *why)
{
    struct photo_change change = {.id = id, .error_message = error_message, .labels = labels, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, reject, &change, why);
}

/* ---- What the moderator saw, and who decides ---- */

static enum status set_labels(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, change->id, NULL, &found, why);
    return status ? status
                  : connection_run(
                      connection, PHOTO_SET_LABELS,
                      VALUES(ID(change->id), INTEGER(change->now_ms), TEXT(change->labels), TEXT(change->audit)), why);
}

enum status sqlite_photo_set_labels(struct store *store, const struct id *id, const char *labels, const char *audit,
                                    int64_t now_ms, struct text *why)
{
    struct photo_change change = {.id = id, .labels = labels, .audit = audit, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, set_labels, &change, why);
}

static enum status review(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, change->id, NULL, &found, why);
    if (!status)
        status = connection_run(connection, PHOTO_REVIEW,
                                VALUES(ID(change->id), INTEGER(change->now_ms), INTEGER(change->review)), why);
    if (!status)
        status = connection_run(connection, PHOTO_HURRY, VALUES(ID(change->id), INTEGER(change->now_ms)), why);
    return status ? status : queue_change(connection, found.author, 0, QUEUE_SERVED_AS_BEFORE, why);
}

enum status sqlite_photo_review(struct store *store, const struct id *id, enum photo_review decision, int64_t now_ms,
                                struct text *why)
{
    struct photo_change change = {.id = id, .review = decision, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, review, &change, why);
}

static enum status withdraw(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = find_published(connection, change->id, &found, why);
    if (!status)
        status = connection_run(
            connection, PHOTO_WITHDRAW,
            VALUES(ID(change->id), INTEGER(change->now_ms), TEXT(change->labels), TEXT(change->audit)), why);
    if (!status)
        status = user_remove_post(connection, found.author, why);
    return status ? status : execution_replace(connection, change->execution, found.author, why);
}

enum status sqlite_photo_withdraw(struct store *store, const struct id *id, const char *labels, const char *audit,
                                  const struct execution *execution, struct text *why)
{
    struct photo_change change = {
        .id = id, .labels = labels, .audit = audit, .execution = execution, .now_ms = execution->updated_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, withdraw, &change, why);
}

enum status photo_reopen(struct connection *connection, const struct id *id, int64_t now_ms, struct text *why)
{
    struct photo_found found;
    enum status status = photo_find(connection, id, NULL, &found, why);
    return status ? status : connection_run(connection, PHOTO_REOPEN, VALUES(ID(id), INTEGER(now_ms)), why);
}

/* ---- Deleting ---- */

static enum status bury(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, change->id, change->author, &found, why);
    if (!status)
        status = connection_run(connection, PHOTO_DELETE, VALUES(ID(change->id), INTEGER(change->now_ms)), why);
    if (!status && found.state == PHOTO_SUCCESS)
        status = user_remove_post(connection, found.author, why);
    return status ? status : execution_abort(connection, change->id, change->now_ms, why);
}

enum status sqlite_photo_delete(struct store *store, const struct id *id, const char *author, int64_t now_ms,
                                struct text *why)
{
    struct photo_change change = {.id = id, .author = author, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, bury, &change, why);
}

struct deleted {
    struct id *ids;
    size_t count;
};

static bool deleted_row(void *context, sqlite3_stmt *row)
{
    struct deleted *deleted = context;
    deleted->ids[deleted->count++] = column_id(row, 0);
    return true;
}

enum status sqlite_photos_deleted(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                  struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct deleted deleted = {.ids = ret_ids};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, PHOTOS_DELETED, VALUES(LIMIT(limit)), deleted_row, &deleted, why);
    readers_give_back(&sqlite->readers, reader, status);
    if (!status)
        *ret_count = deleted.count;
    return status;
}

static enum status purge(struct connection *connection, void *arguments, struct text *why)
{
    const struct photo_change *change = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, change->id, NULL, &found, why);
    if (status == STATUS_NOT_FOUND) /* deleted, or forgotten already */
        return connection_run(connection, PHOTO_PURGE, VALUES(ID(change->id)), why);
    if (!status)
        text_setf(why, "A photo is deleted before it is forgotten.");
    return status ? status : STATUS_CONFLICT;
}

enum status sqlite_photo_purge(struct store *store, const struct id *id, struct text *why)
{
    struct photo_change change = {.id = id};
    return writer_run(&((struct store_sqlite *)store)->writer, purge, &change, why);
}
