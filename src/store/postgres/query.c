#include "postgres_store.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

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
    {"57P", FAILURE_LOST, STATUS_UNAVAILABLE},   /* it is being stopped or started */
    {"08", FAILURE_LOST, STATUS_UNAVAILABLE},     {"533", FAILURE_LOST, STATUS_UNAVAILABLE}, /* too many connections */
    {"53100", FAILURE_FINAL, STATUS_NO_SPACE},    {"53", FAILURE_FINAL, STATUS_BUSY},
    {"57014", FAILURE_FINAL, STATUS_BUSY}, /* it took too long: statement_timeout */
    {"58", FAILURE_FINAL, STATUS_UNAVAILABLE},    {"28", FAILURE_FINAL, STATUS_UNAVAILABLE},
    {"42501", FAILURE_FINAL, STATUS_UNAVAILABLE}, /* not allowed */
    {"XX", FAILURE_FINAL, STATUS_UNAVAILABLE},    /* damaged */
    {"", FAILURE_FINAL, STATUS_INTERNAL},
};

static enum status fail(const struct pool *pool, const struct connection *connection, const PGresult *result,
                        enum failure *ret_failure, struct text *why)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *sentence = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (PQstatus(connection->pg) != CONNECTION_OK || !code) {
        text_setf(why, "The connection to the database %s was lost.", pool->name);
        *ret_failure = FAILURE_LOST;
        return STATUS_UNAVAILABLE;
    }
    size_t i = 0;
    while (strncmp(code, errors[i].code, strlen(errors[i].code)) != 0)
        i++;
    text_setf(why, "The database %s failed: %s (%s).", pool->name, sentence ? sentence : "unknown", code);
    *ret_failure = errors[i].failure;
    return errors[i].status;
}

static enum status judge(const struct pool *pool, const struct connection *connection, PGresult *result,
                         PGresult **ret_result, enum failure *ret_failure, struct text *why)
{
    ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
        *ret_failure = FAILURE_NONE;
        *ret_result = result;
        return STATUS_OK;
    }
    enum status status = fail(pool, connection, result, ret_failure, why);
    PQclear(result);
    return status;
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

enum status postgres_query(const struct pool *pool, struct connection *connection, const char *sql,
                           const struct value *values, PGresult **ret_result, enum failure *ret_failure,
                           struct text *why)
{
    struct bound bound;
    bound.count = 0;
    for (; values->type != VALUE_END; values++)
        bind(&bound, values);
    PGresult *result = PQexecParams(connection->pg, sql, bound.count, bound.types, bound.bytes, bound.lengths,
                                    bound.formats, /*resultFormat=*/1);
    return judge(pool, connection, result, ret_result, ret_failure, why);
}

enum status postgres_execute(const struct pool *pool, struct connection *connection, const char *sql,
                             PGresult **ret_result, enum failure *ret_failure, struct text *why)
{
    return judge(pool, connection, PQexec(connection->pg, sql), ret_result, ret_failure, why);
}

void result_cleanup(PGresult **result)
{
    PQclear(*result);
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
