/* Shrinking one plane of samples with a Lanczos kernel of three lobes, row by row as the rows come: vertically first,
 * on whole rows, then horizontally on the few rows that remain. Memory is a few source rows, whatever the picture's
 * height. */
#ifndef SCALE_H
#define SCALE_H

#include <stdint.h>

/* For each sample of the target line, the source samples that it is made of. */
struct scale_table {
    uint32_t source, target; /* samples */
    unsigned taps;           /* weights a target sample; some may be 0 */
    uint32_t *first;         /* [target] the source sample of the first weight */
    int16_t *weights;        /* [target][taps] in 1/16384; they sum to 1 */
    int copies;              /* source and target are the same line */
};

/* `step` is the distance of two target samples in source samples: source / target, unless the line is part of a longer
 * one. At least 1: nothing is enlarged. */
void scale_table_init(struct scale_table *table, uint32_t source, uint32_t target, double step);
void scale_table_release(struct scale_table *table);

/* Samples are bytes, or 16 bits wide with the value in 1/128: what is multiplied by alpha needs the places after the
 * point. */
enum scale_width { SCALE_BYTES = 1, SCALE_WIDE = 2 };
enum { SCALE_WIDE_BITS = 7, SCALE_WIDE_MAX = 255 << SCALE_WIDE_BITS };

struct scaler {
    const struct scale_table *across, *down; /* the caller's */
    enum scale_width sample_width;
    void *target;  /* the caller's: rows of across->target samples, one after the other */
    int16_t *ring; /* the newest down->taps source rows, in 1/128 */
    int16_t *line; /* a target row before it is shrunk across, in 1/32 */
    int32_t *sums; /* that row shrunk across, before it is rounded */
    uint32_t rows_in, rows_out;
};
void scaler_init(struct scaler *scaler, const struct scale_table *across, const struct scale_table *down,
                 enum scale_width sample_width, void *target);
void scaler_release(struct scaler *scaler);
/* The next source row, of across->source samples. Rows beyond down->source are not allowed. */
void scaler_feed(struct scaler *scaler, const void *row);

#endif
