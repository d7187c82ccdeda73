/* Photos by what they are, and what their authors say of them. */
#include "sqlite_store.h"

#include <string.h>

struct listing {
    store_photo_row *row;
    void *context;
};

static bool list_row(void *context, sqlite3_stmt *row)
{
    const struct listing *listing = context;
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo = photo_from_row(row, &arena);
    return listing->row(listing->context, &photo);
}

static enum status list(struct store *store, enum statement statement, const struct value *values,
                        struct listing *listing, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, statement, values, list_row, listing, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

static const struct id before_all = {{0}};
const struct post_cursor cursor_before_all = {
    .time_ms = INT64_MAX,
    .id = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};

enum status sqlite_photos_list(struct store *store, enum photo_state state, enum photo_review wanted,
                               const struct id *after, size_t limit, store_photo_row *row, void *context,
                               struct text *why)
{
    struct listing listing = {row, context};
    return list(store, PHOTOS_LIST,
                VALUES(INTEGER(state), INTEGER(wanted), ID(after ? after : &before_all), LIMIT(limit)), &listing, why);
}

enum status sqlite_photos_published(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                    void *context, struct text *why)
{
    struct listing listing = {row, context};
    return list(store, PHOTOS_PUBLISHED, VALUES(ID(after ? after : &before_all), LIMIT(limit)), &listing, why);
}

enum status sqlite_photos_newest(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                                 store_photo_row *row, void *context, struct text *why)
{
    struct listing listing = {row, context};
    const struct post_cursor *from = after ? after : &cursor_before_all;
    if (!author)
        return list(store, PHOTOS_NEWEST, VALUES(INTEGER(from->time_ms), ID(&from->id), LIMIT(limit)), &listing, why);
    return list(store, PHOTOS_NEWEST_OF, VALUES(INTEGER(from->time_ms), ID(&from->id), LIMIT(limit), TEXT(author)),
                &listing, why);
}

enum status sqlite_photos_by_capture(struct store *store, const char *author, const struct post_cursor *after,
                                     size_t limit, store_photo_row *row, void *context, struct text *why)
{
    struct listing listing = {row, context};
    const struct post_cursor *from = after ? after : &cursor_before_all;
    return list(store, PHOTOS_BY_CAPTURE, VALUES(INTEGER(from->time_ms), ID(&from->id), LIMIT(limit), TEXT(author)),
                &listing, why);
}

struct content_search {
    struct arena *arena;
    struct photo photo;
    bool is_found;
};

static bool take_content(void *context, sqlite3_stmt *row)
{
    struct content_search *search = context;
    search->photo = photo_from_row(row, search->arena);
    search->is_found = true;
    return false;
}

enum status sqlite_photo_find_content(struct store *store, const char *author,
                                      const uint8_t sha256[static SHA256_BYTES], struct arena *arena,
                                      struct photo *ret_photo, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct content_search search = {.arena = arena};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, PHOTO_FIND_CONTENT, VALUES(TEXT(author), BLOB(sha256, SHA256_BYTES)),
                             take_content, &search, why);
    readers_give_back(&sqlite->readers, reader, status);
    if (status)
        return status;
    if (!search.is_found) {
        text_setf(why, "This author has no photo of that content.");
        return STATUS_NOT_FOUND;
    }
    *ret_photo = search.photo;
    return STATUS_OK;
}

struct description {
    const struct id *id;
    const char *author, *caption, *alt_text;
    int64_t now_ms;
};

static enum status describe(struct connection *connection, void *arguments, struct text *why)
{
    const struct description *description = arguments;
    struct photo_found found;
    enum status status = photo_find(connection, description->id, description->author, &found, why);
    return status ? status
                  : connection_run(connection, PHOTO_DESCRIBE,
                                   VALUES(ID(description->id), INTEGER(description->now_ms), TEXT(description->caption),
                                          TEXT(description->alt_text)),
                                   why);
}

enum status sqlite_photo_describe(struct store *store, const struct id *id, const char *author, const char *caption,
                                  const char *alt_text, int64_t now_ms, struct text *why)
{
    struct description description = {id, author, caption, alt_text, now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, describe, &description, why);
}
