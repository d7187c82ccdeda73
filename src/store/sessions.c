/* Sessions of uploads, for every back end: what they may take, and whose lease holds. */
#include "store_checks.h"
#include "store_ops.h"

#include "reasons.h"

#include <assert.h>
#include <string.h>

uint64_t session_counts_as(const struct session *session)
{
    return session->length > SESSION_BYTES_LEAST ? session->length : SESSION_BYTES_LEAST;
}

bool session_lease_holds(int64_t until_ms, int64_t now_ms)
{
    return until_ms > now_ms && until_ms <= now_ms + SESSION_LEASE_MAX_MS;
}

bool session_is_claimed(const struct session_claim *claim, const char *lease_owner, int64_t lease_number)
{
    return lease_owner && strcmp(lease_owner, claim->owner) == 0 && lease_number == claim->lease_number;
}

static bool has_room(uint64_t used, uint64_t wanted, uint64_t limit)
{
    return wanted <= limit && used <= limit - wanted;
}

enum session_outcome session_judge(const struct session *session, const struct session_use *use,
                                   const struct session_limits *limits)
{
    uint64_t wanted = session_counts_as(session);
    if (!limits)
        return SESSION_MADE;
    const struct {
        uint64_t used, wanted, limit;
        enum session_outcome outcome;
    } rows[] = {
        {use->sessions, 1, limits->sessions_each, SESSION_MANY},
        {use->bytes_author, wanted, limits->bytes_author, SESSION_AUTHOR_FULL},
        {use->bytes_network, wanted, limits->bytes_network, SESSION_NETWORK_FULL},
        {use->bytes, wanted, limits->bytes, SESSION_FULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!has_room(rows[i].used, rows[i].wanted, rows[i].limit))
            return rows[i].outcome;
    return SESSION_MADE;
}

static enum status check_new(const struct session *session, struct text *why)
{
    enum status status = check_author(session->author, why);
    if (status)
        return status;
    if (session->length && session->length <= INT64_MAX && session->offset <= session->length)
        return STATUS_OK;
    text_setf(why, "A session has a length, and an offset up to it.");
    return STATUS_INVALID;
}

enum status store_session_create(struct store *store, const struct session *session,
                                 const struct session_limits *limits, enum session_outcome *ret_outcome,
                                 struct text *why)
{
    enum status status = check_new(session, why);
    if (!status)
        status = store->ops->sessions->create(store, session, limits, ret_outcome, why);
    if (status == STATUS_CONFLICT)
        text_setf(why, "There is a session with this id already.");
    return status;
}

static enum status tell_unknown(enum status status, struct text *why)
{
    if (status == STATUS_NOT_FOUND)
        reason_set(why, REASON_UPLOAD_UNKNOWN);
    return status;
}

/* What is left of a call when `is_changed` says that it found another's lease. */
static enum status tell_held(enum status status, bool is_changed, struct text *why)
{
    if (status || is_changed)
        return tell_unknown(status, why);
    reason_set(why, REASON_UPLOAD_IN_USE);
    return STATUS_BUSY;
}

enum status store_session_get(struct store *store, const struct id *id, struct arena *arena,
                              struct session *ret_session, struct text *why)
{
    return tell_unknown(store->ops->sessions->get(store, id, arena, ret_session, why), why);
}

enum status store_session_claim(struct store *store, const struct id *id, const char *owner, int64_t lease_ms,
                                struct arena *arena, struct session *ret_session, struct text *why)
{
    struct session_found found = {0};
    struct session session;
    assert(lease_ms <= SESSION_LEASE_MAX_MS);
    enum status status = store->ops->sessions->claim(store, id, owner, lease_ms, arena, &session, &found, why);
    if (!status && found.is_changed) {
        session.lease_number++;
        session.is_held = true;
        *ret_session = session;
    }
    return tell_held(status, found.is_changed, why);
}

enum status store_sessions_renew(struct store *store, const char *owner, const struct id *ids, size_t count,
                                 int64_t lease_ms, struct text *why)
{
    return count ? store->ops->sessions->renew(store, owner, ids, count, lease_ms, why) : STATUS_OK;
}

enum status store_session_save(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                               struct text *why)
{
    struct session_found found = {0};
    enum status status = check_new(session, why);
    if (status)
        return status;
    status = store->ops->sessions->save(store, session, owner, keep_lease, &found, why);
    return tell_held(status, found.is_changed, why);
}

enum status store_session_remove(struct store *store, const struct session *session, const char *owner,
                                 struct text *why)
{
    struct session_found found = {0};
    enum status status = store->ops->sessions->remove(store, session, owner, &found, why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : tell_held(status, found.is_changed, why);
}

enum status store_sessions_expired(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                   struct text *why)
{
    *ret_count = 0;
    return limit ? store->ops->sessions->expired(store, ret_ids, limit, ret_count, why) : STATUS_OK;
}
