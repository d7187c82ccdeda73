/* HEIC and AVIF: ISO base media files with a `meta` box (ISO/IEC 23008-12). What the primary item is coded as says
 * which of the two it is, because brands may be general ones. A collection, or a HEIC film with a still picture beside
 * it, counts as its primary picture; an AVIF whose first brand is `avis` moves. */
#include "heif_film.h"
#include "heif_items.h"
#include "image_cost.h"

#include <string.h>

enum { BOX_BYTES = 8, BOXES_MAX = 1 << 16, TILES_MAX = 10000 };

static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "avif", "avis",
                                 "mif1", "mif2", "mif3", "msf1", "miaf", "MiHB", "MiHE", "MA1A", "MA1B"};

/* What codes a picture; of `format`, or a kind that isn't taken, in words. */
static const struct {
    const char *type;
    enum image_format format;
    const char *kind;
} codings[] = {
    {"hvc1", IMAGE_HEIC, NULL},
    {"hev1", IMAGE_HEIC, NULL},
    {"av01", IMAGE_AVIF, NULL},
    {"avc1", IMAGE_HEIC, "a picture coded as H.264"},
    {"vvc1", IMAGE_HEIC, "a picture coded as H.266"},
    {"evc1", IMAGE_HEIC, "a picture coded as EVC"},
    {"jpeg", IMAGE_HEIC, "a picture coded as JPEG"},
    {"j2k1", IMAGE_HEIC, "a picture coded as JPEG 2000"},
    {"unci", IMAGE_HEIC, "a picture that isn't compressed"},
};

static bool matches(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++) {
        if (iso_has_brand(data, size, brands[i]))
            return true;
    }
    return false;
}

static enum status set_format(struct prober *prober, const char *type, struct image_info *info)
{
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        if (strcmp(codings[i].type, type) != 0)
            continue;
        prober->format = info->format = info->part.format = codings[i].format;
        return codings[i].kind ? prober_unsupported(prober, codings[i].kind) : STATUS_OK;
    }
    return STATUS_OK; /* the decoder has to say */
}

static void estimate(const struct prober *prober, const struct heif_item *item, struct image_info *info)
{
    uint64_t pixels = (uint64_t)info->width * info->height;
    bool holds_tiles = info->format == IMAGE_AVIF && item->tiles > 1; /* libavif does, beside the whole */
    const struct image_shape shape = {
        .coding = info->format == IMAGE_AVIF ? CODING_AV1 : CODING_HEVC,
        .file = prober->size,
        .visits = item->pixels > pixels ? item->pixels : pixels,
        .parts = item->tiles,
        .held = holds_tiles && item->plane_bytes < UINT64_MAX / 2 ? 2 * item->plane_bytes : item->plane_bytes,
    };
    image_cost_estimate(&shape, info);
}

static enum status read_meta(struct prober *prober, const struct iso_box *meta, struct image_info *info)
{
    struct heif_item item;
    enum status status = heif_read_primary(prober, *meta, &item);
    if (status == STATUS_OK)
        status = set_format(prober, item.type, info);
    if (status != STATUS_OK)
        return status;
    if (item.tiles > TILES_MAX)
        return prober_too_complex(prober);
    info->width = item.width;
    info->height = item.height;
    heif_note_exif(prober, meta);
    estimate(prober, &item, info);
    return STATUS_OK;
}

/* Names of boxes are four printable letters; what phones and others append behind the last one seldom is. */
static bool is_name(const struct iso_box *box)
{
    for (size_t i = 0; i < sizeof box->type; i++) {
        if (box->type[i] < 0x20 || box->type[i] > 0x7E)
            return false;
    }
    return true;
}

/* What was found on the way through the file. */
struct found {
    bool is_sized; /* by a `meta` box */
    bool is_film;
    struct heif_film film;
};

static enum status read_top(struct prober *prober, const struct iso_box *box, struct image_info *info,
                            struct found *found)
{
    if (iso_box_is(box, "meta") && !found->is_sized) {
        found->is_sized = true;
        return read_meta(prober, box, info);
    }
    if (iso_box_is(box, "moov")) {
        struct text *why = prober->why;
        found->is_film = true;
        prober->why = NULL; /* a film that can't be read is none */
        heif_read_film(prober, box, &found->film);
        prober->why = why;
    }
    return STATUS_OK;
}

static enum status walk_boxes(struct prober *prober, struct image_info *info, struct found *found)
{
    uint64_t offset = 0;
    for (unsigned boxes = 0; offset < prober->size && boxes < BOXES_MAX; boxes++) {
        struct iso_box box = {0};
        enum status status = iso_box_read(prober, offset, prober->size, &box);
        if (status != STATUS_OK && found->is_sized && prober->size - offset >= BOX_BYTES && !is_name(&box))
            break;
        if (status == STATUS_OK)
            status = read_top(prober, &box, info, found);
        if (status != STATUS_OK)
            return status;
        offset = box.end;
    }
    return STATUS_OK;
}

/* Every frame is decoded whole. */
static void take_film(const struct prober *prober, const struct heif_film *film, struct image_info *info)
{
    info->frames = film->frames;
    info->width = info->width ? info->width : film->width;
    info->height = info->height ? info->height : film->height;
    const struct image_shape shape = {
        .coding = CODING_AV1_FILM,
        .file = prober->size,
        .held = (uint64_t)film->width * film->height,
        .visits = (uint64_t)film->width * film->height * film->frames,
        .parts = film->frames,
    };
    image_cost_estimate(&shape, info);
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    enum { BRAND_AT = 8 };
    size_t count;
    const uint8_t *start = prober_get_some(prober, 0, &count);
    bool is_avif = start && (iso_has_brand(start, count, "avif") || iso_has_brand(start, count, "avis"));
    bool moves = is_avif && memcmp(start + BRAND_AT, "avis", 4) == 0;
    if (is_avif)
        prober->format = info->format = info->part.format = IMAGE_AVIF;
    struct found found = {0};
    enum status status = walk_boxes(prober, info, &found);
    if (status != STATUS_OK)
        return status;
    if (moves && strcmp(found.film.type, "av01") == 0)
        take_film(prober, &found.film, info);
    else if (!found.is_sized)
        return found.is_film ? prober_unsupported(prober, "a film without a still picture") : prober_damaged(prober);
    return STATUS_OK;
}

const struct prober_ops prober_heif = {.format = IMAGE_HEIC, .matches = matches, .walk = walk};
