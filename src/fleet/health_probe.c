#include "health_probe.h"

#include "clock.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

struct probe {
    struct probe_settings settings;
    struct text address;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ends;
    struct probe_result result;
};

/* 0: no answer. */
static unsigned ask(const struct probe *probe, const char *path, struct text *ret_body)
{
    enum { ANSWER_MOST = 1 << 20 };
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text url = {0}, why = {0};
    text_addf(&url, "http://%s%s", text_get(&probe->address), path);
    const struct http_call call = {
        .method = "GET",
        .url = text_get(&url),
        .timeout_ms = probe->settings.timeout_ms,
        .answer_max = ANSWER_MOST,
        .goes_direct = true,
    };
    if (http_client_ask(probe->settings.client, &call, &reply, &why) != STATUS_OK)
        return 0;
    text_append(ret_body, reply.body.data, reply.body.length);
    return reply.code;
}

static enum probe_answer ask_health(const struct probe *probe)
{
    TEXT_CLEANUP struct text body = {0};
    unsigned code = ask(probe, "/healthcheck", &body);
    return code == 200 ? PROBE_HEALTHY : code ? PROBE_UNHEALTHY : PROBE_SILENT;
}

static bool ask_metrics(const struct probe *probe, struct server_metrics *ret_metrics)
{
    TEXT_CLEANUP struct text body = {0};
    if (ask(probe, "/metrics", &body) != 200)
        return false;
    *ret_metrics = server_metrics_read(text_get(&body));
    return true;
}

static void note(struct probe *probe, enum probe_answer answer, const struct server_metrics *metrics)
{
    probe->result.times = answer == probe->result.answer ? probe->result.times + 1 : 1;
    probe->result.answer = answer;
    if (metrics)
        probe->result.metrics = *metrics;
}

static void *run(void *context)
{
    enum { NS_PER_MS = 1000000 };
    struct probe *probe = context;
    (void)pthread_mutex_lock(&probe->lock);
    while (!probe->ends) {
        struct server_metrics metrics;
        int64_t next_ns = clock_monotonic_ns() + probe->settings.interval_ms * NS_PER_MS;
        (void)pthread_mutex_unlock(&probe->lock);
        enum probe_answer answer = ask_health(probe);
        bool has_metrics = answer == PROBE_HEALTHY && ask_metrics(probe, &metrics);
        (void)pthread_mutex_lock(&probe->lock);
        note(probe, answer, has_metrics ? &metrics : NULL);
        while (!probe->ends && clock_wait(&probe->wake, &probe->lock, next_ns))
            ;
    }
    (void)pthread_mutex_unlock(&probe->lock);
    return NULL;
}

struct probe *probe_start(const struct probe_settings *settings, const char *address)
{
    struct probe *probe = NEW(struct probe);
    probe->settings = *settings;
    text_add(&probe->address, address);
    (void)pthread_mutex_init(&probe->lock, NULL);
    (void)pthread_cond_init(&probe->wake, NULL);
    if (pthread_create(&probe->thread, NULL, run, probe) == 0)
        return probe;
    text_release(&probe->address);
    free(probe);
    return NULL;
}

struct probe_result probe_result(struct probe *probe)
{
    (void)pthread_mutex_lock(&probe->lock);
    struct probe_result result = probe->result;
    (void)pthread_mutex_unlock(&probe->lock);
    return result;
}

void probe_stop(struct probe *probe)
{
    if (!probe)
        return;
    (void)pthread_mutex_lock(&probe->lock);
    probe->ends = true;
    (void)pthread_cond_signal(&probe->wake);
    (void)pthread_mutex_unlock(&probe->lock);
    (void)pthread_join(probe->thread, NULL);
    (void)pthread_cond_destroy(&probe->wake);
    (void)pthread_mutex_destroy(&probe->lock);
    text_release(&probe->address);
    free(probe);
}
