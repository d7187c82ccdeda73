/* Raw photos that say so in their first bytes, and what becomes of all raw photos: the preview, or a refusal by
 * name. */
#include "iso_box.h"
#include "prober_jpeg.h"
#include "raw.h"
#include "reasons.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE_LEAST = 1440 }; /* of what is published: a smaller preview would not do it justice */

enum build { BUILD_TIFF, BUILD_CR3, BUILD_RAF, BUILD_OTHER };

static const struct magic {
    uint32_t offset, bytes;
    const char *magic;
    enum build build;
    const char *name;
} magics[] = {
    {8, 4, "CR\2\0", BUILD_TIFF, "Canon CR2"},
    {0, 4, "IIRO", BUILD_TIFF, "Olympus ORF"},
    {0, 4, "IIRS", BUILD_TIFF, "Olympus ORF"},
    {0, 4, "MMOR", BUILD_TIFF, "Olympus ORF"},
    {0, 4, "IIU\0", BUILD_TIFF, "Panasonic RW2"},
    {4, 8, "ftypcrx ", BUILD_CR3, "Canon CR3"},
    {0, 16, "FUJIFILMCCD-RAW ", BUILD_RAF, "Fujifilm RAF"},
    {6, 8, "HEAPCCDR", BUILD_OTHER, "Canon CRW"},
    {0, 4, "FOVb", BUILD_OTHER, "Sigma X3F"},
    {0, 4, "\0MRM", BUILD_OTHER, "Minolta MRW"},
};

/* What else is a TIFF is told by who made it. */
static const struct {
    const char *make, *name;
} makers[] = {
    {"NIKON", "Nikon NEF"},           {"SONY", "Sony ARW"},           {"Canon", "Canon"},
    {"PENTAX", "Pentax PEF"},         {"RICOH", "Pentax PEF"},        {"SAMSUNG", "Samsung SRW"},
    {"Hasselblad", "Hasselblad 3FR"}, {"Phase One", "Phase One IIQ"}, {"LEICA", "Leica RWL"},
    {"EASTMAN KODAK", "Kodak DCR"},   {"SEIKO EPSON", "Epson ERF"},   {"Leaf", "Leaf MOS"},
    {"Mamiya", "Mamiya MEF"},         {"OLYMPUS", "Olympus ORF"},     {"Panasonic", "Panasonic RAW"},
};

static const struct magic *find_magic(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const struct magic *row = &magics[i];
        if (size >= row->offset + row->bytes && memcmp(data + row->offset, row->magic, row->bytes) == 0)
            return row;
    }
    return NULL;
}

static bool matches(const uint8_t *data, size_t size)
{
    return find_magic(data, size);
}

static const char *find_name(const struct raw_facts *facts)
{
    if (facts->is_dng)
        return "DNG";
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (strncmp(facts->make, makers[i].make, strlen(makers[i].make)) == 0)
            return makers[i].name;
    }
    return "of a camera";
}

void raw_consider(struct prober *prober, uint64_t offset, uint64_t bytes, struct raw_preview *preview)
{
    if (offset > prober->size || bytes > prober->size - offset)
        return;
    struct prober *within = prober_new_within(prober, offset, bytes);
    struct image_info info = {0};
    if (prober_jpeg_size(within, &info)
        && (uint64_t)info.width * info.height > (uint64_t)preview->width * preview->height) {
        preview->offset = offset;
        preview->bytes = bytes;
        preview->width = info.width;
        preview->height = info.height;
    }
    free(within);
}

/* The whole of the preview, as any JPEG. */
static enum status take_preview(struct prober *prober, const struct raw_preview *preview, const char *name,
                                struct image_info *info)
{
    uint32_t side = preview->width > preview->height ? preview->width : preview->height;
    enum status status = STATUS_UNSUPPORTED;
    struct image_info jpeg = {.format = IMAGE_JPEG, .frames = 1};
    if (side >= SIDE_LEAST) {
        struct prober *within = prober_new_within(prober, preview->offset, preview->bytes);
        jpeg.part = (struct image_part){.format = IMAGE_JPEG, .bytes = preview->bytes};
        status = prober_jpeg.walk(within, &jpeg);
        prober_note_exif(prober, preview->offset + within->exif.offset, within->exif.bytes);
        free(within);
    }
    if (status != STATUS_OK) {
        reason_set(prober->why, REASON_IMAGE_RAW, name);
        return STATUS_UNSUPPORTED;
    }
    *info = jpeg;
    info->format = IMAGE_RAW;
    info->part.offset = preview->offset;
    info->part.orientation = preview->orientation <= 8 ? preview->orientation : 0;
    return STATUS_OK;
}

enum status raw_walk_tiff(const struct tiff *tiff, struct image_info *info)
{
    struct raw_facts facts = {0};
    struct text *why = tiff->prober->why;
    tiff->prober->why = NULL; /* who reads the TIFF will say it */
    enum status status = raw_read_directories(tiff, &facts);
    tiff->prober->why = why;
    if (status != STATUS_OK || !facts.is_raw)
        return STATUS_NOT_FOUND;
    return take_preview(tiff->prober, &facts.preview, find_name(&facts), info);
}

/* Fujifilm's header says where the JPEG is, which has all that is known of the photo. */
static void read_raf(struct prober *prober, struct raw_facts *facts)
{
    enum { PLACE_AT = 84 };
    const uint8_t *data = prober_get(prober, PLACE_AT, 8);
    if (data)
        raw_consider(prober, read_be32(data), read_be32(data + 4), &facts->preview);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct raw_facts facts = {0};
    struct tiff tiff;
    size_t count;
    const uint8_t *start = prober_get_some(prober, 0, &count);
    const struct magic *magic = start ? find_magic(start, count) : NULL;
    if (!magic)
        return prober_ends(prober);
    /* What can't be read of the tables means that there is no preview: a raw photo is refused by its name. */
    struct text *why = prober->why;
    prober->why = NULL;
    if (magic->build == BUILD_TIFF)
        prober_note_exif(prober, 0, prober->size);
    if (magic->build == BUILD_TIFF && tiff_open(prober, 0, &tiff))
        (void)raw_read_directories(&tiff, &facts);
    else if (magic->build == BUILD_CR3)
        raw_read_cr3(prober, &facts);
    else if (magic->build == BUILD_RAF)
        read_raf(prober, &facts);
    prober->why = why;
    return prober->error ? prober_ends(prober) : take_preview(prober, &facts.preview, magic->name, info);
}

const struct prober_ops prober_raw = {.format = IMAGE_RAW, .matches = matches, .walk = walk};
