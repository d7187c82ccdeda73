/* What a picture looks like, in 256 bits, as Meta's PDQ has it (github.com/facebook/ThreatExchange/tree/main/pdq): the
 * signs of low frequencies stay when a picture is made smaller, is coded anew or gets a little lighter. */
#ifndef IMAGE_SHAPE_H
#define IMAGE_SHAPE_H

#include "fingerprint.h"

/* Of 8-bit RGB, rows without padding: fills shape and cells. False when there is too little to see (one colour, a
 * slope): many pictures would look like it. */
bool image_shape(const uint8_t *pixels, uint32_t width, uint32_t height, struct fingerprint *fingerprint);

#endif
