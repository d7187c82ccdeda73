/* The files of the PostgreSQL back end, for each other. Nothing outlives a transaction in a connection, so that
 * PgBouncer may stand before the database, pooling by transaction. ../sql.h is what it has in common with other SQL
 * databases.
 *
 *     pool.c           the address, and the connections that a process shares
 *     answer.c         waiting for what a server says
 *     query.c          a statement and its rows; PostgreSQL's errors as ours
 *     connect.c        a new connection, and why there is none
 *     transaction.c    reading and writing, tried again where nothing can happen twice
 *     schema.c         the tables and functions, and how an older database becomes a present one
 *     photos.c, photo_lists.c, verdicts.c, users.c, executions.c, leases.c, saves.c, named_leases.c,
 *     changes.c, sessions.c
 *                      the operations; each file ends in its table
 *     postgres_store.c opening, closing, the clock, the tables */
#ifndef POSTGRES_STORE_H
#define POSTGRES_STORE_H

#include "outage.h"
#include "sql.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- Connections: pool.c ---- */

enum {
    CONNECTIONS_MAX = 16, /* of a process: a server allows 100 by default */
    STATEMENTS_MAX = 256, /* that a connection has prepared; a power of two */
    ANSWERS_MAX = 64,     /* that are waited for at a time */
    PATIENCE_MS = 5000,   /* an operation is tried, and an answer waited for, so long */
};

/* It is in pipeline mode: what is sent goes to the server when its answers are wanted (postgres_flush). */
struct connection {
    PGconn *pg; /* NULL: not open */
    unsigned generation;
    bool is_taken, has_failed_to_send, is_late;
    int64_t asked_ns;                  /* clock_monotonic_ns, when something was sent last */
    uint64_t prepared[STATEMENTS_MAX]; /* hashes of its statements; 0: free */
    uint64_t expected[ANSWERS_MAX];    /* of each answer: the hash of the statement that it prepares; 0: rows */
    int expected_count;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct connection connections[CONNECTIONS_MAX];
    unsigned generation; /* after a connection was lost, those of before are opened anew */
    struct outage outage;
    char **keywords, **values;
    char *name; /* "DATABASE at HOST", for sentences */
    atomic_bool was_reached;
    atomic_bool is_refused; /* at the first connection: it isn't worth trying again */
    atomic_bool is_pooled;  /* a pooler such as PgBouncer stands between, so nothing may outlive a transaction */
};

/* INVALID when libpq can't read the address. */
enum status postgres_pool_init(struct pool *pool, const char *address, struct text *why);
void postgres_pool_release(struct pool *pool);
/* A connection beside those of the pool; NULL, with a sentence. */
PGconn *postgres_pool_connect(struct pool *pool, struct text *why);
/* One that is open. BUSY when all are taken until then (clock_monotonic_ns), UNAVAILABLE. */
enum status postgres_pool_take(struct pool *pool, int64_t until_ns, struct connection **ret_connection,
                               struct text *why);
/* `is_lost`: it is closed, and all others are opened anew. */
void postgres_pool_give_back(struct pool *pool, struct connection *connection, bool is_lost);

/* Appends what libpq or the server says, in one line. */
void postgres_add_line(struct text *out, const char *sentence);

/* ---- Answers: answer.c ---- */

/* Sends what isn't sent yet and reads until PQgetResult needn't wait, also because the connection has ended. False:
 * that takes longer than PATIENCE_MS from then on (clock_monotonic_ns), and the connection is of no use any more. */
bool postgres_await(PGconn *pg, int64_t asked_ns);
/* As PQexec, but NULL when the answer takes so long. */
PGresult *postgres_ask(PGconn *pg, const char *sql);

/* ---- Statements: query.c ---- */

enum { VALUES_MAX = 40 };

struct row {
    const PGresult *result;
    int number;
};
bool row_has(const struct row *row, int column); /* not NULL */
int64_t row_integer(const struct row *row, int column);
const char *row_string(const struct row *row, int column); /* NULL for NULL; as long as the result */
struct id row_id(const struct row *row, int column);
/* False unless the column has so many bytes. */
bool row_bytes(const struct row *row, int column, uint8_t *ret_bytes, size_t size);
/* Returning false ends the listing. */
typedef bool row_function(void *context, const struct row *row);

/* What a failed statement means for its transaction. */
enum failure {
    FAILURE_NONE,
    FAILURE_FINAL,
    FAILURE_CONTENTION, /* undone because of others: it may be tried again */
    FAILURE_LOST,       /* the connection is */
};

struct answers {
    PGresult *results[ANSWERS_MAX]; /* of the statements, in their order */
    int count;
};
void answers_clear(struct answers *answers);
#define ANSWERS_CLEANUP __attribute__((cleanup(answers_clear)))

/* Adds a statement to what is sent with the next flush; it is prepared unless a pooler stands between. Values are
 * borrowed for the call. */
void postgres_add(struct pool *pool, struct connection *connection, const char *sql, const struct value *values);
/* Whether one more fits before the next flush, and those that an operation ends with. */
bool postgres_has_room(const struct connection *connection);
/* Sends what was added and waits, for one round trip. After the first that fails none is run. Adds the results to
 * *answers, which the caller clears, whatever the status is. */
enum status postgres_flush(struct pool *pool, struct connection *connection, struct answers *answers,
                           enum failure *ret_failure, struct text *why);
/* Statements without values, separated by semicolons. */
enum status postgres_execute(struct pool *pool, struct connection *connection, const char *sql,
                             enum failure *ret_failure, struct text *why);

/* ---- Reading and writing: transaction.c ---- */

struct clock_offset {
    atomic_llong offset_ms;   /* from the monotonic clock to the database's */
    atomic_llong measured_ns; /* when it was found */
};

enum { TOLD_MAX = 200 /* in one notification, which has 8,000 bytes at most */ };
struct changes {
    pthread_mutex_t lock; /* of what is to be told */
    struct id told[TOLD_MAX];
    size_t told_count; /* more than TOLD_MAX: any photo */
    bool has_work;
    struct id self;         /* of this store among all that are notified */
    store_changed *changed; /* NULL: nobody listens */
    void *context;
    pthread_t thread;
    int wake; /* eventfd: there is something to tell, or it is to stop */
    atomic_bool is_stopping;
};

struct saving;
struct saves {
    pthread_mutex_t lock;
    struct saving *first, *last; /* they wait; NULL: nobody */
    int leaders;                 /* at work */
};

struct store_postgres {
    struct store store; /* first */
    struct pool pool;
    struct clock_offset clock;
    struct changes changes;
    struct saves saves;
};

struct transaction {
    struct store_postgres *postgres;
    struct connection *connection;
    int64_t now_ms; /* the database's clock since the first transaction_ask, or the test's; before it, the store's */
    enum failure failure;
    int added;              /* statements since then */
    bool keeps_nothing;     /* set by an operation that has found that nothing is to be written */
    bool may_write_nothing; /* set before the first transaction_ask: no number is given to one that has not written */
    struct answers answers; /* of the last transaction_ask */
    const struct id *told;  /* set by an operation: other processes are told that it has changed this photo… */
    bool has_work;          /* …and that there is work */
    char number[24];        /* PostgreSQL's, by which the outcome is known when an answer was lost; "": none yet */
    char epoch[64];         /* of the server that gave it: in another, it may be another transaction's */
};

/* Rows are handed over when the connection has been given back. NOT_FOUND, without a sentence, where there is none. */
enum status postgres_first(struct store *store, const char *sql, const struct value *values, row_function *row,
                           void *context, struct text *why);
enum status postgres_each(struct store *store, const char *sql, const struct value *values, row_function *row,
                          void *context, struct text *why);
/* A statement that writes the same when it is run twice, in one round trip. */
enum status postgres_run(struct store *store, const char *sql, const struct value *values, int64_t *ret_changed,
                         struct text *why);

/* One transaction. It may be called several times, until one is kept: so it sets all that it answers each time. What
 * returns another status than OK is undone. What it adds is sent with transaction_ask, or at the end, with the COMMIT:
 * an operation that asks once what there is, and then adds what it writes, takes two round trips. */
typedef enum status transaction_function(struct transaction *transaction, void *arguments, struct text *why);
enum status postgres_write(struct store *store, transaction_function *operation, void *arguments, struct text *why);

/* Returns the place of its answer among those of the next transaction_ask. */
int transaction_add(struct transaction *transaction, const char *sql, const struct value *values);
/* The same for one of many, whose answer nobody wants: asks before, when there is no room for more. */
enum status transaction_add_one(struct transaction *transaction, const char *sql, const struct value *values,
                                struct text *why);
/* One round trip. Answers of before are gone. */
enum status transaction_ask(struct transaction *transaction, struct text *why);
/* The first row of an answer, as long as that; false: there is none. */
bool transaction_row(const struct transaction *transaction, int place, struct row *ret_row);
/* How many rows it has changed. */
int64_t transaction_changed(const struct transaction *transaction, int place);
/* Statements without values, separated by semicolons, at once. */
enum status transaction_execute(struct transaction *transaction, const char *sql, struct text *why);

/* As the store's clock tells it. */
void postgres_clock_measure(struct clock_offset *clock, int64_t now_ms, int64_t asked_ns);
#define POSTGRES_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

/* ---- What other processes do: changes.c ---- */

enum status postgres_changes_init(struct changes *changes, struct text *why);
void postgres_changes_release(struct store_postgres *postgres); /* before the pool */
/* The others hear of it, soon: this photo or its execution has changed, and there is work, perhaps. */
void postgres_tell(struct store_postgres *postgres, const struct id *photo, bool has_work);

/* ---- Schema ---- */

enum status postgres_schema_is_new(struct store *store, bool *ret_is_new, struct text *why);
enum status postgres_schema_prepare(struct store *store, struct text *why);

/* ---- Photos and executions ---- */

struct photo postgres_photo(const struct row *row, struct arena *arena);

struct execution postgres_execution(const struct row *row); /* strings are the row's */

/* Of an execution that nobody else changes until the transaction ends: adds the question, and reads its answer. */
int postgres_execution_lock(struct transaction *transaction, const struct id *id);
bool postgres_execution_row(const struct transaction *transaction, int place, struct execution_row *ret_row);

/* What follows is added to the transaction. `row`: the execution as it is locked; NULL: there is none. */
enum { EXECUTION_NEW = -1 };
/* From that status (or EXECUTION_NEW) to another, or the same: its author's queue and the counts follow. */
void postgres_execution_moved(struct transaction *transaction, const char *author, int from, int to);
void postgres_execution_insert(struct transaction *transaction, const struct execution *execution, const char *author);
void postgres_execution_hurry(struct transaction *transaction, const struct execution_row *row);
void postgres_execution_abort(struct transaction *transaction, const struct execution_row *row);
void postgres_execution_replace(struct transaction *transaction, const struct execution_row *row,
                                const struct execution *execution, const char *author);
/* So many executions have ended so, of those that were RUNNING. */
enum status postgres_executions_ended(struct transaction *transaction, const int64_t counts[static EXECUTION_STATUSES],
                                      struct text *why);
/* As store_lease_ops has it. */
enum status postgres_save(struct store *store, const char *owner, const struct execution *execution,
                          const struct execution_event *events, size_t event_count, bool keep_lease,
                          struct execution_found *ret_found, struct text *why);
void postgres_user_add_posts(struct transaction *transaction, const char *author, int posts);

/* ---- Sessions that become photos ---- */

/* Adds the question for the row, which nobody else changes until the transaction ends; and reads its answer. */
int postgres_session_lock(struct transaction *transaction, const struct id *id);
bool postgres_session_is_claimed(const struct transaction *transaction, int place, const struct session_claim *claim);
void postgres_session_finish(struct transaction *transaction, const struct id *id);

/* ---- The tables ---- */

extern const struct store_photo_ops postgres_photos;
extern const struct store_photo_list_ops postgres_photo_lists;
extern const struct store_user_ops postgres_users;
extern const struct store_verdict_ops postgres_verdicts;
extern const struct store_execution_ops postgres_executions;
extern const struct store_lease_ops postgres_leases;
extern const struct store_named_lease_ops postgres_named_leases;
extern const struct store_change_ops postgres_changes;
extern const struct store_session_ops postgres_sessions;
extern const struct store_record_ops postgres_records;

#endif
