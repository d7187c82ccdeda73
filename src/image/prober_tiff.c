/* TIFF 6.0, both byte orders: the first directory for the size, and that its strips or tiles are all there. Only the first page is
 * ever developed, so a TIFF has one frame; other pages, sub-directories and loops among them are never followed. BigTIFF isn't taken. */
#include "prober.h"

#include <string.h>

enum {
    ENTRY_BYTES = 12,
    ENTRIES_MAX = 4096,
    PARTS_MAX = 1 << 20,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_STRIP_OFFSETS = 273,
    TAG_STRIP_BYTES = 279,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_BYTES = 325,
};

/* One entry of a directory; of the tags that we look for. */
struct field {
    uint32_t count, type;
    uint64_t offset; /* of its values in the file */
};
enum { FIELD_WIDTH, FIELD_HEIGHT, FIELD_OFFSETS, FIELD_BYTES, FIELDS };
static const struct {
    uint32_t tag;
    unsigned field;
} tags[] = {
    {TAG_WIDTH, FIELD_WIDTH},       {TAG_HEIGHT, FIELD_HEIGHT},        {TAG_STRIP_OFFSETS, FIELD_OFFSETS},
    {TAG_STRIP_BYTES, FIELD_BYTES}, {TAG_TILE_OFFSETS, FIELD_OFFSETS}, {TAG_TILE_BYTES, FIELD_BYTES},
};

struct directory {
    bool big_endian;
    struct field fields[FIELDS];
};

static bool matches(const uint8_t *data, size_t size)
{
    return size >= 4 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0);
}

static uint32_t read_16(const struct directory *directory, const uint8_t *data)
{
    return directory->big_endian ? read_be16(data) : read_le16(data);
}
static uint32_t read_32(const struct directory *directory, const uint8_t *data)
{
    return directory->big_endian ? read_be32(data) : read_le32(data);
}

static uint32_t value_bytes(const struct field *field)
{
    return field->type == TYPE_SHORT ? 2 : 4;
}

static bool read_value(struct prober *prober, const struct directory *directory, const struct field *field,
                       uint32_t index, uint32_t *ret_value)
{
    uint32_t bytes = value_bytes(field);
    const uint8_t *data = prober_get(prober, field->offset + (uint64_t)index * bytes, bytes);
    if (!data)
        return false;
    *ret_value = bytes == 2 ? read_16(directory, data) : read_32(directory, data);
    return true;
}

static void keep_entry(struct directory *directory, const uint8_t *entry, uint64_t offset)
{
    uint32_t tag = read_16(directory, entry), type = read_16(directory, entry + 2);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (tags[i].tag != tag || (type != TYPE_SHORT && type != TYPE_LONG))
            continue;
        struct field *field = &directory->fields[tags[i].field];
        *field = (struct field){.count = read_32(directory, entry + 4), .type = type};
        bool inside = (uint64_t)field->count * value_bytes(field) <= 4;
        field->offset = inside ? offset + 8 : read_32(directory, entry + 8);
    }
}

static enum status read_directory(struct prober *prober, struct directory *directory)
{
    const uint8_t *data = prober_get(prober, 0, 8);
    if (!data)
        return prober_ends(prober);
    directory->big_endian = data[0] == 'M';
    uint64_t offset = read_32(directory, data + 4);
    data = prober_get(prober, offset, 2);
    if (!data)
        return prober_ends(prober);
    uint32_t entries = read_16(directory, data);
    if (entries == 0 || entries > ENTRIES_MAX)
        return prober_broken(prober, "its directory has %u entries", entries);
    offset += 2;
    for (uint32_t i = 0; i < entries; i++, offset += ENTRY_BYTES) {
        data = prober_get(prober, offset, ENTRY_BYTES);
        if (!data)
            return prober_ends(prober);
        keep_entry(directory, data, offset);
    }
    return STATUS_OK;
}

/* First the offsets and then the lengths are read a block at a time, so that one file block doesn't chase the other. */
static enum status check_parts(struct prober *prober, const struct directory *directory)
{
    const struct field *offsets = &directory->fields[FIELD_OFFSETS], *lengths = &directory->fields[FIELD_BYTES];
    uint32_t count = offsets->count;
    if (count == 0 || count > PARTS_MAX || (lengths->count && lengths->count < count))
        return prober_broken(prober, "its parts don't add up");
    enum { BATCH = 1024 };
    uint32_t starts[BATCH];
    for (uint32_t from = 0; from < count; from += BATCH) {
        uint32_t batch = count - from < BATCH ? count - from : BATCH;
        for (uint32_t i = 0; i < batch; i++) {
            if (!read_value(prober, directory, offsets, from + i, &starts[i]))
                return prober_ends(prober);
        }
        for (uint32_t i = 0; i < batch; i++) {
            uint32_t length = 1;
            if (lengths->count && !read_value(prober, directory, lengths, from + i, &length))
                return prober_ends(prober);
            if ((uint64_t)starts[i] + length > prober->size)
                return prober_ends(prober);
        }
    }
    return STATUS_OK;
}

static enum status walk(struct prober *prober, struct image_info *info)
{
    struct directory directory = {0};
    enum status status = read_directory(prober, &directory);
    if (status != STATUS_OK)
        return status;
    const struct field *fields = directory.fields;
    if (fields[FIELD_WIDTH].count != 1 || fields[FIELD_HEIGHT].count != 1)
        return prober_broken(prober, "its size is missing");
    if (!read_value(prober, &directory, &fields[FIELD_WIDTH], 0, &info->width)
        || !read_value(prober, &directory, &fields[FIELD_HEIGHT], 0, &info->height))
        return prober_ends(prober);
    return check_parts(prober, &directory);
}

const struct prober_ops prober_tiff = {.name = "tiff", .spelling = "TIFF", .matches = matches, .walk = walk};
