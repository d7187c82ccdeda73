/* GET /metrics: what the server has done and how it is, for Prometheus. */
#include "api_private.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTES_MAX = 64, CODE_MIN = 100, CODE_MAX = 599, CUT = 0 };

struct route_metrics {
    const char *pattern;
    struct histogram duration;
    struct counter codes[CODE_MAX - CODE_MIN + 1]; /* the first counts clients who went away: code 0 */
};

struct request_metrics {
    size_t count;
    struct route_metrics routes[ROUTES_MAX]; /* the last one is for requests that matched no route */
};

static struct route_metrics *find_route(struct request_metrics *metrics, const char *pattern)
{
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->routes[i].pattern, pattern) == 0)
            return &metrics->routes[i];
    return NULL;
}

/* One row a pattern: the methods of a path share it. */
struct request_metrics *request_metrics_new(void)
{
    struct request_metrics *metrics = NEW(struct request_metrics);
    for (const struct http_route *const *table = api_tables; *table; table++)
        for (const struct http_route *route = *table; route->method; route++)
            if (!find_route(metrics, route->pattern) && metrics->count < ROUTES_MAX - 1)
                metrics->routes[metrics->count++].pattern = route->pattern;
    metrics->routes[metrics->count++].pattern = "";
    return metrics;
}

void request_metrics_free(struct request_metrics *metrics)
{
    free(metrics);
}

void request_metrics_count(struct request_metrics *metrics, const char *route, unsigned code, int64_t duration_ns)
{
    struct route_metrics *row = find_route(metrics, route);
    if (!row)
        row = &metrics->routes[metrics->count - 1];
    bool is_known = code > CODE_MIN && code <= CODE_MAX;
    counter_add(&row->codes[is_known ? code - CODE_MIN : CUT], 1);
    histogram_observe(&row->duration, duration_ns);
}

static void add_requests(struct text *out, const struct request_metrics *metrics)
{
    char labels[200];
    metrics_add_family(out, "cloudphotos_http_requests_total", "counter",
                       "Requests by route and code; code 0: the client went away.");
    for (size_t i = 0; i < metrics->count; i++)
        for (unsigned code = 0; code <= CODE_MAX - CODE_MIN; code++) {
            uint64_t count = counter_get(&metrics->routes[i].codes[code]);
            if (count == 0)
                continue;
            (void)snprintf(labels, sizeof labels, "route=\"%s\",code=\"%u\"", metrics->routes[i].pattern,
                           code ? code + CODE_MIN : 0);
            metrics_add_integer(out, "cloudphotos_http_requests_total", labels, (int64_t)count);
        }
    metrics_add_family(out, "cloudphotos_http_request_duration_seconds", "histogram",
                       "From the header's end to the answer's last byte.");
    for (size_t i = 0; i < metrics->count; i++) {
        (void)snprintf(labels, sizeof labels, "route=\"%s\"", metrics->routes[i].pattern);
        metrics_add_histogram(out, "cloudphotos_http_request_duration_seconds", labels, &metrics->routes[i].duration);
    }
}

static void add_one(struct text *out, const char *name, const char *type, const char *help, int64_t value)
{
    metrics_add_family(out, name, type, help);
    metrics_add_integer(out, name, NULL, value);
}

static void add_connections(struct text *out, const struct http_server *server)
{
    struct http_stats stats = {0};
    if (server)
        http_server_get_stats(server, &stats);
    add_one(out, "cloudphotos_http_requests_in_flight", "gauge", "Requests accepted and not yet answered.",
            (int64_t)stats.requests_in_flight);
    add_one(out, "cloudphotos_http_connections", "gauge", "Open connections.", (int64_t)stats.connections);
    add_one(out, "cloudphotos_http_connections_refused_total", "counter", "Connections over the limit.",
            (int64_t)stats.connections_refused);
    add_one(out, "cloudphotos_http_connections_reaped_total", "counter", "Connections closed for being slow or idle.",
            (int64_t)stats.connections_reaped);
}

static void add_executions(struct text *out, struct photos *photos)
{
    struct store_counts counts;
    if (photos_count_work(photos, &counts, NULL) != STATUS_OK)
        return;
    metrics_add_family(out, "cloudphotos_executions", "gauge", "Workflow executions by status.");
    for (int status = 0; status < EXECUTION_STATUSES; status++) {
        char labels[64];
        (void)snprintf(labels, sizeof labels, "status=\"%s\"", execution_status_name((enum execution_status)status));
        metrics_add_integer(out, "cloudphotos_executions", labels, (int64_t)counts.executions[status]);
    }
    add_one(out, "cloudphotos_queue_depth", "gauge", "Executions that are due and that nobody works on yet.",
            (int64_t)counts.queue_depth);
}

static void add_darkroom(struct text *out, const struct darkroom *darkroom)
{
    struct darkroom_stats stats;
    darkroom_get_stats(darkroom, &stats);
    add_one(out, "cloudphotos_darkroom_processes", "gauge", "Darkroom processes.", stats.processes);
    add_one(out, "cloudphotos_darkroom_busy", "gauge", "Darkroom processes at work.", stats.busy);
    add_one(out, "cloudphotos_darkroom_photos_total", "counter", "Photos developed.", (int64_t)stats.developed);
    add_one(out, "cloudphotos_darkroom_restarts_total", "counter", "Darkroom processes that died and were replaced.",
            (int64_t)stats.restarts);
}

static void add_moderation(struct text *out, const struct moderator *moderator)
{
    add_one(out, "cloudphotos_moderation_blind", "gauge",
            "1 if there are labels that the moderator can't see; the log and /healthcheck name them.",
            moderator->unsupported_labels != NULL);
    struct moderation_stats stats = {0};
    if (moderator->ops->get_stats)
        moderator->ops->get_stats(moderator, &stats);
    add_one(out, "cloudphotos_moderator_processes", "gauge", "Moderator processes.", stats.processes);
    add_one(out, "cloudphotos_moderator_busy", "gauge", "Moderator processes at work.", stats.busy);
    add_one(out, "cloudphotos_moderator_photos_total", "counter", "Photos looked at.", (int64_t)stats.inspected);
    add_one(out, "cloudphotos_moderator_restarts_total", "counter", "Moderator processes that died and were replaced.",
            (int64_t)stats.restarts);
}

static void show_metrics(struct http_request *request)
{
    struct api *api = http_context(request);
    struct text body = {0};
    add_requests(&body, api->metrics);
    add_connections(&body, atomic_load(&api->server));
    add_executions(&body, api->settings.photos);
    add_one(&body, "cloudphotos_cleanup_failures_total", "counter",
            "Steps of the clean-up that failed, and are tried again.",
            (int64_t)photos_get_failures(api->settings.photos));
    if (api->settings.darkroom)
        add_darkroom(&body, api->settings.darkroom);
    if (api->settings.moderator)
        add_moderation(&body, api->settings.moderator);
    http_answer_text(request, 200, "text/plain; version=0.0.4", &body);
}

const struct http_route metrics_routes[] = {
    {.method = "GET", .pattern = "/metrics", .run = HTTP_POOL, .handle = show_metrics},
    {0},
};
