/* Colours of any kind to 8-bit sRGB, row by row. What a file says of its colours (a profile, the codes of ITU-T H.273,
 * a gamma) is used where it is usable; where it says nothing, the samples are sRGB, or ink in the plainest sense. */
#ifndef COLOUR_H
#define COLOUR_H

#include "light.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour_model { COLOUR_GREY = 1, COLOUR_RGB = 3, COLOUR_CMYK = 4 }; /* the number is that of its channels */

struct colours {
    enum colour_model model;
    unsigned channels; /* of a pixel: the model's, then alpha if there is one, then others, which are passed over */
    unsigned bits;     /* of a sample. 8: bytes; 9 to 16: uint16_t in the machine's order, of which so many are used */
    bool has_alpha;
    bool is_multiplied;  /* the colours by alpha */
    const void *profile; /* ICC.1; NULL: none. Borrowed until the converter is made */
    size_t profile_bytes;
    struct light light; /* what counts where there is no usable profile */
};

struct colour_converter;
struct colour_converter *colour_converter_new(const struct colours *colours, uint32_t width);
void colour_converter_free(struct colour_converter *converter); /* NULL is allowed */
/* A row of `width` pixels, to three bytes each, or to four with alpha. */
void colour_convert(struct colour_converter *converter, const void *row, uint8_t *ret_pixels);

#endif
