/* A new connection, and why there is none. */
#include "postgres_store.h"

#include "clock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

void postgres_add_line(struct text *out, const char *sentence)
{
    static const char breaks[] = "\n\t";
    while (sentence[0]) {
        size_t length = strcspn(sentence, breaks);
        text_append(out, sentence, length);
        sentence += length + strspn(sentence + length, breaks);
        if (sentence[0])
            text_addc(out, ' ');
    }
}

static PGconn *connect_with(const struct pool *pool)
{
    return PQconnectdbParams((const char *const *)pool->keywords, (const char *const *)pool->values,
                             /*expand_dbname=*/0);
}

/* ---- Whether it is worth trying again ---- */

/* By the first characters of the SQLSTATE: wrong passwords and unknown users, unknown databases, what isn't allowed. */
static const char *const refusals[] = {"28", "3D000", "42501"};
enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

/* libpq tells the SQLSTATE of a connection that has failed in its sentence alone: "FATAL:  28P01: …". */
static bool has_refusal(const char *message)
{
    for (const char *at = message; (at = strstr(at, ":  ")); at++)
        for (size_t i = 0; i < REFUSALS; i++)
            if (strncmp(at + strlen(":  "), refusals[i], strlen(refusals[i])) == 0)
                return true;
    return false;
}

/* Until the connection has succeeded or failed, or the time is over. */
static void finish_connecting(PGconn *connection, int64_t until_ns)
{
    enum { STEP_MS = 100 };
    PostgresPollingStatusType wants = PGRES_POLLING_WRITING;
    while (wants != PGRES_POLLING_OK && wants != PGRES_POLLING_FAILED && clock_monotonic_ns() < until_ns) {
        struct pollfd fd = {.fd = PQsocket(connection), .events = wants == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (poll(&fd, 1, STEP_MS) > 0)
            wants = PQconnectPoll(connection);
    }
}

/* After a connection has failed: another one, whose sentence has the SQLSTATE. */
static bool is_refused(const struct pool *pool)
{
    static const int64_t patience_ns = 3000000000;
    PGconn *connection =
        PQconnectStartParams((const char *const *)pool->keywords, (const char *const *)pool->values, 0);
    if (!connection)
        return false;
    (void)PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    if (PQstatus(connection) != CONNECTION_BAD)
        finish_connecting(connection, clock_monotonic_ns() + patience_ns);
    bool is_refused = PQconnectionNeedsPassword(connection) || has_refusal(PQerrorMessage(connection));
    PQfinish(connection);
    return is_refused;
}

/* ---- Connecting ---- */

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

/* A pooler has made up the process number that it told. */
static bool look_for_pooler(struct pool *pool, PGconn *connection)
{
    PGresult *result = postgres_ask(connection, "SELECT pg_backend_pid()");
    bool is_there = PQntuples(result) == 1;
    if (is_there && strtol(PQgetvalue(result, 0, 0), NULL, 10) != PQbackendPID(connection))
        atomic_store(&pool->is_pooled, true);
    PQclear(result);
    return is_there;
}

static bool prepare(struct pool *pool, PGconn *connection)
{
    (void)PQsetNoticeReceiver(connection, ignore_notice, NULL);
    return PQsetnonblocking(connection, 1) == 0 && look_for_pooler(pool, connection);
}

/* Once it was reached, a refusal may pass: an administrator is at work. */
static void explain(struct pool *pool, const PGconn *connection, struct text *why)
{
    TEXT_CLEANUP struct text fault = {0};
    atomic_store(&pool->is_refused, !atomic_load(&pool->was_reached) && is_refused(pool));
    const char *message = connection ? PQerrorMessage(connection) : "there isn't enough memory";
    postgres_add_line(&fault, message[0] ? message : "it doesn't answer");
    text_setf(why, "The database %s can't be %s: %s", pool->name, atomic_load(&pool->is_refused) ? "opened" : "reached",
              text_get(&fault));
}

PGconn *postgres_pool_connect(struct pool *pool, struct text *why)
{
    PGconn *connection = connect_with(pool);
    if (connection && PQstatus(connection) == CONNECTION_OK && prepare(pool, connection)) {
        atomic_store(&pool->was_reached, true);
        return connection;
    }
    explain(pool, connection, why);
    PQfinish(connection);
    return NULL;
}
