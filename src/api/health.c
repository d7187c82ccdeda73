/* Is this server fit to serve? A balancer asks: the answer is that of a real search. */
#include "api_private.h"
#include "json.h"

/* Moderation that can't see something is no reason to take the server out of service, but nobody shall overlook it. */
static void answer_fit(struct http_request *request, const char *unsupported_labels)
{
    struct text body = {0};
    text_add(&body, "{\"status\":\"ok\"");
    if (unsupported_labels) {
        text_add(&body, ",\"moderation_cannot_see\":");
        json_add_string_or_null(&body, unsupported_labels);
    }
    text_addc(&body, '}');
    http_answer_text(request, 200, "application/json", &body);
}

static void check_health(struct http_request *request)
{
    struct api *api = http_context(request);
    TEXT_CLEANUP struct text why = {0};
    enum status status = photos_check(api->settings.photos, &why);
    const struct moderator *moderator = api->settings.moderator;
    if (status == STATUS_OK)
        answer_fit(request, moderator ? moderator->unsupported_labels : NULL);
    else
        api_answer_failure(request, 500, status, &why);
}

const struct http_route health_routes[] = {
    {.method = "GET", .pattern = "/healthcheck", .run = HTTP_READ, .handle = check_health},
    {0},
};
