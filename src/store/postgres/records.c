/* Records: what sql_records.h makes of them, in PostgreSQL's words. */
#include "postgres_store.h"
#include "sql_records.h"

static const struct record_dialect dialect = {
    .object = "json_build_object",
    .object_end = "::text",
    .hex = "encode(",
    .hex_end = ", 'hex')",
    .boolean_read = "::int",
    .boolean_written = " <> 0",
    .numbers_are_given = "OVERRIDING SYSTEM VALUE ",
};

static bool add_row(void *context, const struct row *row)
{
    const struct id id = row_id(row, 0);
    return record_reading_add(context, &id, row_integer(row, 1), row_string(row, 2));
}

static enum status read_records(struct store *store, enum record_kind kind, const struct id *first, size_t limit,
                                store_record_row *row, void *context, struct text *why)
{
    TEXT_CLEANUP struct text sql = {0};
    struct record_reading reading = {.kind = kind, .row = row, .context = context, .why = why};
    records_read_sql(&dialect, kind, &sql);
    enum status status = postgres_each(store, text_get(&sql), VALUES(ID(first), LIMIT(limit)), add_row, &reading, why);
    if (status)
        reading.status = status;
    return record_reading_end(&reading);
}

static enum status run(void *context, const char *sql, const struct value *values, struct text *why)
{
    return transaction_add_one(context, sql, values, why);
}

struct writing {
    enum record_kind kind;
    const struct record_change *changes;
    size_t count;
};

static enum status write_changes(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct writing *writing = arguments;
    return records_write(&dialect, writing->kind, writing->changes, writing->count, run, transaction, why);
}

static enum status write_records(struct store *store, enum record_kind kind, const struct record_change *changes,
                                 size_t count, struct text *why)
{
    struct writing writing = {kind, changes, count};
    return postgres_write(store, write_changes, &writing, why);
}

/* ---- What follows from them ---- */

/* Bits as verdicts.c writes them; numbers go on after those that were given. */
static enum status finish(struct transaction *transaction, void *arguments, struct text *why)
{
    static const char *const steps[] = {
        ("UPDATE verdicts SET shape_bits = (SELECT string_agg(get_bit(shape, i)::text, '' ORDER BY i)"
         " FROM generate_series(0, 255) AS i)::bit(256) WHERE shape IS NOT NULL AND shape_bits IS NULL"),
        ("SELECT setval(pg_get_serial_sequence('executions', 'number'),"
         " (SELECT coalesce(max(number), 0) + 1 FROM executions), false)"),
        ("SELECT setval(pg_get_serial_sequence('verdicts', 'number'),"
         " (SELECT coalesce(max(number), 0) + 1 FROM verdicts), false)"),
        "DELETE FROM counters",
    };
    const uint64_t *counts = arguments;
    enum status status = records_finish(run, transaction, why);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !status; i++)
        status = run(transaction, steps[i], VALUES(), why);
    if (status)
        return status;
    return run(transaction,
               "INSERT INTO counters (slot, running, succeeded, failed, aborted) VALUES (0, $1, $2, $3, $4)",
               VALUES(INTEGER(counts[EXECUTION_RUNNING]), INTEGER(counts[EXECUTION_SUCCEEDED]),
                      INTEGER(counts[EXECUTION_FAILED]), INTEGER(counts[EXECUTION_ABORTED])),
               why);
}

static enum status finish_records(struct store *store, const uint64_t executions[static EXECUTION_STATUSES],
                                  struct text *why)
{
    uint64_t counts[EXECUTION_STATUSES];
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        counts[i] = executions[i];
    return postgres_write(store, finish, counts, why);
}

const struct store_record_ops postgres_records = {
    .read = read_records,
    .write = write_records,
    .finish = finish_records,
};
