/* The tables and functions, and how an older database becomes a present one: whichever process comes first does it, in
 * one transaction, while the others wait. */
#include "postgres_store.h"

#include <inttypes.h>
#include <stdio.h>

/* The number in this text is ours alone in a database: an advisory lock, held until the transaction ends. */
#define LOCK    "SELECT pg_advisory_xact_lock(4850157813)"
#define VERSION "SELECT coalesce(max(version), 0) FROM cloudphotos_migrations"

/* An author's queue after a change: so many more are RUNNING, and the author was served then (-1: as before). The row
 * is locked before what it says is counted, so that it tells the truth whoever else changes it. What the columns mean
 * is told in sqlite/queues.c. */
#define QUEUE_CHANGE                                                                                                   \
    "CREATE OR REPLACE FUNCTION queue_change(whose text, more bigint, served bigint) RETURNS void"                     \
    " LANGUAGE plpgsql AS $$"                                                                                          \
    "DECLARE waiting bigint; BEGIN"                                                                                    \
    " INSERT INTO queues AS q (author, pending, under_way, served_ms) VALUES (whose, more, 0, greatest(served, 0))"    \
    "  ON CONFLICT (author) DO UPDATE SET pending = q.pending + more,"                                                 \
    "  served_ms = CASE WHEN served < 0 THEN q.served_ms ELSE served END RETURNING pending INTO waiting;"              \
    " IF waiting <= 0 THEN"                                                                                            \
    "  DELETE FROM queues WHERE author = whose;"                                                                       \
    " ELSE"                                                                                                            \
    "  UPDATE queues SET under_way ="                                                                                  \
    "    (SELECT count(*) FROM executions WHERE author = whose AND lease_until_ms IS NOT NULL),"                       \
    "   turn_ms = (SELECT greatest(min(queued_ms), served_ms) FROM executions"                                         \
    "    WHERE author = whose AND status = 0 AND lease_until_ms IS NULL HAVING count(*) > 0) WHERE author = whose;"    \
    " END IF;"                                                                                                         \
    "END $$;"

/* From that status (-1: it is new) to another, or the same. Each connection counts in a row of its own, because a row
 * for all would let one transaction through at a time. */
#define EXECUTION_MOVED                                                                                                \
    "CREATE FUNCTION execution_moved(whose text, before bigint, after bigint) RETURNS void LANGUAGE plpgsql AS $$"     \
    "BEGIN"                                                                                                            \
    " PERFORM queue_change(whose, (after = 0)::int - (before = 0)::int, -1);"                                          \
    " IF before <> after THEN"                                                                                         \
    "  INSERT INTO counters AS c (slot, running, succeeded, failed, aborted) VALUES (pg_backend_pid() % 256,"          \
    "   (after = 0)::int - (before = 0)::int, (after = 1)::int - (before = 1)::int,"                                   \
    "   (after = 2)::int - (before = 2)::int, (after = 3)::int - (before = 3)::int)"                                   \
    "   ON CONFLICT (slot) DO UPDATE SET running = c.running + excluded.running,"                                      \
    "   succeeded = c.succeeded + excluded.succeeded, failed = c.failed + excluded.failed,"                            \
    "   aborted = c.aborted + excluded.aborted;"                                                                       \
    " END IF;"                                                                                                         \
    "END $$;"

/* Each time the first of the author whose turn it is. Nobody is waited for: an author or execution that another
 * transaction is changing is passed over. */
#define EXECUTIONS_CLAIM                                                                                               \
    "CREATE FUNCTION executions_claim(whom text, at_ms bigint, until_ms bigint, most bigint) RETURNS TABLE"            \
    " (c_id bytea, c_status smallint, c_workflow text, c_state text, c_data text, c_started_ms bigint,"                \
    " c_updated_ms bigint, c_due_ms bigint, c_version bigint, c_was_lost boolean) LANGUAGE plpgsql AS $$"              \
    "DECLARE turn text; passed text[] := '{}'; BEGIN"                                                                  \
    " WHILE most > 0 LOOP"                                                                                             \
    "  SELECT author INTO turn FROM queues WHERE turn_ms <= at_ms AND author <> ALL (passed)"                          \
    "   ORDER BY under_way, turn_ms, author LIMIT 1 FOR UPDATE SKIP LOCKED;"                                           \
    "  EXIT WHEN NOT FOUND;"                                                                                           \
    "  RETURN QUERY WITH head AS MATERIALIZED (SELECT number, lease_owner FROM executions"                             \
    "    WHERE author = turn AND status = 0 AND lease_until_ms IS NULL AND queued_ms <= at_ms"                         \
    "    ORDER BY queued_ms, number LIMIT 1 FOR UPDATE SKIP LOCKED)"                                                   \
    "   UPDATE executions e SET lease_owner = whom, lease_until_ms = until_ms, version = version + 1,"                 \
    "    lease_version = version + 1 FROM head WHERE e.number = head.number"                                           \
    "   RETURNING e.id, e.status, e.workflow, e.state, e.data, e.started_ms, e.updated_ms, e.due_ms, e.version,"       \
    "    coalesce(head.lease_owner <> whom, false);"                                                                   \
    "  IF FOUND THEN PERFORM queue_change(turn, 0, at_ms); most := most - 1;"                                          \
    "  ELSE passed := passed || turn; END IF;"                                                                         \
    " END LOOP;"                                                                                                       \
    "END $$;"

/* What is put right before anything is claimed: leases that ran out, and what is dated so far ahead that a clock was
 * wrong. By one process at a time, in the order of authors. The question asks for the ends of indexes, because for
 * EXISTS with a limit that it doesn't know PostgreSQL would read the table. */
#define EXECUTIONS_MEND                                                                                                \
    "CREATE OR REPLACE FUNCTION executions_need_mending(at_ms bigint, future_ms bigint, lease_ms bigint) RETURNS "     \
    "boolean"                                                                                                          \
    " LANGUAGE sql STABLE AS $$"                                                                                       \
    " SELECT coalesce((SELECT min(lease_until_ms) FROM executions) <= at_ms, false)"                                   \
    "  OR coalesce((SELECT max(lease_until_ms) FROM executions) > future_ms + lease_ms, false)"                        \
    "  OR coalesce((SELECT max(waits_ms) FROM executions) > future_ms, false)"                                         \
    "  OR coalesce((SELECT max(served_ms) FROM queues) > future_ms, false) $$;"                                        \
    "CREATE OR REPLACE FUNCTION executions_mend(at_ms bigint, future_ms bigint, lease_ms bigint) RETURNS void"         \
    " LANGUAGE plpgsql AS $$"                                                                                          \
    "DECLARE whose text; BEGIN"                                                                                        \
    " IF NOT executions_need_mending(at_ms, future_ms, lease_ms) OR NOT pg_try_advisory_xact_lock(4850157814) THEN"    \
    "  RETURN; END IF;"                                                                                                \
    " FOR whose IN WITH ended AS MATERIALIZED (SELECT number FROM executions"                                          \
    "   WHERE lease_until_ms <= at_ms OR lease_until_ms > future_ms + lease_ms LIMIT 1000 FOR UPDATE SKIP LOCKED),"    \
    "  lost AS (UPDATE executions e SET lease_until_ms = NULL,"                                                        \
    "   lease_owner = CASE WHEN diverted_data IS NULL THEN lease_owner END, data = coalesce(diverted_data, data),"     \
    "   version = version + (diverted_data IS NOT NULL)::int, diverted_data = NULL"                                    \
    "   FROM ended WHERE e.number = ended.number RETURNING e.author)"                                                  \
    "  SELECT DISTINCT author FROM lost ORDER BY author"                                                               \
    " LOOP PERFORM queue_change(whose, 0, 0); END LOOP;"                                                               \
    " FOR whose IN WITH ahead AS MATERIALIZED (SELECT number FROM executions"                                          \
    "   WHERE waits_ms > future_ms LIMIT 1000 FOR UPDATE SKIP LOCKED),"                                                \
    "  hurried AS (UPDATE executions e SET due_ms = at_ms, queued_ms = at_ms, updated_ms = at_ms"                      \
    "   FROM ahead WHERE e.number = ahead.number RETURNING e.author)"                                                  \
    "  SELECT DISTINCT author FROM hurried ORDER BY author"                                                            \
    " LOOP PERFORM queue_change(whose, 0, -1); END LOOP;"                                                              \
    " FOR whose IN SELECT author FROM queues WHERE served_ms > future_ms ORDER BY author"                              \
    " LOOP PERFORM queue_change(whose, 0, 0); END LOOP;"                                                               \
    "END $$;"

#define SIZE(name) " " name "_width bigint NOT NULL, " name "_height bigint NOT NULL, " name "_bytes bigint NOT NULL,"
#define SIZES      SIZE("original") SIZE("large") SIZE("medium") SIZE("thumbnail")

/* The steps to each version, in order. What was released is never changed: rows of the next version are added. Names
 * are compared byte by byte, whatever language the database has. */
static const struct {
    int version;
    const char *sql;
} steps[] = {
    {1, "CREATE TABLE photos (id bytea PRIMARY KEY CHECK (length(id) = 16), author text COLLATE \"C\" NOT NULL,"
        " state smallint NOT NULL, created_ms bigint NOT NULL, updated_ms bigint NOT NULL, error_message text,"
        " format text, frames bigint NOT NULL," SIZES
        " labels text, audit text, review smallint NOT NULL, caption text, alt_text text,"
        " thumbhash text, sha256 bytea, captured_ms bigint, captured_offset integer,"
        " time_ms bigint GENERATED ALWAYS AS (coalesce(captured_ms, created_ms)) STORED,"
        " idempotency_key text COLLATE \"C\");"
        "CREATE INDEX photos_of_author ON photos (author, created_ms, id) WHERE state = 1;"
        "CREATE INDEX photos_by_capture ON photos (author, time_ms, id) WHERE state = 1;"
        "CREATE INDEX photos_newest ON photos (created_ms, id) WHERE state = 1;"
        "CREATE INDEX photos_published ON photos (id) WHERE state = 1;"
        "CREATE INDEX photos_deleted ON photos (id) WHERE state = 3;"
        "CREATE INDEX photos_in_review ON photos (state, id) WHERE review > 0;"
        "CREATE INDEX photos_by_content ON photos (author, sha256, state) WHERE sha256 IS NOT NULL;"
        "CREATE UNIQUE INDEX photos_keyed ON photos (author, idempotency_key) WHERE idempotency_key "
        "IS NOT NULL"},

    {1, "CREATE TABLE users (name text COLLATE \"C\" PRIMARY KEY, posts_count bigint NOT NULL)"},

    {1, "CREATE TABLE executions (number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, id bytea PRIMARY KEY,"
        " author text COLLATE \"C\" NOT NULL, status smallint NOT NULL, workflow text NOT NULL, state text NOT NULL,"
        " data text NOT NULL, started_ms bigint NOT NULL, updated_ms bigint NOT NULL, due_ms bigint NOT NULL,"
        " queued_ms bigint NOT NULL, version bigint NOT NULL, event_count bigint NOT NULL DEFAULT 0,"
        " lease_owner text COLLATE \"C\", lease_until_ms bigint, lease_version bigint NOT NULL DEFAULT 0,"
        " diverted_data text);"
        "CREATE INDEX executions_queued ON executions (author, queued_ms, number)"
        " WHERE status = 0 AND lease_until_ms IS NULL;"
        "CREATE INDEX executions_saved ON executions (updated_ms) WHERE status = 0 AND lease_until_ms IS NULL;"
        "CREATE INDEX executions_lease_ends ON executions (lease_until_ms) WHERE lease_until_ms IS NOT NULL;"
        "CREATE INDEX executions_under_way ON executions (author) WHERE lease_until_ms IS NOT NULL;"
        "CREATE INDEX executions_leased ON executions (lease_owner) WHERE lease_until_ms IS NOT NULL;"
        "CREATE INDEX executions_ended ON executions (updated_ms) WHERE status <> 0;"
        "CREATE INDEX executions_by_status ON executions (status, number)"},

    {1,
     "CREATE TABLE execution_events (execution bigint NOT NULL REFERENCES executions (number) ON DELETE CASCADE,"
     " sequence bigint NOT NULL, time_ms bigint NOT NULL, type text NOT NULL, detail text NOT NULL,"
     " PRIMARY KEY (execution, sequence));"
     "CREATE TABLE counters (slot integer PRIMARY KEY, running bigint NOT NULL, succeeded bigint NOT NULL,"
     " failed bigint NOT NULL, aborted bigint NOT NULL);"

     "CREATE TABLE queues (author text COLLATE \"C\" PRIMARY KEY, pending bigint NOT NULL, under_way bigint NOT NULL,"
     " served_ms bigint NOT NULL, turn_ms bigint);"
     "CREATE INDEX queues_turns ON queues (under_way, turn_ms, author) WHERE turn_ms IS NOT NULL;"
     "CREATE INDEX queues_next ON queues (turn_ms) WHERE turn_ms IS NOT NULL;"
     "CREATE INDEX queues_served ON queues (served_ms)"},
    {1, EXECUTION_MOVED},
    {1, EXECUTIONS_CLAIM},

    /* Their order is that of `number`. Shapes are compared bit by bit. */
    {1,
     "CREATE TABLE verdicts (number bigint GENERATED BY DEFAULT AS IDENTITY UNIQUE,"
     " photo bytea PRIMARY KEY CHECK (length(photo) = 16), kind smallint NOT NULL,"
     " pixels bytea NOT NULL CHECK (length(pixels) = 32), shape bytea, shape_bits bit(256), cells bytea, reason text,"
     " labels text, decided_ms bigint NOT NULL);"
     "CREATE INDEX verdicts_pixels ON verdicts (pixels, number) WHERE kind > 0"},

    {1, "CREATE TABLE named_leases (name text COLLATE \"C\" PRIMARY KEY, owner text COLLATE \"C\" NOT NULL,"
        " until_ms bigint NOT NULL)"},

    {1, "CREATE TABLE sessions (id bytea PRIMARY KEY CHECK (length(id) = 16), author text COLLATE \"C\" NOT NULL,"
        " network text COLLATE \"C\", caption text, alt_text text, length bigint NOT NULL, counts_as bigint NOT NULL,"
        " \"offset\" bigint NOT NULL, bytes text, expires_ms bigint NOT NULL, is_finished boolean NOT NULL,"
        " lease_owner text COLLATE \"C\", lease_until_ms bigint, lease_number bigint NOT NULL DEFAULT 0);"
        "CREATE INDEX sessions_unfinished ON sessions (author) WHERE NOT is_finished;"
        "CREATE INDEX sessions_expire ON sessions (expires_ms)"},

    /* A save of an execution that is worked on changes no column of an index, and has room in its page, so that no
     * index is written. A row of its history isn't held against its execution, whose row the same transaction has
     * locked. */
    {2, "ALTER TABLE executions ADD COLUMN waits_ms bigint GENERATED ALWAYS AS"
        "  (CASE WHEN status = 0 AND lease_until_ms IS NULL THEN updated_ms END) STORED,"
        " ADD COLUMN ended_ms bigint GENERATED ALWAYS AS (CASE WHEN status <> 0 THEN updated_ms END) STORED,"
        " SET (fillfactor = 60);"
        "ALTER TABLE queues SET (fillfactor = 60); ALTER TABLE counters SET (fillfactor = 30);"
        "DROP INDEX executions_saved, executions_ended;"
        "CREATE INDEX executions_waiting ON executions (waits_ms) WHERE waits_ms IS NOT NULL;"
        "CREATE INDEX executions_ended ON executions (ended_ms) WHERE ended_ms IS NOT NULL"},
    {2, "ALTER TABLE execution_events DROP CONSTRAINT execution_events_execution_fkey;"
        "CREATE FUNCTION execution_events_forget() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " DELETE FROM execution_events USING gone WHERE execution = gone.number; RETURN NULL; END$$;"
        "CREATE TRIGGER execution_events_forget AFTER DELETE ON executions REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION execution_events_forget()"},
    {2, QUEUE_CHANGE},
    {2, EXECUTIONS_MEND},
};
enum { STEPS = sizeof steps / sizeof steps[0], PRESENT = 2 };

static bool note_integer(void *context, const struct row *row)
{
    *(int64_t *)context = row_integer(row, 0);
    return true;
}

enum status postgres_schema_is_new(struct store *store, bool *ret_is_new, struct text *why)
{
    int64_t is_there = 0;
    enum status status = postgres_first(store, "SELECT (to_regclass('cloudphotos_migrations') IS NOT NULL)::int",
                                        VALUES(), note_integer, &is_there, why);
    if (!status)
        *ret_is_new = !is_there;
    return status;
}

static enum status check_version(const struct store *store, int64_t version, struct text *why)
{
    if (version <= PRESENT)
        return STATUS_OK;
    text_setf(why, "The database %s was written by a newer Cloud Photos (version %" PRId64 "; this program knows %d).",
              ((const struct store_postgres *)store)->pool.name, version, (int)PRESENT);
    return STATUS_UNAVAILABLE;
}

static enum status run_steps(struct transaction *transaction, int64_t version, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < STEPS; i++)
        if (steps[i].version > version)
            status = transaction_execute(transaction, steps[i].sql, why);
    if (!status && version < PRESENT)
        (void)transaction_add(transaction, "INSERT INTO cloudphotos_migrations (version) VALUES ($1)",
                              VALUES(INTEGER(PRESENT)));
    return status;
}

static enum status migrate(struct transaction *transaction, void *arguments, struct text *why)
{
    static const char table[] = LOCK "; CREATE TABLE IF NOT EXISTS cloudphotos_migrations (version integer PRIMARY KEY,"
                                     " made_at timestamptz NOT NULL DEFAULT now())";
    struct row row;
    struct store *store = arguments;
    enum status status = transaction_execute(transaction, table, why);
    int place = transaction_add(transaction, VERSION, VALUES());
    if (!status)
        status = transaction_ask(transaction, why);
    int64_t version = !status && transaction_row(transaction, place, &row) ? row_integer(&row, 0) : 0;
    if (!status)
        status = check_version(store, version, why);
    return status ? status : run_steps(transaction, version, why);
}

/* Nobody is waited for where there is nothing to do. */
enum status postgres_schema_prepare(struct store *store, struct text *why)
{
    bool is_new;
    int64_t version = 0;
    enum status status = postgres_schema_is_new(store, &is_new, why);
    if (!status && !is_new)
        status = postgres_first(store, VERSION, VALUES(), note_integer, &version, why);
    if (!status)
        status = check_version(store, version, why);
    return status || version == PRESENT ? status : postgres_write(store, migrate, store, why);
}
