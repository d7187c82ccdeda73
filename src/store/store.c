/* The way to the back end that an address names, its clock, and users. */
#include "store_checks.h"
#include "store_ops.h"

#include <stdio.h>
#include <string.h>

static const struct store_ops *const back_ends[] = {&store_sqlite_ops, &store_postgres_ops};
enum { BACK_ENDS = sizeof back_ends / sizeof back_ends[0] };

/* NULL for an unknown scheme. */
static const struct store_ops *find_back_end(const char *address, const char **ret_rest, struct text *why)
{
    const char *colon = strchr(address, ':');
    size_t scheme_length = colon ? (size_t)(colon - address) : 0;
    *ret_rest = colon ? colon + 1 : address;
    for (size_t i = 0; i < BACK_ENDS; i++)
        if (strlen(back_ends[i]->scheme) == scheme_length && memcmp(address, back_ends[i]->scheme, scheme_length) == 0)
            return back_ends[i];
    TEXT_CLEANUP struct text shown = {0};
    store_show_address(address, &shown);
    text_setf(why, "The store's address \"%s\" has no known scheme; known are", text_get(&shown));
    for (size_t i = 0; why && i < BACK_ENDS; i++)
        text_addf(why, "%s %s:", i ? " and" : "", back_ends[i]->scheme);
    return NULL;
}

/* USER:PASSWORD@ before the host, and a parameter password=; a path has neither. */
void store_show_address(const char *address, struct text *out)
{
    static const char hidden[] = "…", parameter[] = "password=";
    const char *host = strstr(address, "://"), *rest = address;
    const char *at = host ? strpbrk(host + 3, "@/?") : NULL;
    const char *colon = at && *at == '@' ? memchr(host + 3, ':', (size_t)(at - host - 3)) : NULL;
    if (colon) {
        text_append(out, address, (size_t)(colon + 1 - address));
        text_add(out, hidden);
        rest = at;
    }
    const char *password = host ? strstr(rest, parameter) : NULL;
    if (password) {
        const char *begin = password + sizeof parameter - 1;
        text_append(out, rest, (size_t)(begin - rest));
        text_add(out, hidden);
        rest = begin + strcspn(begin, "&");
    }
    text_add(out, rest);
}

enum status store_open(const char *address, struct store **ret_store, struct text *why)
{
    const char *rest;
    const struct store_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open(rest, ret_store, why) : STATUS_INVALID;
}

enum status store_is_new(const char *address, bool *ret_is_new, struct text *why)
{
    const char *rest;
    const struct store_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->is_new(rest, ret_is_new, why) : STATUS_INVALID;
}

enum status store_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why)
{
    return store->ops->verify(store, limit_ms, ret_is_whole, why);
}

void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}

bool store_is_remote(const struct store *store)
{
    return store->ops->is_remote;
}

enum status store_check(struct store *store, struct text *why)
{
    return store->ops->users->check(store, why);
}

int64_t store_now_ms(struct store *store)
{
    return store->now_ms ? store->now_ms(store->clock_context) : store->ops->now_ms(store);
}

void store_set_clock(struct store *store, int64_t (*now_ms)(void *context), void *context)
{
    store->now_ms = now_ms;
    store->clock_context = context;
}

/* ---- Users ---- */

enum status store_users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                               store_user_row *row, void *context, struct text *why)
{
    return limit ? store->ops->users->search(store, prefix, after, limit, row, context, why) : STATUS_OK;
}

enum status store_user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                             store_post_row *row, void *context, struct text *why)
{
    const struct post_cursor *from = after ? after : &before_all_posts;
    return limit ? store->ops->users->posts(store, author, from, limit, row, context, why) : STATUS_OK;
}
