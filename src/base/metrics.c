#include "metrics.h"

#include <inttypes.h>
#include <math.h>

static const double bounds[HISTOGRAM_BUCKETS - 1] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};

void counter_add(struct counter *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

uint64_t counter_get(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

void gauge_add(struct gauge *gauge, int64_t amount)
{
    atomic_fetch_add_explicit(&gauge->value, amount, memory_order_relaxed);
}

void gauge_set(struct gauge *gauge, int64_t value)
{
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

int64_t gauge_get(const struct gauge *gauge)
{
    return atomic_load_explicit(&gauge->value, memory_order_relaxed);
}

double histogram_bound_ms(size_t bucket)
{
    return bucket < HISTOGRAM_BUCKETS - 1 ? bounds[bucket] * 1000 : INFINITY;
}

void histogram_observe(struct histogram *histogram, int64_t duration_ns)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS - 1 && (double)duration_ns > bounds[bucket] * 1e9)
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, (uint64_t)duration_ns, memory_order_relaxed);
}

void metrics_add_family(struct text *out, const char *name, const char *type, const char *help)
{
    text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_name(struct text *out, const char *name, const char *labels)
{
    text_add(out, name);
    if (labels)
        text_addf(out, "{%s}", labels);
}

void metrics_add_integer(struct text *out, const char *name, const char *labels, int64_t value)
{
    add_name(out, name, labels);
    text_addf(out, " %" PRId64 "\n", value);
}

void metrics_add_real(struct text *out, const char *name, const char *labels, double value)
{
    add_name(out, name, labels);
    text_addf(out, " %.9g\n", value);
}

void metrics_add_histogram(struct text *out, const char *name, const char *labels, const struct histogram *histogram)
{
    uint64_t count = 0;
    const char *comma = labels ? "," : "";
    labels = labels ? labels : "";
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        text_addf(out, "%s_bucket{%s%sle=\"", name, labels, comma);
        if (i < HISTOGRAM_BUCKETS - 1)
            text_addf(out, "%g", bounds[i]);
        else
            text_add(out, "+Inf");
        text_addf(out, "\"} %" PRIu64 "\n", count);
    }
    double sum = (double)atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed) / 1e9;
    text_addf(out, "%s_sum{%s} %.9g\n%s_count{%s} %" PRIu64 "\n", name, labels, sum, name, labels, count);
}
