/* What the readers of each format's structure share: bytes of the file by offset, from one block that moves along with
 * them. One format, one file, one ops table. */
#ifndef PROBER_H
#define PROBER_H

#include "probe.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROBER_BLOCK_BYTES = 32 << 10, PROBER_RUN_MAX = 4 << 10 };

struct prober {
    int fd;
    uint64_t size;
    const struct image_limits *limits;
    struct text *why;
    const char *name; /* of the format, for sentences */
    uint64_t block_offset;
    size_t block_length;
    int error; /* errno of a failed read */
    uint8_t block[PROBER_BLOCK_BYTES];
};

struct prober_ops {
    const char *name;     /* "jpeg" */
    const char *spelling; /* "JPEG" */
    bool (*matches)(const uint8_t *data, size_t size);
    /* Fills width, height and frames; statuses as image_probe. Goes forward through the file, so that its work is
     * bounded by the size. */
    enum status (*walk)(struct prober *prober, struct image_info *info);
};
extern const struct prober_ops prober_jpeg, prober_png, prober_gif, prober_webp, prober_heic, prober_avif, prober_tiff;

/* `count` bytes at `offset`, at most PROBER_RUN_MAX; NULL when they reach beyond the end or can't be read. Valid until the next call. */
const uint8_t *prober_get(struct prober *prober, uint64_t offset, size_t count);
/* All bytes from `offset` on that are in the block, at least one; NULL at the end. */
const uint8_t *prober_get_some(struct prober *prober, uint64_t offset, size_t *ret_count);

/* UNPROCESSABLE, "The JPEG ends in the middle: …"; or the status of the read that failed. */
enum status prober_ends(struct prober *prober);
/* UNPROCESSABLE, "The JPEG is broken: …". */
enum status prober_broken(struct prober *prober, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* OK, or TOO_LARGE naming the numbers. Walks that count frames ask as they count, so that they stop early. */
enum status prober_check_limits(struct prober *prober, const struct image_info *info);

static inline uint32_t read_be16(const uint8_t *data)
{
    return (uint32_t)data[0] << 8 | data[1];
}
static inline uint32_t read_be32(const uint8_t *data)
{
    return read_be16(data) << 16 | read_be16(data + 2);
}
static inline uint32_t read_le16(const uint8_t *data)
{
    return (uint32_t)data[1] << 8 | data[0];
}
static inline uint32_t read_le32(const uint8_t *data)
{
    return read_le16(data + 2) << 16 | read_le16(data);
}

#endif
