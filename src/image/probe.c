#include "probe.h"

#include "capture.h"
#include "image_limits.h"
#include "memory.h"
#include "prober.h"
#include "reasons.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *spelling;
} formats[IMAGE_FORMATS] = {
    [IMAGE_JPEG] = {"jpeg", "JPEG"}, [IMAGE_PNG] = {"png", "PNG"},       [IMAGE_GIF] = {"gif", "GIF"},
    [IMAGE_WEBP] = {"webp", "WebP"}, [IMAGE_HEIC] = {"heic", "HEIC"},    [IMAGE_AVIF] = {"avif", "AVIF"},
    [IMAGE_TIFF] = {"tiff", "TIFF"}, [IMAGE_RAW] = {"raw", "raw photo"},
};

static const struct prober_ops *const probers[] = {
    &prober_jpeg, &prober_png, &prober_gif, &prober_webp, &prober_heif, &prober_raw, &prober_tiff,
};
enum { PROBERS = sizeof probers / sizeof probers[0] };

const char *image_format_name(enum image_format format)
{
    return formats[format].name;
}

const char *image_format_spelling(enum image_format format)
{
    return formats[format].spelling;
}

static enum status refuse_unknown(struct text *why)
{
    enum { TAKEN = IMAGE_RAW };
    TEXT_CLEANUP struct text taken = {0};
    for (size_t i = 0; i < TAKEN; i++)
        text_addf(&taken, "%s%s", i == 0 ? "" : i == TAKEN - 1 ? " or " : ", ", formats[i].spelling);
    reason_set(why, REASON_IMAGE_UNKNOWN, text_get(&taken));
    return STATUS_UNSUPPORTED;
}

static enum status find_prober(const uint8_t *data, size_t size, const struct prober_ops **ret_ops, struct text *why)
{
    for (size_t i = 0; i < PROBERS; i++) {
        if (probers[i]->matches(data, size)) {
            *ret_ops = probers[i];
            return STATUS_OK;
        }
    }
    return refuse_unknown(why);
}

/* How many first bytes tell every format: brands may be many. */
static size_t count_telling(const uint8_t *data, size_t size)
{
    enum { TELLING = 32, NAME_AT = 4 };
    return size >= TELLING && memcmp(data + NAME_AT, "ftyp", 4) == 0 ? PROBE_SIGNATURE_BYTES : TELLING;
}

enum status image_sniff(const uint8_t *data, size_t size, struct text *why)
{
    const struct prober_ops *ops;
    return size < count_telling(data, size) ? STATUS_OK : find_prober(data, size, &ops, why);
}

static bool load_block(struct prober *prober, uint64_t offset)
{
    prober->block_offset = offset;
    prober->block_length = 0;
    while (prober->block_length < sizeof prober->block && offset < prober->size) {
        uint64_t left = prober->size - offset;
        size_t room = sizeof prober->block - prober->block_length;
        ssize_t count = pread(prober->fd, prober->block + prober->block_length, left < room ? left : room,
                              (off_t)(prober->start + offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            prober->error = errno;
        if (count <= 0)
            return false;
        prober->block_length += (size_t)count;
        offset += (uint64_t)count;
    }
    return true;
}

static bool is_loaded(const struct prober *prober, uint64_t offset, size_t count)
{
    return offset >= prober->block_offset && offset - prober->block_offset <= prober->block_length
           && prober->block_length - (offset - prober->block_offset) >= count;
}

const uint8_t *prober_get(struct prober *prober, uint64_t offset, size_t count)
{
    if (offset > prober->size || prober->size - offset < count)
        return NULL;
    if (!is_loaded(prober, offset, count) && (!load_block(prober, offset) || !is_loaded(prober, offset, count)))
        return NULL;
    return prober->block + (offset - prober->block_offset);
}

const uint8_t *prober_get_some(struct prober *prober, uint64_t offset, size_t *ret_count)
{
    const uint8_t *data = prober_get(prober, offset, 1);
    if (data)
        *ret_count = prober->block_length - (size_t)(offset - prober->block_offset);
    return data;
}

static struct prober *prober_new(int fd, uint64_t start, uint64_t size, const struct image_limits *limits)
{
    struct prober *prober = NEW(struct prober);
    prober->fd = fd;
    prober->start = start;
    prober->size = size;
    prober->limits = limits;
    return prober;
}

struct prober *prober_new_within(const struct prober *prober, uint64_t offset, uint64_t size)
{
    assert(offset <= prober->size && size <= prober->size - offset);
    return prober_new(prober->fd, prober->start + offset, size, prober->limits);
}

void prober_note_exif(struct prober *prober, uint64_t offset, uint64_t bytes)
{
    if (prober->exif.bytes == 0 && offset <= prober->size && bytes <= prober->size - offset)
        prober->exif = (struct exif_part){offset, bytes};
}

enum status prober_ends(struct prober *prober)
{
    if (prober->error) {
        text_setf(prober->why, "The photo can't be read: %s.", strerror(prober->error));
        return status_from_errno(prober->error);
    }
    reason_set(prober->why, REASON_IMAGE_INCOMPLETE, formats[prober->format].spelling);
    return STATUS_UNPROCESSABLE;
}

enum status prober_damaged(struct prober *prober)
{
    reason_set(prober->why, REASON_IMAGE_DAMAGED, formats[prober->format].spelling);
    return STATUS_UNPROCESSABLE;
}

enum status prober_unsupported(struct prober *prober, const char *kind)
{
    reason_set(prober->why, REASON_IMAGE_KIND_UNSUPPORTED, formats[prober->format].spelling, kind);
    return STATUS_UNSUPPORTED;
}

enum status prober_too_complex(struct prober *prober)
{
    reason_set(prober->why, REASON_IMAGE_TOO_COMPLEX, formats[prober->format].spelling);
    return STATUS_TOO_LARGE;
}

static enum status walk(struct prober *prober, const struct prober_ops *ops, struct image_info *ret_info)
{
    prober->format = ops->format;
    struct image_info info = {.format = ops->format, .frames = 1};
    info.part = (struct image_part){.format = ops->format, .bytes = prober->size};
    enum status status = ops->walk(prober, &info);
    if (status == STATUS_OK && (info.width == 0 || info.height == 0 || info.frames == 0))
        status = prober_damaged(prober);
    if (status == STATUS_OK)
        status = image_limits_check(prober->limits, &info, prober->why);
    if (status == STATUS_OK)
        status = capture_read(prober, &info.captured);
    if (status == STATUS_OK)
        *ret_info = info;
    return status;
}

enum status image_probe(int fd, uint64_t size, const struct image_limits *limits, struct image_info *ret_info,
                        struct text *why)
{
    if (size == 0) {
        reason_set(why, REASON_IMAGE_EMPTY);
        return STATUS_UNPROCESSABLE;
    }
    struct prober *prober = prober_new(fd, 0, size, limits);
    prober->why = why;
    size_t count = 0;
    const struct prober_ops *ops = NULL;
    const uint8_t *start = prober_get_some(prober, 0, &count);
    enum status status = start ? find_prober(start, count, &ops, why) : prober_ends(prober);
    if (status == STATUS_OK) {
        assert(ops);
        status = walk(prober, ops, ret_info);
    }
    free(prober);
    return status;
}
