/* Who may work on an execution. A lease belongs to an owner until executions.lease_until_ms; each claim gives the
 * execution a version beyond all that were handed out before, and saving takes that one or a later one: so a thread
 * that slept through the loss of its lease can't write, not even when its own process has claimed the execution
 * again. */
#include "sqlite_store.h"

#include <string.h>

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

struct look {
    const struct claim *claim;
    bool is_any_due;
};

/* Asked through a reader, so that workers who find nothing to do cost the writer nothing. */
static enum status look_for_due(struct connection *connection, void *arguments, struct text *why)
{
    struct look *look = arguments;
    int64_t now_ms = look->claim->now_ms;
    struct queue_turn turn;
    struct queue_fault fault;
    enum status status = queue_next_turn(connection, now_ms, &turn, why);
    look->is_any_due = !status && turn.at_ms <= now_ms;
    if (status == STATUS_NOT_FOUND || (!status && !look->is_any_due)) {
        status = queue_find_fault(connection, now_ms, look->claim->lease_ms, &fault, why);
        look->is_any_due = !status;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status lease_claim(struct store *store, const char *owner, int64_t lease_ms, size_t limit,
                               struct arena *arena, struct execution *ret_executions, size_t *ret_count,
                               struct text *why)
{
    struct claim claimed = {owner, store_now_ms(store), lease_ms, limit, 0, arena, ret_executions};
    struct look look = {.claim = &claimed};
    enum status status = sqlite_read(store, look_for_due, &look, why);
    if (!status && look.is_any_due)
        status = sqlite_write(store, claim, &claimed, why);
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

static enum status lease_renew(struct store *store, const char *owner, int64_t lease_ms, struct text *why)
{
    struct renewal renewal = {owner, store_now_ms(store), lease_ms};
    return sqlite_write(store, renew, &renewal, why);
}

/* ---- Saving and giving back ---- */

/* Finds it, and tells what there is; `owner` as execution_compare. */
static enum status compare(struct connection *connection, const struct id *id, const char *owner,
                           struct execution_row *ret_row, struct execution_found *ret_found, struct text *why)
{
    enum status status = execution_find(connection, id, ret_row, why);
    if (!status)
        *ret_found = execution_compare(ret_row, owner);
    return status;
}

/* It waits again, or has ended. */
static enum status let_go(struct connection *connection, const struct execution_row *row,
                          enum execution_status execution_status, struct text *why)
{
    bool has_ended = execution_status != EXECUTION_RUNNING;
    enum status status =
        connection_run(connection, has_ended ? EXECUTION_END : EXECUTION_GIVE_BACK, VALUES(INTEGER(row->number)), why);
    return status ? status : execution_moved(connection, row->author, EXECUTION_RUNNING, execution_status, why);
}

struct saving {
    const char *owner;
    const struct execution *execution;
    const struct execution_event *events;
    size_t event_count;
    bool keep_lease;
    struct execution_found *found;
};

static enum status add_events(struct connection *connection, const struct saving *saving, struct execution_row *row,
                              struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < saving->event_count; i++)
        status = connection_run(connection, EVENT_INSERT,
                                VALUES(INTEGER(row->number), INTEGER(++row->events), INTEGER(saving->events[i].time_ms),
                                       TEXT(saving->events[i].type), TEXT(saving->events[i].detail)),
                                why);
    return status;
}

static enum status save(struct connection *connection, void *arguments, struct text *why)
{
    const struct saving *saving = arguments;
    const struct execution *execution = saving->execution;
    struct execution_row row;
    enum status status = compare(connection, &execution->id, saving->owner, &row, saving->found, why);
    if (status)
        return status;
    saving->found->is_changed &= execution->version >= row.lease_version;
    if (!saving->found->is_changed)
        return STATUS_OK;
    status = add_events(connection, saving, &row, why);
    if (!status)
        status = connection_run(connection, EXECUTION_SAVE,
                                VALUES(INTEGER(row.number), INTEGER(execution->status), TEXT(execution->state),
                                       TEXT(execution->data), INTEGER(execution->updated_ms),
                                       INTEGER(execution->due_ms), INTEGER(row.events)),
                                why);
    bool is_kept = saving->keep_lease && execution->status == EXECUTION_RUNNING && !row.is_diverted;
    return status || is_kept ? status : let_go(connection, &row, execution->status, why);
}

static enum status lease_save(struct store *store, const char *owner, const struct execution *execution,
                              const struct execution_event *events, size_t event_count, bool keep_lease,
                              struct execution_found *ret_found, struct text *why)
{
    struct saving saving = {owner, execution, events, event_count, keep_lease, ret_found};
    return sqlite_write(store, save, &saving, why);
}

struct giving_back {
    const char *owner;
    const struct id *id;
    struct execution_found *found;
};

static enum status release(struct connection *connection, void *arguments, struct text *why)
{
    const struct giving_back *giving = arguments;
    struct execution_row row;
    enum status status = compare(connection, giving->id, giving->owner, &row, giving->found, why);
    return status || !giving->found->is_changed ? status : let_go(connection, &row, EXECUTION_RUNNING, why);
}

static enum status lease_release(struct store *store, const char *owner, const struct id *id,
                                 struct execution_found *ret_found, struct text *why)
{
    struct giving_back giving = {owner, id, ret_found};
    return sqlite_write(store, release, &giving, why);
}

/* ---- Diverting ---- */

struct diversion {
    const struct id *id;
    const char *data;
    struct execution_found *found;
};

static enum status divert(struct connection *connection, void *arguments, struct text *why)
{
    const struct diversion *diversion = arguments;
    struct execution_row row;
    enum status status = compare(connection, diversion->id, NULL, &row, diversion->found, why);
    if (status || !diversion->found->is_changed)
        return status;
    status = connection_run(connection, EXECUTION_DIVERT, VALUES(INTEGER(row.number), TEXT(diversion->data)), why);
    return status || diversion->found->is_held ? status : let_go(connection, &row, EXECUTION_RUNNING, why);
}

static enum status lease_divert(struct store *store, const struct id *id, const char *data,
                                struct execution_found *ret_found, struct text *why)
{
    struct diversion diversion = {id, data, ret_found};
    return sqlite_write(store, divert, &diversion, why);
}

/* ---- The next ---- */

struct next_due {
    int64_t now_ms, *due_ms;
};

static enum status find_next_due(struct connection *connection, void *arguments, struct text *why)
{
    const struct next_due *next = arguments;
    return queue_next_due(connection, next->now_ms, next->due_ms, why);
}

static enum status lease_next_due(struct store *store, int64_t now_ms, int64_t *ret_due_ms, struct text *why)
{
    struct next_due next = {now_ms, ret_due_ms};
    return sqlite_read(store, find_next_due, &next, why);
}

const struct store_lease_ops sqlite_leases = {
    .claim = lease_claim,
    .renew = lease_renew,
    .save = lease_save,
    .release = lease_release,
    .divert = lease_divert,
    .next_due = lease_next_due,
};
