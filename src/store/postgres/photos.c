/* Single photos: what is compared and written as photo_rules.c says. Locks are taken in one order, so that transactions
 * don't wait for each other in a circle: a photo, its execution, its author's count, its author's queue, the counts. */
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

static void insert(struct transaction *transaction, const struct photo_creation *creation)
{
    static const char sql[] = "INSERT INTO photos (" PHOTO_COLUMNS ", idempotency_key) VALUES ($1, $2, $3, $4, $5, $6,"
                              " $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,"
                              " $25, $26, $27, $28, $29, $30)";
    const struct photo *photo = creation->photo;
    (void)transaction_add(transaction, sql, VALUES(PHOTO_VALUES(photo), TEXT(creation->idempotency_key)));
    postgres_execution_insert(transaction, creation->execution, photo->author);
}

struct creating {
    const struct photo_creation *creation;
    struct arena *arena;
    struct photo_created *created;
};

/* The author's row, so that of two at one time the second sees what the first has made. */
static int lock_queue(struct transaction *transaction, const char *author)
{
    return transaction_add(transaction,
                           "INSERT INTO queues AS q (author, pending, under_way, served_ms) VALUES ($1, 0, 0, 0)"
                           " ON CONFLICT (author) DO UPDATE SET pending = q.pending RETURNING pending",
                           VALUES(TEXT(author)));
}

/* Nothing has the key NULL. */
static int find_key(struct transaction *transaction, const struct photo_creation *creation)
{
    return transaction_add(transaction,
                           "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $1 AND idempotency_key = $2",
                           VALUES(TEXT(creation->photo->author), TEXT(creation->idempotency_key)));
}

static int find_id(struct transaction *transaction, const struct id *id)
{
    return transaction_add(transaction, "SELECT 1 FROM photos WHERE id = $1", VALUES(ID(id)));
}

/* Locks what is in the way, or may be, and tells what there is. */
static enum status find_for_creation(struct transaction *transaction, const struct creating *creating,
                                     struct photo_creation_found *found, struct text *why)
{
    const struct photo_creation *creation = creating->creation;
    const struct photo *photo = creation->photo;
    struct row row;
    int queue = lock_queue(transaction, photo->author);
    int key = find_key(transaction, creation);
    int id = find_id(transaction, &photo->id);
    int session = creation->session ? postgres_session_lock(transaction, &photo->id) : -1;
    enum status status = transaction_ask(transaction, why);
    if (status)
        return status;
    found->is_id_used = transaction_row(transaction, id, &row);
    found->is_session_claimed =
        creation->session && postgres_session_is_claimed(transaction, session, creation->session);
    found->pending = transaction_row(transaction, queue, &row) ? (uint64_t)row_integer(&row, 0) : 0;
    found->is_key_used = transaction_row(transaction, key, &row);
    if (found->is_key_used)
        creating->created->existing = postgres_photo(&row, creating->arena);
    return STATUS_OK;
}

static enum status create(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct creating *creating = arguments;
    const struct photo_creation *creation = creating->creation;
    struct photo_creation_found found;
    enum status status = find_for_creation(transaction, creating, &found, why);
    if (status)
        return status;
    creating->created->pending = found.pending;
    creating->created->outcome = photo_creation_judge(creation, &found);
    transaction->keeps_nothing = creating->created->outcome != CREATION_DONE;
    transaction->told = &creation->photo->id;
    transaction->has_work = true;
    if (transaction->keeps_nothing)
        return STATUS_OK;
    insert(transaction, creation);
    if (creation->session)
        postgres_session_finish(transaction, &creation->photo->id);
    return STATUS_OK;
}

static enum status photo_create(struct store *store, const struct photo_creation *creation, struct arena *arena,
                                struct photo_created *ret_created, struct text *why)
{
    struct creating creating = {creation, arena, ret_created};
    return postgres_write(store, create, &creating, why);
}

/* ---- Changing ---- */

struct updating {
    const struct photo_change *change;
    struct photo_found *found;
};

/* Locks both and tells whether all is as expected. *ret_execution is `execution`, or NULL: there is none. */
static enum status compare(struct transaction *transaction, const struct updating *updating,
                           char ret_author[static AUTHOR_NAME_MAX + 1], struct execution_row *execution,
                           const struct execution_row **ret_execution, struct text *why)
{
    const struct photo_change *change = updating->change;
    bool needs_execution = photo_expects_execution(change) || change->effect != EXECUTION_STAYS;
    struct row row;
    int photo = transaction_add(transaction, "SELECT state, author, review FROM photos WHERE id = $1 FOR UPDATE",
                                VALUES(ID(change->id)));
    int place = needs_execution ? postgres_execution_lock(transaction, change->id) : photo;
    enum status status = transaction_ask(transaction, why);
    if (status)
        return status;
    bool is_there = transaction_row(transaction, photo, &row);
    (void)snprintf(ret_author, AUTHOR_NAME_MAX + 1, "%s", is_there ? row_string(&row, 1) : "");
    unsigned state = is_there ? (unsigned)row_integer(&row, 0) : (unsigned)PHOTO_ABSENT;
    enum photo_review review = is_there ? (enum photo_review)row_integer(&row, 2) : REVIEW_NONE;
    *updating->found = photo_compare(change, state, review, ret_author);
    *ret_execution = needs_execution && postgres_execution_row(transaction, place, execution) ? execution : NULL;
    if (updating->found->is_changed && photo_expects_execution(change))
        photo_compare_execution(change, *ret_execution, updating->found);
    return STATUS_OK;
}

static void change_execution(struct transaction *transaction, const struct photo_change *change,
                             const struct execution_row *execution, const char *author)
{
    switch (change->effect) {
    case EXECUTION_HURRIES:
        postgres_execution_hurry(transaction, execution);
        break;
    case EXECUTION_ENDS:
        postgres_execution_abort(transaction, execution);
        break;
    case EXECUTION_ANEW:
        postgres_execution_replace(transaction, execution, change->execution, author);
        break;
    case EXECUTION_STAYS:
        break;
    }
}

static void write_photo(struct transaction *transaction, const struct photo_change *change)
{
    TEXT_CLEANUP struct text sql = {0};
    struct value values[PHOTO_UPDATE_VALUES];
    if ((change->fields & PHOTO_FIELD_STATE) && change->to == PHOTO_ABSENT) {
        (void)transaction_add(transaction, "DELETE FROM photos WHERE id = $1", VALUES(ID(change->id)));
    } else if (change->fields) {
        photo_update_sql(change->fields, '$', &sql);
        photo_update_values(change, transaction->now_ms, values);
        (void)transaction_add(transaction, text_get(&sql), values);
    }
}

static enum status update(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct updating *updating = arguments;
    const struct photo_change *change = updating->change;
    char author[AUTHOR_NAME_MAX + 1];
    struct execution_row row;
    const struct execution_row *execution;
    enum status status = compare(transaction, updating, author, &row, &execution, why);
    transaction->keeps_nothing = !status && !updating->found->is_changed;
    if (status || transaction->keeps_nothing)
        return status;
    transaction->told = change->id;
    transaction->has_work = change->effect == EXECUTION_HURRIES || change->effect == EXECUTION_ANEW;
    write_photo(transaction, change);
    postgres_user_add_posts(transaction, author, change->posts);
    change_execution(transaction, change, execution, author);
    return STATUS_OK;
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
