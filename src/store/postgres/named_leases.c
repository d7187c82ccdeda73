/* What one process of all may do at a time: a row for each name that somebody has. */
#include "postgres_store.h"

static enum status named_lease_take(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                                    bool *ret_taken, struct text *why)
{
    int64_t now_ms = store_now_ms(store), until_ms = now_ms + lease_ms, changed = 0;
    enum status status = postgres_run(
        store,
        "INSERT INTO named_leases AS l (name, owner, until_ms) VALUES ($1, $2, $4)"
        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms"
        " WHERE l.owner = $2 OR l.until_ms <= $3 OR l.until_ms > $5",
        VALUES(TEXT(name), TEXT(owner), INTEGER(now_ms), INTEGER(until_ms), INTEGER(until_ms + CLOCK_TOLERANCE_MS)),
        &changed, why);
    if (!status)
        *ret_taken = changed > 0;
    return status;
}

static enum status named_lease_give_back(struct store *store, const char *name, const char *owner, struct text *why)
{
    int64_t changed;
    return postgres_run(store, "DELETE FROM named_leases WHERE name = $1 AND owner = $2",
                        VALUES(TEXT(name), TEXT(owner)), &changed, why);
}

const struct store_named_lease_ops postgres_named_leases = {
    .take = named_lease_take,
    .give_back = named_lease_give_back,
};
