/* Every statement that the back end runs. A test holds that each of them finds its rows through an index. Where SQLite
 * would take a worse one, because it can't know how few executions run, the right one is named. */
#include "sqlite_store.h"

/* What an execution goes on with when its holder has let go of it: store_execution_divert. */
#define DIVERTED                                                                                                       \
    "data = coalesce(diverted_data, data), version = version + (diverted_data IS NOT NULL), diverted_data = NULL"

const char *const statement_sql[STATEMENTS] = {
    [TRANSACTION_BEGIN_READ] = "BEGIN",
    [TRANSACTION_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [TRANSACTION_COMMIT] = "COMMIT",
    [TRANSACTION_ROLLBACK] = "ROLLBACK",
    [OPERATION_BEGIN] = "SAVEPOINT operation",
    [OPERATION_KEEP] = "RELEASE operation",
    [OPERATION_UNDO] = "ROLLBACK TO operation",

    [PHOTO_INSERT] =
        "INSERT INTO photos (" PHOTO_COLUMNS ", idempotency_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [PHOTO_GET] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE id = ? AND state <> 3",
    [PHOTO_FIND_KEY] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = ? AND idempotency_key = ?",
    [PHOTO_FIND_CONTENT] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_by_content"
                           " WHERE author = ? AND sha256 = ? AND state < 2 ORDER BY state DESC LIMIT 1",
    [PHOTOS_NEWEST] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_newest"
                      " WHERE state = 1 AND (created_ms, id) < (?, ?) ORDER BY created_ms DESC, id DESC LIMIT ?",
    [PHOTOS_NEWEST_OF] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_published WHERE author = ?4"
                         " AND state = 1 AND (created_ms, id) < (?1, ?2) ORDER BY created_ms DESC, id DESC LIMIT ?3",
    [PHOTOS_BY_CAPTURE] = "SELECT " PHOTO_COLUMNS " FROM photos INDEXED BY photos_by_capture WHERE author = ?4"
                          " AND state = 1 AND (time_ms, id) < (?1, ?2) ORDER BY time_ms DESC, id DESC LIMIT ?3",
    [PHOTO_FIND] = "SELECT state, author, review FROM photos WHERE id = ?",
    [PHOTOS_PUBLISHED] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE state = 1 AND id > ? ORDER BY id LIMIT ?",
    [PHOTOS_LIST] = "SELECT " PHOTO_COLUMNS
                    " FROM photos WHERE state = ? AND +review = ? AND review > 0 AND id > ? ORDER BY id LIMIT ?",
    [PHOTO_PURGE] = "DELETE FROM photos WHERE id = ?",
    [PHOTOS_DELETED] = "SELECT id, updated_ms FROM photos WHERE state = 3 AND id > ? ORDER BY id LIMIT ?",
    [PHOTOS_FROM] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE id >= ? ORDER BY id LIMIT ?",

    [VERDICT_ADD] = "INSERT OR REPLACE INTO verdicts (" VERDICT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [VERDICTS_BOUND] = "DELETE FROM verdicts WHERE number <= (SELECT max(number) FROM verdicts) - ?",
    [VERDICT_DECIDE] = "UPDATE verdicts SET kind = ?2, reason = ?3, decided_ms = ?4 WHERE photo = ?1",
    [VERDICT_OF_PIXELS] = "SELECT " VERDICT_COLUMNS " FROM verdicts INDEXED BY verdicts_pixels"
                          " WHERE pixels = ? AND kind > 0 ORDER BY number DESC LIMIT 1",
    [VERDICT_NUMBERED] = "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE number = ?",
    [VERDICTS_SHAPES] = "SELECT number, shape FROM verdicts INDEXED BY verdicts_shapes"
                        " WHERE shape IS NOT NULL AND kind > 0",
    [VERDICTS_REFUSED] = "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE kind = 1",
    [VERDICTS_LIST] = "SELECT " VERDICT_COLUMNS " FROM verdicts ORDER BY number DESC LIMIT ?",
    [VERDICT_OF_PHOTO] = "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE photo = ?",
    [VERDICT_FORGET] = "DELETE FROM verdicts WHERE photo = ?",

    [USER_ADD_POST] = "INSERT INTO users (name, posts_count) VALUES (?, 1)"
                      " ON CONFLICT (name) DO UPDATE SET posts_count = posts_count + 1",
    [USER_REMOVE_POST] = "UPDATE users SET posts_count = posts_count - 1 WHERE name = ?",
    [USER_FORGET] = "DELETE FROM users WHERE name = ? AND posts_count <= 0",
    [USERS_SEARCH] = "SELECT name, posts_count FROM users WHERE name >= ? ORDER BY name",
    [USERS_ALL] = "SELECT name, posts_count FROM users ORDER BY name",
    [USER_POSTS] = "SELECT id, created_ms FROM photos WHERE author = ? AND state = 1 AND (created_ms, id) < (?, ?)"
                   " ORDER BY created_ms DESC, id DESC LIMIT ?",

    [EXECUTION_INSERT] = "INSERT INTO executions (" EXECUTION_COLUMNS ", queued_ms, author)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10)",
    [EXECUTION_GET] = "SELECT " EXECUTION_COLUMNS " FROM executions WHERE id = ?",
    [EXECUTION_FIND] = "SELECT " EXECUTION_ROW_COLUMNS " FROM executions WHERE id = ?",
    [EXECUTION_SAVE] = "UPDATE executions SET status = ?2, state = ?3, data = ?4, updated_ms = ?5, due_ms = ?6,"
                       " version = version + 1, event_count = ?7 WHERE number = ?1",
    [EXECUTION_GIVE_BACK] =
        "UPDATE executions SET lease_owner = NULL, lease_until_ms = NULL, " DIVERTED ", queued_ms ="
        " CASE WHEN diverted_data IS NOT NULL THEN 0 WHEN due_ms > updated_ms THEN due_ms ELSE queued_ms END"
        " WHERE number = ?1",
    [EXECUTION_END] = "UPDATE executions SET lease_owner = NULL, lease_until_ms = NULL, diverted_data = NULL"
                      " WHERE number = ?1",
    [EXECUTION_LOSE] = "UPDATE executions SET lease_owner = CASE WHEN diverted_data IS NULL THEN lease_owner END,"
                       " lease_until_ms = NULL, " DIVERTED " WHERE number = ?1",
    [EXECUTION_DIVERT] = "UPDATE executions SET diverted_data = ?2 WHERE number = ?1",
    [EXECUTION_HURRY] = "UPDATE executions SET due_ms = ?2, queued_ms = ?2, updated_ms = ?2 WHERE number = ?1",
    [EXECUTION_HURRY_WAITING] = "UPDATE executions SET due_ms = ?2, queued_ms = ?2"
                                " WHERE id = ?1 AND status = 0 AND lease_until_ms IS NULL",
    [EXECUTION_ABORT] = "UPDATE executions SET status = 3, updated_ms = ?2, version = version + 1,"
                        " lease_owner = NULL, lease_until_ms = NULL, diverted_data = NULL WHERE number = ?1",
    [EXECUTION_REPLACE] = "UPDATE executions SET status = ?2, workflow = ?3, state = ?4, data = ?5, started_ms = ?6,"
                          " updated_ms = ?7, due_ms = ?8, queued_ms = ?8, version = version + 1, lease_owner = NULL,"
                          " lease_until_ms = NULL, diverted_data = NULL WHERE number = ?1",
    [EXECUTION_LEASE] = "UPDATE executions SET lease_owner = ?2, lease_until_ms = ?3, version = version + 1,"
                        " lease_version = version + 1 WHERE id = ?1",
    [EXECUTIONS_RENEW] = "UPDATE executions INDEXED BY executions_leased SET lease_until_ms = ?3 WHERE lease_owner = ?1"
                         " AND lease_until_ms > ?2",

    /* ---- Queues: queues.c ---- */
    [QUEUE_CHANGE] =
        "INSERT INTO queues (author, pending, under_way, served_ms, turn_ms) VALUES (?1, ?2,"
        " (SELECT count(*) FROM executions INDEXED BY executions_under_way"
        "  WHERE author = ?1 AND lease_until_ms IS NOT NULL), max(?3, 0),"
        " max((SELECT min(queued_ms) FROM executions INDEXED BY executions_queued"
        "  WHERE author = ?1 AND status = 0 AND lease_until_ms IS NULL), ?3))"
        " ON CONFLICT (author) DO UPDATE SET pending = pending + ?2, under_way = excluded.under_way,"
        " served_ms = iif(?3 < 0, served_ms, ?3), turn_ms = max(excluded.turn_ms, iif(?3 < 0, served_ms, ?3))",
    [QUEUE_FORGET] = "DELETE FROM queues WHERE author = ? AND pending <= 0",
    [QUEUE_PENDING] = "SELECT pending FROM queues WHERE author = ?",
    [QUEUES_LEVEL] = "SELECT under_way FROM queues INDEXED BY queues_turns WHERE turn_ms IS NOT NULL AND under_way > ?"
                     " ORDER BY under_way LIMIT 1",
    [QUEUES_FIRST] = "SELECT turn_ms, author FROM queues INDEXED BY queues_turns"
                     " WHERE turn_ms IS NOT NULL AND under_way = ? ORDER BY turn_ms LIMIT 1",
    [QUEUE_HEAD] = "SELECT " EXECUTION_COLUMNS ", lease_owner FROM executions INDEXED BY executions_queued"
                   " WHERE author = ?1 AND status = 0 AND lease_until_ms IS NULL AND queued_ms <= ?2"
                   " ORDER BY queued_ms, number LIMIT 1",
    [LEASES_FIRST_END] = "SELECT number, author, lease_until_ms FROM executions INDEXED BY executions_lease_ends"
                         " WHERE lease_until_ms > ?1 ORDER BY lease_until_ms LIMIT 1",
    [EXECUTIONS_SAVED_AFTER] = "SELECT number, author, updated_ms FROM executions INDEXED BY executions_saved"
                               " WHERE status = 0 AND lease_until_ms IS NULL AND updated_ms > ?1"
                               " ORDER BY updated_ms, number LIMIT 1",
    [QUEUES_SERVED_AFTER] = "SELECT 0, author, served_ms FROM queues INDEXED BY queues_served WHERE served_ms > ?1"
                            " ORDER BY served_ms LIMIT 1",

    [EXECUTIONS_LIST] = "SELECT " EXECUTION_COLUMNS " FROM executions ORDER BY number DESC LIMIT ?",
    [EXECUTIONS_LIST_STATUS] = "SELECT " EXECUTION_COLUMNS " FROM executions WHERE status = ?"
                               " ORDER BY number DESC LIMIT ?",
    [EXECUTIONS_PRUNE] =
        "DELETE FROM executions WHERE number IN (SELECT number FROM executions"
        " INDEXED BY executions_ended WHERE status <> 0 AND updated_ms < ? ORDER BY updated_ms LIMIT ?)",
    [EXECUTIONS_COUNT] = "SELECT status, executions FROM counters",
    [EXECUTIONS_QUEUED] =
        "SELECT (SELECT count(*) FROM executions INDEXED BY executions_lease_ends WHERE lease_until_ms <= ?1)"
        " + (SELECT count(*) FROM queues INDEXED BY queues_turns CROSS JOIN executions INDEXED BY executions_queued"
        " WHERE turn_ms IS NOT NULL AND queues.under_way >= 0 AND executions.author = queues.author"
        " AND status = 0 AND lease_until_ms IS NULL AND queued_ms <= ?1)",

    [EVENT_INSERT] = "INSERT INTO execution_events (execution, sequence, time_ms, type, detail) VALUES (?, ?, ?, ?, ?)",
    [EVENTS_LIST] = "SELECT time_ms, type, detail FROM execution_events"
                    " WHERE execution = (SELECT number FROM executions WHERE id = ?) ORDER BY sequence",

    [COUNTER_ADD] = "UPDATE counters SET executions = executions + ?2 WHERE status = ?1",

    /* ---- Processes that share the store ---- */
    /* ?1: so many ids, one after the other */
    [EXECUTION_VERSIONS] = "WITH RECURSIVE places (place) AS"
                           " (VALUES (0) UNION ALL SELECT place + 1 FROM places WHERE place + 1 < ?2)"
                           " SELECT id, version FROM places CROSS JOIN executions"
                           " ON id = substr(?1, 16 * place + 1, 16)",
    [NAMED_LEASE_TAKE] = "INSERT INTO named_leases (name, owner, until_ms) VALUES (?1, ?2, ?4)"
                         " ON CONFLICT (name) DO UPDATE SET owner = ?2, until_ms = ?4"
                         " WHERE owner = ?2 OR until_ms <= ?3 OR until_ms > ?5",
    [NAMED_LEASE_GIVE_BACK] = "DELETE FROM named_leases WHERE name = ?1 AND owner = ?2",

    [SESSION_INSERT] = "INSERT INTO sessions (id, author, network, caption, alt_text, length, counts_as, offset, bytes,"
                       " expires_ms, is_finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SESSION_GET] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = ?",
    [SESSION_CLAIM] = "UPDATE sessions SET lease_owner = ?2, lease_until_ms = ?3, lease_number = lease_number + 1"
                      " WHERE id = ?1",
    [SESSION_SAVE] = "UPDATE sessions SET offset = ?2, bytes = ?3,"
                     " lease_owner = CASE WHEN ?4 THEN lease_owner END,"
                     " lease_until_ms = CASE WHEN ?4 THEN lease_until_ms END WHERE id = ?1",
    [SESSION_FINISH] = SESSION_FINISH_SQL("?"),
    [SESSION_REMOVE] = "DELETE FROM sessions WHERE id = ?",
    [SESSION_RENEW] = "UPDATE sessions SET lease_until_ms = ?3 WHERE id = ?1 AND lease_owner = ?2",
    [SESSIONS_OF_AUTHOR] = "SELECT count(*), coalesce(sum(counts_as), 0) FROM sessions INDEXED BY sessions_of_author"
                           " WHERE author = ? AND is_finished = 0",
    [SESSIONS_OF_NETWORK] = "SELECT coalesce(sum(counts_as), 0) FROM sessions INDEXED BY sessions_of_network"
                            " WHERE network = ? AND is_finished = 0",
    [SESSIONS_UNFINISHED] = "SELECT coalesce(sum(counts_as), 0) FROM sessions INDEXED BY sessions_unfinished"
                            " WHERE is_finished = 0",
    [SESSIONS_EXPIRED] = "SELECT id FROM sessions INDEXED BY sessions_expire WHERE expires_ms <= ?"
                         " ORDER BY expires_ms LIMIT ?",
};
