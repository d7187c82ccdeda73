#include "pixels.h"

#include "jpeg.h"
#include "memory.h"
#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLES = 3 };

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

/* What is transparent is looked at on white, as most pages show it. Colours are multiplied by alpha already. */
static void convert_rgba(const struct picture *picture, uint8_t *ret_pixels)
{
    enum { HALF = 1 << (SCALE_WIDE_BITS - 1) };
    size_t count = (size_t)picture->width * picture->height;
    const uint16_t *alphas = picture->planes[SAMPLES].samples;
    for (size_t channel = 0; channel < SAMPLES; channel++) {
        const uint16_t *samples = picture->planes[channel].samples;
        for (size_t i = 0; i < count; i++)
            ret_pixels[i * SAMPLES + channel] =
                clamp((samples[i] + SCALE_WIDE_MAX - alphas[i] + HALF) >> SCALE_WIDE_BITS);
    }
}

static enum status write_frame(int file, const struct picture *picture, uint32_t frame, struct text *why)
{
    size_t size = (size_t)picture->width * picture->height * SAMPLES;
    uint8_t *pixels = memory_new(size);
    if (picture->kind == PICTURE_YUV)
        convert_yuv(picture, pixels);
    else if (picture->kind == PICTURE_RGBA)
        convert_rgba(picture, pixels);
    else
        convert_rgb(picture, pixels);
    size_t written = 0;
    while (written < size) {
        ssize_t count = pwrite(file, pixels + written, size - written, (off_t)(frame * size + written));
        if (count < 0 && errno != EINTR)
            break;
        written += count > 0 ? (size_t)count : 0;
    }
    free(pixels);
    if (written == size)
        return STATUS_OK;
    text_setf(why, "The pixels could not be handed on: %s.", strerror(errno));
    return STATUS_UNAVAILABLE;
}

/* The next frame, upright and of the wanted size; false ends the walk. */
static enum status read_frame(struct reader *reader, uint32_t side, struct picture *ret_frame, struct text *why)
{
    const struct reader_info *info = reader_info(reader);
    uint32_t width, height;
    picture_fit(info->width, info->height, side, &width, &height);
    picture_init(ret_frame, info->has_alpha ? PICTURE_RGBA : PICTURE_RGB, width, height);
    enum status status = reader_next(reader, ret_frame, why);
    if (status == STATUS_OK)
        picture_turn(ret_frame, info->orientation);
    else
        picture_release(ret_frame);
    return status;
}

/* All frames are decoded, for each stands on the one before; `most` of them are kept, evenly spread, the first always. */
static enum status write_frames(struct reader *reader, int file, const struct job *job,
                                struct darkroom_result *ret_result, struct text *why)
{
    uint32_t frames = reader_info(reader)->frames, wanted = frames < job->frames ? frames : job->frames, kept = 0;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && kept < wanted; i++) {
        struct picture frame;
        status = read_frame(reader, job->large_side, &frame, why);
        if (status != STATUS_OK)
            break;
        if (i == (uint64_t)kept * frames / wanted) {
            ret_result->large = (struct darkroom_rendition){.width = frame.width, .height = frame.height};
            status = write_frame(file, &frame, kept++, why);
        }
        picture_release(&frame);
    }
    ret_result->frames = kept;
    return status;
}

static enum status write_jpeg(int original, int file, const struct job *job, struct darkroom_result *ret_result,
                              struct text *why)
{
    struct picture picture;
    int orientation;
    enum status status = jpeg_read(original, job, &picture, &orientation, why);
    if (status != STATUS_OK)
        return status;
    picture_turn(&picture, orientation);
    status = write_frame(file, &picture, 0, why);
    *ret_result = (struct darkroom_result){.large = {picture.width, picture.height, 0}, .frames = 1};
    picture_release(&picture);
    return status;
}

enum status pixels_write(int original, int pixels, const struct job *job, struct darkroom_result *ret_result,
                         struct text *why)
{
    if (job->format == IMAGE_JPEG) {
        enum status status = write_jpeg(original, pixels, job, ret_result, why);
        if (status != STATUS_NOT_FOUND) /* it needs more than planes */
            return status;
    }
    struct reader *reader = NULL;
    enum status status = reader_open(original, job, &reader, why);
    if (status != STATUS_OK)
        return status;
    status = write_frames(reader, pixels, job, ret_result, why);
    reader_close(reader);
    return status;
}
