#include "reader.h"

#include "heif_library.h"
#include "image_limits.h"
#include "memory.h"
#include "profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <vips/vips.h>

#include <vips/vector.h> /* after the other: it does not stand alone */

enum { STRIP_ROWS = 16, DEFAULT_DURATION_MS = 100, DURATION_MAX_MS = 60 * 60 * 1000 };

struct reader {
    struct reader_info info;
    enum image_format format;
    void *bytes; /* the whole file, mapped */
    size_t size;
    VipsImage *image; /* 8-bit sRGB; the frames one below the other */
    VipsRegion *region;
    void *rows[PICTURE_PLANES_MAX]; /* one row, plane by plane */
    uint32_t next_frame;
    const int *durations; /* the image's */
    int durations_count;
};

/* libvips's operation for each format, and whether it takes "n", the number of pages. */
struct loader {
    const char *operation;
    bool animated;
};
static const struct loader loaders[IMAGE_FORMATS] = {
    [IMAGE_JPEG] = {"jpegload_buffer", false}, [IMAGE_PNG] = {"pngload_buffer", false},
    [IMAGE_GIF] = {"gifload_buffer", true},    [IMAGE_WEBP] = {"webpload_buffer", true},
    [IMAGE_HEIC] = {"heifload_buffer", false}, [IMAGE_AVIF] = {"heifload_buffer", false},
    [IMAGE_TIFF] = {"tiffload_buffer", false},
};

enum status reader_prepare(const char *program, struct text *why)
{
    if (VIPS_INIT(program)) {
        text_setf(why, "libvips does not start: %s", vips_error_buffer());
        return STATUS_UNAVAILABLE;
    }
    for (size_t i = 0; i < IMAGE_FORMATS; i++) {
        VipsOperation *operation = vips_operation_new(loaders[i].operation);
        if (!operation) {
            text_setf(why, "this libvips can't read %s.", image_format_spelling((enum image_format)i));
            return STATUS_UNAVAILABLE;
        }
        g_object_unref(operation);
    }
    enum status status = heif_library_prepare(why);
    if (status != STATUS_OK)
        return status;
    tzset(); /* lcms asks for the time of day; the zone's file can't be opened later */
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    /* Its run-time compiler needs memory that is written and executed, which the sandbox forbids. */
    vips_vector_set_enabled(FALSE);
    return STATUS_OK;
}

/* The last line of what libvips says is nearest to the cause: "pngload_buffer: libspng read error". */
static enum status set_trouble(const struct reader *reader, struct text *why)
{
    char *said = g_strstrip(vips_error_buffer_copy());
    const char *line = strrchr(said, '\n'), *colon = strstr(line ? line : said, ": ");
    const char *cause = colon ? colon + 2 : line ? line + 1 : said;
    const char *name = image_format_spelling(reader->format);
    bool memory = strcasestr(said, "memory");
    if (memory)
        text_setf(why, "The %s needs too much memory to be decoded.", name);
    else
        text_setf(why, "The %s is broken: %s.", name, *cause ? cause : "it can't be decoded");
    g_free(said);
    return memory ? STATUS_TOO_LARGE : STATUS_UNPROCESSABLE;
}

static bool map_file(struct reader *reader, int file, uint64_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return false;
    reader->bytes = bytes;
    reader->size = size;
    return true;
}

/* Replaces the image by the result of an operation on it. */
static bool replace(struct reader *reader, int failed, VipsImage *const *result)
{
    if (failed)
        return false;
    g_object_unref(reader->image);
    reader->image = *result;
    return true;
}

/* The largest power of two, at most 8, that still leaves twice the wanted size: JPEG and WebP decode so much smaller for
 * less, but less well, so the last halving is ours. */
static int choose_shrink(const struct job *job)
{
    uint32_t longer = job->width > job->height ? job->width : job->height;
    int shrink = 1;
    while (shrink < 8 && longer / ((unsigned)shrink * 4) >= job->large_side)
        shrink *= 2;
    return shrink;
}

static bool load(struct reader *reader, const struct job *job)
{
    const struct loader *loader = &loaders[reader->format];
    VipsBlob *blob = vips_blob_new(NULL, reader->bytes, reader->size);
    VipsOperation *operation = vips_operation_new(loader->operation);
    g_object_set(operation, "buffer", blob, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
    vips_area_unref(VIPS_AREA(blob));
    if (loader->animated)
        g_object_set(operation, "n", -1, NULL);
    if (reader->format == IMAGE_JPEG)
        g_object_set(operation, "shrink", choose_shrink(job), NULL);
    if (reader->format == IMAGE_WEBP)
        g_object_set(operation, "scale", 1.0 / choose_shrink(job), NULL);
    bool loaded = vips_object_build(VIPS_OBJECT(operation)) == 0;
    if (loaded)
        g_object_get(operation, "out", &reader->image, NULL);
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return loaded;
}

static void read_header(struct reader *reader)
{
    VipsImage *image = reader->image;
    int plays = 0;
    if (vips_image_get_typeof(image, "loop"))
        (void)vips_image_get_int(image, "loop", &plays);
    uint32_t page = (uint32_t)vips_image_get_page_height(image);
    reader->info = (struct reader_info){
        .width = (uint32_t)vips_image_get_width(image),
        .height = page,
        .frames = (uint32_t)vips_image_get_height(image) / page,
        .orientation = vips_image_get_orientation(image),
        .plays = plays > 0 && plays < 65536 ? (uint32_t)plays : 0,
    };
}

static bool has_foreign_profile(const VipsImage *image)
{
    const void *data = NULL;
    size_t size = 0;
    return vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0
           && !vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size) && !profile_is_srgb(data, size);
}

/* To 8-bit sRGB with or without alpha, whatever it was: through its own profile if it has a usable one. */
static bool convert(struct reader *reader)
{
    VipsImage *result = NULL;
    bool converted = false;
    if (has_foreign_profile(reader->image)) {
        converted = replace(
            reader, vips_icc_transform(reader->image, &result, "srgb", "embedded", TRUE, "depth", 8, NULL), &result);
        vips_error_clear();
    }
    if (!converted
        && !replace(reader, vips_colourspace(reader->image, &result, VIPS_INTERPRETATION_sRGB, NULL), &result))
        return false;
    if (vips_image_get_format(reader->image) != VIPS_FORMAT_UCHAR
        && !replace(reader, vips_cast_uchar(reader->image, &result, NULL), &result))
        return false;
    int bands = vips_image_get_bands(reader->image);
    if (bands > 4 && !replace(reader, vips_extract_band(reader->image, &result, 0, "n", 4, NULL), &result))
        return false;
    if (bands < 3) {
        vips_error("convert", "%d colour channels", bands);
        return false;
    }
    reader->info.has_alpha = bands > 3;
    return true;
}

static void read_durations(struct reader *reader)
{
    int *durations = NULL;
    if (vips_image_get_typeof(reader->image, "delay")
        && !vips_image_get_array_int(reader->image, "delay", &durations, &reader->durations_count))
        reader->durations = durations;
    else
        reader->durations_count = 0;
}

enum status reader_open(int file, const struct job *job, struct reader **ret_reader, struct text *why)
{
    struct reader *reader = NEW(struct reader);
    reader->format = job->format;
    enum status status = STATUS_OK;
    if (!map_file(reader, file, job->original_bytes)) {
        text_setf(why, "The original can't be read.");
        status = STATUS_INTERNAL;
    } else if (!load(reader, job)) {
        status = set_trouble(reader, why);
    }
    if (status == STATUS_OK) {
        read_header(reader);
        /* The probe looked already; but it is the decoder's own reading that takes the memory. */
        const struct reader_info *info = &reader->info;
        const struct image_info picture = {job->format, info->width, info->height, info->frames};
        status = image_limits_check(&job->limits, &picture, why);
    }
    if (status == STATUS_OK && !convert(reader))
        status = set_trouble(reader, why);
    if (status == STATUS_OK) {
        read_durations(reader);
        reader->region = vips_region_new(reader->image);
        for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
            reader->rows[i] = memory_new_array(reader->info.width, SCALE_WIDE);
        *ret_reader = reader;
    } else {
        reader_close(reader);
    }
    return status;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        free(reader->rows[i]);
    if (reader->region)
        g_object_unref(reader->region);
    if (reader->image)
        g_object_unref(reader->image);
    if (reader->bytes)
        munmap(reader->bytes, reader->size);
    free(reader);
}

const struct reader_info *reader_info(const struct reader *reader)
{
    return &reader->info;
}

int reader_duration_ms(const struct reader *reader, uint32_t frame)
{
    int duration = frame < (uint32_t)reader->durations_count ? reader->durations[frame] : DEFAULT_DURATION_MS;
    return duration < 0 ? 0 : duration > DURATION_MAX_MS ? DURATION_MAX_MS : duration;
}

static void split_row(const struct reader *reader, const uint8_t *pixels)
{
    uint8_t *red = reader->rows[0], *green = reader->rows[1], *blue = reader->rows[2];
    for (uint32_t x = 0; x < reader->info.width; x++, pixels += 3) {
        red[x] = pixels[0];
        green[x] = pixels[1];
        blue[x] = pixels[2];
    }
}

static void split_row_with_alpha(const struct reader *reader, const uint8_t *pixels)
{
    uint16_t *red = reader->rows[0], *green = reader->rows[1], *blue = reader->rows[2], *alphas = reader->rows[3];
    for (uint32_t x = 0; x < reader->info.width; x++, pixels += 4) {
        unsigned alpha = (unsigned)pixels[3] << SCALE_WIDE_BITS;
        red[x] = (uint16_t)((pixels[0] * alpha + 127) / 255);
        green[x] = (uint16_t)((pixels[1] * alpha + 127) / 255);
        blue[x] = (uint16_t)((pixels[2] * alpha + 127) / 255);
        alphas[x] = (uint16_t)alpha;
    }
}

static bool feed_strip(struct reader *reader, const VipsRect *strip, struct shrinker *shrinker)
{
    if (vips_region_prepare(reader->region, strip))
        return false;
    for (int y = 0; y < strip->height; y++) {
        const uint8_t *pixels = VIPS_REGION_ADDR(reader->region, 0, strip->top + y);
        if (reader->info.has_alpha)
            split_row_with_alpha(reader, pixels);
        else
            split_row(reader, pixels);
        for (unsigned plane = 0; plane < shrinker->planes; plane++)
            shrinker_feed(shrinker, plane, reader->rows[plane]);
    }
    return true;
}

enum status reader_next(struct reader *reader, struct picture *target, struct text *why)
{
    const struct reader_info *info = &reader->info;
    struct shrink_geometry geometries[PICTURE_PLANES_MAX];
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        geometries[i] = (struct shrink_geometry){info->width, info->height, (double)info->width / target->width,
                                                 (double)info->height / target->height};
    struct shrinker shrinker;
    shrinker_init(&shrinker, geometries, target, picture_planes(target->kind));
    bool read = true;
    for (uint32_t y = 0; read && y < info->height; y += STRIP_ROWS) {
        uint32_t rows = info->height - y < STRIP_ROWS ? info->height - y : STRIP_ROWS;
        const VipsRect strip = {0, (int)(reader->next_frame * info->height + y), (int)info->width, (int)rows};
        read = feed_strip(reader, &strip, &shrinker);
    }
    shrinker_release(&shrinker);
    reader->next_frame++;
    return read ? STATUS_OK : set_trouble(reader, why);
}
