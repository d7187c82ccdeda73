/* GIF (89a specification): blocks up to the trailer; every image descriptor is a frame. As in browsers, zeros between
 * blocks are passed over, and what else is no block ends the file, as does the file's end between two blocks. */
#include "image_cost.h"
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
    bool is_first = info->frames == 0; /* as browsers and the darkroom have it: later frames are cropped */
    info->width = is_first && right > info->width ? right : info->width;
    info->height = is_first && bottom > info->height ? bottom : info->height;
    info->frames++;
    *offset += DESCRIPTOR_BYTES + table_bytes(data[9]) + 1; /* and the code size */
    return skip_sub_blocks(prober, offset);
}

static enum status skip_extension(struct prober *prober, uint64_t *offset)
{
    *offset += 2;
    return skip_sub_blocks(prober, offset);
}

static enum status walk_blocks(struct prober *prober, uint64_t offset, struct image_info *info)
{
    for (;;) {
        const uint8_t *block = prober_get(prober, offset, 1);
        if (prober->error)
            return prober_ends(prober);
        enum status status = STATUS_OK;
        if (block && *block == BLOCK_TRAILER)
            return STATUS_OK;
        if (block && *block == BLOCK_IMAGE) {
            status = skip_image(prober, &offset, info);
        } else if (block && *block == BLOCK_EXTENSION) {
            status = skip_extension(prober, &offset);
        } else {
            info->part.is_untidy = true;
            if (!block || *block != 0)
                return info->frames ? STATUS_OK : block ? prober_damaged(prober) : prober_ends(prober);
            offset++;
        }
        if (status != STATUS_OK)
            return status;
    }
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, 0, HEADER_BYTES);
    if (!data)
        return prober_ends(prober);
    info->width = read_le16(data + 6);
    info->height = read_le16(data + 8);
    info->frames = 0;
    enum status status = walk_blocks(prober, HEADER_BYTES + table_bytes(data[10]), info);
    const struct image_shape shape = {.coding = CODING_GIF,
                                      .file = prober->size,
                                      .visits = (uint64_t)info->width * info->height * info->frames,
                                      .parts = info->frames};
    image_cost_estimate(&shape, info);
    return status;
}

const struct prober_ops prober_gif = {.format = IMAGE_GIF, .matches = matches, .walk = walk};
