#include "pixels.h"

#include "distinct.h"
#include "file_at.h"
#include "image_shape.h"
#include "jpeg.h"
#include "jpegs.h"
#include "memory.h"
#include "negative.h"
#include "reader.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 3, VIEW_BYTES_MAX = 96 << 20 /* of an animation, in the memory of nobody */ };

static uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* BT.601 from the range 16 to 235 (ITU-R BT.601-7, 2.5), in 1/65536. */
static void convert_yuv(const struct picture *picture, uint8_t *ret_pixels)
{
    const struct plane *luma = &picture->planes[0], *chroma = &picture->planes[1];
    const uint8_t *lights = luma->samples, *blues = chroma->samples, *reds = picture->planes[2].samples;
    for (uint32_t y = 0; y < picture->height; y++) {
        size_t row = (size_t)(y / 2) * chroma->width;
        for (uint32_t x = 0; x < picture->width; x++, ret_pixels += SAMPLES) {
            int light = 76309 * (lights[(size_t)y * luma->width + x] - 16) + 32768;
            int blue = blues[row + x / 2] - 128, red = reds[row + x / 2] - 128;
            ret_pixels[0] = clamp((light + 104597 * red) >> 16);
            ret_pixels[1] = clamp((light - 53279 * red - 25675 * blue) >> 16);
            ret_pixels[2] = clamp((light + 132201 * blue) >> 16);
        }
    }
}

static void convert_rgb(const struct picture *picture, uint8_t *ret_pixels)
{
    size_t count = (size_t)picture->width * picture->height;
    for (size_t channel = 0; channel < SAMPLES; channel++) {
        const uint8_t *samples = picture->planes[channel].samples;
        for (size_t i = 0; i < count; i++)
            ret_pixels[i * SAMPLES + channel] = samples[i];
    }
}

void pixels_to_rgb(const struct picture *picture, uint8_t *ret_pixels)
{
    if (picture->kind == PICTURE_YUV)
        convert_yuv(picture, ret_pixels);
    else
        convert_rgb(picture, ret_pixels);
}

/* Where the view is written to, and how far that has come. */
struct output {
    const struct pixels_files *files;
    uint64_t offset;
    const struct job *job;
    bool is_still;
    GChecksum *checksum; /* of all pixels and their frames' sizes */
    struct darkroom_view view;
};

static enum status append(struct output *output, const uint8_t *bytes, size_t size, struct text *why)
{
    if (!file_write_at(output->files->view, bytes, size, output->offset)) {
        text_setf(why, "The pixels could not be handed on: %s.", strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    output->offset += size;
    return STATUS_OK;
}

/* The frame, and its parts as far as there is room. */
static enum status append_jpegs(struct output *output, const struct canvas *frame, struct text *why)
{
    const struct darkroom_view_request *request = &output->job->request;
    struct darkroom_view *view = &output->view;
    uint32_t count = canvas_count_parts(frame->width, frame->height, request->jpegs_a_frame);
    for (uint32_t i = 0; i < count && view->jpegs < request->jpegs; i++) {
        struct jpeg_file jpeg;
        const struct canvas part = canvas_part(frame, i, count);
        enum status status = jpeg_encode(&part, request->jpeg_bytes, request->jpeg_least_side, &jpeg, why);
        if (status == STATUS_OK)
            status = append(output, jpeg.bytes, jpeg.size, why);
        if (status != STATUS_OK)
            return status; /* what is left goes with the process */
        view->jpeg_bytes[view->jpegs++] = (uint32_t)jpeg.size;
        jpeg_file_release(&jpeg);
    }
    return STATUS_OK;
}

static void note_pixels(struct output *output, const struct canvas *frame)
{
    const uint32_t size[] = {frame->width, frame->height};
    g_checksum_update(output->checksum, (const guchar *)size, sizeof size);
    g_checksum_update(output->checksum, frame->samples, (gssize)(frame->stride * frame->height));
    if (output->is_still)
        output->view.fingerprint.has_shape =
            image_shape(frame->samples, frame->width, frame->height, &output->view.fingerprint);
}

/* Of an animation that was not seen whole there is none: others may begin like it. */
static void finish_fingerprint(struct output *output)
{
    struct fingerprint *fingerprint = &output->view.fingerprint;
    gsize size = sizeof fingerprint->pixels;
    g_checksum_get_digest(output->checksum, fingerprint->pixels, &size);
    fingerprint->is_there = !output->view.is_partial;
}

static enum status write_frame(struct output *output, const struct picture *picture, struct text *why)
{
    size_t size = (size_t)picture->width * picture->height * SAMPLES;
    uint8_t *pixels = memory_new(size);
    const struct canvas frame = {pixels, picture->width, picture->height, (size_t)picture->width * SAMPLES};
    pixels_to_rgb(picture, pixels);
    note_pixels(output, &frame);
    enum status status =
        output->job->request.jpegs ? append_jpegs(output, &frame, why) : append(output, pixels, size, why);
    output->view.width = picture->width;
    output->view.height = picture->height;
    output->view.frames++;
    free(pixels);
    return status;
}

/* A picture that is as large as it will be published: the view is smaller. Only a still is kept: of an animation, one
 * frame would be published in place of all. */
static enum status write_large(struct output *output, const struct picture *large, struct text *why)
{
    const struct job *job = output->job;
    if (!job->keeps_negative)
        return write_frame(output, large, why);
    struct picture small;
    picture_shrink(large, job->view_side, &small);
    enum status status = write_frame(output, &small, why);
    if (status == STATUS_OK && output->is_still && negative_fits(large))
        status = negative_write(output->files->negative, large, &output->view.negative, why);
    picture_release(&small);
    return status;
}

/* The view of frames as large as this one is full. */
static bool is_full(const struct output *output, const struct reader_info *info)
{
    const struct darkroom_view_request *request = &output->job->request;
    const struct darkroom_view *view = &output->view;
    if (view->frames == 0)
        return false;
    if (request->jpegs
        && view->jpegs + canvas_count_parts(info->width, info->height, request->jpegs_a_frame) > request->jpegs)
        return true;
    return view->frames >= request->frames || output->offset + output->offset / view->frames > VIEW_BYTES_MAX;
}

/* Each frame that differs. The walk ends when there is no room for one: then a person has to look at them anyway. */
static enum status write_frames(struct reader *reader, struct output *output, struct text *why)
{
    const struct reader_info *info = reader_info(reader);
    struct distinct *distinct = distinct_new();
    output->is_still = info->frames == 1;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < info->frames && !output->view.is_partial; i++) {
        struct picture frame;
        status = reader_next(reader, output->job->large_side, &frame, why);
        if (status != STATUS_OK)
            break;
        if (output->is_still || distinct_add(distinct, &frame)) {
            output->view.is_partial = is_full(output, info);
            if (!output->view.is_partial)
                status = write_large(output, &frame, why);
        }
        picture_release(&frame);
    }
    distinct_free(distinct);
    return status;
}

static enum status write_jpeg(struct output *output, struct text *why)
{
    struct picture picture;
    int orientation;
    enum status status = jpeg_read(output->files->original, output->job, &picture, &orientation, why);
    if (status != STATUS_OK)
        return status;
    picture_turn(&picture, orientation);
    output->is_still = true;
    status = write_large(output, &picture, why);
    picture_release(&picture);
    return status;
}

static enum status write_any(struct output *output, struct text *why)
{
    if (output->job->format == IMAGE_JPEG) {
        enum status status = write_jpeg(output, why);
        if (status != STATUS_NOT_FOUND) /* it needs more than planes */
            return status;
    }
    struct reader *reader = NULL;
    enum status status = reader_open(output->files->original, output->job, &reader, why);
    if (status != STATUS_OK)
        return status;
    status = write_frames(reader, output, why);
    reader_close(reader);
    return status;
}

enum status pixels_write(const struct pixels_files *files, const struct job *job, struct darkroom_view *ret_view,
                         struct text *why)
{
    struct output output = {.files = files, .job = job, .checksum = g_checksum_new(G_CHECKSUM_SHA256)};
    enum status status = write_any(&output, why);
    finish_fingerprint(&output);
    g_checksum_free(output.checksum);
    *ret_view = output.view;
    return status;
}
