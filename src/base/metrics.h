/* Metrics in the Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). A module declares
 * its families as static tables; updates are single relaxed atomic additions, so that they cost nothing in a hot
 * path. */
#ifndef METRICS_H
#define METRICS_H

#include "text.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
    atomic_uint_fast64_t value;
};
struct gauge {
    atomic_int_fast64_t value;
};

/* Upper bounds in seconds: 1 ms to 10 s, in steps of 1, 2.5, 5; the last bucket is +Inf. */
enum { HISTOGRAM_BUCKETS = 14 };
struct histogram {
    atomic_uint_fast64_t buckets[HISTOGRAM_BUCKETS]; /* not cumulative; they become so when written */
    atomic_uint_fast64_t sum_ns;
};

void counter_add(struct counter *counter, uint64_t amount);
uint64_t counter_get(const struct counter *counter);
void gauge_add(struct gauge *gauge, int64_t amount);
void gauge_set(struct gauge *gauge, int64_t value);
int64_t gauge_get(const struct gauge *gauge);
void histogram_observe(struct histogram *histogram, int64_t duration_ns);
/* The upper bound of a bucket in ms; INFINITY of the last. */
double histogram_bound_ms(size_t bucket);

/* Writers of the exposition format. `labels` is the text between the braces, `route="/users",code="200"`, or NULL. */
void metrics_add_family(struct text *out, const char *name, const char *type, const char *help);
void metrics_add_integer(struct text *out, const char *name, const char *labels, int64_t value);
void metrics_add_real(struct text *out, const char *name, const char *labels, double value);
void metrics_add_histogram(struct text *out, const char *name, const char *labels, const struct histogram *histogram);

#endif
