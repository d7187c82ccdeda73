/* Single photos: what is compared and written as photo_rules.c says. */
#include "sqlite_store.h"

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
    enum status status = connection_run(
        connection, PHOTO_INSERT,
        VALUES(ID(&photo->id), TEXT(photo->author), INTEGER(photo->state), INTEGER(photo->created_ms),
               INTEGER(photo->updated_ms), TEXT(photo->error_message), TEXT(photo->format), INTEGER(photo->frames),
               RENDITION(photo->original), RENDITION(photo->large), RENDITION(photo->thumbnail), TEXT(photo->labels),
               TEXT(photo->audit), INTEGER(photo->review), TEXT(photo->caption), TEXT(photo->alt_text),
               TEXT(photo->thumbhash), BLOB(photo->sha256, SHA256_BYTES), RENDITION(photo->medium),
               INTEGER_IF(photo->captured.is_known, photo->captured.ms),
               INTEGER_IF(photo->captured.has_offset, photo->captured.offset_minutes), TEXT(creation->idempotency_key)),
        why);
    return status ? status : execution_insert(connection, creation->execution, photo->author, why);
}

struct creating {
    const struct photo_creation *creation;
    struct arena *arena;
    struct photo_created *created;
};

/* What there is of that name: OK, or NOT_FOUND. */
static enum status find_key(struct connection *connection, const struct creating *creating, struct text *why)
{
    const struct photo_creation *creation = creating->creation;
    struct photo_read read = {creating->arena, &creating->created->existing};
    if (!creation->idempotency_key)
        return STATUS_NOT_FOUND;
    return connection_first(connection, PHOTO_FIND_KEY,
                            VALUES(TEXT(creation->photo->author), TEXT(creation->idempotency_key)), take_photo, &read,
                            why);
}

static enum status find_id(struct connection *connection, const struct creating *creating, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    return connection_row(connection, PHOTO_FIND, VALUES(ID(&creating->creation->photo->id)), &row, why);
}

static enum status find_too_many(struct connection *connection, const struct creating *creating, struct text *why)
{
    const struct photo_creation *creation = creating->creation;
    uint64_t *pending = &creating->created->pending;
    enum status status = queue_pending(connection, creation->photo->author, pending, why);
    bool is_allowed = creation->max_pending == 0 || *pending < creation->max_pending;
    return !status && is_allowed ? STATUS_NOT_FOUND : status;
}

static enum status create(struct connection *connection, void *arguments, struct text *why)
{
    static const struct {
        enum creation_outcome outcome;
        enum status (*find)(struct connection *connection, const struct creating *creating, struct text *why);
    } obstacles[] = {{CREATION_KEY_USED, find_key}, {CREATION_ID_USED, find_id}, {CREATION_TOO_MANY, find_too_many}};
    const struct creating *creating = arguments;
    for (size_t i = 0; i < sizeof obstacles / sizeof obstacles[0]; i++) {
        enum status status = obstacles[i].find(connection, creating, why);
        creating->created->outcome = obstacles[i].outcome;
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    creating->created->outcome = CREATION_DONE;
    return insert(connection, creating->creation, why);
}

static enum status photo_create(struct store *store, const struct photo_creation *creation, struct arena *arena,
                                struct photo_created *ret_created, struct text *why)
{
    struct creating creating = {creation, arena, ret_created};
    return sqlite_write(store, create, &creating, why);
}

/* ---- Changing ---- */

static const struct {
    unsigned field;
    const char *column;
} columns[] = {
    {PHOTO_FIELD_STATE, "state"},
    {PHOTO_FIELD_UPDATED, "updated_ms"},
    {PHOTO_FIELD_ERROR_MESSAGE, "error_message"},
    {PHOTO_FIELD_LARGE, "large_width"},
    {PHOTO_FIELD_LARGE, "large_height"},
    {PHOTO_FIELD_LARGE, "large_bytes"},
    {PHOTO_FIELD_MEDIUM, "medium_width"},
    {PHOTO_FIELD_MEDIUM, "medium_height"},
    {PHOTO_FIELD_MEDIUM, "medium_bytes"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_width"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_height"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_bytes"},
    {PHOTO_FIELD_THUMBHASH, "thumbhash"},
    {PHOTO_FIELD_LABELS, "labels"},
    {PHOTO_FIELD_AUDIT, "audit"},
    {PHOTO_FIELD_REVIEW, "review"},
    {PHOTO_FIELD_CAPTION, "caption"},
    {PHOTO_FIELD_ALT_TEXT, "alt_text"},
    {PHOTO_FIELD_SHA256, "sha256"},
    {PHOTO_FIELD_CAPTURED, "captured_ms"},
    {PHOTO_FIELD_CAPTURED, "captured_offset"},
    {PHOTO_FIELD_KEY, "idempotency_key"},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

void photo_update_sql(unsigned fields, struct text *out)
{
    const char *before = "UPDATE photos SET ";
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].field & fields) {
            text_addf(out, "%s%s = ?", before, columns[i].column);
            before = ", ";
        }
    text_addf(out, " WHERE id = ?");
}

static enum status write_fields(struct connection *connection, const struct photo_change *change, int64_t now_ms,
                                struct text *why)
{
    const struct photo *to = change->values;
    const struct value all[] = {
        INTEGER(change->to),
        INTEGER(now_ms),
        TEXT(to->error_message),
        RENDITION(to->large),
        RENDITION(to->medium),
        RENDITION(to->thumbnail),
        TEXT(to->thumbhash),
        TEXT(to->labels),
        TEXT(to->audit),
        INTEGER(to->review),
        TEXT(to->caption),
        TEXT(to->alt_text),
        BLOB(to->sha256, SHA256_BYTES),
        INTEGER_IF(to->captured.is_known, to->captured.ms),
        INTEGER_IF(to->captured.has_offset, to->captured.offset_minutes),
        TEXT(NULL),
    };
    _Static_assert(sizeof all / sizeof all[0] == COLUMNS, "a value for each column");
    struct value values[COLUMNS + 2];
    size_t count = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].field & change->fields)
            values[count++] = all[i];
    if (count == 0)
        return STATUS_OK;
    values[count++] = (struct value)ID(change->id);
    values[count] = (struct value){.type = VALUE_END};
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
    const struct photo_change *change = updating->change;
    struct photo_found *found = updating->found;
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, PHOTO_FIND, VALUES(ID(change->id)), &row, why);
    found->state = status ? (unsigned)PHOTO_ABSENT : (unsigned)sqlite3_column_int(row, 0);
    if (!status)
        (void)snprintf(updating->author, sizeof updating->author, "%s", column_string(row, 1));
    found->is_authors = !change->author || strcmp(change->author, updating->author) == 0;
    found->is_changed = (change->from & PHOTO_IN(found->state)) && found->is_authors;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status compare_execution(struct connection *connection, struct updating *updating, struct text *why)
{
    const struct photo_change *change = updating->change;
    struct photo_found *found = updating->found;
    struct execution_row row = {0};
    if (!found->is_changed || !change->execution_from)
        return STATUS_OK;
    enum status status = execution_find(connection, change->id, &row, why);
    found->has_execution = !status;
    found->execution_status = row.status;
    found->is_changed = found->has_execution && (change->execution_from & PHOTO_IN(row.status));
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
