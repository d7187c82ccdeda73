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

enum { PAUSE_MS = 10, PAUSE_MAX_MS = 300, MS_NS = 1000000 };

struct attempts {
    int64_t until_ns;
    int64_t pause_ms; /* 0: none before the second attempt */
};

static struct attempts begin_attempts(struct store *store)
{
    return (struct attempts){.until_ns = outage_patience(&((struct store_postgres *)store)->pool.outage)};
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
    bool is_worth_trying = status == STATUS_UNAVAILABLE && !atomic_load(&postgres->pool.is_refused);
    *ret_failure = is_worth_trying ? FAILURE_LOST : status ? FAILURE_FINAL : FAILURE_NONE;
    return status;
}

static enum status ask_once(struct store_postgres *postgres, const struct attempts *attempts, const char *sql,
                            const struct value *values, struct answers *answers, enum failure *ret_failure,
                            struct text *why)
{
    struct connection *connection;
    enum status status = take(postgres, attempts, &connection, ret_failure, why);
    if (status)
        return status;
    postgres_add(&postgres->pool, connection, sql, values);
    status = postgres_flush(&postgres->pool, connection, answers, ret_failure, why);
    postgres_pool_give_back(&postgres->pool, connection, *ret_failure == FAILURE_LOST);
    return status;
}

static enum status ask(struct store *store, const char *sql, const struct value *values, struct answers *answers,
                       struct text *why)
{
    struct attempts attempts = begin_attempts(store);
    enum failure failure;
    enum status status;
    do {
        answers_clear(answers);
        status = ask_once((struct store_postgres *)store, &attempts, sql, values, answers, &failure, why);
    } while (status && failure > FAILURE_FINAL && may_try_again(&attempts));
    return status;
}

enum status postgres_each(struct store *store, const char *sql, const struct value *values, row_function *row,
                          void *context, struct text *why)
{
    ANSWERS_CLEANUP struct answers answers = {0};
    enum status status = ask(store, sql, values, &answers, why);
    if (status)
        return status;
    struct row at = {.result = answers.results[0]};
    for (int count = PQntuples(at.result); at.number < count && row(context, &at); at.number++)
        ;
    return STATUS_OK;
}

enum status postgres_first(struct store *store, const char *sql, const struct value *values, row_function *row,
                           void *context, struct text *why)
{
    ANSWERS_CLEANUP struct answers answers = {0};
    enum status status = ask(store, sql, values, &answers, why);
    if (!status && PQntuples(answers.results[0]) == 0)
        return STATUS_NOT_FOUND;
    if (!status)
        (void)row(context, &(struct row){.result = answers.results[0]});
    return status;
}

enum status postgres_run(struct store *store, const char *sql, const struct value *values, int64_t *ret_changed,
                         struct text *why)
{
    ANSWERS_CLEANUP struct answers answers = {0};
    enum status status = ask(store, sql, values, &answers, why);
    if (!status)
        *ret_changed = strtoll(PQcmdTuples(answers.results[0]), NULL, 10);
    return status;
}

/* ---- Writing ---- */

/* An answer that took longer has waited for a lock, and doesn't tell when the clock was read. */
static const int64_t CLOCK_EXACT_NS = 20000000;

void postgres_clock_measure(struct clock_offset *clock, int64_t now_ms, int64_t asked_ns)
{
    int64_t answered_ns = clock_monotonic_ns();
    if (answered_ns - asked_ns > CLOCK_EXACT_NS && atomic_load(&clock->measured_ns))
        return;
    atomic_store(&clock->offset_ms, now_ms - (asked_ns + (answered_ns - asked_ns) / 2) / MS_NS);
    atomic_store(&clock->measured_ns, answered_ns);
}

/* A number is given again when the server that gave it is gone before anything of its transaction was in the log: after
 * a crash, which resets the statistics, and by a standby that was promoted, which begins another timeline. */
#define EPOCH                                                                                                          \
    "concat(substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), ' ',"                                                 \
    " extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()))"
/* A process that stands still, or that a network has swallowed, doesn't keep its locks for longer than others wait. */
#define END_IDLE "set_config('idle_in_transaction_session_timeout', '5s', true)"

static const char number_sql[] = "SELECT pg_current_xact_id()::text, " POSTGRES_NOW ", " EPOCH ", " END_IDLE;
/* Looks first: a transaction without a number has written nothing, and then nothing is waited for at its end. */
static const char number_if_any_sql[] =
    "SELECT pg_current_xact_id_if_assigned()::text, " POSTGRES_NOW ", " EPOCH ", " END_IDLE;

struct outcome {
    char word[16]; /* of pg_xact_status; "" for a number that is in the future */
    bool is_same_epoch;
};

static bool note_outcome(void *context, const struct row *row)
{
    struct outcome *outcome = context;
    const char *word = row_string(row, 0);
    (void)snprintf(outcome->word, sizeof outcome->word, "%s", word ? word : "");
    outcome->is_same_epoch = row_integer(row, 1);
    return true;
}

/* What another epoch calls committed is ours, or one that got the number later. That ours wasn't kept is certain there
 * with every other word, because what was under way has ended. */
static enum status judge_outcome(struct transaction *transaction, const struct outcome *outcome, bool *ret_is_known)
{
    bool is_committed = strcmp(outcome->word, "committed") == 0;
    *ret_is_known =
        is_committed == outcome->is_same_epoch || (outcome->is_same_epoch && strcmp(outcome->word, "in progress") != 0);
    if (is_committed)
        return STATUS_OK;
    transaction->failure = FAILURE_CONTENTION;
    return STATUS_BUSY;
}

/* Whether the transaction was kept, after its answer was lost: as PostgreSQL has noted. A server that knows of no such
 * number (it is in the future) is a standby that took over without it. */
static enum status resolve(struct transaction *transaction, struct attempts *attempts, struct text *why)
{
    struct store *store = &transaction->postgres->store;
    struct outcome outcome = {.is_same_epoch = true};
    do {
        bool is_known;
        enum status status =
            postgres_first(store,
                           "SELECT CASE WHEN $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())"
                           " THEN pg_xact_status($1::text::xid8) END, (" EPOCH " = $2)::int",
                           VALUES(TEXT(transaction->number), TEXT(transaction->epoch)), note_outcome, &outcome, why);
        if (status)
            break;
        status = judge_outcome(transaction, &outcome, &is_known);
        if (is_known)
            return status;
    } while (outcome.is_same_epoch && may_try_again(attempts));
    text_setf(why, "The database %s was lost while it saved; look whether the change was made before you repeat it.",
              transaction->postgres->pool.name);
    transaction->failure = FAILURE_FINAL;
    return STATUS_UNAVAILABLE;
}

static void add_words(struct transaction *transaction, const char *sql)
{
    (void)transaction_add(transaction, sql, VALUES());
}

/* With what was added before. Sets `failure`; LOST: the outcome is unknown. */
static enum status commit(struct transaction *transaction, struct text *why)
{
    int place = transaction_add(transaction, "COMMIT", VALUES());
    enum status status = transaction_ask(transaction, why);
    if (!status && strcmp(PQcmdStatus(transaction->answers.results[place]), "COMMIT") != 0) {
        text_setf(why, "The database %s has undone a change.", transaction->postgres->pool.name);
        status = STATUS_INTERNAL;
        transaction->failure = FAILURE_FINAL;
    }
    return status;
}

/* A ROLLBACK isn't run after something else that has failed with it, so there may have to be a second one. */
static void roll_back(struct transaction *transaction)
{
    enum { TIMES = 2 };
    enum failure failure = transaction->failure;
    for (int i = 0; i < TIMES && failure != FAILURE_LOST; i++) {
        answers_clear(&transaction->answers);
        add_words(transaction, "ROLLBACK");
        if (!postgres_flush(&transaction->postgres->pool, transaction->connection, &transaction->answers, &failure,
                            NULL))
            return;
    }
    transaction->failure = FAILURE_LOST;
}

/* The number is known before a COMMIT is sent. */
static enum status perform(struct transaction *transaction, transaction_function *operation, void *arguments,
                           bool *ret_is_committing, struct text *why)
{
    add_words(transaction, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    enum status status = operation(transaction, arguments, why);
    if (!status && !transaction->keeps_nothing && !transaction->number[0])
        status = transaction_ask(transaction, why);
    *ret_is_committing = !status && !transaction->keeps_nothing;
    if (*ret_is_committing)
        status = commit(transaction, why);
    if (status || transaction->keeps_nothing)
        roll_back(transaction);
    return status;
}

static enum status write_once(struct transaction *transaction, struct attempts *attempts,
                              transaction_function *operation, void *arguments, struct text *why)
{
    struct pool *pool = &transaction->postgres->pool;
    bool is_committing;
    enum status status = take(transaction->postgres, attempts, &transaction->connection, &transaction->failure, why);
    if (status)
        return status;
    status = perform(transaction, operation, arguments, &is_committing, why);
    answers_clear(&transaction->answers);
    bool is_lost = transaction->failure == FAILURE_LOST;
    postgres_pool_give_back(pool, transaction->connection, is_lost);
    return status && is_lost && is_committing ? resolve(transaction, attempts, why) : status;
}

enum status postgres_write(struct store *store, transaction_function *operation, void *arguments, struct text *why)
{
    struct attempts attempts = begin_attempts(store);
    struct transaction transaction;
    enum status status;
    do {
        transaction = (struct transaction){.postgres = (struct store_postgres *)store, .now_ms = store_now_ms(store)};
        status = write_once(&transaction, &attempts, operation, arguments, why);
    } while (status && transaction.failure > FAILURE_FINAL && may_try_again(&attempts));
    if (!status && transaction.told && !transaction.keeps_nothing)
        postgres_tell(transaction.postgres, transaction.told, transaction.has_work);
    return status;
}

/* ---- In a transaction ---- */

int transaction_add(struct transaction *transaction, const char *sql, const struct value *values)
{
    int place = transaction->added++;
    postgres_add(&transaction->postgres->pool, transaction->connection, sql, values);
    return place;
}

enum status transaction_add_one(struct transaction *transaction, const char *sql, const struct value *values,
                                struct text *why)
{
    enum status status = postgres_has_room(transaction->connection) ? STATUS_OK : transaction_ask(transaction, why);
    if (!status)
        (void)transaction_add(transaction, sql, values);
    return status;
}

static void read_number(struct transaction *transaction, int place, int64_t asked_ns)
{
    struct store_postgres *postgres = transaction->postgres;
    struct row row;
    if (!transaction_row(transaction, place, &row))
        return;
    const char *number = row_string(&row, 0), *epoch = row_string(&row, 2);
    (void)snprintf(transaction->number, sizeof transaction->number, "%s", number ? number : "");
    (void)snprintf(transaction->epoch, sizeof transaction->epoch, "%s", epoch ? epoch : "");
    transaction->now_ms = row_integer(&row, 1);
    postgres_clock_measure(&postgres->clock, transaction->now_ms, asked_ns);
    if (postgres->store.now_ms)
        transaction->now_ms = postgres->store.now_ms(postgres->store.clock_context);
}

enum status transaction_ask(struct transaction *transaction, struct text *why)
{
    int64_t asked_ns = clock_monotonic_ns();
    bool is_numbered = transaction->number[0];
    int place =
        is_numbered
            ? -1
            : transaction_add(transaction, transaction->may_write_nothing ? number_if_any_sql : number_sql, VALUES());
    answers_clear(&transaction->answers);
    transaction->added = 0;
    enum status status = postgres_flush(&transaction->postgres->pool, transaction->connection, &transaction->answers,
                                        &transaction->failure, why);
    if (!status && !is_numbered)
        read_number(transaction, place, asked_ns);
    return status;
}

bool transaction_row(const struct transaction *transaction, int place, struct row *ret_row)
{
    *ret_row = (struct row){.result = transaction->answers.results[place]};
    return PQntuples(ret_row->result) > 0;
}

int64_t transaction_changed(const struct transaction *transaction, int place)
{
    return strtoll(PQcmdTuples(transaction->answers.results[place]), NULL, 10);
}

enum status transaction_execute(struct transaction *transaction, const char *sql, struct text *why)
{
    enum status status = transaction_ask(transaction, why);
    return status ? status
                  : postgres_execute(&transaction->postgres->pool, transaction->connection, sql, &transaction->failure,
                                     why);
}
