/* Statements go to the server together and their answers come back together: libpq's pipeline mode, one
 * synchronisation a round trip. A statement is prepared the first time a connection runs it, under a name that is a
 * hash of its text. Behind a pooler that deals transactions to connections no name is used, because the next
 * transaction may be on another connection. */
#include "postgres_store.h"

#include "clock.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BINARY = 1 };

/* PostgreSQL's numbers of its types (pg_type.dat), so that it needn't guess those of the values. */
static const Oid types[] = {[VALUE_INTEGER] = 20, [VALUE_TEXT] = 25, [VALUE_BYTES] = 17};

/* ---- Errors ---- */

/* By the first characters of the SQLSTATE; the first row that fits. */
static const struct {
    const char *code;
    enum failure failure;
    enum status status;
} errors[] = {
    {"40", FAILURE_CONTENTION, STATUS_BUSY},     /* serialization, deadlock */
    {"55P03", FAILURE_CONTENTION, STATUS_BUSY},  /* a lock that wasn't waited for */
    {"23505", FAILURE_CONTENTION, STATUS_BUSY},  /* another has inserted it: next time it is seen */
    {"25006", FAILURE_LOST, STATUS_UNAVAILABLE}, /* read-only: it isn't the primary any more */
    {"25P03", FAILURE_LOST, STATUS_UNAVAILABLE}, /* a transaction that stood still was ended */
    {"55000", FAILURE_LOST, STATUS_UNAVAILABLE}, /* it is a standby */
    {"57P", FAILURE_LOST, STATUS_UNAVAILABLE},   /* it is being stopped or started */
    {"08", FAILURE_LOST, STATUS_UNAVAILABLE},
    {"533", FAILURE_LOST, STATUS_UNAVAILABLE},  /* too many connections */
    {"26000", FAILURE_CONTENTION, STATUS_BUSY}, /* a pooler has given us another connection: see lose_names */
    {"42P05", FAILURE_CONTENTION, STATUS_BUSY},
    {"0A000", FAILURE_LOST, STATUS_UNAVAILABLE}, /* a newer program has changed what a prepared statement gives */
    {"53100", FAILURE_FINAL, STATUS_NO_SPACE},
    {"53", FAILURE_FINAL, STATUS_BUSY},
    {"57014", FAILURE_FINAL, STATUS_BUSY}, /* it took too long: statement_timeout */
    {"58", FAILURE_FINAL, STATUS_UNAVAILABLE},
    {"28", FAILURE_FINAL, STATUS_UNAVAILABLE},
    {"42501", FAILURE_FINAL, STATUS_UNAVAILABLE}, /* not allowed */
    {"XX", FAILURE_FINAL, STATUS_UNAVAILABLE},    /* damaged */
    {"", FAILURE_FINAL, STATUS_INTERNAL},
};

/* A prepared statement isn't there, or is there already. */
static void lose_names(struct pool *pool, const char *code)
{
    if (strcmp(code, "26000") == 0 || strcmp(code, "42P05") == 0)
        atomic_store(&pool->is_pooled, true);
}

static enum status fail(struct pool *pool, const struct connection *connection, const PGresult *result,
                        enum failure *ret_failure, struct text *why)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *sentence = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (connection->is_late) {
        text_setf(why, "The database %s gave no answer within %d s.", pool->name, PATIENCE_MS / 1000);
        *ret_failure = FAILURE_LOST;
        return STATUS_UNAVAILABLE;
    }
    if (PQstatus(connection->pg) != CONNECTION_OK || !code) {
        text_setf(why, "The connection to the database %s was lost.", pool->name);
        *ret_failure = FAILURE_LOST;
        return STATUS_UNAVAILABLE;
    }
    size_t i = 0;
    while (strncmp(code, errors[i].code, strlen(errors[i].code)) != 0)
        i++;
    lose_names(pool, code);
    TEXT_CLEANUP struct text line = {0};
    postgres_add_line(&line, sentence ? sentence : "unknown");
    text_setf(why, "The database %s failed: %s (%s).", pool->name, text_get(&line), code);
    *ret_failure = errors[i].failure;
    return errors[i].status;
}

/* ---- Statements ---- */

struct bound {
    Oid types[VALUES_MAX];
    const char *bytes[VALUES_MAX];
    int lengths[VALUES_MAX], formats[VALUES_MAX];
    int64_t integers[VALUES_MAX];
    int count;
};

static void bind(struct bound *bound, const struct value *value)
{
    int i = bound->count++;
    assert(i < VALUES_MAX);
    bound->types[i] = types[value->type];
    bound->formats[i] = 1;
    bound->integers[i] = (int64_t)htobe64((uint64_t)value->integer);
    bound->bytes[i] = value->type != VALUE_INTEGER ? value->bytes
                      : value->is_null             ? NULL
                                                   : (const char *)&bound->integers[i];
    size_t size = value->type == VALUE_INTEGER ? sizeof value->integer : value_size(value);
    assert(size <= INT32_MAX);
    bound->lengths[i] = (int)size;
}

/* FNV-1a, never 0. */
static uint64_t hash(const char *sql)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; sql[0]; sql++)
        hash = (hash ^ (uint8_t)sql[0]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

/* Where the statement stands in the connection's table, or would; NULL: there is no room. */
static uint64_t *find_prepared(struct connection *connection, uint64_t hash)
{
    for (size_t i = 0; i < STATEMENTS_MAX / 2; i++) {
        uint64_t *slot = &connection->prepared[(hash + i) % STATEMENTS_MAX];
        if (*slot == hash || *slot == 0)
            return slot;
    }
    return NULL;
}

static void expect(struct connection *connection, uint64_t prepares)
{
    assert(connection->expected_count < ANSWERS_MAX);
    connection->expected[connection->expected_count++] = prepares;
}

static bool is_being_prepared(const struct connection *connection, uint64_t hash)
{
    for (int i = 0; i < connection->expected_count; i++)
        if (connection->expected[i] == hash)
            return true;
    return false;
}

static bool send_unnamed(struct connection *connection, const char *sql, const struct bound *bound)
{
    expect(connection, 0);
    return PQsendQueryParams(connection->pg, sql, bound->count, bound->types, bound->bytes, bound->lengths,
                             bound->formats, BINARY)
           == 1;
}

static bool send_named(struct connection *connection, uint64_t number, const uint64_t *slot, const char *sql,
                       const struct bound *bound)
{
    char name[20];
    bool is_sent = true;
    (void)snprintf(name, sizeof name, "s%016" PRIx64, number);
    if (*slot != number && !is_being_prepared(connection, number)) {
        expect(connection, number);
        is_sent = PQsendPrepare(connection->pg, name, sql, bound->count, bound->types) == 1;
    }
    expect(connection, 0);
    return is_sent
           && PQsendQueryPrepared(connection->pg, name, bound->count, bound->bytes, bound->lengths, bound->formats,
                                  BINARY)
                  == 1;
}

void postgres_add(struct pool *pool, struct connection *connection, const char *sql, const struct value *values)
{
    struct bound bound;
    bound.count = 0;
    for (; values->type != VALUE_END; values++)
        bind(&bound, values);
    uint64_t number = hash(sql);
    uint64_t *slot = atomic_load(&pool->is_pooled) ? NULL : find_prepared(connection, number);
    bool is_sent = slot ? send_named(connection, number, slot, sql, &bound) : send_unnamed(connection, sql, &bound);
    connection->has_failed_to_send |= !is_sent;
}

bool postgres_has_room(const struct connection *connection)
{
    enum { SPARE = 24 };
    return connection->expected_count + SPARE <= ANSWERS_MAX;
}

/* NULL at the end of a statement's, and when it is late. */
static PGresult *next_result(struct connection *connection)
{
    connection->is_late = connection->is_late || !postgres_await(connection->pg, connection->asked_ns);
    return connection->is_late ? NULL : PQgetResult(connection->pg);
}

/* The next result and the end of it. */
static PGresult *read_result(struct connection *connection)
{
    PGresult *result = next_result(connection);
    for (PGresult *rest; result && (rest = next_result(connection));)
        PQclear(rest);
    return result;
}

/* One answer; `status` is how those before it went. */
static enum status read_answer(struct pool *pool, struct connection *connection, uint64_t prepares,
                               struct answers *answers, enum status status, enum failure *ret_failure, struct text *why)
{
    PGresult *result = read_result(connection);
    ExecStatusType kind = PQresultStatus(result);
    bool is_good = kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK;
    if (!is_good && !status)
        status = fail(pool, connection, result, ret_failure, why);
    if (is_good && prepares) {
        uint64_t *slot = find_prepared(connection, prepares);
        if (slot)
            *slot = prepares;
    }
    if (prepares)
        PQclear(result);
    else
        answers->results[answers->count++] = result;
    return status;
}

enum status postgres_flush(struct pool *pool, struct connection *connection, struct answers *answers,
                           enum failure *ret_failure, struct text *why)
{
    enum status status = STATUS_OK;
    *ret_failure = FAILURE_NONE;
    connection->asked_ns = clock_monotonic_ns();
    if (connection->has_failed_to_send || PQpipelineSync(connection->pg) != 1) {
        status = fail(pool, connection, NULL, ret_failure, why);
    } else {
        for (int i = 0; i < connection->expected_count; i++)
            status = read_answer(pool, connection, connection->expected[i], answers, status, ret_failure, why);
        PGresult *end = next_result(connection);
        if (PQresultStatus(end) != PGRES_PIPELINE_SYNC && *ret_failure != FAILURE_LOST)
            status = fail(pool, connection, NULL, ret_failure, why);
        PQclear(end);
    }
    connection->expected_count = 0;
    return status;
}

enum status postgres_execute(struct pool *pool, struct connection *connection, const char *sql,
                             enum failure *ret_failure, struct text *why)
{
    *ret_failure = FAILURE_NONE;
    (void)PQexitPipelineMode(connection->pg);
    PGresult *result = PQexec(connection->pg, sql);
    ExecStatusType kind = PQresultStatus(result);
    enum status status = kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK
                             ? STATUS_OK
                             : fail(pool, connection, result, ret_failure, why);
    PQclear(result);
    (void)PQenterPipelineMode(connection->pg);
    return status;
}

void answers_clear(struct answers *answers)
{
    for (int i = 0; i < answers->count; i++)
        PQclear(answers->results[i]);
    answers->count = 0;
}

/* ---- Rows ---- */

bool row_has(const struct row *row, int column)
{
    return !PQgetisnull(row->result, row->number, column);
}

int64_t row_integer(const struct row *row, int column)
{
    int length = PQgetlength(row->result, row->number, column);
    const uint8_t *bytes = (const uint8_t *)PQgetvalue(row->result, row->number, column);
    if (length == 0)
        return 0;
    uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

const char *row_string(const struct row *row, int column)
{
    return row_has(row, column) ? PQgetvalue(row->result, row->number, column) : NULL;
}

bool row_bytes(const struct row *row, int column, uint8_t *ret_bytes, size_t size)
{
    if (!row_has(row, column) || (size_t)PQgetlength(row->result, row->number, column) != size)
        return false;
    memcpy(ret_bytes, PQgetvalue(row->result, row->number, column), size);
    return true;
}

struct id row_id(const struct row *row, int column)
{
    struct id id = {0};
    (void)row_bytes(row, column, id.bytes, ID_BYTES);
    return id;
}
