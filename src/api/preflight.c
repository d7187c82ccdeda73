/* CORS preflights of the API (the buckets have their own): any origin may call it. */
#include "api_private.h"

#include <string.h>

const char *api_read_requested_headers(const struct http_request *request)
{
    const char *headers = http_header(request, "Access-Control-Request-Headers");
    if (!headers)
        return "";
    return strlen(headers) <= 512 ? headers : NULL;
}

/* No page may write what only a proxy should: where that passes it on, it would count as its own word. */
static bool names_proxy_headers(const char *headers)
{
    return strcasestr(headers, "forwarded") != NULL;
}

void api_allow_preflight(struct http_request *request)
{
    const char *headers = api_read_requested_headers(request);
    if (!headers) {
        http_answer_reason(request, 400, REASON_PREFLIGHT_TOO_LONG);
        return;
    }
    http_add_header(request, "Access-Control-Allow-Methods", "GET, HEAD, POST, PATCH, DELETE, OPTIONS");
    http_add_header(request, "Access-Control-Allow-Headers",
                    headers[0] && !names_proxy_headers(headers)
                        ? headers
                        : "Authorization, X-Cloudphotos-User, Content-Type, Idempotency-Key");
    http_add_header(request, "Access-Control-Max-Age", "86400");
    http_add_header(request, "Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    http_answer(request, 204, NULL, NULL, 0);
}

#define PREFLIGHT(path)                                                                                                \
    {                                                                                                                  \
        .method = "OPTIONS", .pattern = (path), .run = HTTP_INLINE, .handle = api_allow_preflight                      \
    }

const struct http_route preflight_routes[] = {
    PREFLIGHT("/users"),  PREFLIGHT("/users/{name}"), PREFLIGHT("/users/{name}/photos/sha256/{hex}"),
    PREFLIGHT("/photos"), PREFLIGHT("/photos/{id}"),  PREFLIGHT("/uploadStatus/{id}"),
    PREFLIGHT("/events"), PREFLIGHT("/healthcheck"),  {0},
};
