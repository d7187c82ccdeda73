/* Directories of TIFF 6.0 and of BigTIFF, in both byte orders: also those of raw photos, and of makers' notes within
 * them. */
#ifndef TIFF_DIRECTORY_H
#define TIFF_DIRECTORY_H

#include "prober.h"

enum tiff_type {
    TIFF_BYTE = 1,
    TIFF_ASCII = 2,
    TIFF_SHORT = 3,
    TIFF_LONG = 4,
    TIFF_UNDEFINED = 7,
    TIFF_IFD = 13,
    TIFF_LONG8 = 16,
    TIFF_IFD8 = 18,
};

struct tiff {
    struct prober *prober;
    uint64_t base; /* of all its offsets within the file */
    bool big_endian, big;
    uint64_t first; /* directory */
};

/* One entry of a directory; count 0: it isn't there. */
struct tiff_entry {
    uint32_t type;
    uint64_t count, offset; /* of its values in the file */
};

/* The header at `base`, whatever its number is: makers of raw photos have their own. False: the file ends. */
bool tiff_open(struct prober *prober, uint64_t base, struct tiff *ret_tiff);

/* The entries of these tags, of types that hold numbers or bytes, in the same order; of a tag that comes twice, the
 * last. *ret_next: the directory behind this one, 0: none. UNPROCESSABLE when it isn't all there. */
enum status tiff_read_directory(const struct tiff *tiff, uint64_t offset, const uint16_t *tags, size_t count,
                                struct tiff_entry *ret_entries, uint64_t *ret_next);

/* A value of an entry, by index; false: there is no such, or the file ends. */
bool tiff_read(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index, uint64_t *ret_value);
/* The first value, or what it is when the tag is missing. */
uint64_t tiff_read_or(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t otherwise);

#endif
