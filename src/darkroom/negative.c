#include "negative.h"

#include "file_at.h"

#include <errno.h>
#include <string.h>

static size_t count_bytes(const struct picture *picture, unsigned plane)
{
    const struct plane *one = &picture->planes[plane];
    return (size_t)one->width * one->height * picture_sample_width(picture->kind);
}

bool negative_fits(const struct picture *picture)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < picture_planes(picture->kind); i++)
        bytes += count_bytes(picture, i);
    return bytes <= NEGATIVE_BYTES_MAX;
}

enum status negative_write(int file, const struct picture *picture, struct darkroom_negative *ret_shape,
                           struct text *why)
{
    uint64_t offset = 0;
    for (unsigned i = 0; i < picture_planes(picture->kind); i++) {
        size_t size = count_bytes(picture, i);
        if (!file_write_at(file, picture->planes[i].samples, size, offset)) {
            text_setf(why, "The decoded photo could not be kept: %s.", strerror(errno));
            return STATUS_UNAVAILABLE;
        }
        offset += size;
    }
    *ret_shape = (struct darkroom_negative){picture->kind, picture->width, picture->height};
    return STATUS_OK;
}

/* What says so is a process that had seen the photo. */
static bool can_be(const struct job *job)
{
    const struct darkroom_negative *shape = &job->negative;
    return shape->kind <= PICTURE_RGB && shape->width && shape->height && shape->width <= job->large_side
           && shape->height <= job->large_side;
}

enum status negative_read(int file, const struct job *job, struct picture *ret_picture, struct text *why)
{
    const struct darkroom_negative *shape = &job->negative;
    uint64_t offset = 0;
    bool is_whole = can_be(job);
    struct picture picture = {0};
    if (is_whole)
        picture_init(&picture, (enum picture_kind)shape->kind, shape->width, shape->height);
    for (unsigned i = 0; is_whole && i < picture_planes(picture.kind); i++) {
        size_t size = count_bytes(&picture, i);
        is_whole = file_read_at(file, picture.planes[i].samples, size, offset) == size;
        offset += size;
    }
    if (is_whole) {
        *ret_picture = picture;
        return STATUS_OK;
    }
    picture_release(&picture);
    text_setf(why, "The decoded photo that was kept is damaged.");
    return STATUS_UNAVAILABLE;
}
