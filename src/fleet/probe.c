#include "probe.h"

#include "clock.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

struct probe {
    struct probe_settings settings;
    struct text url;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ends;
    struct probe_result result;
};

static enum probe_answer ask(const struct probe *probe)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text why = {0};
    const struct http_call call = {
        .method = "GET",
        .url = text_get(&probe->url),
        .timeout_ms = probe->settings.timeout_ms,
        .answer_max = 65536,
        .goes_direct = true,
    };
    if (http_client_ask(probe->settings.client, &call, &reply, &why) != STATUS_OK)
        return PROBE_SILENT;
    return reply.code == 200 ? PROBE_HEALTHY : PROBE_UNHEALTHY;
}

static void *run(void *context)
{
    enum { NS_PER_MS = 1000000 };
    struct probe *probe = context;
    (void)pthread_mutex_lock(&probe->lock);
    while (!probe->ends) {
        int64_t next_ns = clock_monotonic_ns() + probe->settings.interval_ms * NS_PER_MS;
        (void)pthread_mutex_unlock(&probe->lock);
        enum probe_answer answer = ask(probe);
        (void)pthread_mutex_lock(&probe->lock);
        probe->result.times = answer == probe->result.answer ? probe->result.times + 1 : 1;
        probe->result.answer = answer;
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
    text_addf(&probe->url, "http://%s/healthcheck", address);
    (void)pthread_mutex_init(&probe->lock, NULL);
    (void)pthread_cond_init(&probe->wake, NULL);
    if (pthread_create(&probe->thread, NULL, run, probe) == 0)
        return probe;
    text_release(&probe->url);
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
    text_release(&probe->url);
    free(probe);
}
