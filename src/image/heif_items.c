#include "heif_items.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 64, PROPERTIES_MAX = 4096, ASSOCIATIONS_MAX = 1 << 16, DEPTH_MAX = 4, TYPE_BYTES = 4 };

/* ---- iinf and iref: what an item is, and of which others it is made ---- */

static uint32_t read_id(const uint8_t *data, bool wide)
{
    return wide ? read_be32(data) : read_be16(data);
}

/* Of an `infe` box: whether it is this item's, and its type. */
static bool read_item_type(struct prober *prober, const struct iso_box *box, uint32_t item, char ret_type[static 5])
{
    const uint8_t *data = prober_get(prober, box->start, 14);
    if (!data || !iso_box_is(box, "infe") || data[0] < 2 || read_id(data + 4, data[0] > 2) != item)
        return false;
    memcpy(ret_type, data + (data[0] > 2 ? 10 : 8), TYPE_BYTES);
    ret_type[TYPE_BYTES] = '\0';
    return true;
}

static enum status find_type(struct prober *prober, const struct iso_box *meta, uint32_t item, char ret_type[static 5])
{
    struct iso_box iinf = {0}, box = {0};
    enum status status = iso_box_find(prober, "iinf", meta->start, meta->end, &iinf);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    const uint8_t *data = prober_get(prober, iinf.start, 1);
    if (!data)
        return prober_ends(prober);
    for (uint64_t offset = iinf.start + (data[0] ? 8 : 6); offset < iinf.end; offset = box.end) {
        status = iso_box_read(prober, offset, iinf.end, &box);
        if (status != STATUS_OK || read_item_type(prober, &box, item, ret_type))
            return status;
    }
    return STATUS_OK;
}

/* What the item is made of: the first of them, and how many there are; 0: of itself. */
static enum status find_parts(struct prober *prober, const struct iso_box *meta, uint32_t item, uint32_t *ret_first,
                              uint32_t *ret_count)
{
    struct iso_box iref = {0}, box = {0};
    *ret_count = 0;
    enum status status = iso_box_find(prober, "iref", meta->start, meta->end, &iref);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    const uint8_t *data = prober_get(prober, iref.start, 4);
    if (!data)
        return prober_ends(prober);
    bool wide = data[0];
    size_t id = wide ? 4 : 2;
    for (uint64_t offset = iref.start + 4; offset < iref.end; offset = box.end) {
        status = iso_box_read(prober, offset, iref.end, &box);
        if (status != STATUS_OK)
            return status;
        data = iso_box_is(&box, "dimg") ? prober_get(prober, box.start, id + 2 + id) : NULL;
        if (!data || read_id(data, wide) != item)
            continue;
        *ret_count = read_be16(data + id);
        *ret_first = read_id(data + id + 2, wide);
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- ipma and ipco: an item's properties ---- */

/* Indices into `ipco`, from 1, in the order in which they hold; none: the tables don't say. */
struct properties {
    uint32_t count, own[OWN_MAX];
};

/* One entry of `ipma`; *offset moves behind it. */
static bool read_association(struct prober *prober, uint64_t *offset, unsigned version, bool wide, uint32_t item,
                             struct properties *properties)
{
    unsigned id_bytes = version ? 4 : 2;
    const uint8_t *data = prober_get(prober, *offset, id_bytes + 1);
    if (!data)
        return false;
    bool is_own = read_id(data, version) == item;
    unsigned count = data[id_bytes], bytes = wide ? 2 : 1;
    *offset += id_bytes + 1;
    data = prober_get(prober, *offset, (size_t)count * bytes);
    if (!data)
        return false;
    *offset += (uint64_t)count * bytes;
    for (unsigned i = 0; is_own && i < count && properties->count < OWN_MAX; i++)
        properties->own[properties->count++] = wide ? read_be16(data + (size_t)i * 2) & 0x7FFF : data[i] & 0x7F;
    return true;
}

static enum status read_associations(struct prober *prober, const struct iso_box *iprp, uint32_t item,
                                     struct properties *properties)
{
    struct iso_box ipma = {0};
    properties->count = 0;
    enum status status = iso_box_find(prober, "ipma", iprp->start, iprp->end, &ipma);
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
        if (!read_association(prober, &offset, version, wide, item, properties))
            return prober_ends(prober);
    }
    return STATUS_OK;
}

/* What was read of an item's properties. */
struct shape {
    uint32_t width, height, bits;
    uint32_t halves; /* of a plane, that all planes have: 2 without colours, 3, 4, 6 */
};

static bool read_size(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    const uint8_t *data = box->end - box->start >= 12 ? prober_get(prober, box->start, 12) : NULL;
    if (!data)
        return false;
    shape->width = read_be32(data + 4);
    shape->height = read_be32(data + 8);
    return true;
}

/* Rounded, as libheif does; a window that isn't within the picture is none. */
static bool read_window(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    const uint8_t *data = prober_get(prober, box->start, 16);
    if (!data)
        return false;
    uint64_t across = read_be32(data + 4), down = read_be32(data + 12);
    uint64_t width = across ? (read_be32(data) + across / 2) / across : 0;
    uint64_t height = down ? (read_be32(data + 8) + down / 2) / down : 0;
    if (width > 0 && height > 0 && width <= shape->width && height <= shape->height) {
        shape->width = (uint32_t)width;
        shape->height = (uint32_t)height;
    }
    return true;
}

static bool read_turn(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    const uint8_t *data = prober_get(prober, box->start, 1);
    if (data && data[0] & 1) {
        uint32_t width = shape->width;
        shape->width = shape->height;
        shape->height = width;
    }
    return data;
}

/* HEVCDecoderConfigurationRecord and AV1CodecConfigurationRecord */
static bool read_hevc(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    const uint8_t *data = prober_get(prober, box->start, 18);
    static const uint8_t halves[4] = {2, 3, 4, 6}; /* of each chroma_format_idc */
    if (data) {
        shape->bits = (data[17] & 7) + 8;
        shape->halves = halves[data[16] & 3];
    }
    return data;
}

static bool read_av1(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    const uint8_t *data = prober_get(prober, box->start, 3);
    enum { HIGH = 0x40, TWELVE = 0x20, MONOCHROME = 0x10, HALF_WIDTH = 0x08, HALF_HEIGHT = 0x04 };
    if (!data)
        return false;
    uint8_t flags = data[2];
    shape->bits = flags & HIGH ? flags & TWELVE ? 12 : 10 : 8;
    shape->halves = flags & MONOCHROME ? 2 : flags & HALF_HEIGHT ? 3 : flags & HALF_WIDTH ? 4 : 6;
    return true;
}

static const struct {
    const char *type;
    bool (*read)(struct prober *prober, const struct iso_box *box, struct shape *shape);
} readers[] = {
    {"ispe", read_size}, {"clap", read_window}, {"irot", read_turn}, {"hvcC", read_hevc}, {"av1C", read_av1},
};

static bool read_property(struct prober *prober, const struct iso_box *box, struct shape *shape)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (iso_box_is(box, readers[i].type))
            return readers[i].read(prober, box, shape);
    }
    return true;
}

static bool tells_alpha(struct prober *prober, const struct iso_box *box)
{
    enum { WORDS_MAX = 64 };
    static const char *const urns[] = {"urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"};
    uint64_t length = box->end - box->start;
    const uint8_t *data = prober_get(prober, box->start, length < WORDS_MAX ? length : WORDS_MAX);
    for (size_t i = 0; data && i < sizeof urns / sizeof urns[0]; i++) {
        if (length > 4 + strlen(urns[i]) && memcmp(data + 4, urns[i], strlen(urns[i]) + 1) == 0)
            return true;
    }
    return false;
}

/* All properties of the file, as they are needed: where each is. */
struct table {
    struct iso_box boxes[PROPERTIES_MAX];
    uint32_t count; /* 1 more than the last index */
    bool has_alpha;
};

static enum status read_table(struct prober *prober, const struct iso_box *ipco, struct table *table)
{
    uint64_t offset = ipco->start;
    for (table->count = 1; offset < ipco->end && table->count < PROPERTIES_MAX; table->count++) {
        struct iso_box *box = &table->boxes[table->count];
        enum status status = iso_box_read(prober, offset, ipco->end, box);
        if (status != STATUS_OK)
            return status;
        offset = box->end;
        table->has_alpha |= iso_box_is(box, "auxC") && tells_alpha(prober, box);
    }
    return STATUS_OK;
}

/* Without a table that says whose a property is, the largest size. */
static enum status read_largest(struct prober *prober, const struct table *table, struct shape *shape)
{
    for (uint32_t i = 1; i < table->count; i++) {
        struct shape other = {0};
        if (!iso_box_is(&table->boxes[i], "ispe"))
            continue;
        if (!read_size(prober, &table->boxes[i], &other))
            return prober_damaged(prober);
        if ((uint64_t)other.width * other.height > (uint64_t)shape->width * shape->height) {
            shape->width = other.width;
            shape->height = other.height;
        }
    }
    return STATUS_OK;
}

static enum status read_shape(struct prober *prober, const struct table *table, const struct iso_box *iprp,
                              uint32_t item, struct shape *shape)
{
    struct properties properties;
    enum status status = read_associations(prober, iprp, item, &properties);
    if (status == STATUS_OK && properties.count == 0)
        return read_largest(prober, table, shape);
    for (uint32_t i = 0; status == STATUS_OK && i < properties.count; i++) {
        uint32_t index = properties.own[i];
        if (index > 0 && index < table->count && !read_property(prober, &table->boxes[index], shape))
            status = prober_damaged(prober);
    }
    return status;
}

/* ---- The primary item ---- */

uint32_t heif_read_primary_id(struct prober *prober, const struct iso_box *meta)
{
    struct iso_box pitm = {0};
    if (iso_box_find(prober, "pitm", meta->start, meta->end, &pitm) != STATUS_OK)
        return 0;
    const uint8_t *data = prober_get(prober, pitm.start, 6);
    if (!data)
        return 0;
    const uint8_t *wide = data[0] ? prober_get(prober, pitm.start, 8) : NULL;
    return wide ? read_be32(wide + 4) : read_be16(data + 4);
}

static bool is_derived(const char *type)
{
    return strcmp(type, "grid") == 0 || strcmp(type, "iovl") == 0 || strcmp(type, "iden") == 0;
}

/* Down to what is coded. *ret_coded: its id. */
static enum status find_coded(struct prober *prober, const struct iso_box *meta, uint32_t primary,
                              struct heif_item *item, uint32_t *ret_coded)
{
    uint32_t id = primary;
    item->tiles = 1;
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        uint32_t first = 0, count = 0;
        enum status status = find_type(prober, meta, id, item->type);
        if (status == STATUS_OK && is_derived(item->type))
            status = find_parts(prober, meta, id, &first, &count);
        if (status != STATUS_OK)
            return status;
        *ret_coded = id;
        if (count == 0)
            break;
        item->tiles = item->tiles > 1 && count > 1 ? UINT16_MAX : item->tiles * count; /* grids of grids: nobody's */
        id = first;
    }
    return STATUS_OK;
}

static enum status read_shapes(struct prober *prober, const struct table *table, const struct iso_box *iprp,
                               uint32_t primary, uint32_t coded, struct heif_item *item)
{
    struct shape whole = {.bits = 8, .halves = 6}, tile = {.bits = 8, .halves = 6};
    enum status status = read_shape(prober, table, iprp, primary, &whole);
    if (status == STATUS_OK)
        status = read_shape(prober, table, iprp, coded, &tile);
    item->width = whole.width;
    item->height = whole.height;
    item->pixels = (uint64_t)tile.width * tile.height;
    if (__builtin_mul_overflow(item->pixels, item->tiles, &item->pixels))
        item->pixels = UINT64_MAX;
    uint64_t halves = tile.halves + (table->has_alpha ? 2 : 0), sample = tile.bits > 8 ? 2 : 1;
    if (__builtin_mul_overflow((uint64_t)whole.width * whole.height, halves * sample, &item->plane_bytes))
        item->plane_bytes = UINT64_MAX;
    item->plane_bytes /= 2;
    return status;
}

enum status heif_read_primary(struct prober *prober, struct iso_box meta, struct heif_item *ret_item)
{
    struct iso_box iprp = {0}, ipco = {0};
    meta.start += 4; /* version and flags */
    if (meta.start > meta.end)
        return prober_damaged(prober);
    *ret_item = (struct heif_item){0};
    uint32_t primary = heif_read_primary_id(prober, &meta), coded = primary;
    enum status status = iso_box_find(prober, "iprp", meta.start, meta.end, &iprp);
    if (status == STATUS_OK)
        status = iso_box_find(prober, "ipco", iprp.start, iprp.end, &ipco);
    if (status == STATUS_OK)
        status = find_coded(prober, &meta, primary, ret_item, &coded);
    struct table *table = NEW(struct table);
    if (status == STATUS_OK)
        status = read_table(prober, &ipco, table);
    if (status == STATUS_OK)
        status = read_shapes(prober, table, &iprp, primary, coded, ret_item);
    free(table);
    return status == STATUS_NOT_FOUND ? prober_damaged(prober) : status;
}
