/* Which sizes a photo is published in. All of it follows from its width and height, so anybody can tell afterwards. */
#ifndef RENDITIONS_H
#define RENDITIONS_H

#include "probe.h"

#include <stdbool.h>
#include <stdint.h>

/* Pixels of the longer side, at most: nothing is ever enlarged. */
enum { LARGE_SIDE = 1440, LONG_SIDE = 4096, MEDIUM_SIDE = 800, THUMBNAIL_SIDE = 350 };

/* More than 2.5 times as long as wide, or as wide as long: of a panorama, 1440 pixels would be a strip that nobody can
 * zoom into. */
bool rendition_is_long(uint32_t width, uint32_t height);

/* Of the large rendition. `memory` are the bytes that a worker may have, 0 any number: a long photo that would need
 * more than that to be published at LONG_SIDE, and any animation, gets LARGE_SIDE as all others do, instead of being
 * refused. */
uint32_t rendition_large_side(const struct image_info *info, uint64_t memory);

/* Of the medium rendition of a still whose large one is of this size; 0: it has none, since that would save little. Of
 * a long photo it is longer, and has about as many pixels as others. */
uint32_t rendition_medium_side(uint32_t width, uint32_t height);

/* How many times smaller a picture is to be decoded for a rendition of `side`, where a decoder can do that: the largest
 * power of two, at most 8, that still leaves twice as much. It costs less, but is less well done, so the last halving
 * is ours. */
uint32_t rendition_shrink(uint32_t width, uint32_t height, uint32_t side);

#endif
