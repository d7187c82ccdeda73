#include "latencies.h"

#include "memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void latencies_release(struct latencies *latencies)
{
    free(latencies->counts);
    *latencies = (struct latencies){0};
}

void latencies_clear(struct latencies *latencies)
{
    if (latencies->used)
        memset(latencies->counts, 0, latencies->used * sizeof *latencies->counts);
    latencies->used = 0;
    latencies->total = 0;
}

/* Bucket b holds values below 2048 << b in steps of 1 << b; its lower half is what the bucket before it holds finer. */
uint32_t latencies_index(int64_t duration_ns)
{
    uint64_t value = duration_ns < 0                   ? 0
                     : duration_ns > LATENCIES_HIGHEST ? (uint64_t)LATENCIES_HIGHEST
                                                       : (uint64_t)duration_ns;
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | (2 * LATENCIES_HALF - 1));
    unsigned bucket = bits - LATENCIES_HALF_BITS - 1;
    return (bucket << LATENCIES_HALF_BITS) + (uint32_t)(value >> bucket);
}

static unsigned bucket_of(uint32_t index)
{
    return index < 2 * LATENCIES_HALF ? 0 : (index >> LATENCIES_HALF_BITS) - 1;
}

static int64_t lowest_value(uint32_t index)
{
    unsigned bucket = bucket_of(index);
    return (int64_t)(index - (bucket << LATENCIES_HALF_BITS)) << bucket;
}

static int64_t highest_value(uint32_t index)
{
    return lowest_value(index) + (INT64_C(1) << bucket_of(index)) - 1;
}

static double middle_value(uint32_t index)
{
    return (double)(lowest_value(index) + ((INT64_C(1) << bucket_of(index)) >> 1));
}

static void reserve(struct latencies *latencies, uint32_t count)
{
    if (count <= latencies->capacity)
        return;
    uint32_t capacity = (count + LATENCIES_HALF - 1) / LATENCIES_HALF * LATENCIES_HALF;
    latencies->counts = memory_resize(latencies->counts, capacity * sizeof *latencies->counts);
    memset(latencies->counts + latencies->capacity, 0, (capacity - latencies->capacity) * sizeof *latencies->counts);
    latencies->capacity = capacity;
}

void latencies_record_index(struct latencies *latencies, uint32_t index, uint64_t count)
{
    assert(index < LATENCIES_COUNTS);
    if (count == 0)
        return;
    reserve(latencies, index + 1);
    if (index >= latencies->used)
        latencies->used = index + 1;
    latencies->counts[index] += count;
    latencies->total += count;
}

void latencies_record_many(struct latencies *latencies, int64_t duration_ns, uint64_t count)
{
    latencies_record_index(latencies, latencies_index(duration_ns), count);
}

void latencies_record(struct latencies *latencies, int64_t duration_ns)
{
    latencies_record_many(latencies, duration_ns, 1);
}

void latencies_add(struct latencies *latencies, const struct latencies *more)
{
    reserve(latencies, more->used);
    for (uint32_t i = 0; i < more->used; i++)
        latencies->counts[i] += more->counts[i];
    if (more->used > latencies->used)
        latencies->used = more->used;
    latencies->total += more->total;
}

int64_t latencies_percentile(const struct latencies *latencies, double percentile)
{
    assert(percentile >= 0 && percentile <= 100);
    if (latencies->total == 0)
        return 0;
    /* The count is rounded up, but not for the last bit of a product that should be whole. */
    double product = percentile / 100 * (double)latencies->total, last_bit = nextafter(product, INFINITY) - product;
    uint64_t wanted = (uint64_t)fmax(1, ceil(product - last_bit)), seen = 0;
    for (uint32_t i = 0; i < latencies->used; i++) {
        seen += latencies->counts[i];
        if (seen >= wanted)
            return highest_value(i);
    }
    return latencies_max(latencies);
}

int64_t latencies_min(const struct latencies *latencies)
{
    uint32_t i = 0;
    while (i < latencies->used && latencies->counts[i] == 0)
        i++;
    return i < latencies->used ? lowest_value(i) : 0;
}

int64_t latencies_max(const struct latencies *latencies)
{
    return latencies->used ? highest_value(latencies->used - 1) : 0;
}

double latencies_mean(const struct latencies *latencies)
{
    double sum = 0;
    for (uint32_t i = 0; i < latencies->used; i++)
        if (latencies->counts[i])
            sum += middle_value(i) * (double)latencies->counts[i];
    return latencies->total ? sum / (double)latencies->total : 0;
}

double latencies_deviation(const struct latencies *latencies)
{
    double mean = latencies_mean(latencies), sum = 0;
    for (uint32_t i = 0; i < latencies->used; i++)
        if (latencies->counts[i])
            sum += (middle_value(i) - mean) * (middle_value(i) - mean) * (double)latencies->counts[i];
    return latencies->total ? sqrt(sum / (double)latencies->total) : 0;
}
