/* Executions as callers see them; who may work on one is in leases.c. */
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

void execution_own_strings(struct execution *execution, struct arena *arena)
{
    execution->workflow = arena_copy_string(arena, execution->workflow);
    execution->state = arena_copy_string(arena, execution->state);
    execution->data = arena_copy_string(arena, execution->data);
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
    enum status status = connection_run(connection, EXECUTION_INSERT,
                                        VALUES(ID(&execution->id), INTEGER(execution->status),
                                               TEXT(execution->workflow), TEXT(execution->state), TEXT(execution->data),
                                               INTEGER(execution->started_ms), INTEGER(execution->updated_ms),
                                               INTEGER(execution->due_ms), INTEGER(execution->version), TEXT(author)),
                                        why);
    if (!status)
        status = counter_add(connection, execution->status, 1, why);
    return status || execution->status != EXECUTION_RUNNING
               ? status
               : queue_change(connection, author, 1, QUEUE_SERVED_AS_BEFORE, why);
}

enum status execution_find(struct connection *connection, const struct id *id, struct execution_found *ret_found,
                           struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, EXECUTION_FIND, VALUES(ID(id)), &row, why);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "There is no such execution.");
    if (status)
        return status;
    const char *owner = column_string(row, 3);
    *ret_found = (struct execution_found){.number = sqlite3_column_int64(row, 0),
                                          .status = (enum execution_status)sqlite3_column_int(row, 1),
                                          .lease_version = (uint64_t)sqlite3_column_int64(row, 4),
                                          .events = sqlite3_column_int64(row, 5),
                                          .lease_until_ms = sqlite3_column_int64(row, 6),
                                          .is_diverted = sqlite3_column_int(row, 7)};
    (void)snprintf(ret_found->author, sizeof ret_found->author, "%s", column_string(row, 2));
    (void)snprintf(ret_found->owner, sizeof ret_found->owner, "%s", owner ? owner : "");
    return STATUS_OK;
}

/* ---- Reading ---- */

enum status sqlite_execution_get(struct store *store, const struct id *id, struct arena *arena,
                                 struct execution *ret_execution, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    sqlite3_stmt *row = NULL;
    status = connection_row(&reader->connection, EXECUTION_GET, VALUES(ID(id)), &row, why);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "There is no such execution.");
    if (!status) {
        *ret_execution = execution_from_row(row);
        execution_own_strings(ret_execution, arena);
    }
    statement_cleanup(&row);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

struct execution_list {
    store_execution_row *row;
    void *context;
};

static bool execution_row(void *context, sqlite3_stmt *row)
{
    const struct execution_list *list = context;
    struct execution execution = execution_from_row(row);
    return list->row(list->context, &execution);
}

enum status sqlite_executions_list(struct store *store, int status_wanted, size_t limit, store_execution_row *row,
                                   void *context, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct execution_list list = {row, context};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    if (status_wanted < 0)
        status = connection_each(&reader->connection, EXECUTIONS_LIST, VALUES(LIMIT(limit)), execution_row, &list, why);
    else
        status = connection_each(&reader->connection, EXECUTIONS_LIST_STATUS,
                                 VALUES(INTEGER(status_wanted), LIMIT(limit)), execution_row, &list, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

struct event_list {
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

enum status sqlite_execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                    struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct event_list list = {row, context};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    sqlite3_stmt *found = NULL;
    status = connection_row(&reader->connection, EXECUTION_FIND, VALUES(ID(id)), &found, why);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "There is no such execution.");
    statement_cleanup(&found);
    if (!status)
        status = connection_each(&reader->connection, EVENTS_LIST, VALUES(ID(id)), event_row, &list, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

/* ---- Counts ---- */

static bool count_row(void *context, sqlite3_stmt *row)
{
    struct store_counts *counts = context;
    counts->executions[sqlite3_column_int(row, 0)] = (uint64_t)sqlite3_column_int64(row, 1);
    return true;
}

static bool queued_row(void *context, sqlite3_stmt *row)
{
    ((struct store_counts *)context)->queue_depth = (uint64_t)sqlite3_column_int64(row, 0);
    return true;
}

enum status sqlite_get_counts(struct store *store, int64_t now_ms, struct store_counts *ret_counts, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct store_counts counts = {.next_due_ms = -1};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    struct connection *connection = &reader->connection;
    status = connection_each(connection, EXECUTIONS_COUNT, VALUES(), count_row, &counts, why);
    if (!status)
        status = connection_each(connection, EXECUTIONS_QUEUED, VALUES(INTEGER(now_ms)), queued_row, &counts, why);
    if (!status)
        status = queue_next_due(connection, now_ms, &counts.next_due_ms, why);
    readers_give_back(&sqlite->readers, reader, status);
    if (!status)
        *ret_counts = counts;
    return status;
}

/* ---- Ending ---- */

struct execution_change {
    const struct id *id;
    const char *data;
    int64_t now_ms;
    size_t limit, pruned;
};

enum status execution_abort(struct connection *connection, const struct id *id, int64_t now_ms, struct text *why)
{
    struct execution_found found;
    enum status status = execution_find(connection, id, &found, why);
    if (status == STATUS_NOT_FOUND || (!status && found.status != EXECUTION_RUNNING))
        return STATUS_OK;
    if (!status)
        status = connection_run(connection, EXECUTION_ABORT, VALUES(INTEGER(found.number), INTEGER(now_ms)), why);
    return status ? status : execution_moved(connection, found.author, EXECUTION_RUNNING, EXECUTION_ABORTED, why);
}

enum status execution_replace(struct connection *connection, const struct execution *execution, const char *author,
                              struct text *why)
{
    struct execution_found found;
    enum status status = execution_find(connection, &execution->id, &found, why);
    if (status == STATUS_NOT_FOUND)
        return execution_insert(connection, execution, author, why);
    if (!status)
        status = connection_run(connection, EXECUTION_REPLACE,
                                VALUES(INTEGER(found.number), INTEGER(execution->status), TEXT(execution->workflow),
                                       TEXT(execution->state), TEXT(execution->data), INTEGER(execution->started_ms),
                                       INTEGER(execution->updated_ms), INTEGER(execution->due_ms)),
                                why);
    return status ? status : execution_moved(connection, found.author, found.status, execution->status, why);
}

static enum status retry(struct connection *connection, void *arguments, struct text *why)
{
    const struct execution_change *change = arguments;
    struct execution_found found;
    enum status status = execution_find(connection, change->id, &found, why);
    if (!status)
        status = photo_reopen(connection, change->id, change->now_ms, why);
    if (status)
        return status;
    if (found.status != EXECUTION_FAILED && found.status != EXECUTION_ABORTED) {
        text_setf(why, "An execution that is %s can't be retried.", execution_status_name(found.status));
        return STATUS_CONFLICT;
    }
    status = connection_run(connection, EXECUTION_RETRY,
                            VALUES(INTEGER(found.number), TEXT(change->data), INTEGER(change->now_ms)), why);
    return status ? status : execution_moved(connection, found.author, found.status, EXECUTION_RUNNING, why);
}

enum status sqlite_execution_retry(struct store *store, const struct id *id, const char *data, int64_t now_ms,
                                   struct text *why)
{
    struct execution_change change = {.id = id, .data = data, .now_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, retry, &change, why);
}

static enum status prune(struct connection *connection, void *arguments, struct text *why)
{
    struct execution_change *change = arguments;
    enum status status =
        connection_run(connection, EXECUTIONS_PRUNE, VALUES(INTEGER(change->now_ms), INTEGER(change->limit)), why);
    if (!status)
        change->pruned = (size_t)sqlite3_changes(connection->db);
    return status;
}

enum status sqlite_executions_prune(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned,
                                    struct text *why)
{
    struct execution_change change = {.now_ms = before_ms, .limit = limit > INT32_MAX ? INT32_MAX : limit};
    enum status status = writer_run(&((struct store_sqlite *)store)->writer, prune, &change, why);
    if (!status)
        *ret_pruned = change.pruned;
    return status;
}
