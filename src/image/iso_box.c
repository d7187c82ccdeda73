#include "iso_box.h"

#include <string.h>

enum { BOX_BYTES = 8, NAME_BYTES = 4, BOXES_MAX = 1 << 16 };

bool iso_box_is(const struct iso_box *box, const char *type)
{
    return memcmp(box->type, type, NAME_BYTES) == 0;
}

enum status iso_box_read(struct prober *prober, uint64_t offset, uint64_t end, struct iso_box *ret_box)
{
    const uint8_t *data = prober_get(prober, offset, BOX_BYTES);
    if (!data || end - offset < BOX_BYTES)
        return prober_ends(prober);
    uint64_t size = read_be32(data), header = BOX_BYTES;
    memcpy(ret_box->type, data + 4, NAME_BYTES);
    if (size == 1) {
        data = prober_get(prober, offset + BOX_BYTES, 8);
        if (!data)
            return prober_ends(prober);
        size = read_be64(data);
        header += 8;
    } else if (size == 0) {
        size = end - offset;
    }
    if (size < header)
        return prober_damaged(prober);
    if (size > end - offset)
        return end == prober->size ? prober_ends(prober) : prober_damaged(prober);
    ret_box->start = offset + header;
    ret_box->end = offset + size;
    return STATUS_OK;
}

enum status iso_box_find(struct prober *prober, const char *type, uint64_t start, uint64_t end, struct iso_box *ret_box)
{
    for (unsigned boxes = 0; start < end && boxes < BOXES_MAX; boxes++) {
        enum status status = iso_box_read(prober, start, end, ret_box);
        if (status != STATUS_OK || iso_box_is(ret_box, type))
            return status;
        start = ret_box->end;
    }
    return STATUS_NOT_FOUND;
}

enum status iso_box_descend(struct prober *prober, const char *path, const struct iso_box *from,
                            struct iso_box *ret_box)
{
    struct iso_box box = *from;
    enum status status = STATUS_OK;
    for (const char *name = path; status == STATUS_OK && *name; name += name[NAME_BYTES] ? NAME_BYTES + 1 : NAME_BYTES)
        status = iso_box_find(prober, name, box.start, box.end, &box);
    if (status == STATUS_OK)
        *ret_box = box;
    return status;
}

bool iso_has_brand(const uint8_t *data, size_t size, const char *brand)
{
    enum { VERSION_AT = 12 };
    if (size < 16 || memcmp(data + 4, "ftyp", NAME_BYTES) != 0)
        return false;
    uint32_t box = read_be32(data);
    size_t end = box < size ? box : size;
    for (size_t at = BOX_BYTES; at + NAME_BYTES <= end; at += NAME_BYTES) {
        if (at != VERSION_AT && memcmp(data + at, brand, NAME_BYTES) == 0)
            return true;
    }
    return false;
}
