/* Reading and writing. What fails because others were in the way, or because the connection was lost, is tried again
 * for some seconds, so that a database that is restarted, or whose standby takes over, is a pause. Nothing happens
 * twice: a change whose answer was lost is asked after by its transaction's number (pg_xact_status) before it is tried
 * again. */
#include "postgres_store.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 5000, PAUSE_MS = 10, PAUSE_MAX_MS = 300, MS_NS = 1000000 };

struct attempts {
    int64_t until_ns;
    int64_t pause_ms; /* 0: none before the second attempt */
};

static struct attempts begin_attempts(void)
{
    return (struct attempts){.until_ns = clock_monotonic_ns() + (int64_t)PATIENCE_MS * MS_NS};
}

/* Pauses; false when the time is over. */
static bool may_try_again(struct attempts *attempts)
{
    if (clock_monotonic_ns() + attempts->pause_ms * MS_NS > attempts->until_ns)
        return false;
    (void)nanosleep(&(struct timespec){.tv_nsec = attempts->pause_ms * MS_NS}, NULL);
    int64_t next_ms = attempts->pause_ms ? 2 * attempts->pause_ms : PAUSE_MS;
    attempts->pause_ms = next_ms < PAUSE_MAX_MS ? next_ms : PAUSE_MAX_MS;
    return true;
}

/* ---- Reading ---- */

static enum status take(struct store_postgres *postgres, const struct attempts *attempts,
                        struct connection **ret_connection, enum failure *ret_failure, struct text *why)
{
    enum status status = postgres_pool_take(&postgres->pool, attempts->until_ns, ret_connection, why);
    *ret_failure = status == STATUS_UNAVAILABLE ? FAILURE_LOST : status ? FAILURE_FINAL : FAILURE_NONE;
    return status;
}

static enum status ask_once(struct store_postgres *postgres, const struct attempts *attempts, const char *sql,
                            const struct value *values, PGresult **ret_result, enum failure *ret_failure,
                            struct text *why)
{
    struct connection *connection;
    enum status status = take(postgres, attempts, &connection, ret_failure, why);
    if (status)
        return status;
    status = postgres_query(&postgres->pool, connection, sql, values, ret_result, ret_failure, why);
    postgres_pool_give_back(&postgres->pool, connection, *ret_failure == FAILURE_LOST);
    return status;
}

static enum status ask(struct store *store, const char *sql, const struct value *values, PGresult **ret_result,
                       struct text *why)
{
    struct attempts attempts = begin_attempts();
    enum failure failure;
    enum status status;
    do
        status = ask_once((struct store_postgres *)store, &attempts, sql, values, ret_result, &failure, why);
    while (status && failure > FAILURE_FINAL && may_try_again(&attempts));
    return status;
}

enum status postgres_each(struct store *store, const char *sql, const struct value *values, row_function *row,
                          void *context, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status = ask(store, sql, values, &result, why);
    struct row at = {.result = result};
    for (int count = status ? 0 : PQntuples(result); at.number < count && row(context, &at); at.number++)
        ;
    return status;
}

enum status postgres_first(struct store *store, const char *sql, const struct value *values, row_function *row,
                           void *context, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status = ask(store, sql, values, &result, why);
    if (!status && PQntuples(result) == 0)
        return STATUS_NOT_FOUND;
    if (!status)
        (void)row(context, &(struct row){.result = result});
    return status;
}

/* ---- Writing ---- */

void postgres_clock_measure(struct clock_offset *clock, int64_t now_ms, int64_t asked_ns)
{
    int64_t answered_ns = clock_monotonic_ns();
    atomic_store(&clock->offset_ms, now_ms - (asked_ns + (answered_ns - asked_ns) / 2) / MS_NS);
    atomic_store(&clock->measured_ns, answered_ns);
}

static enum status begin(struct transaction *transaction, struct text *why)
{
    static const char sql[] =
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id()::text, " POSTGRES_NOW;
    RESULT_CLEANUP PGresult *result = NULL;
    struct store_postgres *postgres = transaction->postgres;
    int64_t asked_ns = clock_monotonic_ns();
    enum status status =
        postgres_execute(&postgres->pool, transaction->connection, sql, &result, &transaction->failure, why);
    if (status)
        return status;
    (void)snprintf(transaction->number, sizeof transaction->number, "%s", PQgetvalue(result, 0, 0));
    transaction->now_ms = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    postgres_clock_measure(&postgres->clock, transaction->now_ms, asked_ns);
    if (postgres->store.now_ms)
        transaction->now_ms = postgres->store.now_ms(postgres->store.clock_context);
    return STATUS_OK;
}

static bool note_outcome(void *context, const struct row *row)
{
    const char *outcome = row_string(row, 0);
    (void)snprintf(context, sizeof(char[16]), "%s", outcome ? outcome : "");
    return true;
}

/* Whether the transaction was kept, after its answer was lost: as PostgreSQL has noted. A server that knows of no such
 * number (it is in the future) is a standby that took over without it. */
static enum status resolve(struct transaction *transaction, struct attempts *attempts, struct text *why)
{
    struct store *store = &transaction->postgres->store;
    char outcome[16] = "";
    do {
        enum status status = postgres_first(store,
                                            "SELECT CASE WHEN $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())"
                                            " THEN pg_xact_status($1::text::xid8) END",
                                            VALUES(TEXT(transaction->number)), note_outcome, outcome, why);
        if (status)
            break;
        if (strcmp(outcome, "committed") == 0)
            return STATUS_OK;
        if (strcmp(outcome, "in progress") != 0) {
            transaction->failure = FAILURE_CONTENTION;
            return STATUS_BUSY;
        }
    } while (may_try_again(attempts));
    text_setf(why, "The database %s was lost while it saved; look whether the change was made before you repeat it.",
              transaction->postgres->pool.name);
    transaction->failure = FAILURE_FINAL;
    return STATUS_UNAVAILABLE;
}

/* Sets `failure`; LOST: the outcome is unknown. */
static enum status commit(struct transaction *transaction, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    const struct pool *pool = &transaction->postgres->pool;
    enum status status = postgres_execute(pool, transaction->connection, "COMMIT", &result, &transaction->failure, why);
    if (!status && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        text_setf(why, "The database %s has undone a change.", pool->name);
        status = STATUS_INTERNAL;
        transaction->failure = FAILURE_FINAL;
    }
    return status;
}

static void roll_back(struct transaction *transaction)
{
    PGresult *result = NULL;
    enum failure failure;
    if (transaction->failure == FAILURE_LOST)
        return;
    if (postgres_execute(&transaction->postgres->pool, transaction->connection, "ROLLBACK", &result, &failure, NULL))
        transaction->failure = FAILURE_LOST;
    PQclear(result);
}

static enum status write_once(struct transaction *transaction, struct attempts *attempts,
                              transaction_function *operation, void *arguments, struct text *why)
{
    struct pool *pool = &transaction->postgres->pool;
    enum status status = take(transaction->postgres, attempts, &transaction->connection, &transaction->failure, why);
    if (status)
        return status;
    bool is_committing = false;
    status = begin(transaction, why);
    if (!status)
        status = operation(transaction, arguments, why);
    if (!status && !transaction->keeps_nothing) {
        is_committing = true;
        status = commit(transaction, why);
    }
    if (status || transaction->keeps_nothing)
        roll_back(transaction);
    bool is_lost = transaction->failure == FAILURE_LOST;
    postgres_pool_give_back(pool, transaction->connection, is_lost);
    return status && is_lost && is_committing ? resolve(transaction, attempts, why) : status;
}

enum status postgres_write(struct store *store, transaction_function *operation, void *arguments, struct text *why)
{
    struct attempts attempts = begin_attempts();
    struct transaction transaction;
    enum status status;
    do {
        transaction = (struct transaction){.postgres = (struct store_postgres *)store};
        status = write_once(&transaction, &attempts, operation, arguments, why);
    } while (status && transaction.failure > FAILURE_FINAL && may_try_again(&attempts));
    return status;
}

/* ---- In a transaction ---- */

static enum status query(struct transaction *transaction, const char *sql, const struct value *values,
                         PGresult **ret_result, struct text *why)
{
    return postgres_query(&transaction->postgres->pool, transaction->connection, sql, values, ret_result,
                          &transaction->failure, why);
}

enum status transaction_run(struct transaction *transaction, const char *sql, const struct value *values,
                            struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    enum status status = query(transaction, sql, values, &result, why);
    if (!status)
        transaction->changed = strtoll(PQcmdTuples(result), NULL, 10);
    return status;
}

enum status transaction_row(struct transaction *transaction, const char *sql, const struct value *values,
                            PGresult **ret_result, struct text *why)
{
    PGresult *result = NULL;
    enum status status = query(transaction, sql, values, &result, why);
    if (!status && PQntuples(result) > 0) {
        *ret_result = result;
        return STATUS_OK;
    }
    PQclear(result);
    return status ? status : STATUS_NOT_FOUND;
}

enum status transaction_execute(struct transaction *transaction, const char *sql, struct text *why)
{
    RESULT_CLEANUP PGresult *result = NULL;
    return postgres_execute(&transaction->postgres->pool, transaction->connection, sql, &result, &transaction->failure,
                            why);
}
