#include "png_chunks.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    SIGNATURE_BYTES = 8,
    FRAME_BYTES = 12, /* length, type and sum of a chunk */
    NAME_BYTES_MAX = 79,
    PROFILE_BYTES_MAX = 4 << 20,
    UNSPECIFIED = 2, /* of H.273 */
    GAMMA_ONE = 100000,
    GAMMA_SRGB = 45455, /* what stands for sRGB where nothing else is said */
};

uint32_t png_read_32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

bool png_is_chunk(const struct png_chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

bool png_next_chunk(const uint8_t *bytes, size_t size, size_t *offset, struct png_chunk *ret_chunk)
{
    if (*offset == 0)
        *offset = SIGNATURE_BYTES;
    if (*offset > size || size - *offset < FRAME_BYTES)
        return false;
    const uint8_t *at = bytes + *offset;
    size_t length = png_read_32(at);
    if (length > size - *offset - FRAME_BYTES)
        return false;
    *ret_chunk = (struct png_chunk){at + 4, at + 8, length};
    *offset += length + FRAME_BYTES;
    return true;
}

/* Codes that leave something open, or samples that are no RGB, say nothing. */
static bool read_codes(const struct png_chunk *chunk, struct light *ret_light)
{
    if (chunk->size < 4 || chunk->data[0] == UNSPECIFIED || chunk->data[1] == UNSPECIFIED || chunk->data[2] != 0)
        return false;
    *ret_light = (struct light){.primaries = chunk->data[0], .transfer = chunk->data[1]};
    return true;
}

static void read_place(const uint8_t *data, double *ret_place)
{
    ret_place[0] = png_read_32(data) / (double)GAMMA_ONE;
    ret_place[1] = png_read_32(data + 4) / (double)GAMMA_ONE;
}

/* Without a gamma the primaries don't count; so browsers have it. */
static struct light read_gamma(const struct png_chunk *gamma, const struct png_chunk *places)
{
    struct light light = {0};
    uint32_t value = gamma->size >= 4 ? png_read_32(gamma->data) : 0;
    if (value == 0 || (value == GAMMA_SRGB && !places->size))
        return light;
    light.gamma = GAMMA_ONE / (double)value;
    light.has_places = places->size >= 32;
    if (!light.has_places)
        return light;
    read_place(places->data, light.places.white);
    read_place(places->data + 8, light.places.red);
    read_place(places->data + 16, light.places.green);
    read_place(places->data + 24, light.places.blue);
    return light;
}

void png_read_colours(const uint8_t *bytes, size_t size, struct png_colours *ret_colours)
{
    static const char names[][5] = {"cICP", "iCCP", "sRGB", "gAMA", "cHRM"};
    enum { CODES, PROFILE, SRGB, GAMMA, PLACES, NAMES };
    struct png_chunk found[NAMES] = {0}, chunk;
    size_t offset = 0;
    while (png_next_chunk(bytes, size, &offset, &chunk) && !png_is_chunk(&chunk, "IDAT")) {
        for (size_t i = 0; i < NAMES; i++) {
            if (png_is_chunk(&chunk, names[i]) && !found[i].type)
                found[i] = chunk;
        }
    }
    *ret_colours = (struct png_colours){.profile = found[PROFILE]};
    ret_colours->has_codes = read_codes(&found[CODES], &ret_colours->light);
    if (!ret_colours->has_codes && !found[SRGB].type)
        ret_colours->light = read_gamma(&found[GAMMA], &found[PLACES]);
}

void *png_unpack_profile(const struct png_chunk *chunk, size_t *ret_size)
{
    size_t room = chunk->size < NAME_BYTES_MAX ? chunk->size : NAME_BYTES_MAX;
    const uint8_t *end = room ? memchr(chunk->data, '\0', room) : NULL;
    size_t head = end ? (size_t)(end - chunk->data) + 2 : chunk->size; /* the name, its end, the method */
    if (head >= chunk->size)
        return NULL;
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)(chunk->data + head), .avail_in = (uInt)(chunk->size - head)};
    if (inflateInit(&stream) != Z_OK)
        return NULL;
    uint8_t *profile = NULL;
    size_t size = 0;
    int state = Z_OK;
    while (state == Z_OK && size < PROFILE_BYTES_MAX) {
        enum { STEP = 64 << 10 };
        profile = memory_resize(profile, size + STEP);
        stream.next_out = profile + size;
        stream.avail_out = STEP;
        state = inflate(&stream, Z_NO_FLUSH);
        size += STEP - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    if (state != Z_STREAM_END) {
        free(profile);
        return NULL;
    }
    *ret_size = size;
    return profile;
}
