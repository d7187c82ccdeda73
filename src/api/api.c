#include "api_private.h"

#include "log.h"
#include "memory.h"

#include <stdlib.h>

const struct http_route *const api_tables[] = {
    users_routes,
    uploads_routes,
    photo_routes,
    stages_routes,
    bucket_routes,
    health_routes,
    metrics_routes,
    preflight_routes,
    site_routes,
    photo_lists_routes,
    photo_description_routes,
    tus_routes,
    presigned_routes,
    oembed_routes,
    NULL,
};

const struct http_route *const api_worker_tables[] = {health_routes, metrics_routes, NULL};

const char *const api_vital[] = {"/healthcheck", "/metrics", NULL};

const char *const api_headers[] = {
    "Access-Control-Allow-Origin",
    "*", // always: a cache may keep the answer for a page of another origin
    "X-Content-Type-Options",
    "nosniff",
    NULL,
};

/* With others each header would cost a search as much as finding the name does. A page elsewhere to which a cache gives
 * what was asked for without an Origin can read all of it but its headers. */
const char *const api_origin_headers[] = {
    "Access-Control-Expose-Headers",
    "*", // of answers to requests without credentials, and we know no others (fetch.spec.whatwg.org, 3.3.3)
    NULL,
};

struct api *api_open(const struct api_settings *settings)
{
    struct api *api = NEW(struct api);
    api->settings = *settings;
    api->settings.base_path = settings->base_path ? settings->base_path : "";
    api->metrics = request_metrics_new();
    images_open(api);
    site_open(api);
    return api;
}

void api_close(struct api *api)
{
    request_metrics_free(api->metrics);
    site_close(api);
    images_close(api);
    free(api);
}

void api_set_server(struct api *api, const struct http_server *server)
{
    atomic_store(&api->server, server);
}

void api_done(void *context, const struct http_done *done)
{
    struct api *api = context;
    request_metrics_count(api->metrics, done->route, done->code, done->duration_ns);
    log_info("request", LOG_S("request_id", done->id), LOG_S("method", done->method), LOG_S("path", done->path),
             LOG_S("client", done->client), LOG_I("code", done->code), LOG_I("bytes_in", (int64_t)done->body_bytes_in),
             LOG_I("bytes_out", (int64_t)done->body_bytes_out), LOG_D("ms", done->duration_ns));
}
