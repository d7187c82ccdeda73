/* Sessions of uploads: as sqlite/sessions.c has them. */
#include "postgres_store.h"

/* ---- Rows ---- */

static struct session read_session(const struct row *row, int64_t now_ms, struct arena *arena)
{
    bool is_leased = row_has(row, SESSION_LEASE_OWNER);
    return (struct session){.id = row_id(row, 0),
                            .author = arena_copy_string(arena, row_string(row, 1)),
                            .network = arena_copy_string(arena, row_string(row, 2)),
                            .caption = arena_copy_string(arena, row_string(row, 3)),
                            .alt_text = arena_copy_string(arena, row_string(row, 4)),
                            .length = (uint64_t)row_integer(row, 5),
                            .offset = (uint64_t)row_integer(row, 6),
                            .bytes = arena_copy_string(arena, row_string(row, 7)),
                            .expires_ms = row_integer(row, 8),
                            .is_finished = row_integer(row, 9) != 0,
                            .is_held = is_leased && session_lease_holds(row_integer(row, SESSION_LEASE_UNTIL), now_ms),
                            .lease_number = row_integer(row, SESSION_LEASE_NUMBER),
                            .was_lost = is_leased};
}

struct session_read {
    int64_t now_ms;
    struct arena *arena;
    struct session *session;
};

static bool take_session(void *context, const struct row *row)
{
    const struct session_read *read = context;
    *read->session = read_session(row, read->now_ms, read->arena);
    return true;
}

static enum status session_get(struct store *store, const struct id *id, struct arena *arena,
                               struct session *ret_session, struct text *why)
{
    struct session_read read = {store_now_ms(store), arena, ret_session};
    return postgres_first(store, "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = $1", VALUES(ID(id)), take_session,
                          &read, why);
}

int postgres_session_lock(struct transaction *transaction, const struct id *id)
{
    return transaction_add(transaction, "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = $1 FOR UPDATE",
                           VALUES(ID(id)));
}

bool postgres_session_is_claimed(const struct transaction *transaction, int place, const struct session_claim *claim)
{
    struct row row;
    return transaction_row(transaction, place, &row)
           && session_is_claimed(claim, row_string(&row, SESSION_LEASE_OWNER), row_integer(&row, SESSION_LEASE_NUMBER));
}

void postgres_session_finish(struct transaction *transaction, const struct id *id)
{
    (void)transaction_add(transaction, SESSION_FINISH_SQL("$1"), VALUES(ID(id)));
}

/* ---- Making ---- */

struct creation {
    const struct session *session;
    const struct session_limits *limits;
    enum session_outcome outcome;
};

/* Under a lock of all sessions, so that two at one time don't take the same room. Returns the place of the answer. */
static int find_use(struct transaction *transaction, const struct session *session)
{
    static const char sql[] =
        "SELECT count(*) FILTER (WHERE author = $1), coalesce(sum(counts_as) FILTER (WHERE author = $1), 0)::bigint,"
        " coalesce(sum(counts_as) FILTER (WHERE network = $2), 0)::bigint, coalesce(sum(counts_as), 0)::bigint"
        " FROM sessions WHERE NOT is_finished";
    (void)transaction_add(transaction, "SELECT pg_advisory_xact_lock(4850157815)", VALUES());
    return transaction_add(transaction, sql, VALUES(TEXT(session->author), TEXT(session->network)));
}

static struct session_use read_use(const struct transaction *transaction, int place)
{
    struct row row;
    (void)transaction_row(transaction, place, &row);
    return (struct session_use){.sessions = (uint64_t)row_integer(&row, 0),
                                .bytes_author = (uint64_t)row_integer(&row, 1),
                                .bytes_network = (uint64_t)row_integer(&row, 2),
                                .bytes = (uint64_t)row_integer(&row, 3)};
}

/* Another that has made the same id meanwhile is a violation, after which this is tried again, and finds it. */
static void insert(struct transaction *transaction, const struct session *session)
{
    static const char sql[] =
        "INSERT INTO sessions (id, author, network, caption, alt_text, length, counts_as, \"offset\", bytes,"
        " expires_ms, is_finished) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 <> 0)";
    (void)transaction_add(transaction, sql,
                          VALUES(ID(&session->id), TEXT(session->author), TEXT(session->network),
                                 TEXT(session->caption), TEXT(session->alt_text), INTEGER(session->length),
                                 INTEGER(session_counts_as(session)), INTEGER(session->offset), TEXT(session->bytes),
                                 INTEGER(session->expires_ms), INTEGER(session->is_finished)));
}

static enum status create(struct transaction *transaction, void *arguments, struct text *why)
{
    struct creation *creation = arguments;
    const struct session *session = creation->session;
    struct row there;
    int place = postgres_session_lock(transaction, &session->id);
    int use_place = creation->limits ? find_use(transaction, session) : -1;
    enum status status = transaction_ask(transaction, why);
    if (status || transaction_row(transaction, place, &there))
        return status ? status : STATUS_CONFLICT;
    struct session_use use = creation->limits ? read_use(transaction, use_place) : (struct session_use){0};
    creation->outcome = session_judge(session, &use, creation->limits);
    transaction->keeps_nothing = creation->outcome != SESSION_MADE;
    if (!transaction->keeps_nothing)
        insert(transaction, session);
    return STATUS_OK;
}

static enum status session_create(struct store *store, const struct session *session,
                                  const struct session_limits *limits, enum session_outcome *ret_outcome,
                                  struct text *why)
{
    struct creation creation = {session, limits, SESSION_MADE};
    enum status status = postgres_write(store, create, &creation, why);
    if (!status)
        *ret_outcome = creation.outcome;
    return status;
}

/* ---- Leases ---- */

struct claim {
    const struct id *id;
    const char *owner;
    int64_t lease_ms;
    struct arena *arena;
    struct session *session;
    struct session_found *found;
};

static enum status claim(struct transaction *transaction, void *arguments, struct text *why)
{
    struct claim *claim = arguments;
    struct row row;
    int place = postgres_session_lock(transaction, claim->id);
    enum status status = transaction_ask(transaction, why);
    if (!status && !transaction_row(transaction, place, &row))
        status = STATUS_NOT_FOUND;
    if (status)
        return status;
    *claim->session = read_session(&row, transaction->now_ms, claim->arena);
    claim->found->is_changed = !claim->session->is_held;
    transaction->keeps_nothing = !claim->found->is_changed;
    if (!transaction->keeps_nothing)
        (void)transaction_add(
            transaction,
            "UPDATE sessions SET lease_owner = $2, lease_until_ms = $3, lease_number = lease_number + 1 WHERE id = $1",
            VALUES(ID(claim->id), TEXT(claim->owner), INTEGER(transaction->now_ms + claim->lease_ms)));
    return STATUS_OK;
}

static enum status session_claim(struct store *store, const struct id *id, const char *owner, int64_t lease_ms,
                                 struct arena *arena, struct session *ret_session, struct session_found *ret_found,
                                 struct text *why)
{
    struct claim arguments = {id, owner, lease_ms, arena, ret_session, ret_found};
    return postgres_write(store, claim, &arguments, why);
}

/* A statement a session: several in one would be locked in an order of their own, and might wait in a circle. */
static enum status sessions_renew(struct store *store, const char *owner, const struct id *ids, size_t count,
                                  int64_t lease_ms, struct text *why)
{
    enum status status = STATUS_OK;
    int64_t until_ms = store_now_ms(store) + lease_ms, changed;
    for (size_t i = 0; !status && i < count; i++)
        status = postgres_run(store, "UPDATE sessions SET lease_until_ms = $3 WHERE id = $1 AND lease_owner = $2",
                              VALUES(ID(&ids[i]), TEXT(owner), INTEGER(until_ms)), &changed, why);
    return status;
}

/* ---- What a claim allows ---- */

struct saving {
    const struct session *session;
    struct session_claim claim;
    bool keep_lease;
    struct session_found *found;
};

static enum status find_claimed(struct transaction *transaction, const struct saving *saving, struct text *why)
{
    struct row row;
    int place = postgres_session_lock(transaction, &saving->session->id);
    enum status status = transaction_ask(transaction, why);
    if (!status && !transaction_row(transaction, place, &row))
        status = STATUS_NOT_FOUND;
    if (status)
        return status;
    saving->found->is_changed = postgres_session_is_claimed(transaction, place, &saving->claim);
    transaction->keeps_nothing = !saving->found->is_changed;
    return STATUS_OK;
}

static enum status save(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct saving *saving = arguments;
    const struct session *session = saving->session;
    enum status status = find_claimed(transaction, saving, why);
    if (status || !saving->found->is_changed)
        return status;
    if (session->is_finished)
        postgres_session_finish(transaction, &session->id);
    else
        (void)transaction_add(
            transaction,
            "UPDATE sessions SET \"offset\" = $2, bytes = $3,"
            " lease_owner = CASE WHEN $4 <> 0 THEN lease_owner END,"
            " lease_until_ms = CASE WHEN $4 <> 0 THEN lease_until_ms END WHERE id = $1",
            VALUES(ID(&session->id), INTEGER(session->offset), TEXT(session->bytes), INTEGER(saving->keep_lease)));
    return STATUS_OK;
}

static enum status session_save(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                                struct session_found *ret_found, struct text *why)
{
    struct saving saving = {session, {owner, session->lease_number}, keep_lease, ret_found};
    return postgres_write(store, save, &saving, why);
}

static enum status remove_claimed(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct saving *saving = arguments;
    enum status status = find_claimed(transaction, saving, why);
    if (!status && saving->found->is_changed)
        (void)transaction_add(transaction, "DELETE FROM sessions WHERE id = $1", VALUES(ID(&saving->session->id)));
    return status;
}

static enum status session_remove(struct store *store, const struct session *session, const char *owner,
                                  struct session_found *ret_found, struct text *why)
{
    struct saving saving = {session, {owner, session->lease_number}, false, ret_found};
    return postgres_write(store, remove_claimed, &saving, why);
}

/* ---- Expiry ---- */

struct expired {
    struct id *ids;
    size_t count;
};

static bool add_expired(void *context, const struct row *row)
{
    struct expired *expired = context;
    expired->ids[expired->count++] = row_id(row, 0);
    return true;
}

static enum status sessions_expired(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                    struct text *why)
{
    struct expired expired = {ret_ids, 0};
    enum status status =
        postgres_each(store, "SELECT id FROM sessions WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2",
                      VALUES(INTEGER(store_now_ms(store)), LIMIT(limit)), add_expired, &expired, why);
    if (!status)
        *ret_count = expired.count;
    return status;
}

const struct store_session_ops postgres_sessions = {
    .create = session_create,
    .get = session_get,
    .claim = session_claim,
    .renew = sessions_renew,
    .save = session_save,
    .remove = session_remove,
    .expired = sessions_expired,
};
