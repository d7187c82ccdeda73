/* A picture in memory as the darkroom works on it: planes of samples, without padding. */
#ifndef PICTURE_H
#define PICTURE_H

#include "scale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum picture_kind {
    PICTURE_YUV, /* WebP's own: BT.601 in the range 16 to 235 or 240, chroma of half the width and height, rounded up */
    PICTURE_RGB,
    PICTURE_RGBA, /* wide samples (scale.h), colours multiplied by alpha */
};
enum { PICTURE_PLANES_MAX = 4 };

struct plane {
    uint32_t width, height;
    void *samples; /* uint8_t, or uint16_t where the kind is wide */
};
struct picture {
    enum picture_kind kind;
    uint32_t width, height;
    struct plane planes[PICTURE_PLANES_MAX];
};

unsigned picture_planes(enum picture_kind kind);
enum scale_width picture_sample_width(enum picture_kind kind);
void picture_init(struct picture *picture, enum picture_kind kind, uint32_t width, uint32_t height);
void picture_release(struct picture *picture);

/* Turns the picture, which is flattened already (background.h), upright: `orientation` as in Exif, 1 to 8; anything
 * else counts as 1. */
void picture_turn(struct picture *picture, int orientation);

/* The size that fits into a square of `side` pixels, never larger than it is. */
void picture_fit(uint32_t width, uint32_t height, uint32_t side, uint32_t *ret_width, uint32_t *ret_height);

/* The scalers of all planes of a picture. Feed them the rows of each plane in order; the planes in any. */
struct shrinker {
    unsigned planes;
    struct scale_table across[PICTURE_PLANES_MAX], down[PICTURE_PLANES_MAX];
    struct scaler scalers[PICTURE_PLANES_MAX];
};
/* The size of a source plane, and how far the target's samples are apart in it. */
struct shrink_geometry {
    uint32_t width, height;
    double step_x, step_y;
};
/* Of the first `planes` planes; the target's others are the caller's business. */
void shrinker_init(struct shrinker *shrinker, const struct shrink_geometry *geometries, struct picture *target,
                   unsigned planes);
void shrinker_release(struct shrinker *shrinker);
void shrinker_feed(struct shrinker *shrinker, unsigned plane, const void *row);

/* A smaller copy. */
void picture_shrink(const struct picture *picture, uint32_t side, struct picture *ret_small);

#endif
