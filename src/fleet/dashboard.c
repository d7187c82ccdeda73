#include "dashboard.h"

#include "http.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

struct file {
    const char *begin, *end;
};
extern const struct file dashboard_html, dashboard_css, dashboard_js;

struct dashboard {
    struct http_server *server;
    pthread_mutex_t lock;
    struct text description, metrics; /* of the last tick */
};

static void answer_file(struct http_request *request, const char *type, const struct file *file)
{
    http_answer_static(request, 200, type, file->begin, (size_t)(file->end - file->begin));
}

static void answer_page(struct http_request *request)
{
    answer_file(request, "text/html; charset=utf-8", &dashboard_html);
}

static void answer_style(struct http_request *request)
{
    answer_file(request, "text/css; charset=utf-8", &dashboard_css);
}

static void answer_script(struct http_request *request)
{
    answer_file(request, "text/javascript; charset=utf-8", &dashboard_js);
}

static void answer_copy(struct http_request *request, const char *type, const struct text *content)
{
    struct dashboard *dashboard = http_context(request);
    struct text copy = {0};
    (void)pthread_mutex_lock(&dashboard->lock);
    text_append(&copy, content->data, content->length);
    (void)pthread_mutex_unlock(&dashboard->lock);
    http_answer_text(request, 200, type, &copy);
}

static void answer_description(struct http_request *request)
{
    answer_copy(request, "application/json", &((struct dashboard *)http_context(request))->description);
}

static void answer_metrics(struct http_request *request)
{
    answer_copy(request, "text/plain; version=0.0.4", &((struct dashboard *)http_context(request))->metrics);
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/", .handle = answer_page},
    {.method = "GET", .pattern = "/page.css", .handle = answer_style},
    {.method = "GET", .pattern = "/page.js", .handle = answer_script},
    {.method = "GET", .pattern = "/fleet.json", .handle = answer_description},
    {.method = "GET", .pattern = "/metrics", .handle = answer_metrics},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
static const char *const headers[] = {"Content-Security-Policy",
                                      policy,
                                      "X-Frame-Options",
                                      "DENY",
                                      "X-Content-Type-Options",
                                      "nosniff",
                                      "Cache-Control",
                                      "no-store",
                                      NULL};

enum status dashboard_open(const char *listen, struct dashboard **ret_dashboard, struct text *why)
{
    enum { CONNECTIONS = 64, IDLE_MS = 30000, HEADER_MS = 10000, RATE = 4096, MEMORY = 16 << 20 };
    struct dashboard *dashboard = NEW(struct dashboard);
    (void)pthread_mutex_init(&dashboard->lock, NULL);
    const struct http_settings settings = {
        .listen = listen,
        .event_threads = 1,
        .pool_threads = 1,
        .connections = CONNECTIONS,
        .idle_timeout_ms = IDLE_MS,
        .header_timeout_ms = HEADER_MS,
        .body_bytes_per_second = RATE,
        .answers_memory = MEMORY,
        .tables = tables,
        .context = dashboard,
        .headers = headers,
    };
    enum status status = http_server_open(&settings, &dashboard->server, why);
    if (status == STATUS_OK)
        *ret_dashboard = dashboard;
    else
        dashboard_close(dashboard);
    return status;
}

void dashboard_close(struct dashboard *dashboard)
{
    if (!dashboard)
        return;
    if (dashboard->server)
        http_server_close(dashboard->server);
    (void)pthread_mutex_destroy(&dashboard->lock);
    text_release(&dashboard->description);
    text_release(&dashboard->metrics);
    free(dashboard);
}

const char *dashboard_address(const struct dashboard *dashboard)
{
    return http_server_address(dashboard->server);
}

void dashboard_show(struct dashboard *dashboard, struct fleet *fleet)
{
    (void)pthread_mutex_lock(&dashboard->lock);
    text_clear(&dashboard->description);
    text_clear(&dashboard->metrics);
    fleet_describe(fleet, &dashboard->description);
    fleet_metrics(fleet, &dashboard->metrics);
    (void)pthread_mutex_unlock(&dashboard->lock);
}
