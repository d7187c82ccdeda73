/* Photos by what they are. */
#include "postgres_store.h"

struct listing {
    store_photo_row *row;
    void *context;
};

static bool list_row(void *context, const struct row *row)
{
    const struct listing *listing = context;
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo = postgres_photo(row, &arena);
    return listing->row(listing->context, &photo);
}

static enum status list_in_review(struct store *store, enum photo_state state, enum photo_review wanted,
                                  const struct id *after, size_t limit, store_photo_row *row, void *context,
                                  struct text *why)
{
    struct listing listing = {row, context};
    return postgres_each(store,
                         "SELECT " PHOTO_COLUMNS " FROM photos WHERE state = $1 AND review = $2 AND review > 0"
                         " AND id > $3 ORDER BY id LIMIT $4",
                         VALUES(INTEGER(state), INTEGER(wanted), ID(after), LIMIT(limit)), list_row, &listing, why);
}

static enum status list_published(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                  void *context, struct text *why)
{
    struct listing listing = {row, context};
    return postgres_each(store, "SELECT " PHOTO_COLUMNS " FROM photos WHERE state = 1 AND id > $1 ORDER BY id LIMIT $2",
                         VALUES(ID(after), LIMIT(limit)), list_row, &listing, why);
}

static enum status list_newest(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                               store_photo_row *row, void *context, struct text *why)
{
    struct listing listing = {row, context};
    if (!author)
        return postgres_each(store,
                             "SELECT " PHOTO_COLUMNS " FROM photos WHERE state = 1 AND (created_ms, id) < ($1, $2)"
                             " ORDER BY created_ms DESC, id DESC LIMIT $3",
                             VALUES(INTEGER(after->time_ms), ID(&after->id), LIMIT(limit)), list_row, &listing, why);
    return postgres_each(store,
                         "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $4 AND state = 1"
                         " AND (created_ms, id) < ($1, $2) ORDER BY created_ms DESC, id DESC LIMIT $3",
                         VALUES(INTEGER(after->time_ms), ID(&after->id), LIMIT(limit), TEXT(author)), list_row,
                         &listing, why);
}

static enum status list_by_capture(struct store *store, const char *author, const struct post_cursor *after,
                                   size_t limit, store_photo_row *row, void *context, struct text *why)
{
    struct listing listing = {row, context};
    return postgres_each(store,
                         "SELECT " PHOTO_COLUMNS " FROM photos WHERE author = $4 AND state = 1"
                         " AND (time_ms, id) < ($1, $2) ORDER BY time_ms DESC, id DESC LIMIT $3",
                         VALUES(INTEGER(after->time_ms), ID(&after->id), LIMIT(limit), TEXT(author)), list_row,
                         &listing, why);
}

struct deleted {
    struct deleted_photo *photos;
    size_t count;
};

static bool deleted_row(void *context, const struct row *row)
{
    struct deleted *deleted = context;
    deleted->photos[deleted->count++] = (struct deleted_photo){.id = row_id(row, 0), .deleted_ms = row_integer(row, 1)};
    return true;
}

static enum status list_deleted(struct store *store, const struct id *after, struct deleted_photo *ret_photos,
                                size_t limit, size_t *ret_count, struct text *why)
{
    struct deleted deleted = {.photos = ret_photos};
    enum status status =
        postgres_each(store, "SELECT id, updated_ms FROM photos WHERE state = 3 AND id > $1 ORDER BY id LIMIT $2",
                      VALUES(ID(after), LIMIT(limit)), deleted_row, &deleted, why);
    if (!status)
        *ret_count = deleted.count;
    return status;
}

static enum status list_from(struct store *store, const struct id *first, size_t limit, store_photo_row *row,
                             void *context, struct text *why)
{
    struct listing listing = {row, context};
    return postgres_each(store, "SELECT " PHOTO_COLUMNS " FROM photos WHERE id >= $1 ORDER BY id LIMIT $2",
                         VALUES(ID(first), LIMIT(limit)), list_row, &listing, why);
}

const struct store_photo_list_ops postgres_photo_lists = {
    .newest = list_newest,
    .by_capture = list_by_capture,
    .published = list_published,
    .in_review = list_in_review,
    .deleted = list_deleted,
    .from = list_from,
};
