/* The files of the PostgreSQL back end, for each other. Nothing outlives a transaction in a connection, so that
 * PgBouncer may stand before the database, pooling by transaction. ../sql.h is what it has in common with other SQL
 * databases.
 *
 *     pool.c           the address, and the connections that a process shares
 *     query.c          a statement and its rows; PostgreSQL's errors as ours
 *     transaction.c    reading and writing, tried again where nothing can happen twice
 *     schema.c         the tables and functions, and how an older database becomes a present one
 *     photos.c, photo_lists.c, verdicts.c, users.c, executions.c, leases.c, named_leases.c,
 *     changes.c, sessions.c
 *                      the operations; each file ends in its table
 *     postgres_store.c opening, closing, the clock, the tables */
#ifndef POSTGRES_STORE_H
#define POSTGRES_STORE_H

#include "sql.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- Connections: pool.c ---- */

enum { CONNECTIONS_MAX = 16 /* of a process: a server allows 100 by default */ };

struct connection {
    PGconn *pg; /* NULL: not open */
    unsigned generation;
    bool is_taken;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct connection connections[CONNECTIONS_MAX];
    unsigned generation; /* after a connection was lost, those of before are opened anew */
    char **keywords, **values;
    char *name; /* "DATABASE at HOST", for sentences */
};

/* INVALID when libpq can't read the address. */
enum status postgres_pool_init(struct pool *pool, const char *address, struct text *why);
void postgres_pool_release(struct pool *pool);
/* One that is open. BUSY when all are taken until then (clock_monotonic_ns), UNAVAILABLE. */
enum status postgres_pool_take(struct pool *pool, int64_t until_ns, struct connection **ret_connection,
                               struct text *why);
/* `is_lost`: it is closed, and all others are opened anew. */
void postgres_pool_give_back(struct pool *pool, struct connection *connection, bool is_lost);

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

/* OK and the result, which the caller clears; else *ret_failure. */
enum status postgres_query(const struct pool *pool, struct connection *connection, const char *sql,
                           const struct value *values, PGresult **ret_result, enum failure *ret_failure,
                           struct text *why);
/* Statements without values, separated by semicolons: the last one's result, in text. */
enum status postgres_execute(const struct pool *pool, struct connection *connection, const char *sql,
                             PGresult **ret_result, enum failure *ret_failure, struct text *why);

void result_cleanup(PGresult **result);
#define RESULT_CLEANUP __attribute__((cleanup(result_cleanup)))

/* ---- Reading and writing: transaction.c ---- */

struct clock_offset {
    atomic_llong offset_ms;   /* from the monotonic clock to the database's */
    atomic_llong measured_ns; /* when it was found */
};

struct store_postgres {
    struct store store; /* first */
    struct pool pool;
    struct clock_offset clock;
    struct changes {
        store_changed *changed; /* NULL: nobody listens */
        void *context;
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t stopped;
        bool is_stopping;
    } changes;
};

struct transaction {
    struct store_postgres *postgres;
    struct connection *connection;
    int64_t now_ms; /* the database's clock at its beginning, or the test's */
    enum failure failure;
    int64_t changed;    /* rows, by the last statement */
    bool keeps_nothing; /* set by an operation that has found that nothing is to be written */
    char number[24];    /* PostgreSQL's, by which the outcome is known when an answer was lost */
};

/* Rows are handed over when the connection has been given back. NOT_FOUND, without a sentence, where there is none. */
enum status postgres_first(struct store *store, const char *sql, const struct value *values, row_function *row,
                           void *context, struct text *why);
enum status postgres_each(struct store *store, const char *sql, const struct value *values, row_function *row,
                          void *context, struct text *why);

/* One transaction. It may be called several times, until one is kept: so it sets all that it answers each time. What
 * returns another status than OK is undone. */
typedef enum status transaction_function(struct transaction *transaction, void *arguments, struct text *why);
enum status postgres_write(struct store *store, transaction_function *operation, void *arguments, struct text *why);

enum status transaction_run(struct transaction *transaction, const char *sql, const struct value *values,
                            struct text *why);
/* The first row; NOT_FOUND without a sentence. The caller clears the result. */
enum status transaction_row(struct transaction *transaction, const char *sql, const struct value *values,
                            PGresult **ret_result, struct text *why);
enum status transaction_execute(struct transaction *transaction, const char *sql, struct text *why);

/* As the store's clock tells it. */
void postgres_clock_measure(struct clock_offset *clock, int64_t now_ms, int64_t asked_ns);
#define POSTGRES_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

/* ---- Schema ---- */

enum status postgres_schema_is_new(struct store *store, bool *ret_is_new, struct text *why);
enum status postgres_schema_prepare(struct store *store, struct text *why);

/* ---- Photos and executions ---- */

struct photo postgres_photo(const struct row *row, struct arena *arena);

struct execution postgres_execution(const struct row *row); /* strings are the row's */

/* Of an execution that nobody else changes until the transaction ends. NOT_FOUND without a sentence. */
enum status postgres_execution_lock(struct transaction *transaction, const struct id *id, struct execution_row *ret_row,
                                    struct text *why);
enum { EXECUTION_NEW = -1 };
/* From that status (or EXECUTION_NEW) to another, or the same: its author's queue and the counts follow. */
enum status postgres_execution_moved(struct transaction *transaction, const char *author, int from, int to,
                                     struct text *why);
enum status postgres_execution_insert(struct transaction *transaction, const struct execution *execution,
                                      const char *author, struct text *why);
enum status postgres_execution_hurry(struct transaction *transaction, const struct id *id, const char *author,
                                     struct text *why);
enum status postgres_execution_abort(struct transaction *transaction, const struct id *id, struct text *why);
enum status postgres_execution_replace(struct transaction *transaction, const struct execution *execution,
                                       const char *author, struct text *why);
enum status postgres_user_add_posts(struct transaction *transaction, const char *author, int posts, struct text *why);

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

#endif
