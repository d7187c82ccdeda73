#include "sqlite_store.h"

#include <stdio.h>
#include <time.h>

enum { APPLICATION_ID = 0x4350686f /* "CPho": so that no other program's database is taken for ours */ };

/* Each brings a database from the version that is its place in this table to the next; user_version counts them.
 * What was released is never changed: a new row is added. */
static const char *const migrations[] = {
    /* A deleted photo stays as a tombstone (state 3) until its objects are gone. That an index ends in the column it is
     * limited by takes no room, and lets SQLite answer from the index alone. */
    "CREATE TABLE photos (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
    " author TEXT NOT NULL, state INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " error_message TEXT, format TEXT, frames INTEGER NOT NULL,"
    " original_width INTEGER NOT NULL, original_height INTEGER NOT NULL, original_bytes INTEGER NOT NULL,"
    " large_width INTEGER NOT NULL, large_height INTEGER NOT NULL, large_bytes INTEGER NOT NULL,"
    " thumbnail_width INTEGER NOT NULL, thumbnail_height INTEGER NOT NULL, thumbnail_bytes INTEGER NOT NULL,"
    " labels TEXT, idempotency_key TEXT) STRICT;"
    "CREATE INDEX photos_published ON photos (author, created_ms DESC, id DESC, state) WHERE state = 1;"
    "CREATE UNIQUE INDEX photos_keyed ON photos (author, idempotency_key) WHERE idempotency_key IS NOT NULL;"
    "CREATE INDEX photos_deleted ON photos (id, state) WHERE state = 3;"

    /* Whoever has at least one published photo. */
    "CREATE TABLE users (name TEXT NOT NULL PRIMARY KEY, posts_count INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    /* Numbered in the order of their making. While somebody holds a lease, claimable_ms is its end; otherwise due_ms.
     * (What it became is in a later row.) */
    "CREATE TABLE executions (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
    " status INTEGER NOT NULL, workflow TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, version INTEGER NOT NULL,"
    " event_count INTEGER NOT NULL DEFAULT 0, claimable_ms INTEGER NOT NULL,"
    " lease_owner TEXT, lease_version INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX executions_claimable ON executions (claimable_ms, status) WHERE status = 0;"
    "CREATE INDEX executions_leased ON executions (lease_owner) WHERE lease_owner IS NOT NULL;"
    "CREATE INDEX executions_ended ON executions (updated_ms) WHERE status <> 0;"
    "CREATE INDEX executions_by_status ON executions (status);"

    "CREATE TABLE execution_events (execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,"
    " sequence INTEGER NOT NULL, time_ms INTEGER NOT NULL, type TEXT NOT NULL, detail TEXT NOT NULL,"
    " PRIMARY KEY (execution, sequence)) STRICT, WITHOUT ROWID;"

    /* How many executions there are of each status, since counting millions takes long. */
    "CREATE TABLE counters (status INTEGER PRIMARY KEY, executions INTEGER NOT NULL) STRICT;"
    "INSERT INTO counters VALUES (0, 0), (1, 0), (2, 0), (3, 0);",

    /* How the moderator came to the labels, and whether a person has to decide. */
    "ALTER TABLE photos ADD COLUMN audit TEXT;"
    "ALTER TABLE photos ADD COLUMN review INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX photos_in_review ON photos (state, id) WHERE review > 0;",

    /* The author's words, what stands in for the thumbnail until it is there, and the content, so that nothing is
     * uploaded twice. */
    "ALTER TABLE photos ADD COLUMN caption TEXT;"
    "ALTER TABLE photos ADD COLUMN alt_text TEXT;"
    "ALTER TABLE photos ADD COLUMN thumbhash TEXT;"
    "ALTER TABLE photos ADD COLUMN sha256 BLOB;"
    "CREATE INDEX photos_newest ON photos (created_ms DESC, id DESC, state) WHERE state = 1;"
    "CREATE INDEX photos_by_content ON photos (author, sha256, state) WHERE sha256 IS NOT NULL;",

    /* Each author has a queue (queues.c). queued_ms is an execution's place in it, which it keeps while somebody holds
     * it: then lease_until_ms is the lease's end, otherwise NULL. What its holder is to find at its next save:
     * diverted_data. */
    "ALTER TABLE executions RENAME COLUMN claimable_ms TO queued_ms;"
    "ALTER TABLE executions ADD COLUMN author TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE executions ADD COLUMN lease_until_ms INTEGER;"
    "ALTER TABLE executions ADD COLUMN diverted_data TEXT;"
    "UPDATE executions SET author = coalesce((SELECT author FROM photos WHERE photos.id = executions.id), '');"
    "UPDATE executions SET lease_until_ms = queued_ms, queued_ms = started_ms"
    " WHERE status = 0 AND lease_owner IS NOT NULL;"
    "DROP INDEX executions_claimable;"
    "CREATE INDEX executions_queued ON executions (author, status, lease_until_ms, queued_ms)"
    " WHERE status = 0 AND lease_until_ms IS NULL;"
    "CREATE INDEX executions_saved ON executions (status, lease_until_ms, updated_ms)"
    " WHERE status = 0 AND lease_until_ms IS NULL;"
    "CREATE INDEX executions_lease_ends ON executions (lease_until_ms) WHERE lease_until_ms IS NOT NULL;"
    "CREATE INDEX executions_under_way ON executions (author, lease_until_ms) WHERE lease_until_ms IS NOT NULL;"
    "CREATE TABLE queues (author TEXT NOT NULL PRIMARY KEY, pending INTEGER NOT NULL, under_way INTEGER NOT NULL,"
    " served_ms INTEGER NOT NULL, turn_ms INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE INDEX queues_turns ON queues (under_way, turn_ms) WHERE turn_ms IS NOT NULL;"
    "CREATE INDEX queues_served ON queues (served_ms);"
    "INSERT INTO queues SELECT author, count(*), sum(lease_until_ms IS NOT NULL), 0,"
    " min(CASE WHEN lease_until_ms IS NULL THEN queued_ms END) FROM executions WHERE status = 0 GROUP BY author;",

    /* The rendition between the two; 0: there is none. */
    "ALTER TABLE photos ADD COLUMN medium_width INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE photos ADD COLUMN medium_height INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE photos ADD COLUMN medium_bytes INTEGER NOT NULL DEFAULT 0;",

    /* When a photo was taken, the minutes of that clock from UTC, and what its author's photos are ordered by. Photos
     * of before don't know the first two, because their originals are gone. */
    "ALTER TABLE photos ADD COLUMN captured_ms INTEGER;"
    "ALTER TABLE photos ADD COLUMN captured_offset INTEGER;"
    "ALTER TABLE photos ADD COLUMN time_ms INTEGER GENERATED ALWAYS AS (coalesce(captured_ms, created_ms)) VIRTUAL;"
    "CREATE INDEX photos_by_capture ON photos (author, time_ms DESC, id DESC, state) WHERE state = 1;",

    /* What was decided about pictures, by what they are known by (fingerprint.h). Whoever searches by shape reads them
     * all: the index has nothing else. */
    "CREATE TABLE verdicts (number INTEGER PRIMARY KEY, photo BLOB NOT NULL UNIQUE CHECK (length(photo) = 16),"
    " kind INTEGER NOT NULL, pixels BLOB NOT NULL CHECK (length(pixels) = 32), shape BLOB, cells BLOB,"
    " reason TEXT, labels TEXT, decided_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX verdicts_pixels ON verdicts (pixels, number) WHERE kind > 0;"
    "CREATE INDEX verdicts_shapes ON verdicts (shape, kind) WHERE shape IS NOT NULL AND kind > 0;",

    /* What one process of all may do at a time: named_leases.c. */
    "CREATE TABLE named_leases (name TEXT PRIMARY KEY, owner TEXT, until_ms INTEGER) STRICT, WITHOUT ROWID;",

    /* Uploads in pieces. While somebody holds one, lease_until_ms is the lease's end, otherwise NULL. */
    "CREATE TABLE sessions (id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16), author TEXT NOT NULL, network TEXT,"
    " caption TEXT, alt_text TEXT, length INTEGER NOT NULL, counts_as INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " bytes TEXT, expires_ms INTEGER NOT NULL, is_finished INTEGER NOT NULL,"
    " lease_owner TEXT, lease_until_ms INTEGER, lease_number INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;"
    "CREATE INDEX sessions_of_author ON sessions (author, counts_as, is_finished) WHERE is_finished = 0;"
    "CREATE INDEX sessions_of_network ON sessions (network, counts_as, is_finished) WHERE is_finished = 0;"
    "CREATE INDEX sessions_unfinished ON sessions (is_finished, counts_as) WHERE is_finished = 0;"
    "CREATE INDEX sessions_expire ON sessions (expires_ms);",
};
enum { PRESENT_VERSION = sizeof migrations / sizeof migrations[0] };

enum { LOG_LIMIT_BYTES = 64 << 20, MODE_ATTEMPTS = 50, MODE_PAUSE_MS = 100 };
enum { ALONE_ATTEMPTS = 20, ALONE_STEP_MS = 250 };

static enum status read_integer(struct connection *connection, const char *sql, int64_t *ret_value, struct text *why)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);
    if (!code)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    enum status status = code == SQLITE_ROW ? STATUS_OK : connection_fail(connection, code, why);
    (void)sqlite3_finalize(statement);
    return status;
}

/* Two processes that open a new file at one time get in each other's way here, and SQLite does not wait for it. */
static enum status set_write_ahead_log(struct connection *connection, struct text *why)
{
    enum status status;
    for (int i = 0; i < MODE_ATTEMPTS; i++) {
        status = connection_execute(connection, "PRAGMA journal_mode = WAL", why);
        if (status != STATUS_BUSY)
            return status;
        (void)nanosleep(&(struct timespec){.tv_nsec = MODE_PAUSE_MS * 1000000}, NULL);
    }
    return status;
}

/* Whether the file is a present or older one of ours, or new. In a transaction: another process may be making it. */
static enum status check_version(struct connection *connection, int64_t *ret_version, struct text *why)
{
    int64_t application = 0, version = 0, tables = 0;
    enum status status = read_integer(connection, "PRAGMA application_id", &application, why);
    if (!status)
        status = read_integer(connection, "PRAGMA user_version", &version, why);
    if (!status)
        status = read_integer(connection, "SELECT count(*) FROM sqlite_schema", &tables, why);
    if (status)
        return status;
    bool is_new = application == 0 && version == 0 && tables == 0;
    if (!is_new && application != APPLICATION_ID) {
        text_setf(why, "The database %s belongs to another program.", connection->path);
        return STATUS_UNAVAILABLE;
    }
    if (version > PRESENT_VERSION) {
        text_setf(
            why,
            "The database %s was written by a newer Cloud Photos (schema %lld; this program knows %d). Install the "
            "newer program again, or restore the backup from before the update.",
            connection->path, (long long)version, (int)PRESENT_VERSION);
        return STATUS_UNAVAILABLE;
    }
    *ret_version = version;
    return STATUS_OK;
}

static enum status check_file(struct connection *connection, int64_t *ret_version, struct text *why)
{
    enum status status = connection_execute(connection, "BEGIN", why);
    if (status)
        return status;
    status = check_version(connection, ret_version, why);
    (void)connection_execute(connection, "ROLLBACK", NULL);
    return status;
}

/* In a transaction: another process may be doing the same. */
static enum status migrate(struct connection *connection, struct text *why)
{
    int64_t version = 0;
    enum status status = check_version(connection, &version, why);
    if (!status && version == PRESENT_VERSION)
        return STATUS_OK;
    for (; !status && version < PRESENT_VERSION; version++)
        status = connection_execute(connection, migrations[version], why);
    char mark[96];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", (int)APPLICATION_ID,
                   (int)PRESENT_VERSION);
    return status ? status : connection_execute(connection, mark, why);
}

/* In one transaction. */
static enum status migrate_once(struct connection *connection, struct text *why)
{
    enum status status = connection_execute(connection, "BEGIN IMMEDIATE", why);
    if (status)
        return status;
    status = migrate(connection, why);
    if (!status)
        status = connection_execute(connection, "COMMIT", why);
    if (status)
        (void)connection_execute(connection, "ROLLBACK", NULL);
    return status;
}

/* ---- A database of an earlier version ---- */

/* Runs `function` with a connection of its own, because one that has read anything stands in the way of being alone. */
typedef enum status version_function(struct connection *connection, int64_t *ret_version, struct text *why);
static enum status with_connection(const char *path, version_function *function, int64_t *ret_version, struct text *why)
{
    struct connection connection;
    enum status status = connection_open(&connection, path, why);
    if (status)
        return status;
    (void)sqlite3_busy_timeout(connection.db, ALONE_STEP_MS);
    status = function(&connection, ret_version, why);
    connection_close(&connection);
    return status;
}

static enum status migrate_alone(struct connection *connection, int64_t *ret_version, struct text *why)
{
    (void)ret_version;
    enum status status =
        connection_execute(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL", why);
    return status ? status : migrate_once(connection, why);
}

/* While nobody else has it open, because a process of the earlier version would go on with tables that it doesn't know.
 * Several that start at once may all try. */
static enum status bring_up_to_date(const char *path, struct text *why)
{
    enum status status = STATUS_BUSY;
    for (int i = 0; i < ALONE_ATTEMPTS && status == STATUS_BUSY; i++) {
        int64_t version = 0;
        status = with_connection(path, check_file, &version, why);
        if (!status && (version == 0 || version == PRESENT_VERSION))
            return STATUS_OK;
        if (!status)
            status = with_connection(path, migrate_alone, &version, why);
    }
    if (status == STATUS_BUSY)
        text_setf(
            why,
            "The database %s was made by an earlier version of Cloud Photos, and another process uses it. End all "
            "processes that use it; then this version can bring it up to date.",
            path);
    return status;
}

enum status schema_prepare(struct connection *connection, struct text *why)
{
    char pragmas[160];
    (void)snprintf(pragmas, sizeof pragmas,
                   "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                   " PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = %d",
                   (int)LOG_LIMIT_BYTES);
    enum status status = bring_up_to_date(connection->path, why); /* before anything is written to it */
    if (!status)
        status = set_write_ahead_log(connection, why);
    if (!status)
        status = connection_execute(connection, pragmas, why);
    return status ? status : migrate_once(connection, why);
}
