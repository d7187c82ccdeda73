#include "tiff_directory.h"

enum { ENTRIES_MAX = 4096 };

static uint32_t read_16(const struct tiff *tiff, const uint8_t *data)
{
    return tiff->big_endian ? read_be16(data) : read_le16(data);
}

static uint32_t read_32(const struct tiff *tiff, const uint8_t *data)
{
    return tiff->big_endian ? read_be32(data) : read_le32(data);
}

static uint64_t read_64(const struct tiff *tiff, const uint8_t *data)
{
    return tiff->big_endian ? read_be64(data) : read_le64(data);
}

/* An offset, a count: as wide as the kind of file has them. */
static uint64_t read_wide(const struct tiff *tiff, const uint8_t *data)
{
    return tiff->big ? read_64(tiff, data) : read_32(tiff, data);
}

static unsigned value_bytes(uint32_t type)
{
    static const struct {
        enum tiff_type type;
        unsigned bytes;
    } types[] = {{TIFF_BYTE, 1},      {TIFF_ASCII, 1}, {TIFF_SHORT, 2}, {TIFF_LONG, 4},
                 {TIFF_UNDEFINED, 1}, {TIFF_IFD, 4},   {TIFF_LONG8, 8}, {TIFF_IFD8, 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type)
            return types[i].bytes;
    }
    return 0;
}

bool tiff_open(struct prober *prober, uint64_t base, struct tiff *ret_tiff)
{
    enum { BIG = 43 };
    const uint8_t *data = prober_get(prober, base, 8);
    if (!data)
        return false;
    *ret_tiff = (struct tiff){.prober = prober, .base = base, .big_endian = data[0] == 'M'};
    ret_tiff->big = read_16(ret_tiff, data + 2) == BIG;
    ret_tiff->first = read_32(ret_tiff, data + 4);
    if (!ret_tiff->big)
        return true;
    data = prober_get(prober, base + 8, 8);
    if (data)
        ret_tiff->first = read_64(ret_tiff, data);
    return data;
}

/* Within the file: else sums of offsets could run over. */
static bool locate(const struct tiff *tiff, uint64_t offset, uint64_t *ret_offset)
{
    if (offset > tiff->prober->size || tiff->base > tiff->prober->size - offset)
        return false;
    *ret_offset = tiff->base + offset;
    return true;
}

static bool keep_entry(const struct tiff *tiff, const uint8_t *data, uint64_t offset, struct tiff_entry *ret_entry)
{
    unsigned wide = tiff->big ? 8 : 4;
    struct tiff_entry entry = {.type = read_16(tiff, data + 2), .count = read_wide(tiff, data + 4)};
    unsigned bytes = value_bytes(entry.type);
    if (!bytes)
        return true;
    entry.offset = offset + 4 + wide;
    if (entry.count > wide / bytes && !locate(tiff, read_wide(tiff, data + 4 + wide), &entry.offset))
        return false;
    *ret_entry = entry;
    return true;
}

enum status tiff_read_directory(const struct tiff *tiff, uint64_t offset, const uint16_t *tags, size_t count,
                                struct tiff_entry *ret_entries, uint64_t *ret_next)
{
    struct prober *prober = tiff->prober;
    unsigned wide = tiff->big ? 8 : 4, count_bytes = tiff->big ? 8 : 2, entry_bytes = 4 + 2 * wide;
    const uint8_t *data = locate(tiff, offset, &offset) ? prober_get(prober, offset, count_bytes) : NULL;
    if (!data)
        return prober_ends(prober);
    uint64_t entries = tiff->big ? read_64(tiff, data) : read_16(tiff, data);
    if (entries == 0 || entries > ENTRIES_MAX)
        return prober_damaged(prober);
    for (size_t i = 0; i < count; i++)
        ret_entries[i] = (struct tiff_entry){0};
    offset += count_bytes;
    for (uint64_t k = 0; k < entries; k++, offset += entry_bytes) {
        data = prober_get(prober, offset, entry_bytes);
        if (!data)
            return prober_ends(prober);
        for (size_t i = 0; i < count; i++) {
            if (tags[i] == read_16(tiff, data) && !keep_entry(tiff, data, offset, &ret_entries[i]))
                return prober_ends(prober);
        }
    }
    data = prober_get(prober, offset, wide);
    *ret_next = data ? read_wide(tiff, data) : 0;
    return STATUS_OK;
}

bool tiff_read(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index, uint64_t *ret_value)
{
    unsigned bytes = value_bytes(entry->type);
    if (index >= entry->count || index > tiff->prober->size)
        return false;
    const uint8_t *data = prober_get(tiff->prober, entry->offset + index * bytes, bytes);
    if (!data)
        return false;
    *ret_value = bytes == 1   ? *data
                 : bytes == 2 ? read_16(tiff, data)
                 : bytes == 4 ? read_32(tiff, data)
                              : read_64(tiff, data);
    return true;
}

uint64_t tiff_read_or(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t otherwise)
{
    uint64_t value;
    return tiff_read(tiff, entry, 0, &value) ? value : otherwise;
}
