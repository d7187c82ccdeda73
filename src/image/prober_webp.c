/* WebP (RFC 9649): the RIFF container, its chunks, and the size from VP8X or from the bitstream's own header. */
#include "prober.h"

#include <string.h>

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8 };

static bool matches(const uint8_t *data, size_t size)
{
    return size >= RIFF_BYTES && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static uint32_t read_le24(const uint8_t *data)
{
    return read_le16(data) | (uint32_t)data[2] << 16;
}

static bool size_vp8x(const uint8_t *data, struct image_info *info)
{
    info->width = read_le24(data + 4) + 1;
    info->height = read_le24(data + 7) + 1;
    return true;
}

static bool size_vp8(const uint8_t *data, struct image_info *info)
{
    static const uint8_t start[3] = {0x9D, 0x01, 0x2A};
    info->width = read_le16(data + 6) & 0x3FFF;
    info->height = read_le16(data + 8) & 0x3FFF;
    return memcmp(data + 3, start, sizeof start) == 0;
}

static bool size_vp8l(const uint8_t *data, struct image_info *info)
{
    uint32_t bits = read_le32(data + 1);
    info->width = (bits & 0x3FFF) + 1;
    info->height = (bits >> 14 & 0x3FFF) + 1;
    return data[0] == 0x2F;
}

/* Chunks that tell the size; and whether they are pictures themselves. */
struct sized_chunk {
    const char *name;
    uint32_t bytes; /* of its header */
    bool picture;
    bool (*size)(const uint8_t *data, struct image_info *info);
};
static const struct sized_chunk sized_chunks[] = {
    {"VP8X", 10, false, size_vp8x},
    {"VP8 ", 10, true, size_vp8},
    {"VP8L", 5, true, size_vp8l},
};

/* A file with VP8X has its size there: what the bitstream says is the decoder's to compare. */
static enum status read_sized(struct prober *prober, const char *name, uint64_t offset, uint32_t length,
                              struct image_info *info, uint32_t *pictures)
{
    for (size_t i = 0; i < sizeof sized_chunks / sizeof sized_chunks[0]; i++) {
        const struct sized_chunk *row = &sized_chunks[i];
        if (memcmp(name, row->name, 4) != 0)
            continue;
        const uint8_t *data = length >= row->bytes ? prober_get(prober, offset, row->bytes) : NULL;
        struct image_info size = {0};
        if (!data || !row->size(data, &size))
            return prober_broken(prober, "its header is not one");
        *pictures += row->picture;
        if (!info->width) {
            info->width = size.width;
            info->height = size.height;
        }
    }
    return STATUS_OK;
}

static enum status read_chunk(struct prober *prober, const char *name, uint64_t offset, uint32_t length,
                              struct image_info *info, uint32_t *pictures)
{
    enum status status = read_sized(prober, name, offset, length, info, pictures);
    if (status != STATUS_OK || memcmp(name, "ANMF", 4) != 0)
        return status;
    info->frames = ++*pictures;
    return prober_check_limits(prober, info);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, 0, RIFF_BYTES);
    if (!data)
        return prober_ends(prober);
    uint64_t end = CHUNK_BYTES + (uint64_t)read_le32(data + 4);
    if (end > prober->size)
        return prober_ends(prober);
    uint32_t pictures = 0;
    for (uint64_t offset = RIFF_BYTES; offset + CHUNK_BYTES <= end;) {
        data = prober_get(prober, offset, CHUNK_BYTES);
        if (!data)
            return prober_ends(prober);
        char name[4];
        memcpy(name, data, sizeof name);
        uint32_t length = read_le32(data + 4);
        offset += CHUNK_BYTES;
        if (length > end - offset)
            return prober_broken(prober, "a chunk reaches beyond the end");
        enum status status = read_chunk(prober, name, offset, length, info, &pictures);
        if (status != STATUS_OK)
            return status;
        offset += (uint64_t)length + (length & 1);
    }
    return pictures ? STATUS_OK : prober_broken(prober, "there is no picture in it");
}

const struct prober_ops prober_webp = {.name = "webp", .spelling = "WebP", .matches = matches, .walk = walk};
