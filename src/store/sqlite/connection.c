#include "sqlite_store.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { BUSY_WAIT_MS = 5000 /* for another process that writes */ };

enum status connection_fail(const struct connection *connection, int code, struct text *why)
{
    int error = connection->db ? sqlite3_system_errno(connection->db) : 0;
    const char *path = connection->path;
    switch (code & 0xff) {
    case SQLITE_IOERR:
        if (status_from_errno(error) != STATUS_NO_SPACE) {
            text_setf(why, "The database %s can't be used: %s.", path,
                      error ? strerrordesc_np(error) : "input or output failed");
            return STATUS_UNAVAILABLE;
        }
        __attribute__((fallthrough));
    case SQLITE_FULL:
        text_setf(why, "The disk that holds the database %s is full.", path);
        return STATUS_NO_SPACE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        text_setf(why, "The database %s can't be written: it, its folder or its disk is read-only.", path);
        return STATUS_UNAVAILABLE;
    case SQLITE_CANTOPEN:
        text_setf(why, "The database %s can't be opened: %s.", path,
                  error ? strerrordesc_np(error) : "is its folder there?");
        return STATUS_UNAVAILABLE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        text_setf(why, "The file %s is damaged, or isn't an SQLite database. Restore it from a backup.", path);
        return STATUS_UNAVAILABLE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        text_setf(why, "Another process has locked the database %s for too long. Try again.", path);
        return STATUS_BUSY;
    case SQLITE_NOMEM:
        text_setf(why, "There isn't enough memory for the database %s.", path);
        return STATUS_BUSY;
    default:
        text_setf(why, "The database %s failed: %s.", path,
                  connection->db ? sqlite3_errmsg(connection->db) : sqlite3_errstr(code));
        return STATUS_INTERNAL;
    }
}

enum status connection_open(struct connection *connection, const char *path, struct text *why)
{
    *connection = (struct connection){.path = path};
    int code = sqlite3_open_v2(path, &connection->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!code)
        code = sqlite3_busy_timeout(connection->db, BUSY_WAIT_MS);
    if (!code)
        return STATUS_OK;
    enum status status = connection_fail(connection, code, why);
    connection_close(connection);
    return status;
}

void connection_close(struct connection *connection)
{
    for (int i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(connection->statements[i]);
    for (int i = 0; i < PHOTO_UPDATES; i++)
        (void)sqlite3_finalize(connection->photo_updates[i].statement);
    int code = sqlite3_close(connection->db);
    assert(code == SQLITE_OK);
    *connection = (struct connection){0};
}

enum status connection_execute(struct connection *connection, const char *sql, struct text *why)
{
    int code = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
    return code ? connection_fail(connection, code, why) : STATUS_OK;
}

static int bind(sqlite3_stmt *statement, int parameter, const struct value *value)
{
    switch (value->type) {
    case VALUE_INTEGER:
        return value->is_null ? sqlite3_bind_null(statement, parameter)
                              : sqlite3_bind_int64(statement, parameter, value->integer);
    case VALUE_TEXT:
        return sqlite3_bind_text64(statement, parameter, value->bytes, value_size(value), SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BYTES:
        return sqlite3_bind_blob64(statement, parameter, value->bytes, value_size(value), SQLITE_STATIC);
    case VALUE_END:
        break;
    }
    return SQLITE_MISUSE;
}

/* A result code, as of all below. */
static int bind_all(sqlite3_stmt *statement, const struct value *values)
{
    int code = SQLITE_OK;
    for (int i = 0; !code && values[i].type != VALUE_END; i++)
        code = bind(statement, i + 1, &values[i]);
    return code;
}

/* The statement is made at its first use and kept. */
static int prepare(struct connection *connection, enum statement id, const struct value *values,
                   sqlite3_stmt **ret_statement)
{
    sqlite3_stmt **statement = &connection->statements[id];
    int code = SQLITE_OK;
    if (!*statement)
        code = sqlite3_prepare_v3(connection->db, statement_sql[id], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    if (!code)
        code = bind_all(*statement, values);
    if (!code)
        *ret_statement = *statement;
    return code;
}

static enum status finish(struct connection *connection, int code, sqlite3_stmt *prepared, struct text *why)
{
    if (!code)
        code = sqlite3_step(prepared);
    enum status status = code == SQLITE_DONE ? STATUS_OK : connection_fail(connection, code, why);
    (void)sqlite3_reset(prepared); /* repeats the code of the step */
    return status;
}

enum status connection_run(struct connection *connection, enum statement statement, const struct value *values,
                           struct text *why)
{
    sqlite3_stmt *prepared = NULL;
    int code = prepare(connection, statement, values, &prepared);
    return finish(connection, code, prepared, why);
}

/* A statement for these fields, in the place of the one that was made before all others. */
static int prepare_update(struct connection *connection, unsigned fields, struct photo_update **ret_update)
{
    TEXT_CLEANUP struct text sql = {0};
    struct photo_update *update = &connection->photo_updates[connection->next_update++ % PHOTO_UPDATES];
    photo_update_sql(fields, '?', &sql);
    (void)sqlite3_finalize(update->statement);
    *update = (struct photo_update){0};
    int code =
        sqlite3_prepare_v3(connection->db, text_get(&sql), -1, SQLITE_PREPARE_PERSISTENT, &update->statement, NULL);
    if (!code)
        update->fields = fields;
    *ret_update = update;
    return code;
}

enum status connection_run_update(struct connection *connection, unsigned fields, const struct value *values,
                                  struct text *why)
{
    struct photo_update *update = connection->photo_updates, *end = update + PHOTO_UPDATES;
    int code = SQLITE_OK;
    while (update < end && update->fields != fields)
        update++;
    if (update == end)
        code = prepare_update(connection, fields, &update);
    if (!code)
        code = bind_all(update->statement, values);
    return finish(connection, code, update->statement, why);
}

enum status connection_row(struct connection *connection, enum statement statement, const struct value *values,
                           sqlite3_stmt **ret_row, struct text *why)
{
    sqlite3_stmt *prepared = NULL;
    int code = prepare(connection, statement, values, &prepared);
    if (!code)
        code = sqlite3_step(prepared);
    if (code == SQLITE_ROW) {
        *ret_row = prepared;
        return STATUS_OK;
    }
    enum status status = code == SQLITE_DONE ? STATUS_NOT_FOUND : connection_fail(connection, code, why);
    (void)sqlite3_reset(prepared);
    return status;
}

enum status connection_first(struct connection *connection, enum statement statement, const struct value *values,
                             connection_row_function *row, void *context, struct text *why)
{
    sqlite3_stmt *found STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, statement, values, &found, why);
    if (!status)
        (void)row(context, found);
    return status;
}

enum status connection_each(struct connection *connection, enum statement statement, const struct value *values,
                            connection_row_function *row, void *context, struct text *why)
{
    sqlite3_stmt *prepared = NULL;
    int code = prepare(connection, statement, values, &prepared);
    if (!code)
        while ((code = sqlite3_step(prepared)) == SQLITE_ROW && row(context, prepared))
            ;
    enum status status = code == SQLITE_DONE || code == SQLITE_ROW ? STATUS_OK : connection_fail(connection, code, why);
    (void)sqlite3_reset(prepared);
    return status;
}

enum status connection_run_once(struct connection *connection, const char *sql, const struct value *values,
                                connection_row_function *row, void *context, struct text *why)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);
    if (!code)
        code = bind_all(statement, values);
    if (!code)
        while ((code = sqlite3_step(statement)) == SQLITE_ROW && row && row(context, statement))
            ;
    enum status status = code == SQLITE_DONE || code == SQLITE_ROW ? STATUS_OK : connection_fail(connection, code, why);
    (void)sqlite3_finalize(statement);
    return status;
}

void statement_cleanup(sqlite3_stmt **statement)
{
    (void)sqlite3_reset(*statement);
}

const char *column_string(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

struct id column_id(sqlite3_stmt *row, int column)
{
    struct id id = {0};
    const void *bytes = sqlite3_column_blob(row, column);
    if (bytes && sqlite3_column_bytes(row, column) == ID_BYTES)
        memcpy(id.bytes, bytes, ID_BYTES);
    return id;
}
