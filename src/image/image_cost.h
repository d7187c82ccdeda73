/* What decoding a picture costs, told from its headers: memory of a darkroom's process, and time of one core. One
 * formula and one table of numbers for all formats (image_cost.c says where they are from):
 *
 *   memory (bytes) = base + file x copies + width x column + pixels x pixel + held x factor
 *   work (ns)      = file x file_ps / 1000 + visits x visit_ps / 1000 + parts x part_ns
 *                    + an animation's frames, encoded
 *
 * A prober says what its format holds and goes over; the limits (probe.h) are held against the results. */
#ifndef IMAGE_COST_H
#define IMAGE_COST_H

#include "probe.h"

/* How the pixels are coded, as far as it matters for the cost. */
enum image_coding {
    CODING_JPEG,       /* one scan: rows come as they are read */
    CODING_JPEG_SCANS, /* several: all coefficients are held */
    CODING_PNG,
    CODING_GIF,
    CODING_WEBP,
    CODING_WEBP_ALPHA,
    CODING_WEBP_LOSSLESS,
    CODING_WEBP_ANIMATED,
    CODING_HEVC,
    CODING_AV1,
    CODING_AV1_FILM,
    CODING_TIFF,
};
enum { IMAGE_CODINGS = CODING_TIFF + 1 };

struct image_shape {
    enum image_coding coding;
    uint64_t file;   /* bytes that are decoded */
    uint64_t visits; /* pixels that are gone over, in all frames, scans and tiles together */
    uint64_t parts;  /* frames, scans, tiles, strips, chunks: what has a cost of its own */
    uint64_t held;   /* bytes that the format makes a decoder hold: coefficients, a row of tiles, an interlaced picture,
                        planes */
};

/* Fills the memory and work of a picture whose width and height are known. */
void image_cost_estimate(const struct image_shape *shape, struct image_info *info);

#endif
