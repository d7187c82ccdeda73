/* What processes that share a store need of each other, for every back end. */
#include "store_checks.h"
#include "store_ops.h"

/* ---- Changes ---- */

enum status store_listen(struct store *store, store_changed *changed, void *context, struct text *why)
{
    return store->ops->changes->listen(store, changed, context, why);
}

void store_unlisten(struct store *store)
{
    store->ops->changes->unlisten(store);
}

enum status store_execution_versions(struct store *store, const struct id *ids, size_t count, store_version_row *row,
                                     void *context, struct text *why)
{
    return count ? store->ops->changes->versions(store, ids, count, row, context, why) : STATUS_OK;
}

/* ---- Named leases ---- */

enum status store_lease_take(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                             bool *ret_taken, struct text *why)
{
    enum status status = check_lease(name, owner, why);
    return status ? status : store->ops->named_leases->take(store, name, owner, lease_ms, ret_taken, why);
}

enum status store_lease_give_back(struct store *store, const char *name, const char *owner, struct text *why)
{
    enum status status = check_lease(name, owner, why);
    return status ? status : store->ops->named_leases->give_back(store, name, owner, why);
}
