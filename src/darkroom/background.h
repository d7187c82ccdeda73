/* Transparent pictures are flattened before anybody looks at them, and published so. A picture can show one thing on
 * white, another on black and a third on whatever a page has behind it; there is no end of backgrounds, so no number of
 * looks would do. Which one it gets follows from the samples of the file, in whole numbers and before anything is
 * shrunk: whatever size it is decoded to, it is the same one. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "picture.h"

/* Sums over the rows that were added. */
struct background {
    uint64_t light, visible;
};
/* A row of the four planes of PICTURE_RGBA. */
void background_add_row(struct background *background, void *const rows[static PICTURE_PLANES_MAX], uint32_t width);
/* White, as pages are; black if the visible part of the picture is so light that white would hide it. */
uint8_t background_choose(const struct background *background);

/* Flattens the picture onto that grey: PICTURE_RGBA becomes PICTURE_RGB, the others stay as they are. */
void background_flatten(struct picture *picture, uint8_t background);

#endif
