/* PATCH /photos/ID: the author's words, later than at the upload. */
#include "api_private.h"
#include "clock.h"
#include "json.h"

#include <string.h>
#include <strings.h>

enum { BODY_MAX = 16 << 10 };

static void begin(struct http_request *request)
{
    const char *type = http_header(request, "Content-Type");
    struct text *body = arena_new(http_arena(request), sizeof *body);
    http_set_data(request, body);
    if (!http_header(request, "Authorization"))
        http_answer_problem(request, 401, "Say who you are: the header Authorization carries your user name.");
    else if (!type || strncasecmp(type, "application/json", strlen("application/json")) != 0)
        http_answer_problem(request, 415, "The words of a photo come as application/json.");
}

static void take_body(struct http_request *request, const char *data, size_t size)
{
    struct text *body = http_data(request);
    if (body->length + size <= BODY_MAX)
        text_append(body, data, size);
    else
        http_answer_problem(request, 413, "The body is larger than 16384 bytes, which is the most that is allowed.");
}

/* A string, null for none, or absent: NULL then. */
static enum status read_member(const char *name, const json_t *value, const char **ret_words, struct text *why)
{
    if (json_is_string(value) || json_is_null(value)) {
        *ret_words = json_is_null(value) ? "" : json_string_value(value);
        return STATUS_OK;
    }
    text_setf(why, "The member \"%s\" is a string, or null for none.", name);
    return STATUS_INVALID;
}

static enum status read_object(const struct text *body, json_t **ret_object, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    enum status status = json_parse(text_get(body), body->length, ret_object, &reason);
    if (status != STATUS_OK)
        text_setf(why, "The body is no JSON in UTF-8: %s.", text_get(&reason));
    return status;
}

static enum status read_words(json_t *object, struct photo_words *ret_words, struct text *why)
{
    const char *name;
    json_t *value;
    enum status status = STATUS_OK;
    if (!json_is_object(object)) {
        text_setf(why, "The body is a JSON object: {\"caption\": …, \"alt_text\": …}, both or one of them.");
        return STATUS_INVALID;
    }
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "caption") == 0) {
            status = read_member(name, value, &ret_words->caption, why);
        } else if (strcmp(name, "alt_text") == 0) {
            status = read_member(name, value, &ret_words->alt_text, why);
        } else {
            text_setf(why, "A photo has no member \"%.60s\" that can be changed: caption and alt_text can.", name);
            status = STATUS_INVALID;
        }
        if (status != STATUS_OK)
            return status;
    }
    return photos_check_words(ret_words, why);
}

static void change_words(struct http_request *request)
{
    struct api *api = http_context(request);
    struct text *body = http_data(request);
    JSON_CLEANUP json_t *object = NULL;
    TEXT_CLEANUP struct text why = {0};
    struct photo_words words = {0};
    struct id id;
    if (!api_read_id(request, http_parameter(request, "id"), &id))
        return;
    enum status status = read_object(body, &object, &why);
    if (status == STATUS_OK)
        status = read_words(object, &words, &why);
    if (status == STATUS_OK)
        status = photos_check_name(http_header(request, "Authorization"), &why);
    if (status == STATUS_OK)
        status = store_photo_describe(photos_store(api->settings.photos), &id, http_header(request, "Authorization"),
                                      words.caption, words.alt_text, clock_now_ms(), &why);
    if (status == STATUS_OK)
        api_answer_photo(request, &id);
    else
        api_answer_status(request, status, &why);
}

static void end(struct http_request *request)
{
    struct text *body = http_data(request);
    if (body)
        text_release(body);
}

const struct http_route photo_words_routes[] = {
    {.method = "PATCH",
     .pattern = "/photos/{id}",
     .run = HTTP_POOL,
     .begin = begin,
     .body = take_body,
     .handle = change_words,
     .end = end},
    {0},
};
