#include "exif.h"

#include <stdbool.h>
#include <string.h>

enum { SIGNATURE_BYTES = 6, ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };

struct bytes {
    const uint8_t *data;
    size_t size;
    bool big_endian;
};

/* 0 beyond the end: nothing that we look for is 0. */
static uint32_t read_16(const struct bytes *bytes, size_t offset)
{
    if (offset > bytes->size || bytes->size - offset < 2)
        return 0;
    const uint8_t *at = bytes->data + offset;
    return bytes->big_endian ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

static uint32_t read_32(const struct bytes *bytes, size_t offset)
{
    uint32_t first = read_16(bytes, offset), second = read_16(bytes, offset + 2);
    return bytes->big_endian ? first << 16 | second : second << 16 | first;
}

int exif_orientation_of_tiff(const uint8_t *data, size_t size)
{
    struct bytes bytes = {.data = data, .size = size};
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0))
        return 1;
    bytes.big_endian = bytes.data[0] == 'M';
    size_t directory = read_32(&bytes, 4);
    uint32_t entries = read_16(&bytes, directory);
    for (uint32_t i = 0; i < entries; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;
        if (read_16(&bytes, entry) != TAG_ORIENTATION || read_16(&bytes, entry + 2) != TYPE_SHORT)
            continue;
        uint32_t orientation = read_16(&bytes, entry + 8);
        return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
    }
    return 1;
}

int exif_orientation(const uint8_t *data, size_t size)
{
    bool is_exif = size >= SIGNATURE_BYTES && memcmp(data, "Exif\0", SIGNATURE_BYTES) == 0;
    return is_exif ? exif_orientation_of_tiff(data + SIGNATURE_BYTES, size - SIGNATURE_BYTES) : 0;
}

/* Segments up to the first scan (ITU-T T.81, B.1.1.4): a marker, a length of two bytes that counts itself. */
int exif_orientation_of_jpeg(const uint8_t *data, size_t size)
{
    enum { SOS = 0xDA, APP1 = 0xE1 };
    for (size_t at = 2; at + 4 <= size && data[at] == 0xFF;) {
        size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (data[at + 1] == 0xFF) {
            at++; /* filled up */
            continue;
        }
        if (data[at + 1] == SOS || length < 2 || length > size - at - 2)
            break;
        int orientation = data[at + 1] == APP1 ? exif_orientation(data + at + 4, length - 2) : 0;
        if (orientation)
            return orientation;
        at += 2 + length;
    }
    return 1;
}
