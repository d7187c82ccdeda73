#include "server_metrics.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_OF "cloudphotos_http_request_duration_seconds_bucket{"
#define DEPTH      "cloudphotos_queue_depth "

/* Buckets come in the order of their bounds, a route after the other. */
static void take_bucket(const char *line, size_t length, size_t *place, struct server_metrics *metrics)
{
    const char *le = memmem(line, length, "le=\"", strlen("le=\"")),
               *end = memmem(line, length, "\"} ", strlen("\"} "));
    if (!le || !end)
        return;
    bool is_last = strncmp(le + strlen("le=\""), "+Inf", strlen("+Inf")) == 0;
    bool is_stream = memmem(line, length, "/events\"", strlen("/events\"")) != NULL;
    if (!is_stream && *place < HISTOGRAM_BUCKETS)
        metrics->buckets[*place] += strtoull(end + strlen("\"} "), NULL, 10);
    *place = is_last ? 0 : *place + 1;
}

struct server_metrics server_metrics_read(const char *page)
{
    struct server_metrics metrics = {0};
    size_t place = 0;
    for (const char *line = page; *line;) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, BUCKETS_OF, strlen(BUCKETS_OF)) == 0)
            take_bucket(line, length, &place, &metrics);
        else if (strncmp(line, DEPTH, strlen(DEPTH)) == 0)
            metrics.queue_depth = strtoll(line + strlen(DEPTH), NULL, 10);
        line += length + (line[length] == '\n');
    }
    return metrics;
}

double server_metrics_percentile(const uint64_t buckets[HISTOGRAM_BUCKETS], double share)
{
    double wanted = share * (double)buckets[HISTOGRAM_BUCKETS - 1], below = 0, bound_ms = 0;
    for (size_t i = 0; wanted > 0 && i < HISTOGRAM_BUCKETS - 1; i++) {
        double count = (double)buckets[i], next_ms = histogram_bound_ms(i);
        if (count >= wanted)
            return bound_ms + (next_ms - bound_ms) * (wanted - below) / (count - below);
        below = count;
        bound_ms = next_ms;
    }
    return bound_ms;
}
