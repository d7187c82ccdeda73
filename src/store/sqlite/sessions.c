/* Sessions of uploads. Each claim gives a session a number beyond those before, so that whoever has slept through the
 * end of a lease can't write, not even when the same process has claimed the session again. */
#include "sqlite_store.h"

/* ---- Rows ---- */

static struct session session_from_row(sqlite3_stmt *row, int64_t now_ms, struct arena *arena)
{
    bool is_leased = column_string(row, SESSION_LEASE_OWNER);
    return (struct session){.id = column_id(row, 0),
                            .author = arena_copy_string(arena, column_string(row, 1)),
                            .network = arena_copy_string(arena, column_string(row, 2)),
                            .caption = arena_copy_string(arena, column_string(row, 3)),
                            .alt_text = arena_copy_string(arena, column_string(row, 4)),
                            .length = (uint64_t)sqlite3_column_int64(row, 5),
                            .offset = (uint64_t)sqlite3_column_int64(row, 6),
                            .bytes = arena_copy_string(arena, column_string(row, 7)),
                            .expires_ms = sqlite3_column_int64(row, 8),
                            .is_finished = sqlite3_column_int(row, 9),
                            .is_held = is_leased
                                       && session_lease_holds(sqlite3_column_int64(row, SESSION_LEASE_UNTIL), now_ms),
                            .lease_number = sqlite3_column_int64(row, SESSION_LEASE_NUMBER),
                            .was_lost = is_leased};
}

struct session_read {
    int64_t now_ms;
    struct arena *arena;
    struct session *session;
};

static bool take_session(void *context, sqlite3_stmt *row)
{
    const struct session_read *read = context;
    *read->session = session_from_row(row, read->now_ms, read->arena);
    return true;
}

static enum status session_get(struct store *store, const struct id *id, struct arena *arena,
                               struct session *ret_session, struct text *why)
{
    struct session_read read = {store_now_ms(store), arena, ret_session};
    return sqlite_first(store, SESSION_GET, VALUES(ID(id)), take_session, &read, why);
}

/* ---- Making ---- */

struct creation {
    const struct session *session;
    const struct session_limits *limits;
    enum session_outcome outcome;
};

static bool take_sum(void *context, sqlite3_stmt *row)
{
    *(uint64_t *)context = (uint64_t)sqlite3_column_int64(row, 0);
    return true;
}

static bool take_count_and_sum(void *context, sqlite3_stmt *row)
{
    struct session_use *use = context;
    use->sessions = (uint64_t)sqlite3_column_int64(row, 0);
    use->bytes_author = (uint64_t)sqlite3_column_int64(row, 1);
    return true;
}

static enum status find_use(struct connection *connection, const struct session *session, struct session_use *ret_use,
                            struct text *why)
{
    enum status status = connection_first(connection, SESSIONS_OF_AUTHOR, VALUES(TEXT(session->author)),
                                          take_count_and_sum, ret_use, why);
    if (!status && session->network)
        status = connection_first(connection, SESSIONS_OF_NETWORK, VALUES(TEXT(session->network)), take_sum,
                                  &ret_use->bytes_network, why);
    return status ? status
                  : connection_first(connection, SESSIONS_UNFINISHED, VALUES(), take_sum, &ret_use->bytes, why);
}

static enum status insert(struct connection *connection, const struct session *session, struct text *why)
{
    return connection_run(connection, SESSION_INSERT,
                          VALUES(ID(&session->id), TEXT(session->author), TEXT(session->network),
                                 TEXT(session->caption), TEXT(session->alt_text), INTEGER(session->length),
                                 INTEGER(session_counts_as(session)), INTEGER(session->offset), TEXT(session->bytes),
                                 INTEGER(session->expires_ms), INTEGER(session->is_finished)),
                          why);
}

static bool is_there(void *context, sqlite3_stmt *row)
{
    (void)context, (void)row;
    return true;
}

static enum status create(struct connection *connection, void *arguments, struct text *why)
{
    struct creation *creation = arguments;
    struct session_use use = {0};
    enum status status =
        connection_first(connection, SESSION_GET, VALUES(ID(&creation->session->id)), is_there, NULL, why);
    if (status != STATUS_NOT_FOUND)
        return status ? status : STATUS_CONFLICT;
    status = creation->limits ? find_use(connection, creation->session, &use, why) : STATUS_OK;
    creation->outcome = session_judge(creation->session, &use, creation->limits);
    return status || creation->outcome != SESSION_MADE ? status : insert(connection, creation->session, why);
}

static enum status session_create(struct store *store, const struct session *session,
                                  const struct session_limits *limits, enum session_outcome *ret_outcome,
                                  struct text *why)
{
    struct creation creation = {session, limits, SESSION_MADE};
    enum status status = sqlite_write(store, create, &creation, why);
    if (!status)
        *ret_outcome = creation.outcome;
    return status;
}

/* ---- Leases ---- */

struct claim {
    const struct id *id;
    const char *owner;
    int64_t now_ms, lease_ms;
    struct arena *arena;
    struct session *session;
    struct session_found *found;
};

static enum status claim(struct connection *connection, void *arguments, struct text *why)
{
    struct claim *claim = arguments;
    struct session_read read = {claim->now_ms, claim->arena, claim->session};
    enum status status = connection_first(connection, SESSION_GET, VALUES(ID(claim->id)), take_session, &read, why);
    claim->found->is_changed = !status && !claim->session->is_held;
    if (!claim->found->is_changed)
        return status;
    return connection_run(connection, SESSION_CLAIM,
                          VALUES(ID(claim->id), TEXT(claim->owner), INTEGER(claim->now_ms + claim->lease_ms)), why);
}

static enum status session_claim(struct store *store, const struct id *id, const char *owner, int64_t lease_ms,
                                 struct arena *arena, struct session *ret_session, struct session_found *ret_found,
                                 struct text *why)
{
    struct claim arguments = {id, owner, store_now_ms(store), lease_ms, arena, ret_session, ret_found};
    return sqlite_write(store, claim, &arguments, why);
}

struct renewal {
    const char *owner;
    const struct id *ids;
    size_t count;
    int64_t until_ms;
};

static enum status renew(struct connection *connection, void *arguments, struct text *why)
{
    const struct renewal *renewal = arguments;
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < renewal->count; i++)
        status = connection_run(connection, SESSION_RENEW,
                                VALUES(ID(&renewal->ids[i]), TEXT(renewal->owner), INTEGER(renewal->until_ms)), why);
    return status;
}

static enum status sessions_renew(struct store *store, const char *owner, const struct id *ids, size_t count,
                                  int64_t lease_ms, struct text *why)
{
    struct renewal renewal = {owner, ids, count, store_now_ms(store) + lease_ms};
    return sqlite_write(store, renew, &renewal, why);
}

/* ---- What a claim allows ---- */

struct saving {
    const struct session *session;
    struct session_claim claim;
    bool keep_lease;
    struct session_found *found;
};

struct comparing {
    const struct session_claim *claim;
    bool is_claimed;
};

static bool compare(void *context, sqlite3_stmt *row)
{
    struct comparing *comparing = context;
    comparing->is_claimed = session_is_claimed(comparing->claim, column_string(row, SESSION_LEASE_OWNER),
                                               sqlite3_column_int64(row, SESSION_LEASE_NUMBER));
    return true;
}

enum status session_find_claimed(struct connection *connection, const struct id *id, const struct session_claim *claim,
                                 bool *ret_is_claimed, struct text *why)
{
    struct comparing comparing = {claim, false};
    enum status status = connection_first(connection, SESSION_GET, VALUES(ID(id)), compare, &comparing, why);
    *ret_is_claimed = comparing.is_claimed;
    return status;
}

enum status session_finish(struct connection *connection, const struct id *id, struct text *why)
{
    return connection_run(connection, SESSION_FINISH, VALUES(ID(id)), why);
}

static enum status find_claimed(struct connection *connection, struct saving *saving, struct text *why)
{
    return session_find_claimed(connection, &saving->session->id, &saving->claim, &saving->found->is_changed, why);
}

static enum status save(struct connection *connection, void *arguments, struct text *why)
{
    struct saving *saving = arguments;
    const struct session *session = saving->session;
    enum status status = find_claimed(connection, saving, why);
    if (status || !saving->found->is_changed)
        return status;
    if (session->is_finished)
        return session_finish(connection, &session->id, why);
    return connection_run(
        connection, SESSION_SAVE,
        VALUES(ID(&session->id), INTEGER(session->offset), TEXT(session->bytes), INTEGER(saving->keep_lease)), why);
}

static enum status session_save(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                                struct session_found *ret_found, struct text *why)
{
    struct saving saving = {session, {owner, session->lease_number}, keep_lease, ret_found};
    return sqlite_write(store, save, &saving, why);
}

static enum status remove_claimed(struct connection *connection, void *arguments, struct text *why)
{
    struct saving *saving = arguments;
    enum status status = find_claimed(connection, saving, why);
    if (status || !saving->found->is_changed)
        return status;
    return connection_run(connection, SESSION_REMOVE, VALUES(ID(&saving->session->id)), why);
}

static enum status session_remove(struct store *store, const struct session *session, const char *owner,
                                  struct session_found *ret_found, struct text *why)
{
    struct saving saving = {session, {owner, session->lease_number}, false, ret_found};
    return sqlite_write(store, remove_claimed, &saving, why);
}

/* ---- Expiry ---- */

struct expired {
    struct id *ids;
    size_t count;
};

static bool add_expired(void *context, sqlite3_stmt *row)
{
    struct expired *expired = context;
    expired->ids[expired->count++] = column_id(row, 0);
    return true;
}

static enum status sessions_expired(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                    struct text *why)
{
    struct expired expired = {ret_ids, 0};
    enum status status = sqlite_each(store, SESSIONS_EXPIRED, VALUES(INTEGER(store_now_ms(store)), LIMIT(limit)),
                                     add_expired, &expired, why);
    if (!status)
        *ret_count = expired.count;
    return status;
}

const struct store_session_ops sqlite_sessions = {
    .create = session_create,
    .get = session_get,
    .claim = session_claim,
    .renew = sessions_renew,
    .save = session_save,
    .remove = session_remove,
    .expired = sessions_expired,
};
