/* Records: what sql_records.h makes of them, in SQLite's words. */
#include "sql_records.h"
#include "sqlite_store.h"

static const struct record_dialect dialect = {
    .object = "json_object",
    .object_end = "",
    .hex = "nullif(lower(hex(",
    .hex_end = ")), '')",
    .boolean_read = "",
    .boolean_written = "",
    .numbers_are_given = "",
};

static bool add_row(void *context, sqlite3_stmt *row)
{
    const struct id id = column_id(row, 0);
    return record_reading_add(context, &id, sqlite3_column_int64(row, 1), column_string(row, 2));
}

struct page {
    struct record_reading *reading;
    const struct id *first;
    size_t limit;
};

static enum status read_page(struct connection *connection, void *arguments, struct text *why)
{
    const struct page *page = arguments;
    TEXT_CLEANUP struct text sql = {0};
    records_read_sql(&dialect, page->reading->kind, &sql);
    return connection_run_once(connection, text_get(&sql), VALUES(ID(page->first), LIMIT(page->limit)), add_row,
                               page->reading, why);
}

static enum status read_records(struct store *store, enum record_kind kind, const struct id *first, size_t limit,
                                store_record_row *row, void *context, struct text *why)
{
    struct record_reading reading = {.kind = kind, .row = row, .context = context, .why = why};
    struct page page = {&reading, first, limit};
    enum status status = sqlite_read(store, read_page, &page, why);
    if (status)
        reading.status = status;
    return record_reading_end(&reading);
}

static enum status run(void *context, const char *sql, const struct value *values, struct text *why)
{
    return connection_run_once(context, sql, values, NULL, NULL, why);
}

struct writing {
    enum record_kind kind;
    const struct record_change *changes;
    size_t count;
};

static enum status write_changes(struct connection *connection, void *arguments, struct text *why)
{
    const struct writing *writing = arguments;
    return records_write(&dialect, writing->kind, writing->changes, writing->count, run, connection, why);
}

static enum status write_records(struct store *store, enum record_kind kind, const struct record_change *changes,
                                 size_t count, struct text *why)
{
    struct writing writing = {kind, changes, count};
    return sqlite_write(store, write_changes, &writing, why);
}

/* ---- What follows from them ---- */

struct posts {
    struct name_changes *changes;
    int sign;
};

/* The names in memory follow. */
static bool note_posts(void *context, sqlite3_stmt *row)
{
    const struct posts *posts = context;
    name_changes_add(posts->changes, column_string(row, 0), posts->sign * sqlite3_column_int(row, 1));
    return true;
}

static enum status finish(struct connection *connection, void *arguments, struct text *why)
{
    const uint64_t *executions = arguments;
    struct posts before = {&connection->name_changes, -1}, after = {&connection->name_changes, 1};
    enum status status = connection_each(connection, USERS_ALL, VALUES(), note_posts, &before, why);
    if (!status)
        status = records_finish(run, connection, why);
    if (!status)
        status = connection_each(connection, USERS_ALL, VALUES(), note_posts, &after, why);
    for (int i = 0; i < EXECUTION_STATUSES && !status; i++)
        status = run(connection, "UPDATE counters SET executions = $1 WHERE status = $2",
                     VALUES(INTEGER(executions[i]), INTEGER(i)), why);
    return status;
}

static enum status finish_records(struct store *store, const uint64_t executions[static EXECUTION_STATUSES],
                                  struct text *why)
{
    uint64_t counts[EXECUTION_STATUSES];
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        counts[i] = executions[i];
    return sqlite_write(store, finish, counts, why);
}

const struct store_record_ops sqlite_records = {
    .read = read_records,
    .write = write_records,
    .finish = finish_records,
};
