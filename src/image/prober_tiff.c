/* TIFF 6.0 and BigTIFF: the first directory for the size, and that its strips or tiles are all there. Files with
 * several pages or layers are refused, because only the first would be published. Raw photos are TIFFs too: those go to
 * raw.h, because their first page is a thumbnail. */
#include "image_cost.h"
#include "raw.h"
#include "reasons.h"
#include "tiff_directory.h"

#include <string.h>

enum { PARTS_MAX = 1 << 16, STRIP_ROWS_HELD = 128, PLANAR_SEPARATE = 2, DIRECTORIES_MAX = 64 };

enum {
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    SAMPLES,
    STRIP_ROWS,
    PLANAR,
    TILE_WIDTH,
    TILE_HEIGHT,
    OFFSETS,
    BYTES,
    TILE_OFFSETS,
    TILE_BYTES,
    FIELDS
};
static const uint16_t tags[FIELDS] = {
    [WIDTH] = 256,      [HEIGHT] = 257,       [BITS] = 258,       [COMPRESSION] = 259, [SAMPLES] = 277,
    [STRIP_ROWS] = 278, [PLANAR] = 284,       [TILE_WIDTH] = 322, [TILE_HEIGHT] = 323, [OFFSETS] = 273,
    [BYTES] = 279,      [TILE_OFFSETS] = 324, [TILE_BYTES] = 325,
};

enum { PAGE_KIND, PAGE_OLD_KIND, PAGE_WIDTH, PAGE_HEIGHT, PAGE_FIELDS };

static bool matches(const uint8_t *data, size_t size)
{
    static const char magics[][4] = {{'I', 'I', '*', 0}, {'M', 'M', 0, '*'}, {'I', 'I', '+', 0}, {'M', 'M', 0, '+'}};
    for (size_t i = 0; size >= 4 && i < sizeof magics / sizeof magics[0]; i++) {
        if (memcmp(data, magics[i], 4) == 0)
            return true;
    }
    return false;
}

/* First the offsets and then the lengths are read a block at a time, so that one file block doesn't chase the other. */
static enum status check_parts(const struct tiff *tiff, const struct tiff_entry *offsets,
                               const struct tiff_entry *lengths)
{
    struct prober *prober = tiff->prober;
    uint64_t count = offsets->count;
    if (count == 0 || (lengths->count && lengths->count < count))
        return prober_damaged(prober);
    if (count > PARTS_MAX)
        return prober_too_complex(prober);
    enum { BATCH = 1024 };
    uint64_t starts[BATCH];
    for (uint64_t from = 0; from < count; from += BATCH) {
        uint64_t batch = count - from < BATCH ? count - from : BATCH;
        for (uint64_t i = 0; i < batch; i++) {
            if (!tiff_read(tiff, offsets, from + i, &starts[i]))
                return prober_ends(prober);
        }
        for (uint64_t i = 0; i < batch; i++) {
            uint64_t length = 1;
            if (lengths->count && !tiff_read(tiff, lengths, from + i, &length))
                return prober_ends(prober);
            if (starts[i] > prober->size || length > prober->size - starts[i])
                return prober_ends(prober);
        }
    }
    return STATUS_OK;
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

/* A strip is held, or a row of tiles. */
static void estimate(const struct tiff *tiff, const struct tiff_entry *fields, struct image_info *info)
{
    bool tiled = fields[TILE_OFFSETS].count;
    uint64_t bits = at_most(tiff_read_or(tiff, &fields[BITS], 1), 64);
    uint64_t samples = at_most(tiff_read_or(tiff, &fields[SAMPLES], 1), UINT16_MAX);
    uint64_t rows = tiff_read_or(tiff, &fields[tiled ? TILE_HEIGHT : STRIP_ROWS], info->height);
    uint64_t columns = tiled ? tiff_read_or(tiff, &fields[TILE_WIDTH], info->width) : info->width;
    uint64_t across = columns > info->width ? columns : info->width;
    rows = tiled ? rows : at_most(rows, STRIP_ROWS_HELD); /* taller strips are read row by row */
    uint64_t held = 0;
    if (__builtin_mul_overflow(across, rows, &held) || __builtin_mul_overflow(held, samples * ((bits + 7) / 8), &held))
        held = UINT64_MAX;
    const struct image_shape shape = {
        .coding = CODING_TIFF,
        .file = tiff->prober->size,
        .visits = (uint64_t)info->width * info->height * samples,
        .parts = fields[tiled ? TILE_OFFSETS : OFFSETS].count,
        .held = held,
    };
    image_cost_estimate(&shape, info);
}

static bool read_side(const struct tiff *tiff, const struct tiff_entry *entry, uint32_t *ret_side)
{
    uint64_t side;
    if (!tiff_read(tiff, entry, 0, &side))
        return false;
    *ret_side = side < UINT32_MAX ? (uint32_t)side : UINT32_MAX;
    return true;
}

/* A smaller version of the first page or a mask isn't a page. Some writers don't mark them: what is less than half as
 * wide or as high counts as a thumbnail. */
static bool is_page(const struct tiff *tiff, const struct tiff_entry *fields, const struct image_info *first)
{
    enum { REDUCED = 1, MASK = 4, OLD_REDUCED = 2 };
    if (tiff_read_or(tiff, &fields[PAGE_KIND], 0) & (REDUCED | MASK))
        return false;
    if (tiff_read_or(tiff, &fields[PAGE_OLD_KIND], 0) == OLD_REDUCED)
        return false;
    return tiff_read_or(tiff, &fields[PAGE_WIDTH], 0) * 2 >= first->width
           && tiff_read_or(tiff, &fields[PAGE_HEIGHT], 0) * 2 >= first->height;
}

/* `next` is the directory after the first. One that can't be read ends the list: nothing of it would be published. */
static enum status check_pages(const struct tiff *tiff, uint64_t next, const struct image_info *first)
{
    static const uint16_t page_tags[PAGE_FIELDS] = {
        [PAGE_KIND] = 254, [PAGE_OLD_KIND] = 255, [PAGE_WIDTH] = 256, [PAGE_HEIGHT] = 257};
    struct text *why = tiff->prober->why;
    TEXT_CLEANUP struct text unheard = {0};
    bool has_pages = false;
    tiff->prober->why = &unheard;
    for (size_t i = 0; next && next != tiff->first && i < DIRECTORIES_MAX && !has_pages; i++) {
        struct tiff_entry fields[PAGE_FIELDS];
        if (tiff_read_directory(tiff, next, page_tags, PAGE_FIELDS, fields, &next) != STATUS_OK)
            break;
        has_pages = is_page(tiff, fields, first);
    }
    tiff->prober->why = why;
    if (!has_pages)
        return STATUS_OK;
    reason_set(why, REASON_IMAGE_HAS_PAGES);
    return STATUS_UNPROCESSABLE;
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct tiff tiff;
    struct tiff_entry fields[FIELDS] = {0};
    uint64_t next;
    if (!tiff_open(prober, 0, &tiff))
        return prober_ends(prober);
    prober_note_exif(prober, 0, prober->size); /* a TIFF is what Exif data are */
    enum status status = raw_walk_tiff(&tiff, info);
    if (status == STATUS_NOT_FOUND)
        status = tiff_read_directory(&tiff, tiff.first, tags, FIELDS, fields, &next);
    if (status != STATUS_OK || info->format == IMAGE_RAW)
        return status;
    if (fields[WIDTH].count != 1 || fields[HEIGHT].count != 1)
        return prober_damaged(prober);
    if (!read_side(&tiff, &fields[WIDTH], &info->width) || !read_side(&tiff, &fields[HEIGHT], &info->height))
        return prober_ends(prober);
    bool tiled = fields[TILE_OFFSETS].count;
    status = check_parts(&tiff, &fields[tiled ? TILE_OFFSETS : OFFSETS], &fields[tiled ? TILE_BYTES : BYTES]);
    estimate(&tiff, fields, info);
    return status == STATUS_OK ? check_pages(&tiff, next, info) : status;
}

const struct prober_ops prober_tiff = {.format = IMAGE_TIFF, .matches = matches, .walk = walk};
