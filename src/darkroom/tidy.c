#include "tidy.h"

#include "memory.h"
#include "png_chunks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_SIGNATURE_BYTES = 8, PNG_CHUNK_HEAD_BYTES = 8, PNG_FRAME_BYTES = 12 };

static const uint8_t jpeg_end[] = {0xFF, 0xD9};
static const uint8_t png_end[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};

static uint8_t *tidy_jpeg(const uint8_t *bytes, size_t size, size_t *ret_size)
{
    uint8_t *copy = memory_new(size + sizeof jpeg_end);
    memcpy(copy, bytes, size);
    memcpy(copy + size, jpeg_end, sizeof jpeg_end);
    *ret_size = size + sizeof jpeg_end;
    return copy;
}

/* Not beyond all measure: libspng (libvips 8.16) takes the whole picture for broken then, and libpng passes the profile
 * over. */
static bool has_profile_to_keep(const uint8_t *chunk, size_t data_bytes)
{
    size_t bytes;
    const struct png_chunk packed = {.type = chunk + 4, .data = chunk + PNG_CHUNK_HEAD_BYTES, .size = data_bytes};
    void *profile = png_unpack_profile(&packed, &bytes);
    bool kept = profile != NULL;
    free(profile);
    return kept;
}

/* Of profiles the first counts. */
static bool is_wanted(const uint8_t *chunk, size_t data_bytes, bool *has_profile)
{
    const uint8_t *name = chunk + 4;
    static const char words[][5] = {"tEXt", "zTXt", "iTXt", "IEND"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (memcmp(name, words[i], 4) == 0)
            return false;
    }
    if (memcmp(name, "iCCP", 4) != 0)
        return true;
    bool is_first = !*has_profile;
    *has_profile = true;
    return is_first && has_profile_to_keep(chunk, data_bytes);
}

static uint8_t *tidy_png(const uint8_t *bytes, size_t size, size_t *ret_size)
{
    uint8_t *copy = memory_new(size + sizeof png_end), *to = copy;
    size_t at = size < PNG_SIGNATURE_BYTES ? size : PNG_SIGNATURE_BYTES;
    bool has_profile = false;
    memcpy(to, bytes, at);
    to += at;
    while (size - at >= PNG_FRAME_BYTES) {
        const uint8_t *chunk = bytes + at;
        size_t length =
            ((size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3]) + PNG_FRAME_BYTES;
        if (length > size - at || memcmp(chunk + 4, "IEND", 4) == 0)
            break;
        if (is_wanted(chunk, length - PNG_FRAME_BYTES, &has_profile)) {
            memcpy(to, chunk, length);
            to += length;
        }
        at += length;
    }
    memcpy(to, png_end, sizeof png_end);
    *ret_size = (size_t)(to - copy) + sizeof png_end;
    return copy;
}

uint8_t *tidy_copy(enum image_format format, const uint8_t *bytes, size_t size, size_t *ret_size)
{
    static uint8_t *(*const tidiers[IMAGE_FORMATS])(const uint8_t *bytes, size_t size, size_t *ret_size) = {
        [IMAGE_JPEG] = tidy_jpeg,
        [IMAGE_PNG] = tidy_png,
    };
    return tidiers[format] ? tidiers[format](bytes, size, ret_size) : NULL;
}
