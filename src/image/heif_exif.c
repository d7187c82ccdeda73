/* Exif data in a HEIF file (ISO/IEC 23008-12, annex A.2): an item of its own, which a reference of type `cdsc` ties to
 * the picture that it describes. `iloc` (ISO/IEC 14496-12, 8.11.3) says where it is: in the file, or in the `idat` box.
 * Each table is gone through once. */
#include "heif_items.h"

#include <string.h>

enum { DESCRIBERS_MAX = 16, ENTRIES_MAX = 1 << 16, VERSION_BYTES = 4 };

/* Items that describe the picture. */
struct describers {
    uint32_t ids[DESCRIBERS_MAX], count;
};

static uint32_t read_id(const uint8_t *data, bool wide)
{
    return wide ? read_be32(data) : read_be16(data);
}

/* Of a `cdsc` box: what describes, and whether one of what it describes is this item. */
static bool read_reference(struct prober *prober, const struct iso_box *box, bool wide, uint32_t item, uint32_t *ret_id)
{
    size_t bytes = wide ? 4 : 2;
    const uint8_t *data = iso_box_is(box, "cdsc") ? prober_get(prober, box->start, bytes + 2) : NULL;
    if (!data)
        return false;
    *ret_id = read_id(data, wide);
    uint32_t count = read_be16(data + bytes);
    uint64_t offset = box->start + bytes + 2;
    for (uint32_t i = 0; i < count && offset < box->end; i++, offset += bytes) {
        data = prober_get(prober, offset, bytes);
        if (!data || read_id(data, wide) == item)
            return data;
    }
    return false;
}

static void find_describers(struct prober *prober, const struct iso_box *meta, uint32_t item, struct describers *found)
{
    struct iso_box iref = {0}, box = {0};
    if (iso_box_find(prober, "iref", meta->start, meta->end, &iref) != STATUS_OK)
        return;
    const uint8_t *data = prober_get(prober, iref.start, VERSION_BYTES);
    bool wide = data && data[0];
    for (uint64_t offset = iref.start + VERSION_BYTES; offset < iref.end; offset = box.end) {
        if (iso_box_read(prober, offset, iref.end, &box) != STATUS_OK || found->count == DESCRIBERS_MAX)
            return;
        if (read_reference(prober, &box, wide, item, &found->ids[found->count]))
            found->count++;
    }
}

static bool is_describer(const struct describers *describers, uint32_t id)
{
    for (uint32_t i = 0; i < describers->count; i++) {
        if (describers->ids[i] == id)
            return true;
    }
    return false;
}

/* The first of them that is Exif data; 0: none is. */
static uint32_t find_item(struct prober *prober, const struct iso_box *meta, const struct describers *describers)
{
    struct iso_box iinf = {0}, box = {0};
    if (iso_box_find(prober, "iinf", meta->start, meta->end, &iinf) != STATUS_OK)
        return 0;
    const uint8_t *data = prober_get(prober, iinf.start, 1);
    for (uint64_t offset = iinf.start + (data && data[0] ? 8 : 6); offset < iinf.end; offset = box.end) {
        if (iso_box_read(prober, offset, iinf.end, &box) != STATUS_OK)
            return 0;
        data = iso_box_is(&box, "infe") ? prober_get(prober, box.start, 14) : NULL;
        if (!data || data[0] < 2)
            continue;
        bool wide = data[0] > 2;
        uint32_t id = read_id(data + 4, wide);
        if (memcmp(data + (wide ? 10 : 8), "Exif", 4) == 0 && is_describer(describers, id))
            return id;
    }
    return 0;
}

/* How `iloc` writes its numbers, in bytes. */
struct places {
    unsigned version, offset, length, base, index;
    uint64_t at; /* the next entry */
};

/* A number of 0 to 8 bytes at places->at, which moves behind it. */
static bool read_number(struct prober *prober, struct places *places, unsigned bytes, uint64_t *ret_number)
{
    const uint8_t *data = prober_get(prober, places->at, bytes);
    uint64_t number = 0;
    for (unsigned i = 0; data && i < bytes; i++)
        number = number << 8 | data[i];
    places->at += bytes;
    *ret_number = number;
    return data;
}

/* One entry of `iloc`. */
struct place {
    uint64_t id, construction, file, base, extents;
    uint64_t offset, length; /* of the first extent */
};

/* What comes behind the first extent is passed over unread: 65,535 of them may take no bytes at all. */
static bool read_place(struct prober *prober, struct places *places, struct place *ret_place)
{
    struct place place = {0};
    uint64_t index;
    bool is_read = read_number(prober, places, places->version == 2 ? 4 : 2, &place.id)
                   && read_number(prober, places, places->version ? 2 : 0, &place.construction)
                   && read_number(prober, places, 2, &place.file)
                   && read_number(prober, places, places->base, &place.base)
                   && read_number(prober, places, 2, &place.extents);
    if (is_read && place.extents > 0) {
        is_read = read_number(prober, places, places->index, &index)
                  && read_number(prober, places, places->offset, &place.offset)
                  && read_number(prober, places, places->length, &place.length);
        places->at += (place.extents - 1) * (places->index + places->offset + places->length);
    }
    *ret_place = place;
    return is_read;
}

static bool find_place(struct prober *prober, const struct iso_box *meta, uint32_t item, struct place *ret_place)
{
    struct iso_box iloc = {0};
    uint64_t count;
    if (iso_box_find(prober, "iloc", meta->start, meta->end, &iloc) != STATUS_OK)
        return false;
    const uint8_t *data = prober_get(prober, iloc.start, VERSION_BYTES + 2);
    if (!data || data[0] > 2)
        return false;
    struct places places = {.version = data[0],
                            .offset = data[4] >> 4,
                            .length = data[4] & 15,
                            .base = data[5] >> 4,
                            .index = data[0] ? data[5] & 15 : 0,
                            .at = iloc.start + VERSION_BYTES + 2};
    if (places.offset > 8 || places.length > 8 || places.base > 8 || places.index > 8
        || !read_number(prober, &places, places.version == 2 ? 4 : 2, &count))
        return false;
    for (uint64_t i = 0; i < count && i < ENTRIES_MAX && places.at < iloc.end; i++) {
        if (!read_place(prober, &places, ret_place))
            return false;
        if (ret_place->id == item)
            return true;
    }
    return false;
}

/* Its bytes begin with the number of those that come before the TIFF. */
static void note(struct prober *prober, uint64_t start, uint64_t bytes)
{
    const uint8_t *data = bytes > 4 && bytes <= prober->size ? prober_get(prober, start, 4) : NULL;
    uint64_t before = data ? 4 + (uint64_t)read_be32(data) : bytes;
    if (before < bytes)
        prober_note_exif(prober, start + before, bytes - before);
}

void heif_note_exif(struct prober *prober, const struct iso_box *meta)
{
    enum { CONSTRUCTION = 15, IN_FILE = 0, IN_IDAT = 1 };
    struct describers describers = {0};
    struct place place = {0};
    struct iso_box idat = {.start = 0, .end = prober->size}, content = *meta;
    content.start += VERSION_BYTES;
    if (content.start > content.end)
        return;
    struct text *why = prober->why;
    prober->why = NULL; /* what can't be read of it isn't there */
    find_describers(prober, &content, heif_read_primary_id(prober, &content), &describers);
    uint32_t item = describers.count ? find_item(prober, &content, &describers) : 0;
    bool is_found = item && find_place(prober, &content, item, &place) && place.file == 0 && place.extents == 1;
    unsigned construction = place.construction & CONSTRUCTION;
    if (is_found && construction == IN_IDAT)
        is_found = iso_box_find(prober, "idat", content.start, content.end, &idat) == STATUS_OK;
    uint64_t offset;
    if (is_found && construction <= IN_IDAT && !__builtin_add_overflow(place.base, place.offset, &offset)
        && offset <= idat.end - idat.start && place.length <= idat.end - idat.start - offset)
        note(prober, idat.start + offset, place.length);
    prober->why = why;
}
