/* Every statement that the back end runs. A test holds that each of them finds its rows through an index. Where SQLite would
 * take a worse one, for it can't know how few executions run, the right one is named. */
#include "sqlite_store.h"

#define PHOTO_COLUMNS                                                                                                  \
    "id, author, state, created_ms, updated_ms, error_message, format, frames, original_width, original_height, "      \
    "original_bytes, large_width, large_height, large_bytes, thumbnail_width, thumbnail_height, thumbnail_bytes, "     \
    "labels, audit, review, caption, alt_text, thumbhash, sha256"
#define EXECUTION_COLUMNS "id, status, workflow, state, data, started_ms, updated_ms, due_ms, version"

/* The numbers in these texts. */
_Static_assert(PHOTO_PENDING == 0 && PHOTO_SUCCESS == 1 && PHOTO_ERROR == 2 && STATE_DELETED == 3, "photos.state");
_Static_assert(REVIEW_NONE == 0 && REVIEW_WAITING == 1, "photos.review");
_Static_assert(EXECUTION_RUNNING == 0 && EXECUTION_ABORTED == 3, "executions.status");

const char *const statement_sql[STATEMENTS] = {
    [TRANSACTION_BEGIN_READ] = "BEGIN",
    [TRANSACTION_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [TRANSACTION_COMMIT] = "COMMIT",
    [TRANSACTION_ROLLBACK] = "ROLLBACK",
    [OPERATION_BEGIN] = "SAVEPOINT operation",
    [OPERATION_KEEP] = "RELEASE operation",
    [OPERATION_UNDO] = "ROLLBACK TO operation",

    [PHOTO_INSERT] = "INSERT INTO photos (" PHOTO_COLUMNS ", idempotency_key)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [PHOTO_GET] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE id = ? AND state <> 3",
    [PHOTO_FIND_KEY] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = ? AND idempotency_key = ?",
    [PHOTO_FIND_CONTENT] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_by_content"
                           " WHERE author = ? AND sha256 = ? AND state < 2 ORDER BY state DESC LIMIT 1",
    [PHOTO_DESCRIBE] = "UPDATE photos SET updated_ms = ?2, caption = nullif(coalesce(?3, caption), ''),"
                       " alt_text = nullif(coalesce(?4, alt_text), '') WHERE id = ?1",
    [PHOTOS_NEWEST] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_newest"
                      " WHERE state = 1 AND (created_ms, id) < (?, ?) ORDER BY created_ms DESC, id DESC LIMIT ?",
    [PHOTOS_NEWEST_OF] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_published WHERE author = ?4"
                         " AND state = 1 AND (created_ms, id) < (?1, ?2) ORDER BY created_ms DESC, id DESC LIMIT ?3",
    [PHOTO_FIND] = "SELECT state, author FROM photos WHERE id = ?",
    [PHOTO_PUBLISH] = "UPDATE photos SET state = 1, updated_ms = ?2, large_width = ?3, large_height = ?4,"
                      " large_bytes = ?5, thumbnail_width = ?6, thumbnail_height = ?7, thumbnail_bytes = ?8,"
                      " labels = coalesce(?9, labels), thumbhash = coalesce(?10, thumbhash) WHERE id = ?1",
    [PHOTO_REJECT] = "UPDATE photos SET state = 2, updated_ms = ?2, error_message = ?3,"
                     " labels = coalesce(?4, labels) WHERE id = ?1",
    [PHOTO_JUDGE] = "UPDATE photos SET updated_ms = ?2, labels = ?3, audit = ?4 WHERE id = ?1",
    [PHOTO_REVIEW] = "UPDATE photos SET updated_ms = ?2, review = ?3 WHERE id = ?1",
    [PHOTO_HURRY] = "UPDATE executions SET due_ms = ?2, claimable_ms = ?2"
                    " WHERE id = ?1 AND status = 0 AND lease_owner IS NULL",
    [PHOTO_WITHDRAW] =
        "UPDATE photos SET state = 0, updated_ms = ?2, labels = ?3, audit = ?4, review = 1 WHERE id = ?1",
    [PHOTOS_PUBLISHED] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE state = 1 AND id > ? ORDER BY id LIMIT ?",
    [PHOTOS_LIST] = "SELECT " PHOTO_COLUMNS
                    " FROM photos WHERE state = ? AND +review = ? AND review > 0 AND id > ? ORDER BY id LIMIT ?",
    [PHOTO_REOPEN] = "UPDATE photos SET state = 0, updated_ms = ?2, error_message = NULL, labels = NULL,"
                     " audit = NULL, review = 0 WHERE id = ?1 AND state = 2",
    [PHOTO_DELETE] = "UPDATE photos SET state = 3, updated_ms = ?2, error_message = NULL, labels = NULL, audit = NULL,"
                     " review = 0, idempotency_key = NULL, caption = NULL, alt_text = NULL, thumbhash = NULL,"
                     " sha256 = NULL WHERE id = ?1",
    [PHOTO_PURGE] = "DELETE FROM photos WHERE id = ?",
    [PHOTOS_DELETED] = "SELECT id FROM photos WHERE state = 3 ORDER BY id LIMIT ?",

    [USER_ADD_POST] = "INSERT INTO users (name, posts_count) VALUES (?, 1)"
                      " ON CONFLICT (name) DO UPDATE SET posts_count = posts_count + 1",
    [USER_REMOVE_POST] = "UPDATE users SET posts_count = posts_count - 1 WHERE name = ?",
    [USER_FORGET] = "DELETE FROM users WHERE name = ? AND posts_count <= 0",
    [USERS_SEARCH] = "SELECT name, posts_count FROM users WHERE name >= ? ORDER BY name",
    [USERS_ALL] = "SELECT name, posts_count FROM users ORDER BY name",
    [USER_POSTS] = "SELECT id, created_ms FROM photos WHERE author = ? AND state = 1 AND (created_ms, id) < (?, ?)"
                   " ORDER BY created_ms DESC, id DESC LIMIT ?",

    [EXECUTION_INSERT] = "INSERT INTO executions (" EXECUTION_COLUMNS ", claimable_ms)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8)",
    [EXECUTION_GET] = "SELECT " EXECUTION_COLUMNS " FROM executions WHERE id = ?",
    [EXECUTION_FIND] = "SELECT number, status, lease_owner, lease_version, event_count, claimable_ms FROM executions"
                       " WHERE id = ?",
    [EXECUTION_SAVE] = "UPDATE executions SET status = ?2, state = ?3, data = ?4, updated_ms = ?5, due_ms = ?6,"
                       " version = version + 1, event_count = ?7, lease_owner = ?8, claimable_ms = ?9"
                       " WHERE number = ?1",
    [EXECUTION_ABORT] = "UPDATE executions SET status = 3, updated_ms = ?2, version = version + 1,"
                        " lease_owner = NULL WHERE number = ?1",
    [EXECUTION_RETRY] = "UPDATE executions SET status = 0, state = '', data = ?2, updated_ms = ?3, due_ms = ?3,"
                        " claimable_ms = ?3, version = version + 1, lease_owner = NULL WHERE number = ?1",
    [EXECUTION_REPLACE] = "UPDATE executions SET status = ?2, workflow = ?3, state = ?4, data = ?5, started_ms = ?6,"
                          " updated_ms = ?7, due_ms = ?8, claimable_ms = ?8, version = version + 1, lease_owner = NULL"
                          " WHERE number = ?1",
    [EXECUTION_LEASE] = "UPDATE executions SET lease_owner = ?2, claimable_ms = ?3, version = version + 1,"
                        " lease_version = version + 1 WHERE id = ?1",
    [EXECUTION_RELEASE] = "UPDATE executions SET lease_owner = NULL, claimable_ms = due_ms"
                          " WHERE id = ? AND lease_owner = ? AND status = 0",
    [EXECUTIONS_CLAIMABLE] = "SELECT " EXECUTION_COLUMNS ", lease_owner"
                             " FROM executions INDEXED BY executions_claimable"
                             " WHERE status = 0 AND claimable_ms <= ?"
                             " ORDER BY claimable_ms LIMIT ?",
    [EXECUTIONS_RENEW] = "UPDATE executions INDEXED BY executions_leased SET claimable_ms = ?3 WHERE lease_owner = ?1"
                         " AND status = 0 AND claimable_ms > ?2",
    [EXECUTIONS_LIST] = "SELECT " EXECUTION_COLUMNS " FROM executions ORDER BY number DESC LIMIT ?",
    [EXECUTIONS_LIST_STATUS] = "SELECT " EXECUTION_COLUMNS " FROM executions WHERE status = ?"
                               " ORDER BY number DESC LIMIT ?",
    [EXECUTIONS_PRUNE] =
        "DELETE FROM executions WHERE number IN (SELECT number FROM executions"
        " INDEXED BY executions_ended WHERE status <> 0 AND updated_ms < ? ORDER BY updated_ms LIMIT ?)",
    [EXECUTIONS_COUNT] = "SELECT status, executions FROM counters",
    [EXECUTIONS_QUEUED] = "SELECT count(*) FROM executions INDEXED BY executions_claimable WHERE status = 0"
                          " AND claimable_ms <= ?",
    [EXECUTIONS_NEXT_DUE] = "SELECT claimable_ms FROM executions INDEXED BY executions_claimable WHERE status = 0"
                            " ORDER BY claimable_ms LIMIT 1",

    [EVENT_INSERT] = "INSERT INTO execution_events (execution, sequence, time_ms, type, detail) VALUES (?, ?, ?, ?, ?)",
    [EVENTS_LIST] = "SELECT time_ms, type, detail FROM execution_events"
                    " WHERE execution = (SELECT number FROM executions WHERE id = ?) ORDER BY sequence",

    [COUNTER_ADD] = "UPDATE counters SET executions = executions + ?2 WHERE status = ?1",
};
