/* Who may work on an execution: as sqlite/leases.c has it. Claiming is functions in the database (schema.c), so that a
 * batch is a round trip. */
#include "postgres_store.h"

/* ---- Claiming ---- */

struct claim {
    const char *owner;
    int64_t lease_ms;
    size_t limit, count;
    struct arena *arena;
    struct execution *executions;
};

enum { WAS_LOST_COLUMN = 9 };

/* One that finds nothing to do gets no number and writes nothing. */
static enum status claim(struct transaction *transaction, void *arguments, struct text *why)
{
    struct claim *claim = arguments;
    int64_t now_ms = transaction->now_ms;
    struct row row;
    claim->count = 0;
    transaction->may_write_nothing = true;
    (void)transaction_add(transaction, "SELECT executions_mend($1, $2, $3)",
                          VALUES(INTEGER(now_ms), INTEGER(now_ms + CLOCK_TOLERANCE_MS), INTEGER(claim->lease_ms)));
    int place = transaction_add(
        transaction, "SELECT * FROM executions_claim($1, $2, $3, $4)",
        VALUES(TEXT(claim->owner), INTEGER(now_ms), INTEGER(now_ms + claim->lease_ms), LIMIT(claim->limit)));
    enum status status = transaction_ask(transaction, why);
    if (status)
        return status;
    (void)transaction_row(transaction, place, &row);
    for (int count = PQntuples(row.result); row.number < count; row.number++) {
        struct execution *execution = &claim->executions[claim->count++];
        *execution = postgres_execution(&row);
        execution->was_lost = row_integer(&row, WAS_LOST_COLUMN) != 0;
        execution_own_strings(execution, claim->arena);
    }
    transaction->keeps_nothing = !transaction->number[0];
    return STATUS_OK;
}

static enum status lease_claim(struct store *store, const char *owner, int64_t lease_ms, size_t limit,
                               struct arena *arena, struct execution *ret_executions, size_t *ret_count,
                               struct text *why)
{
    struct claim claimed = {owner, lease_ms, limit, 0, arena, ret_executions};
    enum status status = postgres_write(store, claim, &claimed, why);
    if (!status)
        *ret_count = claimed.count;
    return status;
}

/* In the order in which saves lock them (saves.c), so that they don't wait for each other in a circle. */
static enum status lease_renew(struct store *store, const char *owner, int64_t lease_ms, struct text *why)
{
    static const char sql[] =
        "WITH mine AS MATERIALIZED (SELECT number FROM executions WHERE lease_owner = $1 AND lease_until_ms > $2"
        " ORDER BY id FOR UPDATE)"
        " UPDATE executions e SET lease_until_ms = $3 FROM mine WHERE e.number = mine.number";
    int64_t now_ms = store_now_ms(store), changed;
    return postgres_run(store, sql, VALUES(TEXT(owner), INTEGER(now_ms), INTEGER(now_ms + lease_ms)), &changed, why);
}

/* ---- Giving back ---- */

/* Finds it, and tells what there is; `owner` as execution_compare. */
static enum status compare(struct transaction *transaction, const struct id *id, const char *owner,
                           struct execution_row *ret_row, struct execution_found *ret_found, struct text *why)
{
    int place = postgres_execution_lock(transaction, id);
    enum status status = transaction_ask(transaction, why);
    if (!status && !postgres_execution_row(transaction, place, ret_row))
        status = STATUS_NOT_FOUND;
    if (!status)
        *ret_found = execution_compare(ret_row, owner);
    transaction->told = id;
    return status;
}

static const char give_back_sql[] =
    "UPDATE executions SET lease_owner = NULL, lease_until_ms = NULL, data = coalesce(diverted_data, data),"
    " version = version + (diverted_data IS NOT NULL)::int, diverted_data = NULL, queued_ms ="
    " CASE WHEN diverted_data IS NOT NULL THEN 0 WHEN due_ms > updated_ms THEN due_ms ELSE queued_ms END"
    " WHERE number = $1";

/* It waits again. */
static void let_go(struct transaction *transaction, const struct execution_row *row)
{
    transaction->has_work = true;
    (void)transaction_add(transaction, give_back_sql, VALUES(INTEGER(row->number)));
    postgres_execution_moved(transaction, row->author, EXECUTION_RUNNING, EXECUTION_RUNNING);
}

struct giving_back {
    const char *owner;
    const struct id *id;
    struct execution_found *found;
};

static enum status release(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct giving_back *giving = arguments;
    struct execution_row row;
    enum status status = compare(transaction, giving->id, giving->owner, &row, giving->found, why);
    if (status)
        return status;
    transaction->keeps_nothing = !giving->found->is_changed;
    if (!transaction->keeps_nothing)
        let_go(transaction, &row);
    return STATUS_OK;
}

static enum status lease_release(struct store *store, const char *owner, const struct id *id,
                                 struct execution_found *ret_found, struct text *why)
{
    struct giving_back giving = {owner, id, ret_found};
    return postgres_write(store, release, &giving, why);
}

/* ---- Diverting ---- */

struct diversion {
    const struct id *id;
    const char *data;
    struct execution_found *found;
};

static enum status divert(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct diversion *diversion = arguments;
    struct execution_row row;
    enum status status = compare(transaction, diversion->id, NULL, &row, diversion->found, why);
    if (status)
        return status;
    transaction->keeps_nothing = !diversion->found->is_changed;
    if (transaction->keeps_nothing)
        return STATUS_OK;
    (void)transaction_add(transaction, "UPDATE executions SET diverted_data = $2 WHERE number = $1",
                          VALUES(INTEGER(row.number), TEXT(diversion->data)));
    if (!diversion->found->is_held)
        let_go(transaction, &row);
    return STATUS_OK;
}

static enum status lease_divert(struct store *store, const struct id *id, const char *data,
                                struct execution_found *ret_found, struct text *why)
{
    struct diversion diversion = {id, data, ret_found};
    return postgres_write(store, divert, &diversion, why);
}

/* ---- The next ---- */

static bool note_due(void *context, const struct row *row)
{
    if (row_has(row, 0))
        *(int64_t *)context = row_integer(row, 0);
    return true;
}

static enum status lease_next_due(struct store *store, int64_t now_ms, int64_t *ret_due_ms, struct text *why)
{
    enum { NO_LEASE_MS = 0x7fffffff };
    static const char sql[] = "SELECT least((SELECT min(turn_ms) FROM queues WHERE turn_ms IS NOT NULL),"
                              " (SELECT min(lease_until_ms) FROM executions WHERE lease_until_ms IS NOT NULL),"
                              " CASE WHEN executions_need_mending($1, $2, $3) THEN $1 END)";
    int64_t due_ms = -1;
    enum status status =
        postgres_first(store, sql, VALUES(INTEGER(now_ms), INTEGER(now_ms + CLOCK_TOLERANCE_MS), INTEGER(NO_LEASE_MS)),
                       note_due, &due_ms, why);
    if (!status)
        *ret_due_ms = due_ms;
    return status;
}

const struct store_lease_ops postgres_leases = {
    .claim = lease_claim,
    .renew = lease_renew,
    .save = postgres_save,
    .release = lease_release,
    .divert = lease_divert,
    .next_due = lease_next_due,
};
