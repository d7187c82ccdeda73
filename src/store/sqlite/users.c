#include "sqlite_store.h"

#include <string.h>

/* ---- Counting ---- */

enum status user_add_posts(struct connection *connection, const char *author, int posts, struct text *why)
{
    enum status status = STATUS_OK;
    if (posts)
        status = connection_run(connection, posts > 0 ? USER_ADD_POST : USER_REMOVE_POST, VALUES(TEXT(author)), why);
    if (!status && posts)
        name_changes_add(&connection->name_changes, author, posts);
    return status || posts >= 0 ? status : connection_run(connection, USER_FORGET, VALUES(TEXT(author)), why);
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

static enum status search_table(struct store *store, struct search *search, const char *from, size_t from_length,
                                struct text *why)
{
    return sqlite_each(store, USERS_SEARCH, VALUES(TEXT_LENGTH(from, from_length)), search_row, search, why);
}

static enum status users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                                store_user_row *row, void *context, struct text *why)
{
    const struct writer *writer = &((struct store_sqlite *)store)->writer;
    struct search search = {prefix, strlen(prefix), limit, row, context};
    /* What follows a name directly, in byte order, is the name and a NUL. */
    bool go_on = after && strcmp(after, prefix) >= 0;
    const char *from = go_on ? after : prefix;
    size_t from_length = go_on ? strlen(after) + 1 : search.prefix_length;
    if (names_search(writer->names, log_header_version(writer->header), prefix, from, from_length, limit, row, context))
        return STATUS_OK;
    return search_table(store, &search, from, from_length, why);
}

static bool first_is_enough(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)context, (void)name, (void)name_length, (void)posts_count;
    return false;
}

static enum status users_check(struct store *store, struct text *why)
{
    struct search search = {"a", 1, 1, first_is_enough, NULL};
    return search_table(store, &search, search.prefix, search.prefix_length, why);
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

static enum status user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                              store_post_row *row, void *context, struct text *why)
{
    struct posts posts = {row, context};
    return sqlite_each(store, USER_POSTS, VALUES(TEXT(author), INTEGER(after->time_ms), ID(&after->id), LIMIT(limit)),
                       posts_row, &posts, why);
}

const struct store_user_ops sqlite_users = {
    .search = users_search,
    .posts = user_posts,
    .check = users_check,
};
