/* GIF (89a specification): blocks up to the trailer; every image descriptor is a frame. */
#include "prober.h"

#include <string.h>

enum { HEADER_BYTES = 13, DESCRIPTOR_BYTES = 10, BLOCK_IMAGE = 0x2C, BLOCK_EXTENSION = 0x21, BLOCK_TRAILER = 0x3B };

static bool matches(const uint8_t *data, size_t size)
{
    return size >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0);
}

/* Bytes of the colour table that a packed field announces. */
static uint32_t table_bytes(uint8_t packed)
{
    return packed & 0x80 ? 3U << ((packed & 7) + 1) : 0;
}

static enum status skip_sub_blocks(struct prober *prober, uint64_t *offset)
{
    for (;;) {
        const uint8_t *length = prober_get(prober, *offset, 1);
        if (!length)
            return prober_ends(prober);
        *offset += 1U + *length;
        if (*length == 0)
            return STATUS_OK;
    }
}

/* The picture is at least as large as its first frame. */
static enum status skip_image(struct prober *prober, uint64_t *offset, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, *offset, DESCRIPTOR_BYTES);
    if (!data)
        return prober_ends(prober);
    uint32_t right = read_le16(data + 1) + read_le16(data + 5), bottom = read_le16(data + 3) + read_le16(data + 7);
    info->width = right > info->width ? right : info->width;
    info->height = bottom > info->height ? bottom : info->height;
    info->frames++;
    enum status status = prober_check_limits(prober, info);
    if (status != STATUS_OK)
        return status;
    *offset += DESCRIPTOR_BYTES + table_bytes(data[9]) + 1; /* and the code size */
    return skip_sub_blocks(prober, offset);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, 0, HEADER_BYTES);
    if (!data)
        return prober_ends(prober);
    info->width = read_le16(data + 6);
    info->height = read_le16(data + 8);
    info->frames = 0;
    uint64_t offset = HEADER_BYTES + table_bytes(data[10]);
    for (;;) {
        const uint8_t *block = prober_get(prober, offset, 1);
        if (!block)
            return prober_ends(prober);
        enum status status = STATUS_OK;
        if (*block == BLOCK_TRAILER)
            return STATUS_OK;
        if (*block == BLOCK_IMAGE) {
            status = skip_image(prober, &offset, info);
        } else if (*block == BLOCK_EXTENSION) {
            offset += 2;
            status = skip_sub_blocks(prober, &offset);
        } else {
            return prober_broken(prober, "there is an unknown block (0x%02X)", *block);
        }
        if (status != STATUS_OK)
            return status;
    }
}

const struct prober_ops prober_gif = {.name = "gif", .spelling = "GIF", .matches = matches, .walk = walk};
