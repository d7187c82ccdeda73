/* What a PNG says in its chunks beside the pixels (PNG, third edition): how its colours are meant, and the frames of an
 * animation. */
#ifndef PNG_CHUNKS_H
#define PNG_CHUNKS_H

#include "colour.h"

struct png_chunk {
    const uint8_t *type, *data;
    size_t size;
};
/* The chunk at *offset, which moves behind it, the signature at 0; false at the end, and where a chunk isn't whole. */
bool png_next_chunk(const uint8_t *bytes, size_t size, size_t *offset, struct png_chunk *ret_chunk);
bool png_is_chunk(const struct png_chunk *chunk, const char *type);
uint32_t png_read_32(const uint8_t *data);

/* What counts of what stands before the pixels: cICP, else iCCP, else sRGB, else gAMA with cHRM. */
struct png_colours {
    bool has_codes; /* then a profile doesn't count */
    struct light light;
    struct png_chunk profile; /* iCCP's; size 0: none */
};
void png_read_colours(const uint8_t *bytes, size_t size, struct png_colours *ret_colours);

/* Unpacks iCCP's data; NULL when it is broken or beyond all measure. Free it. */
void *png_unpack_profile(const struct png_chunk *chunk, size_t *ret_size);

#endif
