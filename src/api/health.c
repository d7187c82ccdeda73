/* Is this server fit to serve? A balancer asks: the answer is that of a real search. */
#include "api_private.h"

#include <string.h>

static void check_health(struct http_request *request)
{
    static const char fit[] = "{\"status\":\"ok\"}";
    struct api *api = http_context(request);
    TEXT_CLEANUP struct text why = {0};
    if (store_check(photos_store(api->settings.photos), &why) == STATUS_OK)
        http_answer(request, 200, "application/json", fit, strlen(fit));
    else
        http_answer_problem(request, 500, text_get(&why));
}

const struct http_route health_routes[] = {
    {.method = "GET", .pattern = "/healthcheck", .run = HTTP_INLINE, .handle = check_health},
    {0},
};
