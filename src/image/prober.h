/* What the readers of each format's structure share: bytes of the file by offset, from one block that moves along with
 * them. One format, one file, one ops table. */
#ifndef PROBER_H
#define PROBER_H

#include "probe.h"

#include <stddef.h>

enum { PROBER_BLOCK_BYTES = 32 << 10, PROBER_RUN_MAX = 4 << 10 };

/* A part of the file that holds Exif data: a TIFF, behind "Exif\0\0" or not. 0 bytes: none was seen. */
struct exif_part {
    uint64_t offset, bytes;
};

struct prober {
    int fd;
    uint64_t start, size; /* of the part of the file that it reads; all offsets below are within that */
    const struct image_limits *limits;
    struct text *why;
    enum image_format format; /* for sentences */
    uint64_t block_offset;
    size_t block_length;
    int error; /* errno of a failed read */
    struct exif_part exif;
    uint8_t block[PROBER_BLOCK_BYTES];
};

struct prober_ops {
    enum image_format format;
    bool (*matches)(const uint8_t *data, size_t size);
    /* Fills width, height, frames and cost, and what differs in the part; statuses as image_probe. It may name another
     * format. Goes forward through the file, so that its work is bounded by the size. */
    enum status (*walk)(struct prober *prober, struct image_info *info);
};
extern const struct prober_ops prober_jpeg, prober_png, prober_gif, prober_webp, prober_heif, prober_tiff, prober_raw;

/* `count` bytes at `offset`, at most PROBER_RUN_MAX; NULL when they reach beyond the end or can't be read. Valid until
 * the next call. */
const uint8_t *prober_get(struct prober *prober, uint64_t offset, size_t count);
/* All bytes from `offset` on that are in the block, at least one; NULL at the end. */
const uint8_t *prober_get_some(struct prober *prober, uint64_t offset, size_t *ret_count);
/* A prober for a part of the file, which must lie within it; free it with free(). It gives no reasons. */
struct prober *prober_new_within(const struct prober *prober, uint64_t offset, uint64_t size);

/* Exif data were seen; of several, the first count. What isn't within the file isn't there. */
void prober_note_exif(struct prober *prober, uint64_t offset, uint64_t bytes);

/* UNPROCESSABLE, incomplete; or the status of the read that failed. */
enum status prober_ends(struct prober *prober);
/* UNPROCESSABLE, damaged. */
enum status prober_damaged(struct prober *prober);
/* UNSUPPORTED: "This TIFF has {old-style JPEG compression}, which isn't supported." */
enum status prober_unsupported(struct prober *prober, const char *kind);
/* TOO_LARGE: so many parts that nobody can mean it. */
enum status prober_too_complex(struct prober *prober);

static inline uint32_t read_be16(const uint8_t *data)
{
    return (uint32_t)data[0] << 8 | data[1];
}
static inline uint32_t read_be32(const uint8_t *data)
{
    return read_be16(data) << 16 | read_be16(data + 2);
}
static inline uint64_t read_be64(const uint8_t *data)
{
    return (uint64_t)read_be32(data) << 32 | read_be32(data + 4);
}
static inline uint32_t read_le16(const uint8_t *data)
{
    return (uint32_t)data[1] << 8 | data[0];
}
static inline uint32_t read_le32(const uint8_t *data)
{
    return read_le16(data + 2) << 16 | read_le16(data);
}
static inline uint64_t read_le64(const uint8_t *data)
{
    return (uint64_t)read_le32(data + 4) << 32 | read_le32(data);
}

#endif
