/* Executions and their leases, for every back end. */
#include "store_checks.h"
#include "store_ops.h"

static const char *const execution_statuses[EXECUTION_STATUSES] = {
    [EXECUTION_RUNNING] = "RUNNING",
    [EXECUTION_SUCCEEDED] = "SUCCEEDED",
    [EXECUTION_FAILED] = "FAILED",
    [EXECUTION_ABORTED] = "ABORTED",
};

static const char unknown[] = "There is no such execution.";

const char *execution_status_name(enum execution_status status)
{
    return execution_statuses[status];
}

void execution_own_strings(struct execution *execution, struct arena *arena)
{
    execution->workflow = arena_copy_string(arena, execution->workflow);
    execution->state = arena_copy_string(arena, execution->state);
    execution->data = arena_copy_string(arena, execution->data);
}

/* ---- Leases ---- */

enum status store_executions_claim(struct store *store, const char *owner, int64_t lease_ms, size_t limit,
                                   struct arena *arena, struct execution *ret_executions, size_t *ret_count,
                                   struct text *why)
{
    if (limit)
        return store->ops->leases->claim(store, owner, lease_ms, limit, arena, ret_executions, ret_count, why);
    *ret_count = 0;
    return STATUS_OK;
}

enum status store_executions_renew(struct store *store, const char *owner, int64_t lease_ms, struct text *why)
{
    return store->ops->leases->renew(store, owner, lease_ms, why);
}

/* Whoever holds an execution and can't save has lost it, whatever it is now. */
static enum status tell_lost(enum status status, bool is_lost, struct text *why)
{
    if (status != STATUS_NOT_FOUND && (status || !is_lost))
        return status;
    text_setf(why, "The lease of this execution was lost, or the execution has ended.");
    return STATUS_CONFLICT;
}

enum status store_execution_save(struct store *store, const char *owner, const struct execution *execution,
                                 const struct execution_event *events, size_t event_count, bool keep_lease,
                                 struct text *why)
{
    struct execution_found found = {0};
    enum status status = check_execution(execution, why);
    if (status)
        return status;
    status = store->ops->leases->save(store, owner, execution, events, event_count, keep_lease, &found, why);
    bool goes_on_elsewhere = found.was_diverted && execution->status == EXECUTION_RUNNING;
    return tell_lost(status, !found.is_changed || goes_on_elsewhere, why);
}

enum status store_execution_release(struct store *store, const char *owner, const struct id *id, struct text *why)
{
    struct execution_found found = {0};
    enum status status = store->ops->leases->release(store, owner, id, &found, why);
    return tell_lost(status, !found.is_changed, why);
}

enum status store_execution_divert(struct store *store, const struct id *id, const char *data, bool *ret_held,
                                   struct text *why)
{
    struct execution_found found = {0};
    enum status status = check_data(data, why);
    if (status)
        return status;
    status = tell_missing(store->ops->leases->divert(store, id, data, &found, why), unknown, why);
    if (status)
        return status;
    if (!found.is_changed) {
        text_setf(why, "The execution has ended: it is %s.", execution_status_name(found.status));
        return STATUS_CONFLICT;
    }
    *ret_held = found.is_held;
    return STATUS_OK;
}

enum status store_executions_next_due(struct store *store, int64_t *ret_in_ms, struct text *why)
{
    int64_t now_ms = store_now_ms(store), due_ms;
    enum status status = store->ops->leases->next_due(store, now_ms, &due_ms, why);
    if (!status)
        *ret_in_ms = due_ms < 0 ? -1 : due_ms < now_ms ? 0 : due_ms - now_ms;
    return status;
}

/* ---- Reading ---- */

enum status store_execution_get(struct store *store, const struct id *id, struct arena *arena,
                                struct execution *ret_execution, struct text *why)
{
    return tell_missing(store->ops->executions->get(store, id, arena, ret_execution, why), unknown, why);
}

enum status store_executions_list(struct store *store, int status, size_t limit, store_execution_row *row,
                                  void *context, struct text *why)
{
    if (status < -1 || status >= EXECUTION_STATUSES) {
        text_setf(why, "There is no execution status %d.", status);
        return STATUS_INVALID;
    }
    return limit ? store->ops->executions->list(store, status, limit, row, context, why) : STATUS_OK;
}

enum status store_execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                   struct text *why)
{
    return tell_missing(store->ops->executions->events(store, id, row, context, why), unknown, why);
}

enum status store_get_counts(struct store *store, struct store_counts *ret_counts, struct text *why)
{
    return store->ops->executions->count(store, ret_counts, why);
}

enum status store_executions_prune(struct store *store, int64_t age_ms, size_t limit, size_t *ret_pruned,
                                   struct text *why)
{
    if (limit)
        return store->ops->executions->prune(store, store_now_ms(store) - age_ms, limit, ret_pruned, why);
    *ret_pruned = 0;
    return STATUS_OK;
}
