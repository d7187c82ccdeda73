#include "api_private.h"

bool api_read_limit(struct http_request *request, int64_t *ret_limit)
{
    TEXT_CLEANUP struct text why = {0};
    enum status status = http_query_integer(request, "limit", 1, LISTING_MAX, LISTING_MAX, ret_limit, &why);
    if (status != STATUS_OK)
        api_answer_status(request, status, &why);
    return status == STATUS_OK;
}

void api_add_next_link(struct http_request *request, const char *username, int64_t limit, const char *cursor)
{
    TEXT_CLEANUP struct text link = {0};
    const struct api *api = http_context(request);
    text_add(&link, "<");
    text_add(&link, api->settings.base_path);
    text_add(&link, http_path(request));
    if (username) {
        text_add(&link, "?username=");
        text_add(&link, username);
    }
    text_add(&link, username ? "&limit=" : "?limit=");
    text_add_integer(&link, limit);
    text_add(&link, "&cursor=");
    text_add(&link, cursor);
    text_add(&link, ">; rel=\"next\"");
    http_add_header(request, "Link", text_get(&link));
}

const char *api_fold_name(struct http_request *request, const char *name)
{
    char *folded = arena_copy_string(http_arena(request), name);
    for (char *c = folded; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return folded;
}

bool api_read_id(struct http_request *request, const char *text, struct id *ret_id)
{
    size_t length = 0;
    while (text && text[length] && length < ID_TEXT_SIZE)
        length++;
    if (text && id_parse(text, length, ret_id))
        return true;
    http_answer_reason(request, 404, REASON_PHOTO_UNKNOWN);
    return false;
}
