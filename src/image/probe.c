#include "probe.h"

#include "image_limits.h"
#include "memory.h"
#include "prober.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct prober_ops *const probers[IMAGE_FORMATS] = {
    [IMAGE_JPEG] = &prober_jpeg, [IMAGE_PNG] = &prober_png,   [IMAGE_GIF] = &prober_gif,   [IMAGE_WEBP] = &prober_webp,
    [IMAGE_HEIC] = &prober_heic, [IMAGE_AVIF] = &prober_avif, [IMAGE_TIFF] = &prober_tiff,
};

const char *image_format_name(enum image_format format)
{
    return probers[format]->name;
}

const char *image_format_spelling(enum image_format format)
{
    return probers[format]->spelling;
}

/* "JPEG, PNG, … and TIFF" */
static void add_taken_formats(struct text *out)
{
    for (size_t i = 0; i < IMAGE_FORMATS; i++)
        text_addf(out, "%s%s", i == 0 ? "" : i == IMAGE_FORMATS - 1 ? " and " : ", ", probers[i]->spelling);
}

enum status image_sniff(const uint8_t *data, size_t size, enum image_format *ret_format, struct text *why)
{
    for (size_t i = 0; i < IMAGE_FORMATS; i++) {
        if (probers[i]->matches(data, size)) {
            *ret_format = (enum image_format)i;
            return STATUS_OK;
        }
    }
    text_setf(why, "This is not a photo in a format that we take; ");
    if (why) {
        add_taken_formats(why);
        text_add(why, " are.");
    }
    return STATUS_UNSUPPORTED;
}

static bool load_block(struct prober *prober, uint64_t offset)
{
    prober->block_offset = offset;
    prober->block_length = 0;
    while (prober->block_length < sizeof prober->block && offset < prober->size) {
        uint64_t left = prober->size - offset;
        size_t room = sizeof prober->block - prober->block_length;
        ssize_t count =
            pread(prober->fd, prober->block + prober->block_length, left < room ? left : room, (off_t)offset);
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

enum status prober_ends(struct prober *prober)
{
    if (prober->error) {
        text_setf(prober->why, "The photo can't be read: %s.", strerror(prober->error));
        return status_from_errno(prober->error);
    }
    text_setf(prober->why, "The %s ends in the middle: only its first ", prober->name);
    if (prober->why) {
        image_limits_add_number(prober->why, prober->size);
        text_add(prober->why, " bytes are there.");
    }
    return STATUS_UNPROCESSABLE;
}

enum status prober_broken(struct prober *prober, const char *format, ...)
{
    if (!prober->why)
        return STATUS_UNPROCESSABLE;
    text_setf(prober->why, "The %s is broken: ", prober->name);
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(prober->why, format, arguments);
    va_end(arguments);
    text_addc(prober->why, '.');
    return STATUS_UNPROCESSABLE;
}

enum status prober_check_limits(struct prober *prober, const struct image_info *info)
{
    return image_limits_check(prober->limits, info, prober->why);
}

static enum status walk(struct prober *prober, enum image_format format, struct image_info *ret_info)
{
    struct image_info info = {.format = format, .frames = 1};
    prober->name = probers[format]->spelling;
    enum status status = probers[format]->walk(prober, &info);
    if (status == STATUS_OK && (info.width == 0 || info.height == 0 || info.frames == 0))
        status = prober_broken(prober, "it has no pixels");
    if (status == STATUS_OK)
        status = prober_check_limits(prober, &info);
    if (status == STATUS_OK)
        *ret_info = info;
    return status;
}

enum status image_probe(int fd, uint64_t size, const struct image_limits *limits, struct image_info *ret_info,
                        struct text *why)
{
    if (size == 0) {
        text_setf(why, "The file is empty.");
        return STATUS_UNPROCESSABLE;
    }
    struct prober *prober = NEW(struct prober);
    prober->fd = fd;
    prober->size = size;
    prober->limits = limits;
    prober->why = why;
    prober->name = "photo";
    size_t count = 0;
    const uint8_t *start = prober_get_some(prober, 0, &count);
    enum image_format format = IMAGE_JPEG;
    enum status status = start ? image_sniff(start, count, &format, why) : prober_ends(prober);
    if (status == STATUS_OK)
        status = walk(prober, format, ret_info);
    free(prober);
    return status;
}
