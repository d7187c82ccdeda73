/* Durations counted in the buckets of HdrHistogram (hdrhistogram.github.io): nanoseconds from 1 ns to an hour, three
 * significant digits. Histograms add up exactly, and what is read from them (mean and deviation too) is within
 * 0.1 %. */
#ifndef LATENCIES_H
#define LATENCIES_H

#include <stdint.h>

#define LATENCIES_HIGHEST INT64_C(3600000000000)
enum {
    LATENCIES_DIGITS = 3,
    LATENCIES_HALF =
        1024, /* a bucket of the format has twice as many parts; from the second on the lower half is empty */
    LATENCIES_HALF_BITS = 10,
    LATENCIES_COUNTS =
        33 * LATENCIES_HALF, /* the first bucket's two halves, and one of 31 more up to the highest value */
};

struct latencies {
    uint64_t *counts;
    uint32_t capacity; /* of counts: grows with the largest duration */
    uint32_t used;     /* the last count that isn't zero, and one */
    uint64_t total;
};

void latencies_release(struct latencies *latencies);
/* Empties it and keeps the memory. */
void latencies_clear(struct latencies *latencies);

/* A duration below 0 counts as 0, one over the highest as the highest. */
void latencies_record(struct latencies *latencies, int64_t duration_ns);
void latencies_record_many(struct latencies *latencies, int64_t duration_ns, uint64_t count);
void latencies_add(struct latencies *latencies, const struct latencies *more);

/* All in nanoseconds, 0 of an empty one. The value that `percentile` of 100 do not exceed is the highest that its
 * bucket stands for, as HdrHistogram says it; percentile 100 is the maximum. */
int64_t latencies_percentile(const struct latencies *latencies, double percentile);
int64_t latencies_min(const struct latencies *latencies);
int64_t latencies_max(const struct latencies *latencies);
double latencies_mean(const struct latencies *latencies);
double latencies_deviation(const struct latencies *latencies);

/* For those who read or write counts: which of them a duration belongs to, and adding to that.
 * index < LATENCIES_COUNTS. */
uint32_t latencies_index(int64_t duration_ns);
void latencies_record_index(struct latencies *latencies, uint32_t index, uint64_t count);

#endif
