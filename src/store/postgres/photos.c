/* Single photos: what is compared and written as photo_rules.c says. Locks are taken in one order, so that transactions
 * don't wait for each other in a circle: a photo, its author's count, its execution, its author's queue, the counts. */
#include "postgres_store.h"

#include <stdio.h>

/* ---- Rows ---- */

static struct rendition read_rendition(const struct row *row, int column)
{
    return (struct rendition){.width = (uint32_t)row_integer(row, column),
                              .height = (uint32_t)row_integer(row, column + 1),
                              .bytes = (uint64_t)row_integer(row, column + 2)};
}

static const uint8_t *read_sha256(const struct row *row, int column, struct arena *arena)
{
    uint8_t bytes[SHA256_BYTES];
    return row_bytes(row, column, bytes, sizeof bytes)
               ? (const uint8_t *)arena_copy(arena, (const char *)bytes, sizeof bytes)
               : NULL;
}

struct photo postgres_photo(const struct row *row, struct arena *arena)
{
    return (struct photo){.id = row_id(row, 0),
                          .author = arena_copy_string(arena, row_string(row, 1)),
                          .state = (enum photo_state)row_integer(row, 2),
                          .created_ms = row_integer(row, 3),
                          .updated_ms = row_integer(row, 4),
                          .error_message = arena_copy_string(arena, row_string(row, 5)),
                          .format = arena_copy_string(arena, row_string(row, 6)),
                          .frames = (uint32_t)row_integer(row, 7),
                          .original = read_rendition(row, 8),
                          .large = read_rendition(row, 11),
                          .thumbnail = read_rendition(row, 14),
                          .labels = arena_copy_string(arena, row_string(row, 17)),
                          .audit = arena_copy_string(arena, row_string(row, 18)),
                          .review = (enum photo_review)row_integer(row, 19),
                          .caption = arena_copy_string(arena, row_string(row, 20)),
                          .alt_text = arena_copy_string(arena, row_string(row, 21)),
                          .thumbhash = arena_copy_string(arena, row_string(row, 22)),
                          .sha256 = read_sha256(row, 23, arena),
                          .medium = read_rendition(row, 24),
                          .captured = {.is_known = row_has(row, 27),
                                       .ms = row_integer(row, 27),
                                       .has_offset = row_has(row, 28),
                                       .offset_minutes = (int32_t)row_integer(row, 28)}};
}

struct photo_read {
    struct arena *arena;
    struct photo *photo;
};

static bool take_photo(void *context, const struct row *row)
{
    const struct photo_read *read = context;
    *read->photo = postgres_photo(row, read->arena);
    return true;
}

/* ---- Making ---- */

static enum status insert(struct transaction *transaction, const struct photo_creation *creation, struct text *why)
{
    static const char sql[] = "INSERT INTO photos (" PHOTO_COLUMNS ", idempotency_key) VALUES ($1, $2, $3, $4, $5, $6,"
                              " $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,"
                              " $25, $26, $27, $28, $29, $30)";
    const struct photo *photo = creation->photo;
    enum status status =
        transaction_run(transaction, sql, VALUES(PHOTO_VALUES(photo), TEXT(creation->idempotency_key)), why);
    return status ? status : postgres_execution_insert(transaction, creation->execution, photo->author, why);
}

struct creating {
    const struct photo_creation *creation;
    struct arena *arena;
    struct photo_created *created;
};

/* The author's row, so that of two at one time the second sees what the first has made. */
static enum status lock_queue(struct transaction *transaction, const char *author, uint64_t *ret_pending,
                              struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status =
        transaction_row(transaction,
                        "INSERT INTO queues AS q (author, pending, under_way, served_ms) VALUES ($1, 0, 0, 0)"
                        " ON CONFLICT (author) DO UPDATE SET pending = q.pending RETURNING pending",
                        VALUES(TEXT(author)), &result, why);
    if (!status)
        *ret_pending = (uint64_t)row_integer(&(struct row){.result = result}, 0);
    return status;
}

static enum status find_key(struct transaction *transaction, const struct creating *creating, bool *ret_is_used,
                            struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    const struct photo_creation *creation = creating->creation;
    enum status status = STATUS_NOT_FOUND;
    if (creation->idempotency_key)
        status = transaction_row(transaction,
                                 "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $1 AND idempotency_key = $2",
                                 VALUES(TEXT(creation->photo->author), TEXT(creation->idempotency_key)), &result, why);
    *ret_is_used = !status;
    if (!status)
        creating->created->existing = postgres_photo(&(struct row){.result = result}, creating->arena);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status find_id(struct transaction *transaction, const struct id *id, bool *ret_is_used, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status =
        transaction_row(transaction, "SELECT 1 FROM photos WHERE id = $1", VALUES(ID(id)), &result, why);
    *ret_is_used = !status;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status create(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct creating *creating = arguments;
    const struct photo *photo = creating->creation->photo;
    struct photo_created *created = creating->created;
    bool is_key_used, is_id_used;
    enum status status = lock_queue(transaction, photo->author, &created->pending, why);
    if (!status)
        status = find_key(transaction, creating, &is_key_used, why);
    if (!status)
        status = find_id(transaction, &photo->id, &is_id_used, why);
    if (status)
        return status;
    created->outcome = photo_creation_judge(creating->creation, is_key_used, is_id_used, created->pending);
    transaction->keeps_nothing = created->outcome != CREATION_DONE;
    return transaction->keeps_nothing ? STATUS_OK : insert(transaction, creating->creation, why);
}

static enum status photo_create(struct store *store, const struct photo_creation *creation, struct arena *arena,
                                struct photo_created *ret_created, struct text *why)
{
    struct creating creating = {creation, arena, ret_created};
    return postgres_write(store, create, &creating, why);
}

/* ---- Changing ---- */

static enum status write_fields(struct transaction *transaction, const struct photo_change *change, struct text *why)
{
    TEXT_CLEANUP struct text sql = {0};
    struct value values[PHOTO_UPDATE_VALUES];
    if (!change->fields)
        return STATUS_OK;
    photo_update_sql(change->fields, '$', &sql);
    photo_update_values(change, transaction->now_ms, values);
    return transaction_run(transaction, text_get(&sql), values, why);
}

struct updating {
    const struct photo_change *change;
    struct photo_found *found;
    char author[AUTHOR_NAME_MAX + 1];
};

static enum status compare_photo(struct transaction *transaction, struct updating *updating, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status = transaction_row(transaction, "SELECT state, author FROM photos WHERE id = $1 FOR UPDATE",
                                         VALUES(ID(updating->change->id)), &result, why);
    const struct row row = {.result = result};
    (void)snprintf(updating->author, sizeof updating->author, "%s", status ? "" : row_string(&row, 1));
    unsigned state = status ? (unsigned)PHOTO_ABSENT : (unsigned)row_integer(&row, 0);
    *updating->found = photo_compare(updating->change, state, updating->author);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status compare_execution(struct transaction *transaction, struct updating *updating, struct text *why)
{
    struct execution_row row;
    if (!updating->found->is_changed || !updating->change->execution_from)
        return STATUS_OK;
    enum status status = postgres_execution_lock(transaction, updating->change->id, &row, why);
    photo_compare_execution(updating->change, status ? NULL : &row, updating->found);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status change_execution(struct transaction *transaction, const struct updating *updating, struct text *why)
{
    const struct photo_change *change = updating->change;
    switch (change->effect) {
    case EXECUTION_HURRIES:
        return postgres_execution_hurry(transaction, change->id, updating->author, why);
    case EXECUTION_ENDS:
        return postgres_execution_abort(transaction, change->id, why);
    case EXECUTION_ANEW:
        return postgres_execution_replace(transaction, change->execution, updating->author, why);
    case EXECUTION_STAYS:
        break;
    }
    return STATUS_OK;
}

static enum status write_photo(struct transaction *transaction, const struct photo_change *change, struct text *why)
{
    if ((change->fields & PHOTO_FIELD_STATE) && change->to == PHOTO_ABSENT)
        return transaction_run(transaction, "DELETE FROM photos WHERE id = $1", VALUES(ID(change->id)), why);
    return write_fields(transaction, change, why);
}

static enum status update(struct transaction *transaction, void *arguments, struct text *why)
{
    struct updating *updating = arguments;
    enum status status = compare_photo(transaction, updating, why);
    if (!status)
        status = compare_execution(transaction, updating, why);
    transaction->keeps_nothing = !status && !updating->found->is_changed;
    if (status || transaction->keeps_nothing)
        return status;
    status = write_photo(transaction, updating->change, why);
    if (!status)
        status = postgres_user_add_posts(transaction, updating->author, updating->change->posts, why);
    return status ? status : change_execution(transaction, updating, why);
}

static enum status photo_update(struct store *store, const struct photo_change *change, struct photo_found *ret_found,
                                struct text *why)
{
    struct updating updating = {.change = change, .found = ret_found};
    return postgres_write(store, update, &updating, why);
}

/* ---- Reading ---- */

static enum status photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                             struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return postgres_first(store, "SELECT " PHOTO_COLUMNS " FROM photos WHERE id = $1 AND state <> 3", VALUES(ID(id)),
                          take_photo, &read, why);
}

static enum status photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                  struct arena *arena, struct photo *ret_photo, struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return postgres_first(store, "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $1 AND idempotency_key = $2",
                          VALUES(TEXT(author), TEXT(idempotency_key)), take_photo, &read, why);
}

static enum status photo_find_content(struct store *store, const char *author,
                                      const uint8_t sha256[static SHA256_BYTES], struct arena *arena,
                                      struct photo *ret_photo, struct text *why)
{
    struct photo_read read = {arena, ret_photo};
    return postgres_first(store,
                          "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $1 AND sha256 = $2 AND state < 2"
                          " ORDER BY state DESC LIMIT 1",
                          VALUES(TEXT(author), BLOB(sha256, SHA256_BYTES)), take_photo, &read, why);
}

static bool note_pending(void *context, const struct row *row)
{
    *(uint64_t *)context = (uint64_t)row_integer(row, 0);
    return true;
}

static enum status photo_count_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why)
{
    uint64_t pending = 0;
    enum status status = postgres_each(store, "SELECT pending FROM queues WHERE author = $1", VALUES(TEXT(author)),
                                       note_pending, &pending, why);
    if (!status)
        *ret_pending = pending;
    return status;
}

const struct store_photo_ops postgres_photos = {
    .create = photo_create,
    .update = photo_update,
    .get = photo_get,
    .find_key = photo_find_key,
    .find_content = photo_find_content,
    .count_pending = photo_count_pending,
};
