/* What processes that share a store need of each other, for every back end. */
#include "store_checks.h"
#include "store_ops.h"

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
