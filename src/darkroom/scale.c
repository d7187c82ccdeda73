#include "scale.h"

#include "memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOBES = 3,
    WEIGHT_BITS = 14,
    RING_BITS = SCALE_WIDE_BITS, /* 255 << 7 still fits an int16_t */
    LINE_BITS = RING_BITS + WEIGHT_BITS - 16,
    ROWS_AT_ONCE = 4,
    GROUP = 8, /* taps are padded to this many, so that the loops below become whole vectors */
};

/* sin(3b) sin(b) / 3b², where 3b is the angle: a sine of three times an angle comes from that of the angle itself, so
 * that one is enough. */
static double lanczos(double x)
{
    static_assert(LOBES == 3, "it is written for this many");
    if (fabs(x) < 1e-8)
        return 1;
    if (fabs(x) >= LOBES)
        return 0;
    double third = M_PI * x / LOBES, sine = sin(third), square = sine * sine;
    return square * (3 - 4 * square) / (LOBES * third * third);
}

/* Weights of the source samples first … first + count - 1 for a target sample at `center`, rounded to a sum of
 * exactly 1. */
static void fill_weights(int16_t *weights, double *shares, uint32_t first, uint32_t count, double center, double step)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        shares[i] = lanczos((first + i - center) / step);
        sum += shares[i];
    }
    int left = 1 << WEIGHT_BITS;
    uint32_t heaviest = 0;
    for (uint32_t i = 0; i < count; i++) {
        weights[i] = (int16_t)lrint(shares[i] / sum * (1 << WEIGHT_BITS));
        left -= weights[i];
        if (weights[i] > weights[heaviest])
            heaviest = i;
    }
    weights[heaviest] = (int16_t)(weights[heaviest] + left);
}

void scale_table_init(struct scale_table *table, uint32_t source, uint32_t target, double step)
{
    assert(source > 0 && target > 0 && target <= source && step > 0.999);
    double reach = LOBES * step;
    unsigned taps = (unsigned)ceil(2 * reach) + 1;
    taps = (taps + GROUP - 1) / GROUP * GROUP;
    *table = (struct scale_table){.source = source, .target = target, .taps = taps, .copies = source == target};
    if (table->copies)
        return;
    table->first = NEW_ARRAY(target, uint32_t);
    table->weights = NEW_ARRAY((size_t)target * taps, int16_t);
    double *shares = NEW_ARRAY(taps, double);
    for (uint32_t i = 0; i < target; i++) {
        double center = (i + 0.5) * step - 0.5;
        double from = ceil(center - reach), to = floor(center + reach);
        uint32_t first = from < 0 ? 0 : (uint32_t)from;
        uint32_t last = to >= source ? source - 1 : (uint32_t)to;
        if (first > last)
            first = last;
        table->first[i] = first;
        fill_weights(&table->weights[(size_t)i * taps], shares, first, last - first + 1, center, step);
    }
    free(shares);
}

void scale_table_release(struct scale_table *table)
{
    free(table->first);
    free(table->weights);
    *table = (struct scale_table){0};
}

void scaler_init(struct scaler *scaler, const struct scale_table *across, const struct scale_table *down,
                 enum scale_width sample_width, void *target)
{
    *scaler = (struct scaler){.across = across, .down = down, .sample_width = sample_width, .target = target};
    scaler->ring = NEW_ARRAY((size_t)down->taps * across->source, int16_t);
    /* Behind the last sample come zeros for the weights that pad the taps. */
    scaler->line = NEW_ARRAY((size_t)across->source + across->taps, int16_t);
    scaler->sums = NEW_ARRAY(across->target, int32_t);
}

void scaler_release(struct scaler *scaler)
{
    free(scaler->ring);
    free(scaler->line);
    free(scaler->sums);
    *scaler = (struct scaler){0};
}

static void widen_row(int16_t *restrict target, const uint8_t *restrict row, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        target[x] = (int16_t)(row[x] << RING_BITS);
}

static void keep_row(const struct scaler *scaler, int16_t *target, const void *row)
{
    uint32_t count = scaler->across->source;
    if (scaler->sample_width == SCALE_BYTES)
        widen_row(target, row, count);
    else
        memcpy(target, row, count * sizeof *target);
}

/* Written so that the compiler finds the one instruction that multiplies and keeps the high half (pmulhw). */
static inline int16_t share(int16_t sample, int16_t weight)
{
    return (int16_t)((sample * weight) >> 16);
}

/* Several rows at once, for loading and storing the line takes more time than the sums. */
static inline void add_weighted(int16_t *restrict line, const int16_t *const rows[static ROWS_AT_ONCE],
                                const int16_t weights[static ROWS_AT_ONCE], uint32_t count)
{
    const int16_t *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2], *restrict d = rows[3];
    int16_t of_a = weights[0], of_b = weights[1], of_c = weights[2], of_d = weights[3];
    for (uint32_t x = 0; x < count; x++)
        line[x] = (int16_t)(line[x] + share(a[x], of_a) + share(b[x], of_b) + share(c[x], of_c) + share(d[x], of_d));
}

/* The one that multiplies pairs and adds them (pmaddwd). */
static inline int32_t weigh(const int16_t *restrict line, const int16_t *restrict weights, unsigned taps)
{
    int32_t sum = 0;
    for (unsigned i = 0; i < taps; i++)
        sum += line[i] * weights[i];
    return sum;
}

static inline int32_t round_sample(int32_t sum, int bits, int32_t most)
{
    int32_t value = (sum + (1 << (bits - 1))) >> bits;
    return value < 0 ? 0 : value > most ? most : value;
}

static uint32_t row_taps(const struct scale_table *table, uint32_t target)
{
    uint32_t left = table->source - table->first[target];
    return left < table->taps ? left : table->taps;
}

static void copy_down(const int16_t *restrict row, int16_t *restrict line, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        line[x] = (int16_t)(row[x] >> (RING_BITS - LINE_BITS));
}

static void fill_line(int16_t *restrict line, int16_t value, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        line[x] = value;
}

/* The next so many source rows of a target row, beginning with its tap `first`; those beyond the last tap weigh
 * nothing. */
static void add_rows(struct scaler *scaler, uint32_t target, uint32_t first, uint32_t taps)
{
    const struct scale_table *down = scaler->down;
    uint32_t width = scaler->across->source;
    const int16_t *rows[ROWS_AT_ONCE];
    int16_t weights[ROWS_AT_ONCE];
    for (uint32_t i = 0; i < ROWS_AT_ONCE; i++) {
        uint32_t tap = first + i, place = (down->first[target] + tap) % down->taps;
        rows[i] = &scaler->ring[(size_t)place * width];
        weights[i] = tap < taps ? down->weights[(size_t)target * down->taps + tap] : 0;
    }
    add_weighted(scaler->line, rows, weights, width);
}

static void shrink_down(struct scaler *scaler, uint32_t target)
{
    const struct scale_table *down = scaler->down;
    uint32_t width = scaler->across->source;
    if (down->copies) {
        copy_down(scaler->ring, scaler->line, width);
        return;
    }
    const int16_t *weights = &down->weights[(size_t)target * down->taps];
    uint32_t taps = row_taps(down, target);
    /* Each product is rounded down, by half a unit on average. */
    fill_line(scaler->line, (int16_t)(taps / 2), width);
    while (weights[taps - 1] == 0)
        taps--;
    for (uint32_t tap = 0; tap < taps; tap += ROWS_AT_ONCE)
        add_rows(scaler, target, tap, taps);
}

static void copy_across(const int16_t *restrict line, int32_t *restrict sums, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        sums[x] = line[x] * (1 << WEIGHT_BITS);
}

static void weigh_across(const struct scale_table *across, const int16_t *restrict line, int32_t *restrict sums)
{
    unsigned taps = across->taps / GROUP * GROUP; /* as it is, but here the compiler sees it */
    for (uint32_t x = 0; x < across->target; x++)
        sums[x] = weigh(&line[across->first[x]], &across->weights[(size_t)x * taps], taps);
}

static void round_bytes(uint8_t *restrict row, const int32_t *restrict sums, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        row[x] = (uint8_t)round_sample(sums[x], LINE_BITS + WEIGHT_BITS, 255);
}

static void round_wide(uint16_t *restrict row, const int32_t *restrict sums, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        row[x] = (uint16_t)round_sample(sums[x], LINE_BITS + WEIGHT_BITS - SCALE_WIDE_BITS, SCALE_WIDE_MAX);
}

static void shrink_across(const struct scaler *scaler, uint32_t target)
{
    const struct scale_table *across = scaler->across;
    size_t offset = (size_t)target * across->target;
    if (across->copies)
        copy_across(scaler->line, scaler->sums, across->target);
    else
        weigh_across(across, scaler->line, scaler->sums);
    if (scaler->sample_width == SCALE_BYTES)
        round_bytes((uint8_t *)scaler->target + offset, scaler->sums, across->target);
    else
        round_wide((uint16_t *)scaler->target + offset, scaler->sums, across->target);
}

/* Whether the source rows that a target row is made of have all come. */
static int is_ready(const struct scaler *scaler, uint32_t target)
{
    const struct scale_table *down = scaler->down;
    if (target >= down->target)
        return 0;
    uint32_t needed = down->copies ? target + 1 : down->first[target] + row_taps(down, target);
    return scaler->rows_in >= needed;
}

void scaler_feed(struct scaler *scaler, const void *row)
{
    const struct scale_table *across = scaler->across, *down = scaler->down;
    assert(scaler->rows_in < down->source);
    uint32_t place = down->copies ? 0 : scaler->rows_in % down->taps;
    scaler->rows_in++;
    if (across->copies && down->copies) {
        size_t bytes = (size_t)across->target * scaler->sample_width;
        memcpy((uint8_t *)scaler->target + scaler->rows_out++ * bytes, row, bytes);
        return;
    }
    keep_row(scaler, &scaler->ring[(size_t)place * across->source], row);
    while (is_ready(scaler, scaler->rows_out)) {
        shrink_down(scaler, scaler->rows_out);
        shrink_across(scaler, scaler->rows_out);
        scaler->rows_out++;
    }
}
