/* Searching users by the beginning of their name, and the posts of one. */
#include "api_private.h"
#include "json.h"

#include <string.h>

enum { PREFIX_MIN = 3, BODY_TYPICAL = 1000, ROW_MOST = AUTHOR_NAME_MAX + INTEGER_MOST + 40 };

struct users_listing {
    struct text body;
    int64_t rows, limit;
    char last[AUTHOR_NAME_MAX + 1];
    bool has_more;
};

/* One row more than the limit is asked for: its coming says that there is a next page. */
static bool add_user(void *context, const char *name, size_t length, int64_t posts)
{
    struct users_listing *listing = context;
    listing->has_more = listing->rows == listing->limit;
    if (listing->has_more || length > AUTHOR_NAME_MAX)
        return false;
    static const char before_name[] = ",{\"username\":\"", before_count[] = "\",\"posts_count\":";
    bool is_first = listing->rows++ == 0;
    char *to = text_room(&listing->body, ROW_MOST);
    to = mempcpy(to, before_name + is_first, sizeof before_name - 1 - is_first);
    to = mempcpy(to, name, length);
    to = mempcpy(to, before_count, sizeof before_count - 1);
    to = text_write_integer(to, posts);
    *to++ = '}';
    text_end(&listing->body, to);
    if (listing->rows == listing->limit) {
        memcpy(listing->last, name, length);
        listing->last[length] = '\0';
    }
    return true;
}

static void search_users(struct http_request *request)
{
    struct api *api = http_context(request);
    const char *prefix = api_fold_name(request, http_query(request, "username"));
    const char *cursor = http_query(request, "cursor");
    if (!prefix || strlen(prefix) < PREFIX_MIN) {
        http_answer_reason(request, 400, REASON_SEARCH_TOO_SHORT);
        return;
    }
    struct users_listing listing = {0};
    if (!api_read_limit(request, &listing.limit))
        return;
    TEXT_CLEANUP struct text why = {0};
    if (cursor && photos_check_name(cursor, NULL) != STATUS_OK) {
        http_answer_reason(request, 400, REASON_CURSOR_INVALID);
        return;
    }
    text_reserve(&listing.body, BODY_TYPICAL);
    text_addc(&listing.body, '[');
    enum status status =
        photos_search_people(api->settings.photos, prefix, cursor, listing.limit + 1, add_user, &listing, &why);
    if (status != STATUS_OK) {
        text_release(&listing.body);
        api_answer_status(request, status, &why);
        return;
    }
    text_addc(&listing.body, ']');
    if (listing.has_more) /* so the prefix is one of names, which need no escapes */
        api_add_next_link(request, prefix, listing.limit, listing.last);
    http_answer_text(request, 200, "application/json", &listing.body);
}

struct posts_listing {
    struct text body;
    int64_t rows, limit;
    struct post_cursor last;
    bool has_more;
};

static bool add_post(void *context, const struct id *id, int64_t created_ms)
{
    struct posts_listing *listing = context;
    listing->has_more = listing->rows == listing->limit;
    if (listing->has_more)
        return false;
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    text_add(&listing->body, listing->rows++ ? ",\"" : "\"");
    text_append(&listing->body, text, ID_TEXT_SIZE - 1);
    text_addc(&listing->body, '"');
    listing->last = (struct post_cursor){.time_ms = created_ms, .id = *id};
    return true;
}

static void list_posts(struct http_request *request, const char *name)
{
    struct api *api = http_context(request);
    const char *cursor_text = http_query(request, "cursor");
    TEXT_CLEANUP struct text why = {0};
    struct posts_listing listing = {0};
    struct post_cursor cursor;
    if (!api_read_limit(request, &listing.limit))
        return;
    enum status status = cursor_text ? cursor_parse_of(cursor_text, ORDER_PUBLISHED, &cursor, &why) : STATUS_OK;
    text_add(&listing.body, "{\"username\":");
    json_add_string(&listing.body, name, strlen(name));
    text_add(&listing.body, ",\"post_ids\":[");
    if (status == STATUS_OK)
        status = photos_list_posts(api->settings.photos, name, cursor_text ? &cursor : NULL, listing.limit + 1,
                                   add_post, &listing, &why);
    if (status == STATUS_OK && listing.rows == 0 && !cursor_text) {
        reason_set(&why, REASON_USER_UNKNOWN);
        status = STATUS_NOT_FOUND;
    }
    if (status != STATUS_OK) {
        text_release(&listing.body);
        api_answer_status(request, status, &why);
        return;
    }
    text_add(&listing.body, "]}");
    if (listing.has_more) {
        char next[CURSOR_TEXT_SIZE];
        cursor_format(&listing.last, ORDER_PUBLISHED, next);
        api_add_next_link(request, NULL, listing.limit, next);
    }
    http_answer_text(request, 200, "application/json", &listing.body);
}

static void show_user(struct http_request *request)
{
    const char *view = http_query(request, "view"), *name = api_fold_name(request, http_parameter(request, "name"));
    if (!view)
        list_posts(request, name);
    else if (strcmp(view, "photos") == 0)
        api_list_photos_of(request, name);
    else
        http_answer_reason(request, 400, REASON_VIEW_UNKNOWN);
}

const struct http_route users_routes[] = {
    {.method = "GET", .pattern = "/users", .run = HTTP_READ, .handle = search_users},
    {.method = "GET", .pattern = "/users/{name}", .run = HTTP_READ, .handle = show_user},
    {0},
};
