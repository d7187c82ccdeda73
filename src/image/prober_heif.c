/* HEIC and AVIF: ISO base media files (ISO/IEC 14496-12) with a `meta` box (23008-12). The size is the `ispe` property of
 * the primary item; where the tables don't say which that is, the largest. A collection counts as its primary picture. */
#include "prober.h"

#include <string.h>

enum { BOX_BYTES = 8, PROPERTIES_MAX = 4096, ASSOCIATIONS_MAX = 1 << 16, BOXES_MAX = 1 << 16 };

struct box {
    char type[4];
    uint64_t start, end; /* of its content */
};

static const char heic_brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"};
static const char avif_brands[][5] = {"avif", "avis"};

static bool has_brand(const uint8_t *data, size_t size, const char (*brands)[5], size_t count)
{
    if (size < 16 || memcmp(data + 4, "ftyp", 4) != 0)
        return false;
    uint32_t box = read_be32(data);
    size_t end = box < size ? box : size;
    for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) { /* after the first comes a version */
        for (size_t i = 0; i < count; i++) {
            if (memcmp(data + at, brands[i], 4) == 0)
                return true;
        }
    }
    return false;
}

static bool matches_avif(const uint8_t *data, size_t size)
{
    return has_brand(data, size, avif_brands, sizeof avif_brands / sizeof avif_brands[0]);
}

static bool matches_heic(const uint8_t *data, size_t size)
{
    return !matches_avif(data, size) && has_brand(data, size, heic_brands, sizeof heic_brands / sizeof heic_brands[0]);
}

/* The box at `offset` of a space that ends at `end`. */
static enum status read_box(struct prober *prober, uint64_t offset, uint64_t end, struct box *ret_box)
{
    const uint8_t *data = prober_get(prober, offset, BOX_BYTES);
    if (!data || end - offset < BOX_BYTES)
        return prober_ends(prober);
    uint64_t size = read_be32(data), header = BOX_BYTES;
    memcpy(ret_box->type, data + 4, 4);
    if (size == 1) {
        data = prober_get(prober, offset + BOX_BYTES, 8);
        if (!data)
            return prober_ends(prober);
        size = (uint64_t)read_be32(data) << 32 | read_be32(data + 4);
        header += 8;
    } else if (size == 0) {
        size = end - offset;
    }
    if (size < header)
        return prober_broken(prober, "a box is shorter than its header");
    if (size > end - offset)
        return end == prober->size ? prober_ends(prober)
                                   : prober_broken(prober, "a box is longer than the one around it");
    ret_box->start = offset + header;
    ret_box->end = offset + size;
    return STATUS_OK;
}

static bool is_type(const struct box *box, const char *type)
{
    return memcmp(box->type, type, 4) == 0;
}

/* The first box of this type between the offsets; NOT_FOUND when there is none. */
static enum status find_box(struct prober *prober, const char *type, uint64_t start, uint64_t end, struct box *ret_box)
{
    for (unsigned boxes = 0; start < end && boxes < BOXES_MAX; boxes++) {
        enum status status = read_box(prober, start, end, ret_box);
        if (status != STATUS_OK || is_type(ret_box, type))
            return status;
        start = ret_box->end;
    }
    return STATUS_NOT_FOUND;
}

/* The properties of the primary item that were found to be its own: a set of indices, from 1. */
struct properties {
    bool known;
    bool own[PROPERTIES_MAX];
};

/* One entry of `ipma`; *offset moves behind it. */
static bool read_association(struct prober *prober, uint64_t *offset, unsigned version, bool wide, uint32_t primary,
                             struct properties *properties)
{
    unsigned id_bytes = version ? 4 : 2;
    const uint8_t *data = prober_get(prober, *offset, id_bytes + 1);
    if (!data)
        return false;
    uint32_t item = version ? read_be32(data) : read_be16(data);
    unsigned count = data[id_bytes], bytes = wide ? 2 : 1;
    *offset += id_bytes + 1;
    data = prober_get(prober, *offset, (size_t)count * bytes);
    if (!data)
        return false;
    *offset += (uint64_t)count * bytes;
    for (unsigned i = 0; item == primary && i < count; i++) {
        uint32_t index = wide ? read_be16(data + (size_t)i * 2) & 0x7FFF : data[i] & 0x7F;
        properties->known = true;
        if (index < PROPERTIES_MAX)
            properties->own[index] = true;
    }
    return true;
}

static enum status read_associations(struct prober *prober, const struct box *iprp, uint32_t primary,
                                     struct properties *properties)
{
    struct box ipma = {0};
    enum status status = find_box(prober, "ipma", iprp->start, iprp->end, &ipma);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    const uint8_t *data = prober_get(prober, ipma.start, 8);
    if (!data)
        return prober_ends(prober);
    unsigned version = data[0];
    bool wide = data[3] & 1;
    uint32_t entries = read_be32(data + 4);
    uint64_t offset = ipma.start + 8;
    for (uint32_t i = 0; i < entries && i < ASSOCIATIONS_MAX && offset < ipma.end; i++) {
        if (!read_association(prober, &offset, version, wide, primary, properties))
            return prober_ends(prober);
    }
    return STATUS_OK;
}

/* The primary item's size; without a table that says whose a property is, the largest. */
static enum status read_sizes(struct prober *prober, const struct box *ipco, const struct properties *properties,
                              struct image_info *info)
{
    uint64_t offset = ipco->start;
    for (uint32_t index = 1; offset < ipco->end && index < PROPERTIES_MAX; index++) {
        struct box box = {0};
        enum status status = read_box(prober, offset, ipco->end, &box);
        if (status != STATUS_OK)
            return status;
        offset = box.end;
        if (!is_type(&box, "ispe") || (properties->known && !properties->own[index]))
            continue;
        const uint8_t *data = prober_get(prober, box.start, 12);
        if (!data || box.end - box.start < 12)
            return prober_broken(prober, "a size is too short");
        uint32_t width = read_be32(data + 4), height = read_be32(data + 8);
        if ((uint64_t)width * height > (uint64_t)info->width * info->height) {
            info->width = width;
            info->height = height;
        }
    }
    return STATUS_OK;
}

static uint32_t read_primary(struct prober *prober, const struct box *meta)
{
    struct box pitm = {0};
    if (find_box(prober, "pitm", meta->start, meta->end, &pitm) != STATUS_OK)
        return 0;
    const uint8_t *data = prober_get(prober, pitm.start, 6);
    if (!data)
        return 0;
    const uint8_t *wide = data[0] ? prober_get(prober, pitm.start, 8) : NULL;
    return wide ? read_be32(wide + 4) : read_be16(data + 4);
}

static enum status read_meta(struct prober *prober, struct box meta, struct image_info *info)
{
    struct box iprp = {0}, ipco = {0};
    struct properties properties = {0};
    meta.start += 4; /* version and flags */
    if (meta.start > meta.end)
        return prober_broken(prober, "its tables are missing");
    enum status status = find_box(prober, "iprp", meta.start, meta.end, &iprp);
    if (status == STATUS_OK)
        status = find_box(prober, "ipco", iprp.start, iprp.end, &ipco);
    if (status == STATUS_OK)
        status = read_associations(prober, &iprp, read_primary(prober, &meta), &properties);
    if (status == STATUS_OK)
        status = read_sizes(prober, &ipco, &properties, info);
    return status == STATUS_NOT_FOUND ? prober_broken(prober, "its size is missing") : status;
}

/* Names of boxes are four printable letters; what phones and others append behind the last one seldom is. */
static bool is_name(const struct box *box)
{
    for (size_t i = 0; i < sizeof box->type; i++) {
        if (box->type[i] < 0x20 || box->type[i] > 0x7E)
            return false;
    }
    return true;
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    bool sized = false;
    uint64_t offset = 0;
    for (unsigned boxes = 0; offset < prober->size && boxes < BOXES_MAX; boxes++) {
        struct box box = {0};
        enum status status = read_box(prober, offset, prober->size, &box);
        if (status != STATUS_OK && sized && prober->size - offset >= BOX_BYTES && !is_name(&box))
            break;
        if (status == STATUS_OK && is_type(&box, "meta") && !sized) {
            status = read_meta(prober, box, info);
            sized = true;
        }
        if (status != STATUS_OK)
            return status;
        offset = box.end;
    }
    return sized ? STATUS_OK : prober_broken(prober, "there is no picture in it");
}

const struct prober_ops prober_heic = {.name = "heic", .spelling = "HEIC", .matches = matches_heic, .walk = walk};
const struct prober_ops prober_avif = {.name = "avif", .spelling = "AVIF", .matches = matches_avif, .walk = walk};
