/* Transparent pictures are flattened before anybody looks at them, and published so. A picture can show one thing on white, another on black and
 * a third on whatever a page has behind it; there is no end of backgrounds, so no number of looks would do. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "picture.h"

/* White, as pages are; black if the visible part of the picture is so light that white would hide it. */
uint8_t background_choose(const struct picture *picture);

/* Flattens the picture onto that grey: PICTURE_RGBA becomes PICTURE_RGB, the others stay as they are. */
void background_flatten(struct picture *picture, uint8_t background);

#endif
