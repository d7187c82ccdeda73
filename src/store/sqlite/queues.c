/* Whose execution is next. An author has a row in `queues` as long as executions of theirs are RUNNING:
 *
 *     pending    how many are
 *     under_way  how many of them somebody holds
 *     served_ms  when the author was last given a worker
 *     turn_ms    since when the author waits: since the first in the queue is due, or since they were last served,
 *                whichever is later; NULL: nothing waits
 *
 * The next worker goes to the author with the fewest under way, then to the one whose turn it has been for longest;
 * within a queue to the execution that came first. So each choice is a few seeks, however many wait. Whatever changes
 * an execution's status, place or lease calls queue_change, which counts anew what can be counted, so that the row
 * can't drift from the truth. */
#include "sqlite_store.h"

#include <stdio.h>

enum { MENDS_MAX = 1000 /* in one claim */ };

static void copy_author(sqlite3_stmt *row, int column, char ret_author[static AUTHOR_NAME_MAX + 1])
{
    (void)snprintf(ret_author, AUTHOR_NAME_MAX + 1, "%s", column_string(row, column));
}

enum status queue_change(struct connection *connection, const char *author, int pending, int64_t served_ms,
                         struct text *why)
{
    enum status status =
        connection_run(connection, QUEUE_CHANGE, VALUES(TEXT(author), INTEGER(pending), INTEGER(served_ms)), why);
    bool may_be_empty = pending <= 0 && served_ms <= 0;
    return status || !may_be_empty ? status : connection_run(connection, QUEUE_FORGET, VALUES(TEXT(author)), why);
}

enum status queue_pending(struct connection *connection, const char *author, uint64_t *ret_pending, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, QUEUE_PENDING, VALUES(TEXT(author)), &row, why);
    if (!status)
        *ret_pending = (uint64_t)sqlite3_column_int64(row, 0);
    if (status == STATUS_NOT_FOUND)
        *ret_pending = 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- Turns ---- */

/* The number of executions under way that some author has who waits: the smallest above `level`. */
static enum status next_level(struct connection *connection, int64_t level, int64_t *ret_level, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, QUEUES_LEVEL, VALUES(INTEGER(level)), &row, why);
    if (!status)
        *ret_level = sqlite3_column_int64(row, 0);
    return status;
}

static enum status first_of_level(struct connection *connection, int64_t level, struct queue_turn *ret_turn,
                                  struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, QUEUES_FIRST, VALUES(INTEGER(level)), &row, why);
    if (status)
        return status;
    ret_turn->at_ms = sqlite3_column_int64(row, 0);
    copy_author(row, 1, ret_turn->author);
    return STATUS_OK;
}

enum status queue_next_turn(struct connection *connection, int64_t now_ms, struct queue_turn *ret_turn,
                            struct text *why)
{
    struct queue_turn first = {.at_ms = INT64_MAX}, turn;
    int64_t level = -1;
    enum status status;
    while (!(status = next_level(connection, level, &level, why))) {
        status = first_of_level(connection, level, &turn, why);
        if (status)
            return status;
        if (turn.at_ms < first.at_ms)
            first = turn;
        if (turn.at_ms <= now_ms)
            break;
    }
    if (status && (status != STATUS_NOT_FOUND || first.at_ms == INT64_MAX))
        return status;
    *ret_turn = status ? first : turn;
    return STATUS_OK;
}

/* ---- What is put right before anything is claimed ---- */

static enum status lose_lease(struct connection *connection, const struct queue_fault *fault, int64_t now_ms,
                              struct text *why)
{
    (void)now_ms;
    enum status status = connection_run(connection, EXECUTION_LOSE, VALUES(INTEGER(fault->number)), why);
    return status ? status : queue_change(connection, fault->author, 0, QUEUE_NEVER_SERVED, why);
}

static enum status make_due(struct connection *connection, const struct queue_fault *fault, int64_t now_ms,
                            struct text *why)
{
    enum status status =
        connection_run(connection, EXECUTION_HURRY, VALUES(INTEGER(fault->number), INTEGER(now_ms)), why);
    return status ? status : queue_change(connection, fault->author, 0, QUEUE_SERVED_AS_BEFORE, why);
}

static enum status forget_service(struct connection *connection, const struct queue_fault *fault, int64_t now_ms,
                                  struct text *why)
{
    (void)now_ms;
    return queue_change(connection, fault->author, 0, QUEUE_NEVER_SERVED, why);
}

/* OK when a row of the statement has a time after `after_ms` and not after `until_ms`. */
static enum status find_row(struct connection *connection, enum statement statement, int64_t after_ms, int64_t until_ms,
                            struct queue_fault *ret_fault, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, statement, VALUES(INTEGER(after_ms)), &row, why);
    if (status)
        return status;
    ret_fault->number = sqlite3_column_int64(row, 0);
    copy_author(row, 1, ret_fault->author);
    return sqlite3_column_int64(row, 2) <= until_ms ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status queue_find_fault(struct connection *connection, int64_t now_ms, int64_t lease_ms,
                             struct queue_fault *ret_fault, struct text *why)
{
    const int64_t future_ms = now_ms + CLOCK_TOLERANCE_MS;
    const struct {
        enum statement statement;
        int64_t after_ms, until_ms;
        queue_mend *mend;
    } faults[] = {
        {LEASES_FIRST_END, INT64_MIN, now_ms, lose_lease},
        {LEASES_FIRST_END, future_ms + lease_ms, INT64_MAX, lose_lease},
        {EXECUTIONS_SAVED_AFTER, future_ms, INT64_MAX, make_due},
        {QUEUES_SERVED_AFTER, future_ms, INT64_MAX, forget_service},
    };
    enum status status = STATUS_NOT_FOUND;
    for (size_t i = 0; status == STATUS_NOT_FOUND && i < sizeof faults / sizeof faults[0]; i++) {
        status = find_row(connection, faults[i].statement, faults[i].after_ms, faults[i].until_ms, ret_fault, why);
        ret_fault->mend = faults[i].mend;
    }
    return status;
}

enum status queues_mend(struct connection *connection, int64_t now_ms, int64_t lease_ms, struct text *why)
{
    struct queue_fault fault;
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < MENDS_MAX; i++) {
        status = queue_find_fault(connection, now_ms, lease_ms, &fault, why);
        if (!status)
            status = fault.mend(connection, &fault, now_ms, why);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status queue_next_due(struct connection *connection, int64_t now_ms, int64_t *ret_due_ms, struct text *why)
{
    enum { NO_LEASE_MS = 0x7fffffff };
    struct queue_turn turn;
    struct queue_fault fault;
    int64_t due_ms = INT64_MAX;
    enum status status = queue_next_turn(connection, INT64_MIN, &turn, why);
    if (!status)
        due_ms = turn.at_ms;
    if (!status || status == STATUS_NOT_FOUND)
        status = queue_find_fault(connection, now_ms, NO_LEASE_MS, &fault, why);
    if (!status && now_ms < due_ms)
        due_ms = now_ms;
    if (status && status != STATUS_NOT_FOUND)
        return status;
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    status = connection_row(connection, LEASES_FIRST_END, VALUES(INTEGER(INT64_MIN)), &row, why);
    if (!status && sqlite3_column_int64(row, 2) < due_ms)
        due_ms = sqlite3_column_int64(row, 2);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    *ret_due_ms = due_ms == INT64_MAX ? -1 : due_ms;
    return STATUS_OK;
}
