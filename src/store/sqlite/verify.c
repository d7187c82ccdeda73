/* Looks a database over before it is used: one that was copied while a server wrote to it may be malformed, and would
 * lose more with each write. */
#include "sqlite_store.h"

#include "clock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum status sqlite_is_new(const char *path, bool *ret_is_new, struct text *why)
{
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    if (!is_there && errno != ENOENT) {
        text_setf(why, "The database %s can't be checked: %s.", path, strerrordesc_np(errno));
        return STATUS_UNAVAILABLE;
    }
    *ret_is_new = !is_there || status.st_size == 0;
    return STATUS_OK;
}

/* ---- A check with an end: SQLite looks for an interruption, but not at the clock ---- */

struct check {
    sqlite3 *db;
    int64_t limit_ms;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended, was_cut;
};

static void *cut_when_late(void *context)
{
    struct check *check = context;
    int64_t until_ns = clock_monotonic_ns() + check->limit_ms * INT64_C(1000000);
    (void)pthread_mutex_lock(&check->lock);
    while (!check->has_ended && clock_wait(&check->ended, &check->lock, until_ns))
        ;
    check->was_cut = !check->has_ended;
    if (check->was_cut)
        sqlite3_interrupt(check->db);
    (void)pthread_mutex_unlock(&check->lock);
    return NULL;
}

static const char *last_line(const char *text)
{
    const char *line = text ? strrchr(text, '\n') : NULL;
    return line ? line + 1 : text ? text : "";
}

/* "ok", or what is wrong first: the last of its lines, behind headings. */
static int read_verdict(struct connection *connection, struct text *verdict)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (!code)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        text_setf(verdict, "%s", last_line(column_string(statement, 0)));
    (void)sqlite3_finalize(statement);
    return code;
}

static enum status judge(struct store_sqlite *sqlite, struct connection *connection, int code, const char *verdict,
                         struct text *why)
{
    int kind = code & 0xff;
    bool is_damaged = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || strcmp(verdict, "ok") != 0;
    if (code != SQLITE_ROW && !is_damaged)
        return connection_fail(connection, code, why);
    if (!is_damaged)
        return STATUS_OK;
    /* Nothing more is written to it: what its log holds may be wanted. */
    (void)sqlite3_db_config(sqlite->writer.connection.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    text_setf(why,
              "The database %s is damaged (%.200s). Restore it from a backup; a copy that was made while a server ran "
              "may be damaged too.",
              connection->path, verdict[0] ? verdict : sqlite3_errstr(code));
    return STATUS_UNAVAILABLE;
}

enum status sqlite_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct connection connection;
    TEXT_CLEANUP struct text verdict = {0};
    pthread_t watch;
    enum status status = connection_open(&connection, sqlite->path, why);
    if (status)
        return status;
    struct check check = {.db = connection.db,
                          .limit_ms = limit_ms,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .ended = PTHREAD_COND_INITIALIZER};
    bool is_watched = pthread_create(&watch, NULL, cut_when_late, &check) == 0;
    int code = read_verdict(&connection, &verdict);
    (void)pthread_mutex_lock(&check.lock);
    check.has_ended = true;
    (void)pthread_cond_signal(&check.ended);
    (void)pthread_mutex_unlock(&check.lock);
    if (is_watched)
        (void)pthread_join(watch, NULL);
    *ret_is_whole = !check.was_cut;
    status = check.was_cut ? STATUS_OK : judge(sqlite, &connection, code, text_get(&verdict), why);
    connection_close(&connection);
    return status;
}
