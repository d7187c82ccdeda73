/* What one process of all may do at a time: a row for each name that somebody has. */
#include "sqlite_store.h"

struct taking {
    const char *name, *owner;
    int64_t now_ms, lease_ms;
    bool is_taken;
};

static enum status take(struct connection *connection, void *arguments, struct text *why)
{
    struct taking *taking = arguments;
    int64_t until_ms = taking->now_ms + taking->lease_ms;
    enum status status = connection_run(connection, NAMED_LEASE_TAKE,
                                        VALUES(TEXT(taking->name), TEXT(taking->owner), INTEGER(taking->now_ms),
                                               INTEGER(until_ms), INTEGER(until_ms + CLOCK_TOLERANCE_MS)),
                                        why);
    taking->is_taken = !status && sqlite3_changes(connection->db) > 0;
    return status;
}

static enum status named_lease_take(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                                    bool *ret_taken, struct text *why)
{
    struct taking taking = {name, owner, store_now_ms(store), lease_ms, false};
    enum status status = sqlite_write(store, take, &taking, why);
    if (!status)
        *ret_taken = taking.is_taken;
    return status;
}

static enum status give_back(struct connection *connection, void *arguments, struct text *why)
{
    const struct taking *taking = arguments;
    return connection_run(connection, NAMED_LEASE_GIVE_BACK, VALUES(TEXT(taking->name), TEXT(taking->owner)), why);
}

static enum status named_lease_give_back(struct store *store, const char *name, const char *owner, struct text *why)
{
    struct taking taking = {.name = name, .owner = owner};
    return sqlite_write(store, give_back, &taking, why);
}

const struct store_named_lease_ops sqlite_named_leases = {
    .take = named_lease_take,
    .give_back = named_lease_give_back,
};
