/* The directories of a raw photo that is a TIFF: the first, those behind it, sub-directories, and Olympus's notes. */
#include "raw.h"

#include <string.h>

enum { DIRECTORIES_MAX = 32, SUBS_MAX = 16, CFA = 32803, LINEAR = 34892, JPEG_OLD = 6, JPEG = 7 };

enum {
    JPEG_FROM_RAW,
    COMPRESSION,
    PHOTOMETRIC,
    MAKE,
    STRIPS,
    ORIENTATION,
    STRIP_BYTES,
    SUBS,
    PREVIEW,
    PREVIEW_BYTES,
    EXIF,
    NOTES,
    DNG,
    FIELDS
};
static const uint16_t tags[FIELDS] = {
    [JPEG_FROM_RAW] = 0x2E, /* Panasonic's */
    [COMPRESSION] = 259,    [PHOTOMETRIC] = 262, [MAKE] = 271,    [STRIPS] = 273, [ORIENTATION] = 274,
    [STRIP_BYTES] = 279,    [SUBS] = 330,        [PREVIEW] = 513, /* JPEGInterchangeFormat and its length */
    [PREVIEW_BYTES] = 514,  [EXIF] = 34665,      [NOTES] = 37500, [DNG] = 50706,
};

/* What is still to be looked at. */
struct queue {
    uint64_t offsets[DIRECTORIES_MAX];
    unsigned count;
};

static void enqueue(struct queue *queue, uint64_t offset)
{
    for (unsigned i = 0; i < queue->count; i++) {
        if (queue->offsets[i] == offset)
            return; /* a loop */
    }
    if (offset && queue->count < DIRECTORIES_MAX)
        queue->offsets[queue->count++] = offset;
}

static void read_make(const struct tiff *tiff, const struct tiff_entry *entry, struct raw_facts *facts)
{
    size_t length = entry->count < sizeof facts->make ? (size_t)entry->count : sizeof facts->make - 1;
    const uint8_t *data =
        entry->type == TIFF_ASCII && !facts->make[0] ? prober_get(tiff->prober, entry->offset, length) : NULL;
    if (data)
        memcpy(facts->make, data, length);
}

static void consider(const struct tiff *tiff, uint64_t offset, uint64_t bytes, struct raw_facts *facts)
{
    if (offset <= tiff->prober->size && tiff->base <= tiff->prober->size - offset)
        raw_consider(tiff->prober, tiff->base + offset, bytes, &facts->preview);
}

static void consider_pictures(const struct tiff *tiff, const struct tiff_entry *fields, struct raw_facts *facts)
{
    uint64_t compression = tiff_read_or(tiff, &fields[COMPRESSION], 0);
    if (fields[JPEG_FROM_RAW].type == TIFF_UNDEFINED)
        raw_consider(tiff->prober, fields[JPEG_FROM_RAW].offset, fields[JPEG_FROM_RAW].count, &facts->preview);
    if (fields[PREVIEW].count)
        consider(tiff, tiff_read_or(tiff, &fields[PREVIEW], 0), tiff_read_or(tiff, &fields[PREVIEW_BYTES], 0), facts);
    if (fields[STRIPS].count == 1 && (compression == JPEG_OLD || compression == JPEG))
        consider(tiff, tiff_read_or(tiff, &fields[STRIPS], 0), tiff_read_or(tiff, &fields[STRIP_BYTES], 0), facts);
}

/* Olympus and OM System keep the preview's place in their notes, which have directories of their own. */
static void read_notes(const struct tiff *tiff, const struct tiff_entry *notes, struct raw_facts *facts)
{
    enum { SETTINGS, START, LENGTH, NOTE_FIELDS };
    static const uint16_t note_tags[NOTE_FIELDS] = {[SETTINGS] = 0x2020, [START] = 0x101, [LENGTH] = 0x102};
    static const struct {
        const char *magic;
        unsigned bytes, directory;
    } makers[] = {{"OLYMPUS\0II\3", 12, 12}, {"OM SYSTEM\0\0\0II\4", 16, 16}};
    const uint8_t *data = prober_get(tiff->prober, notes->offset, 16);
    for (size_t i = 0; data && i < sizeof makers / sizeof makers[0]; i++) {
        if (memcmp(data, makers[i].magic, makers[i].bytes - 1) != 0)
            continue;
        const struct tiff own = {.prober = tiff->prober, .base = notes->offset};
        struct tiff_entry fields[NOTE_FIELDS];
        uint64_t next;
        if (tiff_read_directory(&own, makers[i].directory, note_tags, NOTE_FIELDS, fields, &next) != STATUS_OK
            || !fields[SETTINGS].count
            || tiff_read_directory(&own, tiff_read_or(&own, &fields[SETTINGS], 0), note_tags, NOTE_FIELDS, fields,
                                   &next)
                   != STATUS_OK)
            return;
        consider(&own, tiff_read_or(&own, &fields[START], 0), tiff_read_or(&own, &fields[LENGTH], 0), facts);
        return;
    }
}

static void read_facts(const struct tiff *tiff, const struct tiff_entry *fields, struct raw_facts *facts)
{
    uint64_t photometric = tiff_read_or(tiff, &fields[PHOTOMETRIC], 0);
    facts->is_dng |= fields[DNG].count > 0;
    facts->is_raw |= facts->is_dng || photometric == CFA || photometric == LINEAR;
    read_make(tiff, &fields[MAKE], facts);
    if (!facts->preview.orientation)
        facts->preview.orientation = (uint32_t)tiff_read_or(tiff, &fields[ORIENTATION], 0);
    consider_pictures(tiff, fields, facts);
    if (fields[NOTES].count)
        read_notes(tiff, &fields[NOTES], facts);
}

enum status raw_read_directories(const struct tiff *tiff, struct raw_facts *facts)
{
    struct queue queue = {0};
    enqueue(&queue, tiff->first);
    for (unsigned i = 0; i < queue.count; i++) {
        struct tiff_entry fields[FIELDS];
        uint64_t next = 0, sub = 0;
        enum status status = tiff_read_directory(tiff, queue.offsets[i], tags, FIELDS, fields, &next);
        if (status != STATUS_OK && i == 0)
            return status;
        if (status != STATUS_OK)
            continue;
        read_facts(tiff, fields, facts);
        enqueue(&queue, next);
        enqueue(&queue, tiff_read_or(tiff, &fields[EXIF], 0));
        for (uint64_t k = 0; k < SUBS_MAX && tiff_read(tiff, &fields[SUBS], k, &sub); k++)
            enqueue(&queue, sub);
    }
    return STATUS_OK;
}
