/* PNG (w3.org/TR/png-3): chunks up to IEND. An animated PNG counts as the still picture that every viewer shows. */
#include "prober.h"

#include <string.h>

enum { SIGNATURE_BYTES = 8, CHUNK_FRAME_BYTES = 12 };
static const uint8_t signature[SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static bool matches(const uint8_t *data, size_t size)
{
    return size >= SIGNATURE_BYTES && memcmp(data, signature, SIGNATURE_BYTES) == 0;
}

static enum status read_header(struct prober *prober, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, SIGNATURE_BYTES, 16);
    if (!data)
        return prober_ends(prober);
    if (read_be32(data) != 13 || memcmp(data + 4, "IHDR", 4) != 0)
        return prober_broken(prober, "it does not begin with its header");
    info->width = read_be32(data + 8);
    info->height = read_be32(data + 12);
    return STATUS_OK;
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    enum status status = read_header(prober, info);
    bool coded = false;
    for (uint64_t offset = SIGNATURE_BYTES; status == STATUS_OK;) {
        const uint8_t *data = prober_get(prober, offset, 8);
        uint64_t length = data ? read_be32(data) : 0;
        if (!data || prober->size - offset < length + CHUNK_FRAME_BYTES)
            return prober_ends(prober);
        if (length > INT32_MAX)
            return prober_broken(prober, "a chunk is too long");
        coded |= memcmp(data + 4, "IDAT", 4) == 0;
        if (memcmp(data + 4, "IEND", 4) == 0)
            return coded ? STATUS_OK : prober_broken(prober, "there is no picture in it");
        offset += length + CHUNK_FRAME_BYTES;
    }
    return status;
}

const struct prober_ops prober_png = {.name = "png", .spelling = "PNG", .matches = matches, .walk = walk};
