/* What one process of all may do at a time: a row for each name that somebody has. */
#include "postgres_store.h"

struct taking {
    const char *name, *owner;
    int64_t lease_ms;
    bool is_taken;
};

static enum status take(struct transaction *transaction, void *arguments, struct text *why)
{
    struct taking *taking = arguments;
    int64_t until_ms = transaction->now_ms + taking->lease_ms;
    enum status status =
        transaction_run(transaction,
                        "INSERT INTO named_leases AS l (name, owner, until_ms) VALUES ($1, $2, $4)"
                        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms"
                        " WHERE l.owner = $2 OR l.until_ms <= $3 OR l.until_ms > $5",
                        VALUES(TEXT(taking->name), TEXT(taking->owner), INTEGER(transaction->now_ms), INTEGER(until_ms),
                               INTEGER(until_ms + CLOCK_TOLERANCE_MS)),
                        why);
    taking->is_taken = !status && transaction->changed > 0;
    return status;
}

static enum status named_lease_take(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                                    bool *ret_taken, struct text *why)
{
    struct taking taking = {name, owner, lease_ms, false};
    enum status status = postgres_write(store, take, &taking, why);
    if (!status)
        *ret_taken = taking.is_taken;
    return status;
}

static enum status give_back(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct taking *taking = arguments;
    return transaction_run(transaction, "DELETE FROM named_leases WHERE name = $1 AND owner = $2",
                           VALUES(TEXT(taking->name), TEXT(taking->owner)), why);
}

static enum status named_lease_give_back(struct store *store, const char *name, const char *owner, struct text *why)
{
    struct taking taking = {.name = name, .owner = owner};
    return postgres_write(store, give_back, &taking, why);
}

const struct store_named_lease_ops postgres_named_leases = {
    .take = named_lease_take,
    .give_back = named_lease_give_back,
};
