/* How alike two pictures are: the mean structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) of their luma. */
#ifndef IMAGE_SSIM_H
#define IMAGE_SSIM_H

#include <stddef.h>
#include <stdint.h>

struct luma {
    size_t width, height;
    float *samples; /* 0 to 255 */
};
void luma_release(struct luma *luma);

/* The picture in a file, upright, in sRGB, on white; NULL as `like`: as large as it is, else shrunk to that size, from
 * all of its pixels, with a Lanczos kernel of three lobes: the best that a smaller picture can be. Exits with a message
 * when it can't be read. */
struct luma luma_read(const char *path, const struct luma *like);

/* 1: the same. Both have the same size. */
double luma_compare(const struct luma *a, const struct luma *b);

#endif
