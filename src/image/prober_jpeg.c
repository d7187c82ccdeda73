/* JPEG (ITU-T T.81, annex B): segments up to the frame header for the size; then that the end is there. A file without
 * an end marker may still have all of the picture, as Samsung's panoramas do: only who decodes it can know, and is
 * told. */
#include "prober_jpeg.h"

#include "image_cost.h"
#include "jpeg_data.h"

#include <string.h>

enum {
    MARKER_SOF0 = 0xC0,
    MARKER_SOF1 = 0xC1,
    MARKER_SOF2 = 0xC2,
    MARKER_SOF3 = 0xC3,
    MARKER_SOF9 = 0xC9,
    MARKER_SOF10 = 0xCA,
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
    MARKER_DRI = 0xDD,
    MARKER_APP1 = 0xE1,
    COMPONENTS_MAX = JPEG_COMPONENTS_MAX,
    BLOCK_SIDE = 8,
    COEFFICIENTS = 64,
    COEFFICIENT_BYTES = 2,
    UNKNOWN = 0xFF,
    ZEROS_MAX = 512, /* that the data of a picture may end with */
};

struct component {
    uint8_t id, across, down;
    uint8_t missing[COEFFICIENTS]; /* bits of each coefficient that no scan has told yet; of a sequential picture, of
                                      the first alone */
};

struct jpeg {
    struct prober *prober;
    struct image_info *info;
    bool is_progressive, is_arithmetic, is_sized;
    uint32_t scans, first_components; /* in the first scan */
    struct component components[COMPONENTS_MAX];
    uint32_t count, across, down; /* the most of them */
    uint64_t visits;
    struct jpeg_data data; /* of the last scan */
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

/* To the next marker at or after *offset: passes over coded data, stuffed zeros, restart markers and fill bytes.
 * NOT_FOUND at the end. */
static enum status find_marker(struct prober *prober, uint64_t *offset, uint8_t *ret_marker)
{
    for (;;) {
        size_t count;
        const uint8_t *data = prober_get_some(prober, *offset, &count);
        if (!data)
            return prober->error ? prober_ends(prober) : STATUS_NOT_FOUND;
        const uint8_t *found = memchr(data, 0xFF, count);
        if (!found) {
            *offset += count;
            continue;
        }
        *offset += (uint64_t)(found - data) + 1;
        const uint8_t *code = prober_get(prober, *offset, 1);
        if (!code)
            return prober->error ? prober_ends(prober) : STATUS_NOT_FOUND;
        if (*code != 0 && *code != 0xFF && !stands_alone(*code)) {
            *ret_marker = *code;
            *offset += 1;
            return STATUS_OK;
        }
    }
}

/* Of 8 bits, by discrete cosines, not in a hierarchy. */
static enum status check_process(struct prober *prober, uint8_t marker, uint32_t bits)
{
    if (bits == 12)
        return prober_unsupported(prober, "12 bits a channel");
    if (marker == MARKER_SOF3)
        return prober_unsupported(prober, "lossless compression");
    if (marker > MARKER_SOF3 && marker != MARKER_SOF9 && marker != MARKER_SOF10)
        return prober_unsupported(prober, "a rare kind of compression");
    return bits == 8 ? STATUS_OK : prober_damaged(prober);
}

static enum status read_frame_header(struct jpeg *jpeg, uint8_t marker, uint64_t offset)
{
    struct prober *prober = jpeg->prober;
    const uint8_t *data = prober_get(prober, offset, 8);
    if (!data)
        return prober_ends(prober);
    enum status status = check_process(prober, marker, data[2]);
    if (status != STATUS_OK)
        return status;
    jpeg->info->height = read_be16(data + 3);
    jpeg->info->width = read_be16(data + 5);
    jpeg->count = data[7];
    jpeg->is_progressive = marker == MARKER_SOF2 || marker == MARKER_SOF10;
    jpeg->is_arithmetic = marker >= MARKER_SOF9;
    if (jpeg->count == 0 || jpeg->count > COMPONENTS_MAX)
        return prober_damaged(prober);
    data = prober_get(prober, offset + 8, (size_t)jpeg->count * 3);
    if (!data)
        return prober_ends(prober);
    for (uint32_t i = 0; i < jpeg->count; i++, data += 3) {
        struct component *component = &jpeg->components[i];
        *component = (struct component){.id = data[0], .across = data[1] >> 4, .down = data[1] & 15};
        memset(component->missing, UNKNOWN, sizeof component->missing);
        if (component->across == 0 || component->down == 0 || component->across > 4 || component->down > 4)
            return prober_damaged(prober);
        jpeg->across = component->across > jpeg->across ? component->across : jpeg->across;
        jpeg->down = component->down > jpeg->down ? component->down : jpeg->down;
    }
    jpeg->is_sized = true;
    return STATUS_OK;
}

static uint64_t count_samples(const struct jpeg *jpeg, const struct component *component)
{
    uint64_t pixels = (uint64_t)jpeg->info->width * jpeg->info->height;
    return pixels * component->across * component->down / ((uint64_t)jpeg->across * jpeg->down);
}

/* What a scan tells of a component: from one coefficient to another, down to a bit. */
static void tell(const struct jpeg *jpeg, struct component *component, const uint8_t *spectrum)
{
    uint8_t from = jpeg->is_progressive ? spectrum[0] : 0, to = jpeg->is_progressive ? spectrum[1] : COEFFICIENTS - 1;
    uint8_t bits = jpeg->is_progressive ? spectrum[2] & 15 : 0;
    for (unsigned i = from; i <= to && i < COEFFICIENTS; i++)
        component->missing[i] = bits;
}

static uint64_t divide_up(uint64_t number, uint64_t by)
{
    return (number + by - 1) / by;
}

/* The units that the scan's data are made of: blocks of the only component, or of all of them in turn. */
static void measure_units(struct jpeg *jpeg, const struct component *only)
{
    uint64_t across = jpeg->across, down = jpeg->down, width = jpeg->info->width, height = jpeg->info->height;
    if (only) {
        width = divide_up(width * only->across, across);
        height = divide_up(height * only->down, down);
        across = down = 1;
        jpeg->data.parts[0].blocks = 1;
    }
    jpeg->data.units = divide_up(width, BLOCK_SIDE * across) * divide_up(height, BLOCK_SIDE * down);
}

/* Each scan goes over all blocks of its components, and tells so many bits of so many coefficients. */
static enum status read_scan(struct jpeg *jpeg, uint64_t offset)
{
    const uint8_t *data = prober_get(jpeg->prober, offset, 3);
    if (!data)
        return prober_ends(jpeg->prober);
    uint32_t count = data[2];
    if (count == 0 || count > COMPONENTS_MAX)
        return prober_damaged(jpeg->prober);
    data = prober_get(jpeg->prober, offset + 3, (size_t)count * 2 + 3);
    if (!data)
        return prober_ends(jpeg->prober);
    const uint8_t *spectrum = data + (size_t)count * 2;
    const struct component *only = NULL;
    jpeg->data.components = count;
    for (uint32_t i = 0; i < count; i++, data += 2) {
        for (uint32_t k = 0; k < jpeg->count; k++) {
            struct component *component = &jpeg->components[k];
            if (component->id != data[0])
                continue;
            jpeg->data.parts[i].blocks = (uint32_t)component->across * component->down;
            jpeg->data.parts[i].dc = data[1] >> 4 & (JPEG_TABLES - 1);
            jpeg->data.parts[i].ac = data[1] & (JPEG_TABLES - 1);
            jpeg->visits += count_samples(jpeg, component);
            only = count == 1 ? component : NULL;
            tell(jpeg, component, spectrum);
        }
    }
    measure_units(jpeg, only);
    if (jpeg->scans++ == 0)
        jpeg->first_components = count;
    return STATUS_OK;
}

static bool has_one_scan(const struct jpeg *jpeg)
{
    return !jpeg->is_progressive && jpeg->first_components == jpeg->count;
}

/* Cameras and phones put other data behind the picture, so an end marker as the last two bytes is a shortcut, not a
 * rule. */
static bool ends_with_marker(struct prober *prober)
{
    const uint8_t *data = prober_get(prober, prober->size - 2, 2);
    return data && data[0] == 0xFF && data[1] == MARKER_EOI;
}

static void estimate(struct jpeg *jpeg)
{
    uint64_t samples = 0;
    for (uint32_t i = 0; i < jpeg->count; i++)
        samples += count_samples(jpeg, &jpeg->components[i]);
    const struct image_shape shape = {
        .coding = has_one_scan(jpeg) ? CODING_JPEG : CODING_JPEG_SCANS,
        .file = jpeg->prober->size,
        .visits = jpeg->visits,
        .parts = jpeg->scans,
        .held = has_one_scan(jpeg) ? 0 : samples * COEFFICIENT_BYTES,
    };
    image_cost_estimate(&shape, jpeg->info);
}

/* Where the file's last byte that isn't 0 is: a copy that broke off is often filled up with zeros, which would pass for
 * a picture. */
static uint64_t find_end(struct prober *prober)
{
    uint64_t end = prober->size;
    while (end > 0) {
        uint64_t count = end < PROBER_RUN_MAX ? end : PROBER_RUN_MAX;
        const uint8_t *data = prober_get(prober, end - count, count);
        if (!data)
            return prober->size;
        while (count > 0 && data[count - 1] == 0) {
            count--;
            end--;
        }
        if (count > 0)
            break;
    }
    return end;
}

/* All that the scans have to tell, and the data behind the last scan's header. Whether those are all there can't be
 * known of a progressive picture without its coefficients; a decoder of arithmetic codes takes what is missing for
 * zeros. */
static bool is_whole(struct jpeg *jpeg)
{
    for (uint32_t i = 0; i < jpeg->count; i++) {
        for (unsigned k = 0; k < COEFFICIENTS; k++)
            if (jpeg->components[i].missing[k])
                return false;
    }
    return jpeg->scans && !jpeg->is_arithmetic && jpeg->data.end > jpeg->data.start
           && (jpeg->is_progressive || jpeg_data_is_whole(jpeg->prober, &jpeg->data));
}

/* The end marker is missing. */
static enum status check_unfinished(struct jpeg *jpeg)
{
    struct prober *prober = jpeg->prober;
    uint64_t end = find_end(prober);
    jpeg->data.end = prober->size - end > ZEROS_MAX ? end + ZEROS_MAX : prober->size;
    if (!is_whole(jpeg))
        return prober_ends(prober);
    jpeg->info->part.is_untidy = true;
    jpeg->info->part.bytes = jpeg->data.end;
    return STATUS_OK;
}

static void note_exif(struct prober *prober, uint64_t offset, uint64_t bytes)
{
    enum { SIGNATURE_BYTES = 6 };
    const uint8_t *data = bytes > SIGNATURE_BYTES ? prober_get(prober, offset, SIGNATURE_BYTES) : NULL;
    if (data && memcmp(data, "Exif\0", SIGNATURE_BYTES) == 0)
        prober_note_exif(prober, offset, bytes);
}

static enum status read_segment(struct jpeg *jpeg, uint8_t marker, uint64_t *offset)
{
    struct prober *prober = jpeg->prober;
    const uint8_t *length = prober_get(prober, *offset, 2);
    if (!length)
        return prober_ends(prober);
    uint32_t segment = read_be16(length);
    if (segment < 2)
        return prober_damaged(prober);
    enum status status = STATUS_OK;
    const uint8_t *interval = marker == MARKER_DRI ? prober_get(prober, *offset, 4) : NULL;
    if (interval)
        jpeg->data.restart_interval = read_be16(interval + 2);
    else if (is_frame_header(marker) && !jpeg->is_sized)
        status = read_frame_header(jpeg, marker, *offset);
    else if (marker == MARKER_DHT)
        (void)jpeg_data_read_tables(prober, *offset + 2, segment - 2U, &jpeg->data); /* the decoder complains */
    else if (marker == MARKER_APP1 && jpeg->scans == 0)
        note_exif(prober, *offset + 2, segment - 2U);
    else if (marker == MARKER_SOS)
        status = jpeg->is_sized ? read_scan(jpeg, *offset) : prober_damaged(prober);
    *offset += segment;
    jpeg->data.start = *offset;
    return status;
}

static enum status walk_segments(struct jpeg *jpeg)
{
    struct prober *prober = jpeg->prober;
    uint64_t offset = 2;
    for (;;) {
        uint8_t marker = 0;
        enum status status = find_marker(prober, &offset, &marker);
        if (status == STATUS_NOT_FOUND)
            return check_unfinished(jpeg);
        if (status != STATUS_OK)
            return status;
        if (marker == MARKER_EOI)
            return jpeg->scans ? STATUS_OK : prober_damaged(prober);
        status = read_segment(jpeg, marker, &offset);
        if (status != STATUS_OK)
            return status;
        if (jpeg->scans && has_one_scan(jpeg) && offset < prober->size && ends_with_marker(prober))
            return STATUS_OK;
    }
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct jpeg jpeg = {.prober = prober, .info = info};
    enum status status = walk_segments(&jpeg);
    if (status == STATUS_OK)
        estimate(&jpeg);
    return status;
}

bool prober_jpeg_size(struct prober *prober, struct image_info *ret_info)
{
    enum { SEGMENTS_MAX = 256 };
    struct jpeg jpeg = {.prober = prober, .info = ret_info};
    const uint8_t *start = prober_get(prober, 0, 3);
    if (!start || !matches(start, 3))
        return false;
    uint64_t offset = 2;
    for (unsigned i = 0; i < SEGMENTS_MAX && !jpeg.is_sized; i++) {
        uint8_t marker = 0;
        if (find_marker(prober, &offset, &marker) != STATUS_OK || marker == MARKER_EOI
            || read_segment(&jpeg, marker, &offset) != STATUS_OK)
            return false;
    }
    return jpeg.is_sized;
}

const struct prober_ops prober_jpeg = {.format = IMAGE_JPEG, .matches = matches, .walk = walk};
