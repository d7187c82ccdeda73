/* Who may work on an execution. A lease belongs to an owner until executions.claimable_ms; each claim gives the execution
 * a version beyond all that were handed out before, and saving takes that one or a later one: so a thread that slept
 * through the loss of its lease can't write, not even when its own process has claimed the execution again. */
#include "sqlite_store.h"

#include <string.h>

static enum status lost(struct text *why)
{
    text_setf(why, "The lease of this execution was lost, or the execution has ended.");
    return STATUS_CONFLICT;
}

/* ---- Claiming ---- */

struct claim {
    const char *owner;
    int64_t now_ms, lease_ms;
    size_t limit, count;
    struct arena *arena;
    struct execution *executions;
};

enum { OWNER_COLUMN = 9 }; /* of EXECUTIONS_CLAIMABLE */

static bool claim_row(void *context, sqlite3_stmt *row)
{
    struct claim *claim = context;
    struct execution *execution = &claim->executions[claim->count++];
    *execution = execution_from_row(row);
    const char *last_owner = column_string(row, OWNER_COLUMN);
    execution->was_lost = last_owner && strcmp(last_owner, claim->owner) != 0;
    execution_own_strings(execution, claim->arena);
    return true;
}

static enum status claim(struct connection *connection, void *arguments, struct text *why)
{
    struct claim *claim = arguments;
    enum status status = connection_each(connection, EXECUTIONS_CLAIMABLE,
                                         VALUES(INTEGER(claim->now_ms), INTEGER(claim->limit)), claim_row, claim, why);
    for (size_t i = 0; !status && i < claim->count; i++) {
        struct execution *execution = &claim->executions[i];
        status = connection_run(
            connection, EXECUTION_LEASE,
            VALUES(ID(&execution->id), TEXT(claim->owner), INTEGER(claim->now_ms + claim->lease_ms)), why);
        execution->version++;
    }
    return status;
}

static bool due_row(void *context, sqlite3_stmt *row)
{
    *(int64_t *)context = sqlite3_column_int64(row, 0);
    return true;
}

/* Asked through a reader, so that workers who find nothing to do cost the writer nothing. */
static enum status is_any_due(struct store_sqlite *sqlite, int64_t now_ms, bool *ret_due, struct text *why)
{
    struct reader *reader;
    int64_t next_ms = INT64_MAX;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, EXECUTIONS_NEXT_DUE, VALUES(), due_row, &next_ms, why);
    readers_give_back(&sqlite->readers, reader, status);
    *ret_due = next_ms <= now_ms;
    return status;
}

enum status sqlite_executions_claim(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                    size_t limit, struct arena *arena, struct execution *ret_executions,
                                    size_t *ret_count, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct claim claimed = {owner, now_ms, lease_ms, limit, 0, arena, ret_executions};
    bool due = false;
    enum status status = is_any_due(sqlite, now_ms, &due, why);
    if (!status && due)
        status = writer_run(&sqlite->writer, claim, &claimed, why);
    if (!status)
        *ret_count = claimed.count;
    return status;
}

struct renewal {
    const char *owner;
    int64_t now_ms, lease_ms;
};

static enum status renew(struct connection *connection, void *arguments, struct text *why)
{
    const struct renewal *renewal = arguments;
    return connection_run(
        connection, EXECUTIONS_RENEW,
        VALUES(TEXT(renewal->owner), INTEGER(renewal->now_ms), INTEGER(renewal->now_ms + renewal->lease_ms)), why);
}

enum status sqlite_executions_renew(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                    struct text *why)
{
    struct renewal renewal = {owner, now_ms, lease_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, renew, &renewal, why);
}

/* ---- Saving and giving back ---- */

struct saving {
    const char *owner;
    const struct execution *execution;
    const struct execution_event *events;
    size_t event_count;
    bool keep_lease;
};

struct held {
    int64_t number, events, lease_until_ms;
};

/* CONFLICT unless the owner holds the lease that the execution was claimed by. */
static enum status find_held(struct connection *connection, const struct saving *saving, struct held *ret_held,
                             struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, EXECUTION_FIND, VALUES(ID(&saving->execution->id)), &row, why);
    if (status)
        return status == STATUS_NOT_FOUND ? lost(why) : status;
    const char *owner = column_string(row, 2);
    if (sqlite3_column_int(row, 1) != EXECUTION_RUNNING || !owner || strcmp(owner, saving->owner) != 0
        || saving->execution->version < (uint64_t)sqlite3_column_int64(row, 3))
        return lost(why);
    *ret_held = (struct held){.number = sqlite3_column_int64(row, 0),
                              .events = sqlite3_column_int64(row, 4),
                              .lease_until_ms = sqlite3_column_int64(row, 5)};
    return STATUS_OK;
}

static enum status save(struct connection *connection, void *arguments, struct text *why)
{
    const struct saving *saving = arguments;
    const struct execution *execution = saving->execution;
    struct held held;
    enum status status = find_held(connection, saving, &held, why);
    for (size_t i = 0; !status && i < saving->event_count; i++)
        status = connection_run(connection, EVENT_INSERT,
                                VALUES(INTEGER(held.number), INTEGER(++held.events), INTEGER(saving->events[i].time_ms),
                                       TEXT(saving->events[i].type), TEXT(saving->events[i].detail)),
                                why);
    if (status)
        return status;
    bool keep = saving->keep_lease && execution->status == EXECUTION_RUNNING;
    status = connection_run(connection, EXECUTION_SAVE,
                            VALUES(INTEGER(held.number), INTEGER(execution->status), TEXT(execution->state),
                                   TEXT(execution->data), INTEGER(execution->updated_ms), INTEGER(execution->due_ms),
                                   INTEGER(held.events), TEXT(keep ? saving->owner : NULL),
                                   INTEGER(keep ? held.lease_until_ms : execution->due_ms)),
                            why);
    return status ? status : counter_move(connection, EXECUTION_RUNNING, execution->status, why);
}

enum status sqlite_execution_save(struct store *store, const char *owner, const struct execution *execution,
                                  const struct execution_event *events, size_t event_count, bool keep_lease,
                                  struct text *why)
{
    struct saving saving = {owner, execution, events, event_count, keep_lease};
    return writer_run(&((struct store_sqlite *)store)->writer, save, &saving, why);
}

struct giving_back {
    const char *owner;
    const struct id *id;
};

static enum status release(struct connection *connection, void *arguments, struct text *why)
{
    const struct giving_back *giving = arguments;
    enum status status =
        connection_run(connection, EXECUTION_RELEASE, VALUES(ID(giving->id), TEXT(giving->owner)), why);
    return !status && sqlite3_changes(connection->db) == 0 ? lost(why) : status;
}

enum status sqlite_execution_release(struct store *store, const char *owner, const struct id *id, struct text *why)
{
    struct giving_back giving = {owner, id};
    return writer_run(&((struct store_sqlite *)store)->writer, release, &giving, why);
}
