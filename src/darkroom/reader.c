#include "reader.h"

#include "background.h"
#include "heif_library.h"
#include "image_limits.h"
#include "memory.h"
#include "source.h"
#include "tidy.h"
#include "trouble.h"
#include "vips_library.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { STRIP_ROWS = 16, DEFAULT_DURATION_MS = 100, DURATION_MAX_MS = 60 * 60 * 1000 };

struct reader {
    struct reader_info info;
    struct source_file file; /* within the map, or the copy */
    void *map;               /* the file up to the picture's end */
    size_t map_size;
    uint8_t *copy; /* put in order; else NULL */
    const struct source_ops *ops;
    void *source;
    struct colour_converter *converter;
    uint8_t *pixels;                /* one row of sRGB */
    void *rows[PICTURE_PLANES_MAX]; /* the same, plane by plane */
    uint32_t next_frame;
    bool has_alpha;
    struct background background; /* of the first frame */
};

/* Of each format: what decodes it, and what its rarer kind, if that is another. */
static const struct {
    const struct source_ops *ops;
    bool (*is_rare)(const struct source_file *file);
    const struct source_ops *rare;
} sources[IMAGE_FORMATS] = {
    [IMAGE_JPEG] = {.ops = &source_vips},
    [IMAGE_PNG] = {&source_vips, source_apng_is_animation, &source_apng},
    [IMAGE_GIF] = {.ops = &source_gif},
    [IMAGE_WEBP] = {&source_vips, source_webp_is_animation, &source_webp},
    [IMAGE_HEIC] = {.ops = &source_heif},
    [IMAGE_AVIF] = {.ops = &source_avif},
    [IMAGE_TIFF] = {&source_vips, source_tiff_is_odd, &source_tiff},
};

static const struct source_ops *find_source(const struct source_file *file)
{
    enum image_format format = file->job->format;
    bool rare = sources[format].is_rare && sources[format].is_rare(file);
    return rare ? sources[format].rare : sources[format].ops;
}

enum status reader_prepare(const char *program, struct text *why)
{
    enum status status = vips_library_prepare(program, why);
    if (status == STATUS_OK)
        status = heif_library_prepare(why);
    tzset(); /* lcms asks for the time of day; the zone's file can't be opened later */
    return status;
}

static bool map_file(struct reader *reader, int file, const struct job *job)
{
    size_t size = job->original_offset + job->original_bytes;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (map == MAP_FAILED)
        return false;
    reader->map = map;
    reader->map_size = size;
    reader->file = (struct source_file){(const uint8_t *)map + job->original_offset, job->original_bytes, job};
    if (job->is_untidy)
        reader->copy = tidy_copy(job->format, reader->file.bytes, reader->file.size, &reader->file.size);
    if (reader->copy)
        reader->file.bytes = reader->copy;
    return true;
}

/* The probe looked already; but it is the decoder's own reading that takes the memory. */
static enum status check_limits(const struct source_info *info, const struct job *job, struct text *why)
{
    const struct image_info picture = {
        .format = job->format, .width = info->width, .height = info->height, .frames = info->frames};
    return image_limits_check(&job->limits, &picture, why);
}

static void prepare_rows(struct reader *reader, const struct job *job, const struct source_info *info)
{
    reader->info = (struct reader_info){
        .width = info->width,
        .height = info->height,
        .frames = info->frames,
        .orientation = job->orientation ? job->orientation : info->orientation,
        .plays = info->plays <= UINT16_MAX ? info->plays : 0, /* WebP's most */
    };
    reader->has_alpha = info->colours.has_alpha;
    reader->converter = colour_converter_new(&info->colours, info->width);
    reader->pixels = memory_new_array(info->width, PICTURE_PLANES_MAX);
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        reader->rows[i] = memory_new_array(info->width, SCALE_WIDE);
}

enum status reader_open(int file, const struct job *job, struct reader **ret_reader, struct text *why)
{
    struct reader *reader = NEW(struct reader);
    struct source_info info = {0};
    enum status status = STATUS_OK;
    errno = 0;
    if (!map_file(reader, file, job)) {
        text_setf(why, "The original can't be read.");
        status = errno == ENOMEM ? trouble_set(why, job, TROUBLE_MEMORY, NULL) : STATUS_INTERNAL;
    }
    if (status == STATUS_OK) {
        reader->ops = find_source(&reader->file);
        status = reader->ops->open(&reader->file, &reader->source, &info, why);
    }
    if (status == STATUS_OK)
        status = check_limits(&info, job, why);
    if (status != STATUS_OK) {
        reader_close(reader);
        return status;
    }
    prepare_rows(reader, job, &info);
    *ret_reader = reader;
    return STATUS_OK;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        free(reader->rows[i]);
    free(reader->pixels);
    colour_converter_free(reader->converter);
    if (reader->source)
        reader->ops->close(reader->source);
    if (reader->map)
        munmap(reader->map, reader->map_size);
    free(reader->copy);
    free(reader);
}

const struct reader_info *reader_info(const struct reader *reader)
{
    return &reader->info;
}

int reader_duration_ms(const struct reader *reader, uint32_t frame)
{
    int duration = reader->ops->duration_ms ? reader->ops->duration_ms(reader->source, frame) : 0;
    if (duration < 0)
        return DEFAULT_DURATION_MS;
    return duration > DURATION_MAX_MS ? DURATION_MAX_MS : duration;
}

static void split_row(const struct reader *reader)
{
    uint8_t *red = reader->rows[0], *green = reader->rows[1], *blue = reader->rows[2];
    const uint8_t *pixels = reader->pixels;
    for (uint32_t x = 0; x < reader->info.width; x++, pixels += 3) {
        red[x] = pixels[0];
        green[x] = pixels[1];
        blue[x] = pixels[2];
    }
}

static void split_row_with_alpha(const struct reader *reader)
{
    uint16_t *red = reader->rows[0], *green = reader->rows[1], *blue = reader->rows[2], *alphas = reader->rows[3];
    const uint8_t *pixels = reader->pixels;
    for (uint32_t x = 0; x < reader->info.width; x++, pixels += 4) {
        unsigned alpha = (unsigned)pixels[3] << SCALE_WIDE_BITS;
        red[x] = (uint16_t)((pixels[0] * alpha + 127) / 255);
        green[x] = (uint16_t)((pixels[1] * alpha + 127) / 255);
        blue[x] = (uint16_t)((pixels[2] * alpha + 127) / 255);
        alphas[x] = (uint16_t)alpha;
    }
}

static void feed_strip(struct reader *reader, const struct source_rows *strip, uint32_t rows, struct shrinker *shrinker)
{
    for (uint32_t y = 0; y < rows; y++) {
        colour_convert(reader->converter, strip->first + y * strip->stride, reader->pixels);
        if (reader->has_alpha)
            split_row_with_alpha(reader);
        else
            split_row(reader);
        if (reader->has_alpha && reader->next_frame == 0)
            background_add_row(&reader->background, reader->rows, reader->info.width);
        for (unsigned plane = 0; plane < shrinker->planes; plane++)
            shrinker_feed(shrinker, plane, reader->rows[plane]);
    }
}

static enum status read_frame(struct reader *reader, struct picture *target, struct text *why)
{
    const struct reader_info *info = &reader->info;
    struct shrink_geometry geometries[PICTURE_PLANES_MAX];
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        geometries[i] = (struct shrink_geometry){info->width, info->height, (double)info->width / target->width,
                                                 (double)info->height / target->height};
    struct shrinker shrinker;
    shrinker_init(&shrinker, geometries, target, picture_planes(target->kind));
    enum status status = STATUS_OK;
    for (uint32_t y = 0; status == STATUS_OK && y < info->height; y += STRIP_ROWS) {
        uint32_t rows = info->height - y < STRIP_ROWS ? info->height - y : STRIP_ROWS;
        struct source_rows strip;
        status = reader->ops->read(reader->source, reader->next_frame, y, rows, &strip, why);
        if (status == STATUS_OK)
            feed_strip(reader, &strip, rows, &shrinker);
    }
    shrinker_release(&shrinker);
    reader->next_frame++;
    return status;
}

enum status reader_next(struct reader *reader, uint32_t side, struct picture *ret_frame, struct text *why)
{
    const struct reader_info *info = &reader->info;
    uint32_t width, height;
    picture_fit(info->width, info->height, side, &width, &height);
    picture_init(ret_frame, reader->has_alpha ? PICTURE_RGBA : PICTURE_RGB, width, height);
    enum status status = read_frame(reader, ret_frame, why);
    if (status != STATUS_OK) {
        picture_release(ret_frame);
        return status;
    }
    background_flatten(ret_frame, background_choose(&reader->background));
    picture_turn(ret_frame, info->orientation);
    return STATUS_OK;
}
