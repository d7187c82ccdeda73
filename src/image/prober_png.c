/* PNG (w3.org/TR/png-3): chunks up to IEND, which may be missing: the picture is whole when its last chunk of data is,
 * and the decoder sees whether the data are. An animated PNG has as many frames as have come, if it says before its
 * data that it moves. */
#include "image_cost.h"
#include "prober.h"

#include <string.h>

enum { SIGNATURE_BYTES = 8, CHUNK_FRAME_BYTES = 12, CHUNKS_MAX = 1 << 20, TEXT_BYTES_MAX = 64 << 10 };
static const uint8_t signature[SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

struct png {
    uint32_t bits, channels;
    bool is_interlaced;
    uint64_t chunks, data, profiles;
    uint64_t words;             /* bytes that no decoder needs */
    uint32_t announced, frames; /* of an animation */
};

static bool matches(const uint8_t *data, size_t size)
{
    return size >= SIGNATURE_BYTES && memcmp(data, signature, SIGNATURE_BYTES) == 0;
}

static enum status read_header(struct prober *prober, struct png *png, struct image_info *info)
{
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4}; /* of each colour type */
    const uint8_t *data = prober_get(prober, SIGNATURE_BYTES, 21);
    if (!data)
        return prober_ends(prober);
    if (read_be32(data) != 13 || memcmp(data + 4, "IHDR", 4) != 0)
        return prober_damaged(prober);
    info->width = read_be32(data + 8);
    info->height = read_be32(data + 12);
    png->bits = data[16];
    png->channels = data[17] < sizeof channels ? channels[data[17]] : 0;
    png->is_interlaced = data[20];
    return png->channels && png->bits <= 16 ? STATUS_OK : prober_damaged(prober);
}

/* Words may be packed, a kilobyte into forty megabytes: when there are many, they are kept from the decoder. */
static void count_chunk(struct png *png, const char *name, uint64_t length)
{
    static const char words[][5] = {"tEXt", "zTXt", "iTXt"};
    png->chunks++;
    png->data += memcmp(name, "IDAT", 4) == 0;
    png->frames += memcmp(name, "fcTL", 4) == 0;
    png->profiles += memcmp(name, "iCCP", 4) == 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memcmp(name, words[i], 4) == 0)
            png->words += length;
}

static void estimate(const struct prober *prober, const struct png *png, struct image_info *info)
{
    uint64_t pixels = (uint64_t)info->width * info->height, bytes = (png->bits + 7) / 8;
    enum { FRAMES_HELD = 6, CHANNELS = 4 }; /* of an animation: canvas, the one before, what is being encoded */
    const struct image_shape shape = {
        .coding = CODING_PNG,
        .file = prober->size,
        .visits = pixels * bytes * info->frames,
        .parts = png->chunks,
        .held = info->frames > 1     ? pixels * CHANNELS * FRAMES_HELD
                : png->is_interlaced ? pixels * bytes * png->channels
                                     : 0,
    };
    image_cost_estimate(&shape, info);
}

static enum status walk_chunks(struct prober *prober, struct png *png, struct image_info *info)
{
    for (uint64_t offset = SIGNATURE_BYTES; png->chunks < CHUNKS_MAX;) {
        const uint8_t *data = prober_get(prober, offset, 8);
        if (!data && png->data && !prober->error) { /* nothing or less than a chunk */
            info->part.is_untidy = true;
            return STATUS_OK;
        }
        uint64_t length = data ? read_be32(data) : 0;
        if (!data || prober->size - offset < length + 8)
            return prober_ends(prober);
        bool is_whole = prober->size - offset >= length + CHUNK_FRAME_BYTES;
        if (memcmp(data + 4, "IEND", 4) == 0) {
            info->part.is_untidy = !is_whole;
            return png->data ? STATUS_OK : prober_damaged(prober);
        }
        if (!is_whole)
            return prober_ends(prober);
        if (length > INT32_MAX)
            return prober_damaged(prober);
        count_chunk(png, (const char *)data + 4, length);
        if (memcmp(data + 4, "eXIf", 4) == 0)
            prober_note_exif(prober, offset + 8, length);
        const uint8_t *animation =
            memcmp(data + 4, "acTL", 4) == 0 && !png->data ? prober_get(prober, offset, 12) : NULL;
        if (animation)
            png->announced = read_be32(animation + 8);
        offset += length + CHUNK_FRAME_BYTES;
    }
    return prober_too_complex(prober);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct png png = {0};
    enum status status = read_header(prober, &png, info);
    if (status == STATUS_OK)
        status = walk_chunks(prober, &png, info);
    if (status != STATUS_OK)
        return status;
    uint32_t frames = png.announced < png.frames ? png.announced : png.frames;
    info->frames = frames ? frames : 1;
    info->part.is_untidy |= png.words > TEXT_BYTES_MAX || png.profiles > 1;
    estimate(prober, &png, info);
    return STATUS_OK;
}

const struct prober_ops prober_png = {.format = IMAGE_PNG, .matches = matches, .walk = walk};
