/* Executions: what they are, and what becomes of them when their photo changes; who may work on one is in leases.c. */
#include "postgres_store.h"

#include <stdio.h>

/* ---- Rows ---- */

struct execution postgres_execution(const struct row *row)
{
    return (struct execution){.id = row_id(row, 0),
                              .status = (enum execution_status)row_integer(row, 1),
                              .workflow = row_string(row, 2),
                              .state = row_string(row, 3),
                              .data = row_string(row, 4),
                              .started_ms = row_integer(row, 5),
                              .updated_ms = row_integer(row, 6),
                              .due_ms = row_integer(row, 7),
                              .version = (uint64_t)row_integer(row, 8)};
}

int postgres_execution_lock(struct transaction *transaction, const struct id *id)
{
    return transaction_add(transaction, "SELECT " EXECUTION_ROW_COLUMNS " FROM executions WHERE id = $1 FOR UPDATE",
                           VALUES(ID(id)));
}

bool postgres_execution_row(const struct transaction *transaction, int place, struct execution_row *ret_row)
{
    struct row row;
    if (!transaction_row(transaction, place, &row))
        return false;
    const char *owner = row_string(&row, 3);
    *ret_row = (struct execution_row){.number = row_integer(&row, 0),
                                      .status = (enum execution_status)row_integer(&row, 1),
                                      .lease_version = (uint64_t)row_integer(&row, 4),
                                      .events = row_integer(&row, 5),
                                      .lease_until_ms = row_integer(&row, 6),
                                      .is_diverted = row_integer(&row, 7) != 0};
    (void)snprintf(ret_row->author, sizeof ret_row->author, "%s", row_string(&row, 2));
    (void)snprintf(ret_row->owner, sizeof ret_row->owner, "%s", owner ? owner : "");
    return true;
}

void postgres_execution_moved(struct transaction *transaction, const char *author, int from, int to)
{
    (void)transaction_add(transaction, "SELECT execution_moved($1, $2, $3)",
                          VALUES(TEXT(author), INTEGER(from), INTEGER(to)));
}

enum status postgres_executions_ended(struct transaction *transaction, const int64_t counts[static EXECUTION_STATUSES],
                                      struct text *why)
{
    int64_t all = 0;
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        all += counts[i];
    if (all == 0)
        return STATUS_OK;
    return transaction_add_one(transaction,
                               "INSERT INTO counters AS c (slot, running, succeeded, failed, aborted)"
                               " VALUES (pg_backend_pid() % 256, $1, $2, $3, $4)"
                               " ON CONFLICT (slot) DO UPDATE SET running = c.running + excluded.running,"
                               " succeeded = c.succeeded + excluded.succeeded, failed = c.failed + excluded.failed,"
                               " aborted = c.aborted + excluded.aborted",
                               VALUES(INTEGER(-all), INTEGER(counts[EXECUTION_SUCCEEDED]),
                                      INTEGER(counts[EXECUTION_FAILED]), INTEGER(counts[EXECUTION_ABORTED])),
                               why);
}

void postgres_execution_insert(struct transaction *transaction, const struct execution *execution, const char *author)
{
    (void)transaction_add(transaction,
                          "INSERT INTO executions (" EXECUTION_COLUMNS ", queued_ms, author)"
                          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10)",
                          VALUES(EXECUTION_VALUES(execution), TEXT(author)));
    postgres_execution_moved(transaction, author, EXECUTION_NEW, (int)execution->status);
}

/* ---- What becomes of the execution of a photo that changes ---- */

void postgres_execution_hurry(struct transaction *transaction, const struct execution_row *row)
{
    if (!row || row->status != EXECUTION_RUNNING || row->lease_until_ms != 0)
        return;
    (void)transaction_add(transaction, "UPDATE executions SET due_ms = $2, queued_ms = $2 WHERE number = $1",
                          VALUES(INTEGER(row->number), INTEGER(transaction->now_ms)));
    postgres_execution_moved(transaction, row->author, EXECUTION_RUNNING, EXECUTION_RUNNING);
}

void postgres_execution_abort(struct transaction *transaction, const struct execution_row *row)
{
    if (!row || row->status != EXECUTION_RUNNING)
        return;
    (void)transaction_add(transaction,
                          "UPDATE executions SET status = 3, updated_ms = $2, version = version + 1,"
                          " lease_owner = NULL, lease_until_ms = NULL, diverted_data = NULL WHERE number = $1",
                          VALUES(INTEGER(row->number), INTEGER(transaction->now_ms)));
    postgres_execution_moved(transaction, row->author, EXECUTION_RUNNING, EXECUTION_ABORTED);
}

void postgres_execution_replace(struct transaction *transaction, const struct execution_row *row,
                                const struct execution *execution, const char *author)
{
    if (!row) {
        postgres_execution_insert(transaction, execution, author);
        return;
    }
    (void)transaction_add(transaction,
                          "UPDATE executions SET status = $2, workflow = $3, state = $4, data = $5,"
                          " started_ms = $6, updated_ms = $7, due_ms = $8, queued_ms = $8,"
                          " version = version + 1, lease_owner = NULL, lease_until_ms = NULL,"
                          " diverted_data = NULL WHERE number = $1",
                          VALUES(INTEGER(row->number), INTEGER(execution->status), TEXT(execution->workflow),
                                 TEXT(execution->state), TEXT(execution->data), INTEGER(execution->started_ms),
                                 INTEGER(execution->updated_ms), INTEGER(execution->due_ms)));
    postgres_execution_moved(transaction, row->author, (int)row->status, (int)execution->status);
}

/* ---- Reading ---- */

struct execution_read {
    struct arena *arena;
    struct execution *execution;
};

static bool take_execution(void *context, const struct row *row)
{
    const struct execution_read *read = context;
    *read->execution = postgres_execution(row);
    execution_own_strings(read->execution, read->arena);
    return true;
}

static enum status execution_get(struct store *store, const struct id *id, struct arena *arena,
                                 struct execution *ret_execution, struct text *why)
{
    struct execution_read read = {arena, ret_execution};
    return postgres_first(store, "SELECT " EXECUTION_COLUMNS " FROM executions WHERE id = $1", VALUES(ID(id)),
                          take_execution, &read, why);
}

struct execution_list {
    store_execution_row *row;
    void *context;
};

static bool list_execution(void *context, const struct row *row)
{
    const struct execution_list *list = context;
    struct execution execution = postgres_execution(row);
    return list->row(list->context, &execution);
}

static enum status executions_list(struct store *store, int status_wanted, size_t limit, store_execution_row *row,
                                   void *context, struct text *why)
{
    struct execution_list list = {row, context};
    if (status_wanted < 0)
        return postgres_each(store, "SELECT " EXECUTION_COLUMNS " FROM executions ORDER BY number DESC LIMIT $1",
                             VALUES(LIMIT(limit)), list_execution, &list, why);
    return postgres_each(store,
                         "SELECT " EXECUTION_COLUMNS " FROM executions WHERE status = $1 ORDER BY number DESC LIMIT $2",
                         VALUES(INTEGER(status_wanted), LIMIT(limit)), list_execution, &list, why);
}

struct event_list {
    store_event_row *row;
    void *context;
    bool is_known;
};

/* An execution without history is one row of nothing. */
static bool event_row(void *context, const struct row *row)
{
    struct event_list *list = context;
    list->is_known = true;
    if (!row_has(row, 0))
        return false;
    struct execution_event event = {
        .time_ms = row_integer(row, 0), .type = row_string(row, 1), .detail = row_string(row, 2)};
    return list->row(list->context, &event);
}

static enum status execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                    struct text *why)
{
    struct event_list list = {row, context, false};
    enum status status = postgres_each(store,
                                       "SELECT time_ms, type, detail FROM executions LEFT JOIN execution_events"
                                       " ON execution = number WHERE id = $1 ORDER BY sequence",
                                       VALUES(ID(id)), event_row, &list, why);
    return status || list.is_known ? status : STATUS_NOT_FOUND;
}

/* ---- Counts ---- */

static bool count_row(void *context, const struct row *row)
{
    struct store_counts *counts = context;
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        counts->executions[i] = (uint64_t)row_integer(row, i);
    counts->queue_depth = (uint64_t)row_integer(row, EXECUTION_STATUSES);
    return true;
}

static enum status executions_count(struct store *store, struct store_counts *ret_counts, struct text *why)
{
    static const char sql[] =
        "SELECT coalesce(sum(running), 0)::bigint, coalesce(sum(succeeded), 0)::bigint,"
        " coalesce(sum(failed), 0)::bigint, coalesce(sum(aborted), 0)::bigint,"
        " (SELECT count(*) FROM executions WHERE lease_until_ms <= $1)"
        " + (SELECT count(*) FROM executions WHERE status = 0 AND lease_until_ms IS NULL AND queued_ms <= $1)"
        " FROM counters";
    return postgres_first(store, sql, VALUES(INTEGER(store_now_ms(store))), count_row, ret_counts, why);
}

/* ---- Forgetting ---- */

static enum status executions_prune(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned,
                                    struct text *why)
{
    int64_t pruned = 0;
    enum status status = postgres_run(store,
                                      "DELETE FROM executions WHERE number IN (SELECT number FROM executions"
                                      " WHERE ended_ms < $1 ORDER BY ended_ms LIMIT $2"
                                      " FOR UPDATE SKIP LOCKED)",
                                      VALUES(INTEGER(before_ms), LIMIT(limit)), &pruned, why);
    if (!status)
        *ret_pruned = (size_t)pruned;
    return status;
}

const struct store_execution_ops postgres_executions = {
    .get = execution_get,
    .list = executions_list,
    .events = execution_events,
    .count = executions_count,
    .prune = executions_prune,
};
