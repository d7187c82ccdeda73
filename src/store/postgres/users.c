#include "postgres_store.h"

#include "utf8.h"

#include <string.h>

/* ---- Counting ---- */

void postgres_user_add_posts(struct transaction *transaction, const char *author, int posts)
{
    const struct value *values = VALUES(TEXT(author));
    if (posts > 0)
        (void)transaction_add(transaction,
                              "INSERT INTO users AS u (name, posts_count) VALUES ($1, 1)"
                              " ON CONFLICT (name) DO UPDATE SET posts_count = u.posts_count + 1",
                              values);
    if (posts >= 0)
        return;
    (void)transaction_add(transaction, "UPDATE users SET posts_count = posts_count - 1 WHERE name = $1", values);
    (void)transaction_add(transaction, "DELETE FROM users WHERE name = $1 AND posts_count <= 0", values);
}

/* ---- Search ---- */

struct search {
    store_user_row *row;
    void *context;
};

static bool search_row(void *context, const struct row *row)
{
    const struct search *search = context;
    const char *name = row_string(row, 0);
    return search->row(search->context, name, strlen(name), row_integer(row, 1));
}

/* Names are UTF-8, so nobody's begins with what isn't. */
static bool is_text(const char *string)
{
    size_t characters;
    return utf8_count(string, strlen(string), &characters);
}

/* A prefix is a range: up to the prefix and as many of the greatest character as a name has room for. */
static enum status users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                                store_user_row *row, void *context, struct text *why)
{
    static const char greatest[] = "\xf4\x8f\xbf\xbf";
    TEXT_CLEANUP struct text end = {0};
    struct search search = {row, context};
    if (!is_text(prefix) || (after && !is_text(after)))
        return STATUS_OK;
    text_add(&end, prefix);
    for (size_t room = 0; room <= AUTHOR_NAME_MAX; room += sizeof greatest - 1)
        text_add(&end, greatest);
    return postgres_each(store,
                         "SELECT name, posts_count FROM users WHERE name >= $1 AND name > $2 AND name < $3"
                         " ORDER BY name LIMIT $4",
                         VALUES(TEXT(prefix), TEXT(after ? after : ""), TEXT(text_get(&end)), LIMIT(limit)), search_row,
                         &search, why);
}

static bool is_enough(void *context, const struct row *row)
{
    (void)context, (void)row;
    return false;
}

static enum status users_check(struct store *store, struct text *why)
{
    return postgres_each(store, "SELECT name FROM users WHERE name >= 'a' ORDER BY name LIMIT 1", VALUES(), is_enough,
                         NULL, why);
}

/* ---- Profile ---- */

struct posts {
    store_post_row *row;
    void *context;
};

static bool posts_row(void *context, const struct row *row)
{
    const struct posts *posts = context;
    struct id id = row_id(row, 0);
    return posts->row(posts->context, &id, row_integer(row, 1));
}

static enum status user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                              store_post_row *row, void *context, struct text *why)
{
    struct posts posts = {row, context};
    return postgres_each(store,
                         "SELECT id, created_ms FROM photos WHERE author = $1 AND state = 1"
                         " AND (created_ms, id) < ($2, $3) ORDER BY created_ms DESC, id DESC LIMIT $4",
                         VALUES(TEXT(author), INTEGER(after->time_ms), ID(&after->id), LIMIT(limit)), posts_row, &posts,
                         why);
}

const struct store_user_ops postgres_users = {
    .search = users_search,
    .posts = user_posts,
    .check = users_check,
};
