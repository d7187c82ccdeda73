/* Executions: what they are, and what becomes of them when their photo changes; who may work on one is in leases.c. */
#include "sqlite_store.h"

#include <stdio.h>

/* ---- Rows ---- */

struct execution execution_from_row(sqlite3_stmt *row)
{
    return (struct execution){.id = column_id(row, 0),
                              .status = (enum execution_status)sqlite3_column_int(row, 1),
                              .workflow = column_string(row, 2),
                              .state = column_string(row, 3),
                              .data = column_string(row, 4),
                              .started_ms = sqlite3_column_int64(row, 5),
                              .updated_ms = sqlite3_column_int64(row, 6),
                              .due_ms = sqlite3_column_int64(row, 7),
                              .version = (uint64_t)sqlite3_column_int64(row, 8)};
}

static enum status counter_add(struct connection *connection, enum execution_status status, int amount,
                               struct text *why)
{
    return connection_run(connection, COUNTER_ADD, VALUES(INTEGER(status), INTEGER(amount)), why);
}

enum status execution_moved(struct connection *connection, const char *author, enum execution_status from,
                            enum execution_status to, struct text *why)
{
    int pending = (to == EXECUTION_RUNNING) - (from == EXECUTION_RUNNING);
    enum status status = STATUS_OK;
    if (from != to)
        status = counter_add(connection, from, -1, why);
    if (!status && from != to)
        status = counter_add(connection, to, 1, why);
    return status ? status : queue_change(connection, author, pending, QUEUE_SERVED_AS_BEFORE, why);
}

enum status execution_insert(struct connection *connection, const struct execution *execution, const char *author,
                             struct text *why)
{
    enum status status =
        connection_run(connection, EXECUTION_INSERT, VALUES(EXECUTION_VALUES(execution), TEXT(author)), why);
    if (!status)
        status = counter_add(connection, execution->status, 1, why);
    return status || execution->status != EXECUTION_RUNNING
               ? status
               : queue_change(connection, author, 1, QUEUE_SERVED_AS_BEFORE, why);
}

enum status execution_find(struct connection *connection, const struct id *id, struct execution_row *ret_row,
                           struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, EXECUTION_FIND, VALUES(ID(id)), &row, why);
    if (status)
        return status;
    const char *owner = column_string(row, 3);
    *ret_row = (struct execution_row){.number = sqlite3_column_int64(row, 0),
                                      .status = (enum execution_status)sqlite3_column_int(row, 1),
                                      .lease_version = (uint64_t)sqlite3_column_int64(row, 4),
                                      .events = sqlite3_column_int64(row, 5),
                                      .lease_until_ms = sqlite3_column_int64(row, 6),
                                      .is_diverted = sqlite3_column_int(row, 7)};
    (void)snprintf(ret_row->author, sizeof ret_row->author, "%s", column_string(row, 2));
    (void)snprintf(ret_row->owner, sizeof ret_row->owner, "%s", owner ? owner : "");
    return STATUS_OK;
}

/* ---- What becomes of the execution of a photo that changes ---- */

enum status execution_hurry(struct connection *connection, const struct id *id, const char *author, int64_t now_ms,
                            struct text *why)
{
    enum status status = connection_run(connection, EXECUTION_HURRY_WAITING, VALUES(ID(id), INTEGER(now_ms)), why);
    return status ? status : queue_change(connection, author, 0, QUEUE_SERVED_AS_BEFORE, why);
}

enum status execution_abort(struct connection *connection, const struct id *id, int64_t now_ms, struct text *why)
{
    struct execution_row row;
    enum status status = execution_find(connection, id, &row, why);
    if (status == STATUS_NOT_FOUND || (!status && row.status != EXECUTION_RUNNING))
        return STATUS_OK;
    if (!status)
        status = connection_run(connection, EXECUTION_ABORT, VALUES(INTEGER(row.number), INTEGER(now_ms)), why);
    return status ? status : execution_moved(connection, row.author, EXECUTION_RUNNING, EXECUTION_ABORTED, why);
}

enum status execution_replace(struct connection *connection, const struct execution *execution, const char *author,
                              struct text *why)
{
    struct execution_row row;
    enum status status = execution_find(connection, &execution->id, &row, why);
    if (status == STATUS_NOT_FOUND)
        return execution_insert(connection, execution, author, why);
    if (!status)
        status = connection_run(connection, EXECUTION_REPLACE,
                                VALUES(INTEGER(row.number), INTEGER(execution->status), TEXT(execution->workflow),
                                       TEXT(execution->state), TEXT(execution->data), INTEGER(execution->started_ms),
                                       INTEGER(execution->updated_ms), INTEGER(execution->due_ms)),
                                why);
    return status ? status : execution_moved(connection, row.author, row.status, execution->status, why);
}

/* ---- Reading ---- */

struct execution_read {
    struct arena *arena;
    struct execution *execution;
};

static bool take_execution(void *context, sqlite3_stmt *row)
{
    const struct execution_read *read = context;
    *read->execution = execution_from_row(row);
    execution_own_strings(read->execution, read->arena);
    return true;
}

static enum status execution_get(struct store *store, const struct id *id, struct arena *arena,
                                 struct execution *ret_execution, struct text *why)
{
    struct execution_read read = {arena, ret_execution};
    return sqlite_first(store, EXECUTION_GET, VALUES(ID(id)), take_execution, &read, why);
}

struct execution_list {
    store_execution_row *row;
    void *context;
};

static bool list_execution(void *context, sqlite3_stmt *row)
{
    const struct execution_list *list = context;
    struct execution execution = execution_from_row(row);
    return list->row(list->context, &execution);
}

static enum status executions_list(struct store *store, int status_wanted, size_t limit, store_execution_row *row,
                                   void *context, struct text *why)
{
    struct execution_list list = {row, context};
    if (status_wanted < 0)
        return sqlite_each(store, EXECUTIONS_LIST, VALUES(LIMIT(limit)), list_execution, &list, why);
    return sqlite_each(store, EXECUTIONS_LIST_STATUS, VALUES(INTEGER(status_wanted), LIMIT(limit)), list_execution,
                       &list, why);
}

struct event_list {
    const struct id *id;
    store_event_row *row;
    void *context;
};

static bool event_row(void *context, sqlite3_stmt *row)
{
    const struct event_list *list = context;
    struct execution_event event = {
        .time_ms = sqlite3_column_int64(row, 0), .type = column_string(row, 1), .detail = column_string(row, 2)};
    return list->row(list->context, &event);
}

static enum status list_events(struct connection *connection, void *arguments, struct text *why)
{
    const struct event_list *list = arguments;
    struct execution_row row;
    enum status status = execution_find(connection, list->id, &row, why);
    return status ? status : connection_each(connection, EVENTS_LIST, VALUES(ID(list->id)), event_row, arguments, why);
}

static enum status execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                    struct text *why)
{
    struct event_list list = {id, row, context};
    return sqlite_read(store, list_events, &list, why);
}

/* ---- Counts ---- */

struct counting {
    int64_t now_ms;
    struct store_counts counts;
};

static bool count_row(void *context, sqlite3_stmt *row)
{
    struct counting *counting = context;
    counting->counts.executions[sqlite3_column_int(row, 0)] = (uint64_t)sqlite3_column_int64(row, 1);
    return true;
}

static bool queued_row(void *context, sqlite3_stmt *row)
{
    ((struct counting *)context)->counts.queue_depth = (uint64_t)sqlite3_column_int64(row, 0);
    return true;
}

static enum status count(struct connection *connection, void *arguments, struct text *why)
{
    const struct counting *counting = arguments;
    enum status status = connection_each(connection, EXECUTIONS_COUNT, VALUES(), count_row, arguments, why);
    if (!status)
        status = connection_each(connection, EXECUTIONS_QUEUED, VALUES(INTEGER(counting->now_ms)), queued_row,
                                 arguments, why);
    return status;
}

static enum status executions_count(struct store *store, struct store_counts *ret_counts, struct text *why)
{
    struct counting counting = {.now_ms = store_now_ms(store)};
    enum status status = sqlite_read(store, count, &counting, why);
    if (!status)
        *ret_counts = counting.counts;
    return status;
}

/* ---- Forgetting ---- */

struct pruning {
    int64_t before_ms;
    size_t limit, pruned;
};

static enum status prune(struct connection *connection, void *arguments, struct text *why)
{
    struct pruning *pruning = arguments;
    enum status status =
        connection_run(connection, EXECUTIONS_PRUNE, VALUES(INTEGER(pruning->before_ms), INTEGER(pruning->limit)), why);
    if (!status)
        pruning->pruned = (size_t)sqlite3_changes(connection->db);
    return status;
}

static enum status executions_prune(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned,
                                    struct text *why)
{
    struct pruning pruning = {before_ms, limit > INT32_MAX ? INT32_MAX : limit, 0};
    enum status status = sqlite_write(store, prune, &pruning, why);
    if (!status)
        *ret_pruned = pruning.pruned;
    return status;
}

const struct store_execution_ops sqlite_executions = {
    .get = execution_get,
    .list = executions_list,
    .events = execution_events,
    .count = executions_count,
    .prune = executions_prune,
};
