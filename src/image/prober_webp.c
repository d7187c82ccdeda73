/* WebP (RFC 9649): the RIFF container, its chunks, and the size from VP8X or from the bitstream's own header. */
#include "image_cost.h"
#include "prober.h"
#include "renditions.h"

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

struct webp {
    struct prober *prober;
    struct image_info *info;
    uint32_t pictures, frames;
    bool is_lossless, has_alpha;
};

/* A file with VP8X has its size there: what the bitstream says is the decoder's to compare. */
static enum status read_sized(struct webp *webp, const char *name, uint64_t offset, uint32_t length)
{
    for (size_t i = 0; i < sizeof sized_chunks / sizeof sized_chunks[0]; i++) {
        const struct sized_chunk *row = &sized_chunks[i];
        if (memcmp(name, row->name, 4) != 0)
            continue;
        const uint8_t *data = length >= row->bytes ? prober_get(webp->prober, offset, row->bytes) : NULL;
        struct image_info size = {0};
        if (!data || !row->size(data, &size))
            return prober_damaged(webp->prober);
        webp->pictures += row->picture;
        webp->is_lossless |= row->size == size_vp8l;
        if (!webp->info->width) {
            webp->info->width = size.width;
            webp->info->height = size.height;
        }
    }
    return STATUS_OK;
}

static enum status read_chunk(struct webp *webp, uint64_t offset, uint64_t end, uint64_t *ret_next)
{
    const uint8_t *data = prober_get(webp->prober, offset, CHUNK_BYTES);
    if (!data)
        return prober_ends(webp->prober);
    char name[4];
    memcpy(name, data, sizeof name);
    uint32_t length = read_le32(data + 4);
    offset += CHUNK_BYTES;
    if (length > end - offset)
        return prober_damaged(webp->prober);
    webp->frames += memcmp(name, "ANMF", 4) == 0;
    webp->has_alpha |= memcmp(name, "ALPH", 4) == 0;
    if (memcmp(name, "EXIF", 4) == 0)
        prober_note_exif(webp->prober, offset, length);
    *ret_next = offset + length + (length & 1);
    return read_sized(webp, name, offset, length);
}

/* The pixels that the decoder gives (source_vips.c). */
static uint64_t count_given(const struct image_info *info)
{
    uint32_t shrink = rendition_shrink(info->width, info->height, LARGE_SIDE);
    return (uint64_t)(info->width / shrink + 1) * (info->height / shrink + 1);
}

static void estimate(const struct webp *webp, uint64_t bytes)
{
    struct image_info *info = webp->info;
    const struct image_shape shape = {
        .coding = webp->frames        ? CODING_WEBP_ANIMATED
                  : webp->is_lossless ? CODING_WEBP_LOSSLESS
                  : webp->has_alpha   ? CODING_WEBP_ALPHA
                                      : CODING_WEBP,
        .file = bytes,
        .visits = (uint64_t)info->width * info->height * info->frames,
        .parts = info->frames,
        .held = webp->frames ? 0 : count_given(info),
    };
    image_cost_estimate(&shape, info);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct webp webp = {.prober = prober, .info = info};
    const uint8_t *data = prober_get(prober, 0, RIFF_BYTES);
    if (!data)
        return prober_ends(prober);
    uint64_t end = CHUNK_BYTES + (uint64_t)read_le32(data + 4);
    if (end > prober->size)
        return prober_ends(prober);
    for (uint64_t offset = RIFF_BYTES; offset + CHUNK_BYTES <= end;) {
        enum status status = read_chunk(&webp, offset, end, &offset);
        if (status != STATUS_OK)
            return status;
    }
    if (!webp.pictures && !webp.frames)
        return prober_damaged(prober);
    info->frames = webp.frames ? webp.frames : 1;
    estimate(&webp, end);
    return STATUS_OK;
}

const struct prober_ops prober_webp = {.format = IMAGE_WEBP, .matches = matches, .walk = walk};
