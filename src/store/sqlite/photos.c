/* Single photos: what is compared and written as photo_rules.c says. */
#include "sqlite_store.h"

#include <stdio.h>

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

struct photo_read {
    struct arena *arena;
    struct photo *photo;
};

static bool take_photo(void *context, sqlite3_stmt *row)
{
    const struct photo_read *read = context;
    *read->photo = photo_from_row(row, read->arena);
    return true;
}

/* ---- Making ---- */

static enum status insert(struct connection *connection, const struct photo_creation *creation, struct text *why)
{
    const struct photo *photo = creation->photo;
    enum status status =
        connection_run(connection, PHOTO_INSERT, VALUES(PHOTO_VALUES(photo), TEXT(creation->idempotency_key)), why);
    return status ? status : execution_insert(connection, creation->execution, photo->author, why);
}

struct creating {
    const struct photo_creation *creation;
    struct arena *arena;
    struct photo_created *created;
};

static enum status find_key(struct connection *connection, const struct creating *creating, bool *ret_is_used,
                            struct text *why)
{
    const struct photo_creation *creation = creating->creation;
    struct photo_read read = {creating->arena, &creating->created->existing};
    enum status status = STATUS_NOT_FOUND;
    if (creation->idempotency_key)
        status = connection_first(connection, PHOTO_FIND_KEY,
                                  VALUES(TEXT(creation->photo->author), TEXT(creation->idempotency_key)), take_photo,
                                  &read, why);
    *ret_is_used = !status;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status find_id(struct connection *connection, const struct id *id, bool *ret_is_used, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, PHOTO_FIND, VALUES(ID(id)), &row, why);
    *ret_is_used = !status;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status find_session(struct connection *connection, const struct photo_creation *creation,
                                bool *ret_is_claimed, struct text *why)
{
    if (!creation->session)
        return STATUS_OK;
    enum status status = session_find_claimed(connection, &creation->photo->id, creation->session, ret_is_claimed, why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status create(struct connection *connection, void *arguments, struct text *why)
{
    const struct creating *creating = arguments;
    const struct photo_creation *creation = creating->creation;
    struct photo_creation_found found = {0};
    enum status status = queue_pending(connection, creation->photo->author, &found.pending, why);
    if (!status)
        status = find_key(connection, creating, &found.is_key_used, why);
    if (!status)
        status = find_id(connection, &creation->photo->id, &found.is_id_used, why);
    if (!status)
        status = find_session(connection, creation, &found.is_session_claimed, why);
    if (status)
        return status;
    creating->created->pending = found.pending;
    creating->created->outcome = photo_creation_judge(creation, &found);
    if (creating->created->outcome != CREATION_DONE)
        return STATUS_OK;
    status = insert(connection, creation, why);
    return status || !creation->session ? status : session_finish(connection, &creation->photo->id, why);
}

static enum status photo_create(struct store *store, const struct photo_creation *creation, struct arena *arena,
                                struct photo_created *ret_created, struct text *why)
{
    struct creating creating = {creation, arena, ret_created};
    return sqlite_write(store, create, &creating, why);
}

/* ---- Changing ---- */

static enum status write_fields(struct connection *connection, const struct photo_change *change, int64_t now_ms,
                                struct text *why)
{
    struct value values[PHOTO_UPDATE_VALUES];
    if (!change->fields)
        return STATUS_OK;
    photo_update_values(change, now_ms, values);
    return connection_run_update(connection, change->fields, values, why);
}

struct updating {
    const struct photo_change *change;
    int64_t now_ms;
    struct photo_found *found;
    char author[AUTHOR_NAME_MAX + 1];
};

static enum status compare_photo(struct connection *connection, struct updating *updating, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, PHOTO_FIND, VALUES(ID(updating->change->id)), &row, why);
    if (!status)
        (void)snprintf(updating->author, sizeof updating->author, "%s", column_string(row, 1));
    unsigned state = status ? (unsigned)PHOTO_ABSENT : (unsigned)sqlite3_column_int(row, 0);
    enum photo_review review = status ? REVIEW_NONE : (enum photo_review)sqlite3_column_int(row, 2);
    *updating->found = photo_compare(updating->change, state, review, updating->author);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status compare_execution(struct connection *connection, struct updating *updating, struct text *why)
{
    struct execution_row row;
    if (!updating->found->is_changed || !photo_expects_execution(updating->change))
        return STATUS_OK;
    enum status status = execution_find(connection, updating->change->id, &row, why);
    photo_compare_execution(updating->change, status ? NULL : &row, updating->found);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status change_execution(struct connection *connection, const struct updating *updating, struct text *why)
{
    const struct photo_change *change = updating->change;
    switch (change->effect) {
    case EXECUTION_HURRIES:
        return execution_hurry(connection, change->id, updating->author, updating->now_ms, why);
    case EXECUTION_ENDS:
        return execution_abort(connection, change->id, updating->now_ms, why);
    case EXECUTION_ANEW:
        return execution_replace(connection, change->execution, updating->author, why);
    case EXECUTION_STAYS:
        break;
    }
    return STATUS_OK;
}

static enum status write_photo(struct connection *connection, const struct updating *updating, struct text *why)
{
    const struct photo_change *change = updating->change;
    if ((change->fields & PHOTO_FIELD_STATE) && change->to == PHOTO_ABSENT)
        return connection_run(connection, PHOTO_PURGE, VALUES(ID(change->id)), why);
    return write_fields(connection, change, updating->now_ms, why);
}

static enum status update(struct connection *connection, void *arguments, struct text *why)
{
    struct updating *updating = arguments;
    enum status status = compare_photo(connection, updating, why);
    if (!status)
        status = compare_execution(connection, updating, why);
    if (status || !updating->found->is_changed)
        return status;
    status = write_photo(connection, updating, why);
    if (!status)
        status = user_add_posts(connection, updating->author, updating->change->posts, why);
    return status ? status : change_execution(connection, updating, why);
}

static enum status photo_update(struct store *store, const struct photo_change *change, struct photo_found *ret_found,
                                struct text *why)
{
    struct updating updating = {.change = change, .now_ms = store_now_ms(store), .found = ret_found};
    return sqlite_write(store, update, &updating, why);
}

/* ---- Reading ---- */

static enum status photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                             struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return sqlite_first(store, PHOTO_GET, VALUES(ID(id)), take_photo, &read, why);
}

static enum status photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                  struct arena *arena, struct photo *ret_photo, struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return sqlite_first(store, PHOTO_FIND_KEY, VALUES(TEXT(author), TEXT(idempotency_key)), take_photo, &read, why);
}

static enum status photo_find_content(struct store *store, const char *author,
                                      const uint8_t sha256[static SHA256_BYTES], struct arena *arena,
                                      struct photo *ret_photo, struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return sqlite_first(store, PHOTO_FIND_CONTENT, VALUES(TEXT(author), BLOB(sha256, SHA256_BYTES)), take_photo, &read,
                        why);
}

struct pending_count {
    const char *author;
    uint64_t *pending;
};

static enum status count_pending(struct connection *connection, void *arguments, struct text *why)
{
    const struct pending_count *count = arguments;
    return queue_pending(connection, count->author, count->pending, why);
}

static enum status photo_count_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why)
{
    struct pending_count count = {author, ret_pending};
    return sqlite_read(store, count_pending, &count, why);
}

const struct store_photo_ops sqlite_photos = {
    .create = photo_create,
    .update = photo_update,
    .get = photo_get,
    .find_key = photo_find_key,
    .find_content = photo_find_content,
    .count_pending = photo_count_pending,
};
