#include "sqlite_store.h"

#include <string.h>

/* ---- Counting ---- */

enum status user_add_post(struct connection *connection, const char *author, struct text *why)
{
    enum status status = connection_run(connection, USER_ADD_POST, VALUES(TEXT(author)), why);
    if (!status)
        name_changes_add(&connection->name_changes, author, 1);
    return status;
}

enum status user_remove_post(struct connection *connection, const char *author, struct text *why)
{
    enum status status = connection_run(connection, USER_REMOVE_POST, VALUES(TEXT(author)), why);
    if (!status)
        name_changes_add(&connection->name_changes, author, -1);
    return status ? status : connection_run(connection, USER_FORGET, VALUES(TEXT(author)), why);
}

/* ---- Search: in the names in memory, or in the database while another process is ahead of them ---- */

struct search {
    const char *prefix;
    size_t prefix_length, left;
    store_user_row *row;
    void *context;
};

static bool search_row(void *context, sqlite3_stmt *row)
{
    struct search *search = context;
    const char *name = column_string(row, 0);
    size_t length = (size_t)sqlite3_column_bytes(row, 0);
    return name && length >= search->prefix_length && memcmp(name, search->prefix, search->prefix_length) == 0
           && search->row(search->context, name, length, sqlite3_column_int64(row, 1)) && --search->left > 0;
}

static enum status search_table(struct store_sqlite *sqlite, struct search *search, const char *from,
                                size_t from_length, struct text *why)
{
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, USERS_SEARCH, VALUES(TEXT_LENGTH(from, from_length)), search_row,
                             search, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

enum status sqlite_users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                                store_user_row *row, void *context, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    const struct writer *writer = &sqlite->writer;
    struct search search = {prefix, strlen(prefix), limit, row, context};
    /* What follows a name directly, in byte order, is the name and a NUL. */
    bool go_on = after && strcmp(after, prefix) >= 0;
    const char *from = go_on ? after : prefix;
    size_t from_length = go_on ? strlen(after) + 1 : search.prefix_length;
    if (names_search(writer->names, log_header_state(writer->header), prefix, from, from_length, limit, row, context))
        return STATUS_OK;
    return search_table(sqlite, &search, from, from_length, why);
}

static bool first_is_enough(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)context, (void)name, (void)name_length, (void)posts_count;
    return false;
}

enum status sqlite_check(struct store *store, struct text *why)
{
    struct search search = {"a", 1, 1, first_is_enough, NULL};
    return search_table((struct store_sqlite *)store, &search, search.prefix, search.prefix_length, why);
}

/* ---- Profile ---- */

struct posts {
    store_post_row *row;
    void *context;
};

static bool posts_row(void *context, sqlite3_stmt *row)
{
    const struct posts *posts = context;
    struct id id = column_id(row, 0);
    return posts->row(posts->context, &id, sqlite3_column_int64(row, 1));
}

enum status sqlite_user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                              store_post_row *row, void *context, struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    const struct post_cursor *from = after ? after : &cursor_before_all;
    struct posts posts = {row, context};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, USER_POSTS,
                             VALUES(TEXT(author), INTEGER(from->time_ms), ID(&from->id), LIMIT(limit)), posts_row,
                             &posts, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}
