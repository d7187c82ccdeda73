/* Asks an instance for its health, and for its metrics, again and again, in a thread of its own, because an instance
 * that is stopped answers late or never. */
#ifndef HEALTH_PROBE_H
#define HEALTH_PROBE_H

#include "http_client.h"
#include "server_metrics.h"

struct probe_settings {
    struct http_client *client; /* must outlive the probe */
    int64_t interval_ms, timeout_ms;
};

enum probe_answer {
    PROBE_NONE,      /* not asked yet */
    PROBE_HEALTHY,   /* 200 */
    PROBE_UNHEALTHY, /* another answer: it lives, and what it needs (its database) may not */
    PROBE_SILENT,    /* no answer */
};

struct probe_result {
    enum probe_answer answer;
    int times;                     /* that it was this answer, in a row */
    struct server_metrics metrics; /* the last that there were */
};

struct probe;
/* `address` is copied. NULL: no thread can be started. */
struct probe *probe_start(const struct probe_settings *settings, const char *address);
struct probe_result probe_result(struct probe *probe);
/* Waits for an answer that is under way. NULL is allowed. */
void probe_stop(struct probe *probe);

#endif
