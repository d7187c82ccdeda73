/* Records: all that a store has, apart from what follows from it. */
#include "store_checks.h"
#include "store_ops.h"

enum status store_records_read(struct store *store, enum record_kind kind, const struct id *first, size_t limit,
                               store_record_row *row, void *context, struct text *why)
{
    return limit ? store->ops->records->read(store, kind, first ? first : &before_all_ids, limit, row, context, why)
                 : STATUS_OK;
}

enum status store_records_write(struct store *store, enum record_kind kind, const struct record_change *changes,
                                size_t count, struct text *why)
{
    return count ? store->ops->records->write(store, kind, changes, count, why) : STATUS_OK;
}

enum status store_records_finish(struct store *store, const uint64_t executions[static EXECUTION_STATUSES],
                                 struct text *why)
{
    return store->ops->records->finish(store, executions, why);
}
