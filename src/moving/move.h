/* Takes records, and the objects that belong to them, from one place to another: from a store to a store, to a backup
 * or from one. Objects go first, then the record, so that no record is anywhere without its objects. What a running
 * server changes meanwhile is read again. */
#ifndef MOVE_H
#define MOVE_H

#include "blob.h"
#include "store.h"

#include <stdatomic.h>

/* One record on its way. */
struct moved {
    struct id id;
    json_t *record;  /* NULL: it is to be removed */
    json_t *objects; /* an array of {"bucket", "key", "bytes", "sha256"}: those that there are */
    bool has_former; /* there is something of it where it goes, so its other objects are removed there */
    unsigned found;  /* the set of its objects (record_objects.h) */
};

/* ---- Where records come from, in order of their ids ---- */

enum { MOVED_PAGE = 200 };
struct record_cursor {
    /* Adds up to MOVED_PAGE items beyond the last; none: that was all. */
    enum status (*fill)(struct record_cursor *cursor, struct text *why);
    struct moved items[MOVED_PAGE];
    size_t count, at;
    bool is_over;
};
/* Appends to the page; takes the references over. */
void record_cursor_add(struct record_cursor *cursor, const struct id *id, json_t *record, json_t *objects);
/* *ret_item is NULL at the end; else it is the cursor's. */
enum status record_cursor_peek(struct record_cursor *cursor, struct moved **ret_item, struct text *why);
/* Hands the item over. */
struct moved record_cursor_take(struct record_cursor *cursor);
void record_cursor_release(struct record_cursor *cursor);

struct store_cursor {
    struct record_cursor cursor; /* first */
    struct store *store;
    enum record_kind kind;
    struct id next;
};
void store_cursor_init(struct store_cursor *cursor, struct store *store, enum record_kind kind);

/* ---- Where they go ---- */

struct record_sink {
    enum status (*write)(struct record_sink *sink, enum record_kind kind, struct moved *items, size_t count,
                         struct text *why);
};
struct store_sink {
    struct record_sink sink; /* first */
    struct store *store;
};
void store_sink_init(struct store_sink *sink, struct store *store);

/* ---- Moving ---- */

struct mover {
    struct store *from_store; /* where a record is read again; NULL: from a backup, whose records don't change */
    struct blob *from, *to;
    unsigned threads;
    void (*step)(void *context);                                               /* a photo is done */
    void (*lost)(void *context, const struct id *photo, const char *sentence); /* it lacks objects at its source */
    void *context;
    atomic_size_t records, objects, lost_count; /* moved; the last: photos */
    atomic_ullong bytes;
};
/* All of a kind, on what there is (NULL: nothing). Moved is what differs. UNPROCESSABLE: a backup is damaged. */
enum status move_records(struct mover *mover, enum record_kind kind, struct record_cursor *from,
                         struct record_cursor *present, struct record_sink *sink, struct text *why);

/* The id after this one; false when it was the last that there can be. */
bool next_id(struct id *id);

#endif
