/* What a server's /metrics page tells the fleet (prometheus.io/docs/instrumenting/exposition_formats). */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "metrics.h"

#include <stdbool.h>

struct server_metrics {
    /* Requests by duration, over all routes but event streams, since the server began; cumulative, as on the page. */
    uint64_t buckets[HISTOGRAM_BUCKETS];
    int64_t queue_depth; /* executions that are due and that nobody works on, in the whole store */
};

/* A page without them leaves zeros. */
struct server_metrics server_metrics_read(const char *page);

/* The duration in ms that this share of the requests stayed below, linear within a bucket, as Prometheus's
 * histogram_quantile has it; beyond the last bound, that bound. 0: there were none. */
double server_metrics_percentile(const uint64_t buckets[HISTOGRAM_BUCKETS], double share);

#endif
