/* PATCH /photos/ID: the author's words, later than at the upload. */
#include "api_private.h"
#include "json.h"

#include <string.h>

enum { BODY_MAX = 16 << 10 };

static void begin(struct http_request *request)
{
    http_set_data(request, arena_new(http_arena(request), sizeof(struct text)));
    if (!http_content_type_is(request, "application/json"))
        http_answer_reason(request, 415, REASON_WORDS_TYPE);
}

static void take_body(struct http_request *request, const char *data, size_t size)
{
    struct text *body = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    char limit[REASON_NUMBER_SIZE];
    if (body->length + size <= BODY_MAX) {
        text_append(body, data, size);
        return;
    }
    reason_set(&why, REASON_WORDS_TOO_LARGE, reason_bytes_limit(limit, BODY_MAX));
    api_answer_status(request, STATUS_TOO_LARGE, &why);
}

/* `detail` may be NULL. */
static enum status refuse_words(struct text *why, const char *fault, const char *detail)
{
    TEXT_CLEANUP struct text whole = {0};
    text_add(&whole, fault);
    if (detail)
        text_addf(&whole, " (%.100s)", detail);
    reason_set(why, REASON_WORDS_MALFORMED, text_get(&whole));
    return STATUS_INVALID;
}

/* A string, null for none, or absent: NULL then. */
static enum status read_member(const char *name, const json_t *value, const char **ret_text, struct text *why)
{
    if (!json_is_string(value) && !json_is_null(value))
        return refuse_words(why, "a member is neither a string nor null", name);
    *ret_text = json_is_null(value) ? "" : json_string_value(value);
    return STATUS_OK;
}

static enum status read_object(const struct text *body, json_t **ret_object, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    if (json_parse(text_get(body), body->length, ret_object, &reason) != STATUS_OK)
        return refuse_words(why, "they are no JSON in UTF-8", text_get(&reason));
    return json_is_object(*ret_object) ? STATUS_OK : refuse_words(why, "they are not a JSON object", NULL);
}

static enum status read_description(json_t *object, struct photo_description *ret_description, struct text *why)
{
    const char *name;
    json_t *value;
    enum status status = STATUS_OK;
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "caption") == 0) {
            status = read_member(name, value, &ret_description->caption, why);
        } else if (strcmp(name, "alt_text") == 0) {
            status = read_member(name, value, &ret_description->alt_text, why);
        } else {
            status = refuse_words(why, "only caption and alt_text can be changed", name);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void change_words(struct http_request *request)
{
    struct api *api = http_context(request);
    JSON_CLEANUP json_t *object = NULL;
    TEXT_CLEANUP struct text why = {0};
    struct photo_description description = {0};
    struct id id;
    if (!api_read_id(request, http_parameter(request, "id"), &id))
        return;
    enum status status = read_object(http_data(request), &object, &why);
    if (status == STATUS_OK)
        status = read_description(object, &description, &why);
    if (status == STATUS_OK)
        status = photos_describe(api->settings.photos, &id, api_caller(request)->name, &description,
                                 http_arena(request), &why);
    if (status == STATUS_OK)
        api_answer_photo(request, &id);
    else
        api_answer_status(request, status, &why);
}

static void end(void *data)
{
    if (data)
        text_release(data);
}

const struct http_route photo_description_routes[] = {
    {.method = "PATCH",
     .pattern = "/photos/{id}",
     .run = HTTP_POOL,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .begin = begin,
     .body = take_body,
     .handle = change_words,
     .end = end},
    {0},
};
