#include "renditions.h"

/* What a long photo takes beyond what image_cost.c counts for LARGE_SIDE, in bytes: for each pixel of the picture of
 * LONG_SIDE, in the worst case (wide samples with alpha until the picture is flattened; then that one, a turned plane,
 * the encoder's), and for each of a WebP, whose decoder then has no smaller size to give. */
enum { LONG_PIXEL = 48, WEBP_PIXEL = 17 };

static uint32_t longer_of(uint32_t width, uint32_t height)
{
    return width > height ? width : height;
}

bool rendition_is_long(uint32_t width, uint32_t height)
{
    uint32_t shorter = width < height ? width : height;
    return (uint64_t)longer_of(width, height) * 2 > (uint64_t)shorter * 5;
}

uint32_t rendition_large_side(const struct image_info *info, uint64_t memory)
{
    if (info->frames > 1 || !rendition_is_long(info->width, info->height))
        return LARGE_SIDE;
    uint64_t longer = longer_of(info->width, info->height), pixels = (uint64_t)info->width * info->height;
    uint64_t needed = LONG_PIXEL * (longer > LONG_SIDE ? pixels / longer * LONG_SIDE / longer * LONG_SIDE : pixels);
    if (info->format == IMAGE_WEBP)
        needed += WEBP_PIXEL * pixels;
    return memory == 0 || (info->memory < memory && needed <= memory - info->memory) ? LONG_SIDE : LARGE_SIDE;
}

/* A quarter more is no other size. */
static bool is_worth(uint32_t from, uint32_t to)
{
    return from > to + to / 4;
}

uint32_t rendition_medium_side(uint32_t width, uint32_t height)
{
    uint32_t longer = longer_of(width, height);
    if (rendition_is_long(width, height) && is_worth(longer, LARGE_SIDE))
        return LARGE_SIDE;
    return is_worth(longer, MEDIUM_SIDE) ? MEDIUM_SIDE : 0;
}

uint32_t rendition_shrink(uint32_t width, uint32_t height, uint32_t side)
{
    uint32_t shrink = 1;
    while (shrink < 8 && longer_of(width, height) / (shrink * 4) >= side)
        shrink *= 2;
    return shrink;
}
