#include "develop.h"

#include "file_at.h"
#include "jpeg.h"
#include "negative.h"
#include "picture.h"
#include "reader.h"
#include "renditions.h"
#include "thumbhash.h"
#include "webp.h"

#include <errno.h>
#include <string.h>

enum status develop_prepare(const char *program, struct text *why)
{
    return reader_prepare(program, why);
}

static enum status write_file(int file, const struct webp_file *webp, struct text *why)
{
    if (file_write_at(file, webp->bytes, webp->size, 0))
        return STATUS_OK;
    text_setf(why, "The developed photo could not be stored: %s.", strerror(errno));
    return errno == EFBIG ? STATUS_NO_SPACE : status_from_errno(errno);
}

static enum status write_still(int file, const struct picture *picture, struct darkroom_rendition *ret_rendition,
                               struct text *why)
{
    struct webp_file webp;
    enum status status = webp_encode(picture, &webp, why);
    if (status != STATUS_OK)
        return status;
    status = write_file(file, &webp, why);
    *ret_rendition = (struct darkroom_rendition){picture->width, picture->height, webp.size};
    webp_file_release(&webp);
    return status;
}

/* Of a picture that is as large as it is published; nothing when it has none. */
static enum status write_medium(int file, const struct picture *large, struct darkroom_rendition *ret_rendition,
                                struct text *why)
{
    uint32_t side = rendition_medium_side(large->width, large->height);
    *ret_rendition = (struct darkroom_rendition){0};
    if (side == 0)
        return STATUS_OK;
    struct picture medium;
    picture_shrink(large, side, &medium);
    enum status status = write_still(file, &medium, ret_rendition, why);
    picture_release(&medium);
    return status;
}

/* All files from the large picture, which is upright. */
static enum status write_all(const struct develop_files *files, const struct job *job, const struct picture *large,
                             struct darkroom_result *ret_result, struct text *why)
{
    struct darkroom_result result = {.frames = 1};
    enum status status = write_still(files->large, large, &result.large, why);
    if (status == STATUS_OK && job->makes_medium)
        status = write_medium(files->medium, large, &result.medium, why);
    if (status != STATUS_OK)
        return status;
    struct picture thumbnail;
    picture_shrink(large, THUMBNAIL_SIDE, &thumbnail);
    status = write_still(files->thumbnail, &thumbnail, &result.thumbnail, why);
    result.thumbhash = thumbhash_of(&thumbnail);
    picture_release(&thumbnail);
    *ret_result = result;
    return status;
}

/* One of the two files of an animation, which has no medium one: each of its frames is encoded anew, so that would take
 * a third more time. */
struct moving {
    int file;
    struct webp_animation *animation;
    struct darkroom_rendition rendition;
};

static enum status add_frame(struct moving *moving, const struct picture *frame, uint32_t plays, int duration_ms,
                             struct text *why)
{
    enum status status = STATUS_OK;
    if (!moving->animation) {
        moving->rendition = (struct darkroom_rendition){.width = frame->width, .height = frame->height};
        status = webp_animation_new(frame->width, frame->height, plays, &moving->animation, why);
    }
    return status == STATUS_OK ? webp_animation_add(moving->animation, frame, duration_ms, why) : status;
}

static enum status add_frames(struct reader *reader, const struct job *job, struct moving *large,
                              struct moving *thumbnail, struct thumbhash *ret_hash, struct text *why)
{
    const struct reader_info *info = reader_info(reader);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < info->frames; i++) {
        struct picture frame, small;
        status = reader_next(reader, job->large_side, &frame, why);
        if (status != STATUS_OK)
            break;
        int duration = reader_duration_ms(reader, i);
        status = add_frame(large, &frame, info->plays, duration, why);
        if (status == STATUS_OK) {
            picture_shrink(&frame, THUMBNAIL_SIDE, &small);
            if (i == 0)
                *ret_hash = thumbhash_of(&small);
            status = add_frame(thumbnail, &small, info->plays, duration, why);
            picture_release(&small);
        }
        picture_release(&frame);
    }
    return status;
}

static enum status write_moving(struct moving *moving, struct text *why)
{
    struct webp_file webp;
    enum status status = webp_animation_finish(moving->animation, &webp, why);
    if (status != STATUS_OK)
        return status;
    status = write_file(moving->file, &webp, why);
    moving->rendition.bytes = webp.size;
    webp_file_release(&webp);
    return status;
}

static enum status develop_animation(const struct develop_files *files, const struct job *job, struct reader *reader,
                                     struct darkroom_result *ret_result, struct text *why)
{
    struct moving large = {.file = files->large}, thumbnail = {.file = files->thumbnail};
    struct thumbhash hash = {0};
    enum status status = add_frames(reader, job, &large, &thumbnail, &hash, why);
    if (status == STATUS_OK)
        status = write_moving(&large, why);
    if (status == STATUS_OK)
        status = write_moving(&thumbnail, why);
    webp_animation_free(large.animation);
    webp_animation_free(thumbnail.animation);
    *ret_result = (struct darkroom_result){.large = large.rendition,
                                           .thumbnail = thumbnail.rendition,
                                           .frames = reader_info(reader)->frames,
                                           .thumbhash = hash};
    return status;
}

static enum status develop_still(const struct develop_files *files, const struct job *job, struct reader *reader,
                                 struct darkroom_result *ret_result, struct text *why)
{
    struct picture large;
    enum status status = reader_next(reader, job->large_side, &large, why);
    if (status != STATUS_OK)
        return status;
    status = write_all(files, job, &large, ret_result, why);
    picture_release(&large);
    return status;
}

/* NOT_FOUND: it needs more than planes. */
static enum status develop_jpeg(const struct develop_files *files, const struct job *job,
                                struct darkroom_result *ret_result, struct text *why)
{
    struct picture large;
    int orientation;
    enum status status = jpeg_read(files->original, job, &large, &orientation, why);
    if (status != STATUS_OK)
        return status;
    picture_turn(&large, orientation);
    status = write_all(files, job, &large, ret_result, why);
    picture_release(&large);
    return status;
}

enum status develop_photo(const struct develop_files *files, const struct job *job, struct darkroom_result *ret_result,
                          struct text *why)
{
    if (job->format == IMAGE_JPEG) {
        enum status status = develop_jpeg(files, job, ret_result, why);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    struct reader *reader = NULL;
    enum status status = reader_open(files->original, job, &reader, why);
    if (status != STATUS_OK)
        return status;
    status = reader_info(reader)->frames > 1 ? develop_animation(files, job, reader, ret_result, why)
                                             : develop_still(files, job, reader, ret_result, why);
    reader_close(reader);
    return status;
}

enum status develop_negative(const struct develop_files *files, const struct job *job,
                             struct darkroom_result *ret_result, struct text *why)
{
    struct picture large;
    enum status status = negative_read(files->original, job, &large, why);
    if (status != STATUS_OK)
        return status;
    status = write_all(files, job, &large, ret_result, why);
    picture_release(&large);
    return status;
}

enum status develop_medium(const struct develop_files *files, const struct job *job, struct darkroom_result *ret_result,
                           struct text *why)
{
    struct reader *reader = NULL;
    struct picture large;
    *ret_result = (struct darkroom_result){0};
    enum status status = reader_open(files->original, job, &reader, why);
    if (status != STATUS_OK)
        return status;
    if (reader_info(reader)->frames == 1) {
        status = reader_next(reader, LONG_SIDE, &large, why);
        if (status == STATUS_OK) {
            status = write_medium(files->medium, &large, &ret_result->medium, why);
            picture_release(&large);
        }
    }
    reader_close(reader);
    return status;
}
