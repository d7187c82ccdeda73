/* The regions of a picture that a net is asked about: the whole, and parts of it; and how a part becomes a net's
 * input. */
#ifndef REGIONS_H
#define REGIONS_H

#include "manifest.h"

enum { REGIONS_MAX = 40, TILES_MAX = 14 };

/* In pixels of the picture. */
struct region {
    uint32_t left, top, width, height;
    enum region_kind kind;
    bool is_cut; /* tiles of it are for labels that are looked for in tiles */
};

/* The whole first. A picture that is more than twice as long as wide loses too much when it is squeezed into a square:
 * squares along it follow, which everything is looked for in, and which are cut into tiles instead of the whole, unless
 * there are more than twelve. Returns how many there are. */
size_t regions_of(uint32_t width, uint32_t height, struct region ret_regions[static REGIONS_MAX]);

/* Overlapping parts of a region: five large ones, then nine small ones. Returns how many there are: none, unless it is
 * cut. */
size_t region_tiles(const struct region *region, struct region ret_tiles[static TILES_MAX]);

/* Shrinks (or enlarges) a region of the frame to the net's square, with a triangle filter as wide as it needs: what the
 * nets were trained on. `pixels` is the frame, three bytes a pixel, `width` pixels a row. */
void region_read(const struct region *region, const uint8_t *pixels, uint32_t width, const struct manifest_net *net,
                 float *ret_input);

#endif
