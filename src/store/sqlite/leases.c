/* Who may work on an execution. A lease belongs to an owner until executions.lease_until_ms; each claim gives the
 * execution a version beyond all that were handed out before, and saving takes that one or a later one: so a thread
 * that slept through the loss of its lease can't write, not even when its own process has claimed the execution again.
 */
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

enum { OWNER_COLUMN = 9 }; /* of QUEUE_HEAD */

/* The first in this author's queue. */
static enum status take_head(struct connection *connection, struct claim *claim, const char *author, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    struct execution *execution = &claim->executions[claim->count];
    enum status status =
        connection_row(connection, QUEUE_HEAD, VALUES(TEXT(author), INTEGER(claim->now_ms)), &row, why);
    if (status)
        return status;
    *execution = execution_from_row(row);
    const char *last_owner = column_string(row, OWNER_COLUMN);
    execution->was_lost = last_owner && strcmp(last_owner, claim->owner) != 0;
    execution_own_strings(execution, claim->arena);
    return STATUS_OK;
}

/* NOT_FOUND when nobody's turn has come. */
static enum status claim_next(struct connection *connection, struct claim *claim, struct text *why)
{
    struct queue_turn turn;
    const struct execution *execution = &claim->executions[claim->count];
    enum status status = queue_next_turn(connection, claim->now_ms, &turn, why);
    if (!status && turn.at_ms > claim->now_ms)
        return STATUS_NOT_FOUND;
    if (!status)
        status = take_head(connection, claim, turn.author, why);
    if (!status)
        status = connection_run(
            connection, EXECUTION_LEASE,
            VALUES(ID(&execution->id), TEXT(claim->owner), INTEGER(claim->now_ms + claim->lease_ms)), why);
    return status ? status : queue_change(connection, turn.author, 0, claim->now_ms, why);
}

static enum status claim(struct connection *connection, void *arguments, struct text *why)
{
    struct claim *claim = arguments;
    enum status status = queues_mend(connection, claim->now_ms, claim->lease_ms, why);
    while (!status && claim->count < claim->limit) {
        status = claim_next(connection, claim, why);
        if (!status)
            claim->executions[claim->count++].version++;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Asked through a reader, so that workers who find nothing to do cost the writer nothing. */
static enum status is_any_due(struct store_sqlite *sqlite, const struct claim *claim, bool *ret_due, struct text *why)
{
    struct reader *reader;
    struct queue_turn turn;
    struct queue_fault fault;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = queue_next_turn(&reader->connection, claim->now_ms, &turn, why);
    *ret_due = !status && turn.at_ms <= claim->now_ms;
    if (status == STATUS_NOT_FOUND || (!status && !*ret_due)) {
        status = queue_find_fault(&reader->connection, claim->now_ms, claim->lease_ms, &fault, why);
        *ret_due = !status;
    }
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

enum status sqlite_executions_claim(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                    size_t limit, struct arena *arena, struct execution *ret_executions,
                                    size_t *ret_count, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct claim claimed = {owner, now_ms, lease_ms, limit, 0, arena, ret_executions};
    bool due = false;
    enum status status = is_any_due(sqlite, &claimed, &due, why);
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
    bool was_diverted; /* told */
};

/* CONFLICT unless the owner holds the lease that the execution was claimed by. */
static enum status find_held(struct connection *connection, const struct saving *saving,
                             struct execution_found *ret_found, struct text *why)
{
    enum status status = execution_find(connection, &saving->execution->id, ret_found, why);
    if (status == STATUS_NOT_FOUND
        || (!status
            && (ret_found->status != EXECUTION_RUNNING || strcmp(ret_found->owner, saving->owner) != 0
                || saving->execution->version < ret_found->lease_version)))
        return lost(why);
    return status;
}

static enum status add_events(struct connection *connection, const struct saving *saving, struct execution_found *found,
                              struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < saving->event_count; i++)
        status =
            connection_run(connection, EVENT_INSERT,
                           VALUES(INTEGER(found->number), INTEGER(++found->events), INTEGER(saving->events[i].time_ms),
                                  TEXT(saving->events[i].type), TEXT(saving->events[i].detail)),
                           why);
    return status;
}

/* It waits again, or has ended. */
static enum status let_go(struct connection *connection, const struct execution_found *found,
                          enum execution_status execution_status, struct text *why)
{
    bool has_ended = execution_status != EXECUTION_RUNNING;
    enum status status = connection_run(connection, has_ended ? EXECUTION_END : EXECUTION_GIVE_BACK,
                                        VALUES(INTEGER(found->number)), why);
    return status ? status : execution_moved(connection, found->author, EXECUTION_RUNNING, execution_status, why);
}

static enum status save(struct connection *connection, void *arguments, struct text *why)
{
    struct saving *saving = arguments;
    const struct execution *execution = saving->execution;
    struct execution_found found;
    enum status status = find_held(connection, saving, &found, why);
    if (!status)
        status = add_events(connection, saving, &found, why);
    if (!status)
        status = connection_run(connection, EXECUTION_SAVE,
                                VALUES(INTEGER(found.number), INTEGER(execution->status), TEXT(execution->state),
                                       TEXT(execution->data), INTEGER(execution->updated_ms),
                                       INTEGER(execution->due_ms), INTEGER(found.events)),
                                why);
    bool is_running = execution->status == EXECUTION_RUNNING;
    saving->was_diverted = found.is_diverted && is_running;
    if (status || (saving->keep_lease && is_running && !found.is_diverted))
        return status;
    return let_go(connection, &found, execution->status, why);
}

enum status sqlite_execution_save(struct store *store, const char *owner, const struct execution *execution,
                                  const struct execution_event *events, size_t event_count, bool keep_lease,
                                  struct text *why)
{
    struct saving saving = {owner, execution, events, event_count, keep_lease, false};
    enum status status = writer_run(&((struct store_sqlite *)store)->writer, save, &saving, why);
    return !status && saving.was_diverted ? lost(why) : status;
}

struct giving_back {
    const char *owner;
    const struct id *id;
};

static enum status release(struct connection *connection, void *arguments, struct text *why)
{
    const struct giving_back *giving = arguments;
    struct execution_found found;
    enum status status = execution_find(connection, giving->id, &found, why);
    if (status == STATUS_NOT_FOUND
        || (!status && (found.status != EXECUTION_RUNNING || strcmp(found.owner, giving->owner) != 0)))
        return lost(why);
    return status ? status : let_go(connection, &found, EXECUTION_RUNNING, why);
}

enum status sqlite_execution_release(struct store *store, const char *owner, const struct id *id, struct text *why)
{
    struct giving_back giving = {owner, id};
    return writer_run(&((struct store_sqlite *)store)->writer, release, &giving, why);
}

/* ---- Diverting ---- */

struct diversion {
    const struct id *id;
    const char *data;
    bool is_held;
};

static enum status divert(struct connection *connection, void *arguments, struct text *why)
{
    struct diversion *diversion = arguments;
    struct execution_found found;
    enum status status = execution_find(connection, diversion->id, &found, why);
    if (status)
        return status;
    if (found.status != EXECUTION_RUNNING) {
        text_setf(why, "The execution has ended: it is %s.", execution_status_name(found.status));
        return STATUS_CONFLICT;
    }
    diversion->is_held = found.lease_until_ms != 0;
    status = connection_run(connection, EXECUTION_DIVERT, VALUES(INTEGER(found.number), TEXT(diversion->data)), why);
    if (status || diversion->is_held)
        return status;
    return let_go(connection, &found, EXECUTION_RUNNING, why);
}

enum status sqlite_execution_divert(struct store *store, const struct id *id, const char *data, bool *ret_held,
                                    struct text *why)
{
    struct diversion diversion = {.id = id, .data = data};
    enum status status = writer_run(&((struct store_sqlite *)store)->writer, divert, &diversion, why);
    if (!status)
        *ret_held = diversion.is_held;
    return status;
}
