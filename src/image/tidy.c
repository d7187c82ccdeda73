#include "tidy.h"

#include "memory.h"

#include <stdbool.h>
#include <string.h>

enum { PNG_SIGNATURE_BYTES = 8, PNG_FRAME_BYTES = 12 };

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

/* Of profiles the first counts. */
static bool is_wanted(const uint8_t *name, bool *has_profile)
{
    static const char words[][5] = {"tEXt", "zTXt", "iTXt", "IEND"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (memcmp(name, words[i], 4) == 0)
            return false;
    }
    if (memcmp(name, "iCCP", 4) != 0)
        return true;
    bool is_first = !*has_profile;
    *has_profile = true;
    return is_first;
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
        if (is_wanted(chunk + 4, &has_profile)) {
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
