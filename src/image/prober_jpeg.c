/* JPEG (ITU-T T.81, annex B): segments up to the frame header for the size; then that the end is there. */
#include "prober.h"

#include <string.h>

enum {
    MARKER_SOF0 = 0xC0,
    MARKER_DHT = 0xC4,
    MARKER_JPG = 0xC8,
    MARKER_DAC = 0xCC,
    MARKER_SOF15 = 0xCF,
    MARKER_RST0 = 0xD0,
    MARKER_RST7 = 0xD7,
    MARKER_SOI = 0xD8,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA,
    MARKER_TEM = 0x01,
};

static bool matches(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 0xFF && data[1] == MARKER_SOI && data[2] == 0xFF;
}

static bool is_frame_header(uint8_t marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT && marker != MARKER_JPG
           && marker != MARKER_DAC;
}

static bool stands_alone(uint8_t marker)
{
    return marker == MARKER_TEM || (marker >= MARKER_RST0 && marker <= MARKER_RST7) || marker == MARKER_SOI;
}

/* To the next marker at or after *offset: passes over coded data, stuffed zeros, restart markers and fill bytes. */
static enum status find_marker(struct prober *prober, uint64_t *offset, uint8_t *ret_marker)
{
    for (;;) {
        size_t count;
        const uint8_t *data = prober_get_some(prober, *offset, &count);
        if (!data)
            return prober_ends(prober);
        const uint8_t *found = memchr(data, 0xFF, count);
        if (!found) {
            *offset += count;
            continue;
        }
        *offset += (uint64_t)(found - data) + 1;
        const uint8_t *code = prober_get(prober, *offset, 1);
        if (!code)
            return prober_ends(prober);
        if (*code != 0 && *code != 0xFF && !stands_alone(*code)) {
            *ret_marker = *code;
            *offset += 1;
            return STATUS_OK;
        }
    }
}

static enum status read_frame_header(struct prober *prober, uint64_t offset, struct image_info *info)
{
    const uint8_t *data = prober_get(prober, offset, 8);
    if (!data)
        return prober_ends(prober);
    if (data[2] != 8)
        return prober_broken(prober, "it has %u bits a sample, not 8", data[2]);
    info->height = read_be16(data + 3);
    info->width = read_be16(data + 5);
    return STATUS_OK;
}

/* Cameras and phones put other data behind the picture, so an end marker as the last two bytes is a shortcut, not a rule. */
static bool ends_with_marker(struct prober *prober)
{
    const uint8_t *data = prober_get(prober, prober->size - 2, 2);
    return data && data[0] == 0xFF && data[1] == MARKER_EOI;
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    uint64_t offset = 2;
    bool sized = false, coded = false;
    for (;;) {
        uint8_t marker = 0;
        enum status status = find_marker(prober, &offset, &marker);
        if (status != STATUS_OK)
            return status;
        if (marker == MARKER_EOI)
            return sized && coded ? STATUS_OK : prober_broken(prober, "there is no picture in it");
        const uint8_t *length = prober_get(prober, offset, 2);
        if (!length)
            return prober_ends(prober);
        uint32_t segment = read_be16(length);
        if (segment < 2)
            return prober_broken(prober, "a segment has no length");
        if (is_frame_header(marker) && !sized) {
            status = read_frame_header(prober, offset, info);
            if (status != STATUS_OK)
                return status;
            sized = true;
        }
        offset += segment;
        coded |= marker == MARKER_SOS;
        if (sized && coded && offset < prober->size && ends_with_marker(prober))
            return STATUS_OK;
    }
}

const struct prober_ops prober_jpeg = {.name = "jpeg", .spelling = "JPEG", .matches = matches, .walk = walk};
