#include "move_private.h"

#include "parallel.h"

#include <string.h>

/* ---- Cursors ---- */

void moved_release(struct moved *item)
{
    json_decref(item->record);
    json_decref(item->objects);
    *item = (struct moved){0};
}

void record_cursor_add(struct record_cursor *cursor, const struct id *id, json_t *record, json_t *objects)
{
    cursor->items[cursor->count++] = (struct moved){.id = *id, .record = record, .objects = objects};
}

enum status record_cursor_peek(struct record_cursor *cursor, struct moved **ret_item, struct text *why)
{
    enum status status = STATUS_OK;
    if (cursor->at == cursor->count && !cursor->is_over) {
        cursor->at = cursor->count = 0;
        status = cursor->fill(cursor, why);
        cursor->is_over = cursor->count == 0;
    }
    *ret_item = cursor->at < cursor->count ? &cursor->items[cursor->at] : NULL;
    return status;
}

struct moved record_cursor_take(struct record_cursor *cursor)
{
    struct moved item = cursor->items[cursor->at];
    cursor->items[cursor->at++] = (struct moved){0};
    return item;
}

void record_cursor_release(struct record_cursor *cursor)
{
    for (size_t i = 0; i < cursor->count; i++)
        moved_release(&cursor->items[i]);
    cursor->count = cursor->at = 0;
}

bool next_id(struct id *id)
{
    for (size_t i = ID_BYTES; i-- > 0;)
        if (++id->bytes[i])
            return true;
    return false;
}

static bool add_record(void *context, const struct id *id, json_t *record)
{
    record_cursor_add(context, id, json_incref(record), json_array());
    return true;
}

static enum status fill_from_store(struct record_cursor *cursor, struct text *why)
{
    struct store_cursor *from = (struct store_cursor *)cursor;
    enum status status = store_records_read(from->store, from->kind, &from->next, MOVED_PAGE, add_record, cursor, why);
    if (status == STATUS_OK && cursor->count) {
        from->next = cursor->items[cursor->count - 1].id;
        (void)next_id(&from->next); /* no photo has the last id of all, because it begins with its time */
    }
    return status;
}

void store_cursor_init(struct store_cursor *cursor, struct store *store, enum record_kind kind)
{
    *cursor = (struct store_cursor){.cursor.fill = fill_from_store, .store = store, .kind = kind};
}

/* ---- Sinks ---- */

static enum status write_to_store(struct record_sink *sink, enum record_kind kind, struct moved *items, size_t count,
                                  struct text *why)
{
    struct record_change changes[MOVED_PAGE];
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct record_change){items[i].id, items[i].record};
    return store_records_write(((struct store_sink *)sink)->store, kind, changes, count, why);
}

void store_sink_init(struct store_sink *sink, struct store *store)
{
    *sink = (struct store_sink){.sink.write = write_to_store, .store = store};
}

/* ---- Moving ---- */

enum { BATCH = 16 };
struct batch {
    struct mover *mover;
    struct moved items[BATCH];
    size_t count;
};

/* What is at its source is in *from, what is where it goes in *present: the next record that one of them has, and that
 * differs, goes into the batch. *ret_is_over: there is none. */
static enum status take_next(struct batch *batch, struct record_cursor *from, struct record_cursor *present,
                             bool *ret_is_over, struct text *why)
{
    struct moved *source = NULL, *former = NULL;
    enum status status = record_cursor_peek(from, &source, why);
    if (status == STATUS_OK && present)
        status = record_cursor_peek(present, &former, why);
    *ret_is_over = !source && !former;
    if (status != STATUS_OK || *ret_is_over)
        return status;
    int order = !source ? 1 : !former ? -1 : memcmp(source->id.bytes, former->id.bytes, ID_BYTES);
    struct moved item = {.id = order <= 0 ? source->id : former->id};
    if (order <= 0)
        item = record_cursor_take(from);
    if (order >= 0) {
        struct moved old = record_cursor_take(present);
        item.has_former = true;
        bool is_same = json_equal(old.record, item.record);
        moved_release(&old);
        if (is_same) {
            moved_release(&item);
            batch->mover->step(batch->mover->context);
            return STATUS_OK;
        }
    }
    batch->items[batch->count++] = item;
    return STATUS_OK;
}

static enum status move_one(void *context, size_t index, struct text *why)
{
    struct batch *batch = context;
    return batch->items[index].record ? move_objects(batch->mover, &batch->items[index], why) : STATUS_OK;
}

static enum status clean_one(void *context, size_t index, struct text *why)
{
    struct batch *batch = context;
    const struct moved *item = &batch->items[index];
    return item->has_former ? remove_other_objects(batch->mover, item, why) : STATUS_OK;
}

/* What has gone since it was read, and never was where it was going. */
static void drop_gone(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].record || batch->items[i].has_former)
            batch->items[kept++] = batch->items[i];
        else
            moved_release(&batch->items[i]);
    }
    batch->count = kept;
}

static enum status move_batch(struct batch *batch, enum record_kind kind, struct record_sink *sink, struct text *why)
{
    struct mover *mover = batch->mover;
    bool has_objects = kind == RECORD_PHOTO;
    enum status status = has_objects ? parallel_run(mover->threads, move_one, batch, batch->count, why) : STATUS_OK;
    drop_gone(batch);
    if (status == STATUS_OK)
        status = sink->write(sink, kind, batch->items, batch->count, why);
    if (status == STATUS_OK && has_objects)
        status = parallel_run(mover->threads, clean_one, batch, batch->count, why);
    for (size_t i = 0; i < batch->count; i++) {
        moved_release(&batch->items[i]);
        if (has_objects)
            mover->step(mover->context);
    }
    (void)atomic_fetch_add(&mover->records, batch->count);
    batch->count = 0;
    return status;
}

enum status move_records(struct mover *mover, enum record_kind kind, struct record_cursor *from,
                         struct record_cursor *present, struct record_sink *sink, struct text *why)
{
    struct batch batch = {.mover = mover};
    bool is_over = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !is_over) {
        status = take_next(&batch, from, present, &is_over, why);
        if (status == STATUS_OK && (batch.count == BATCH || (is_over && batch.count)))
            status = move_batch(&batch, kind, sink, why);
    }
    for (size_t i = 0; i < batch.count; i++)
        moved_release(&batch.items[i]);
    return status;
}
