/* What libvips reads best: PNG, TIFF, stills in WebP, and JPEGs that are more than planes of luma and chroma. */
#include "exif.h"
#include "memory.h"
#include "png_chunks.h"
#include "renditions.h"
#include "source.h"
#include "trouble.h"

#include <stdlib.h>
#include <vips/vips.h>

enum { EXTRA_BANDS_MAX = 3 };

struct libvips_source {
    struct source_file file;
    VipsImage *image; /* 8 or 16 bits */
    VipsRegion *region;
};

static const char *const loaders[IMAGE_FORMATS] = {
    [IMAGE_JPEG] = "jpegload_buffer",
    [IMAGE_PNG] = "pngload_buffer",
    [IMAGE_WEBP] = "webpload_buffer",
    [IMAGE_TIFF] = "tiffload_buffer",
};

static enum status say_trouble(const struct source_file *file, struct text *why)
{
    enum status status = trouble_set(why, file->job, trouble_of_words(vips_error_buffer()), NULL);
    vips_error_clear();
    return status;
}

/* Replaces the image by the result of an operation on it. */
static bool replace(struct libvips_source *source, int failed, VipsImage *const *result)
{
    if (failed)
        return false;
    g_object_unref(source->image);
    source->image = *result;
    return true;
}

static bool load(struct libvips_source *source)
{
    const struct job *job = source->file.job;
    VipsBlob *blob = vips_blob_new(NULL, source->file.bytes, source->file.size);
    VipsOperation *operation = vips_operation_new(loaders[job->format]);
    g_object_set(operation, "buffer", blob, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
    vips_area_unref(VIPS_AREA(blob));
    if (job->format == IMAGE_JPEG)
        g_object_set(operation, "shrink", (int)rendition_shrink(job->width, job->height, job->large_side), NULL);
    /* A WebP may be transparent: who looks at it gets the samples that are published (background.h). */
    if (job->format == IMAGE_WEBP)
        g_object_set(operation, "scale", 1.0 / rendition_shrink(job->width, job->height, job->given_side), NULL);
    bool loaded = vips_object_build(VIPS_OBJECT(operation)) == 0;
    if (loaded)
        g_object_get(operation, "out", &source->image, NULL);
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return loaded;
}

static void read_header(struct libvips_source *source, struct source_info *info)
{
    VipsImage *image = source->image;
    *info = (struct source_info){
        .width = (uint32_t)vips_image_get_width(image),
        .height = (uint32_t)vips_image_get_height(image),
        .frames = 1,
        .orientation = source->file.job->format == IMAGE_JPEG
                           ? exif_orientation_of_jpeg(source->file.bytes, source->file.size)
                           : vips_image_get_orientation(image),
    };
}

/* ---- To samples of 8 or 16 bits ---- */

static bool is_described(const VipsImage *image)
{
    switch (vips_image_get_interpretation(image)) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_CMYK:
    case VIPS_INTERPRETATION_MULTIBAND:
        return true;
    default:
        return false;
    }
}

/* Samples that are no bytes and no 16 bits: what brings them to 16. Floating point goes from 0 to 1, as TIFF's readers
 * have it. */
static const struct {
    VipsBandFormat format;
    double factor;
} sample_kinds[] = {
    {VIPS_FORMAT_FLOAT, 65535},
    {VIPS_FORMAT_DOUBLE, 65535},
    {VIPS_FORMAT_UINT, 1 / 65537.0},
};

static bool to_16_bits(struct libvips_source *source)
{
    VipsImage *scaled = NULL, *result = NULL;
    for (size_t i = 0; i < sizeof sample_kinds / sizeof sample_kinds[0]; i++) {
        if (sample_kinds[i].format != vips_image_get_format(source->image))
            continue;
        bool done = !vips_linear1(source->image, &scaled, sample_kinds[i].factor, 0, NULL)
                    && !vips_cast_ushort(scaled, &result, NULL);
        if (scaled)
            g_object_unref(scaled);
        return replace(source, !done, &result);
    }
    return true;
}

/* Lab, light of scRGB and the like, which libvips knows best. */
static bool to_srgb(struct libvips_source *source)
{
    VipsImage *result = NULL;
    return replace(source, vips_colourspace(source->image, &result, VIPS_INTERPRETATION_sRGB, NULL), &result)
           && (vips_image_get_format(source->image) == VIPS_FORMAT_UCHAR
               || replace(source, vips_cast_uchar(source->image, &result, NULL), &result));
}

static bool drop_extra_bands(struct libvips_source *source, unsigned most)
{
    VipsImage *result = NULL;
    return (unsigned)vips_image_get_bands(source->image) <= most
           || replace(source, vips_extract_band(source->image, &result, 0, "n", (int)most, NULL), &result);
}

static enum colour_model find_model(const VipsImage *image)
{
    if (vips_image_get_interpretation(image) == VIPS_INTERPRETATION_CMYK)
        return COLOUR_CMYK;
    return vips_image_get_bands(image) < 3 ? COLOUR_GREY : COLOUR_RGB;
}

/* NULL, or what the file has that we can't take. */
static const char *find_odd_kind(const VipsImage *image)
{
    VipsBandFormat format = vips_image_get_format(image);
    if (vips_band_format_iscomplex(format))
        return "complex samples";
    if (format == VIPS_FORMAT_CHAR || format == VIPS_FORMAT_SHORT || format == VIPS_FORMAT_INT)
        return "samples with a sign";
    if (vips_image_get_interpretation(image) == VIPS_INTERPRETATION_CMYK && vips_image_get_bands(image) < COLOUR_CMYK)
        return "an unknown set of inks";
    return NULL;
}

static void describe(const struct libvips_source *source, bool has_profile, struct colours *ret_colours)
{
    const VipsImage *image = source->image;
    enum colour_model model = find_model(image);
    unsigned channels = (unsigned)vips_image_get_bands(image);
    *ret_colours = (struct colours){.model = model,
                                    .channels = channels,
                                    .bits = vips_image_get_format(image) == VIPS_FORMAT_UCHAR ? 8 : 16,
                                    .has_alpha = channels > (unsigned)model};
    if (has_profile && vips_image_get_typeof(image, VIPS_META_ICC_NAME))
        (void)vips_image_get_blob(image, VIPS_META_ICC_NAME, &ret_colours->profile, &ret_colours->profile_bytes);
}

/* PNG's words that libvips doesn't know. */
static void describe_png(const struct source_file *file, struct colours *colours)
{
    struct png_colours said;
    png_read_colours(file->bytes, file->size, &said);
    colours->light = said.light;
    if (said.has_codes)
        colours->profile = NULL;
}

static enum status normalise(struct libvips_source *source, struct colours *ret_colours, struct text *why)
{
    bool described = is_described(source->image);
    const char *odd = described ? find_odd_kind(source->image) : NULL;
    if (odd)
        return trouble_set(why, source->file.job, TROUBLE_KIND, odd);
    bool done = described ? to_16_bits(source) : to_srgb(source);
    if (!done || !drop_extra_bands(source, (unsigned)find_model(source->image) + EXTRA_BANDS_MAX))
        return say_trouble(&source->file, why);
    describe(source, described, ret_colours);
    if (source->file.job->format == IMAGE_PNG)
        describe_png(&source->file, ret_colours);
    return STATUS_OK;
}

/* ---- The table ---- */

static void libvips_close(void *opaque)
{
    struct libvips_source *source = opaque;
    if (source->region)
        g_object_unref(source->region);
    if (source->image)
        g_object_unref(source->image);
    free(source);
}

static enum status libvips_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                struct text *why)
{
    struct libvips_source *source = NEW(struct libvips_source);
    source->file = *file;
    enum status status = load(source) ? STATUS_OK : say_trouble(file, why);
    if (status == STATUS_OK) {
        read_header(source, ret_info);
        status = normalise(source, &ret_info->colours, why);
    }
    if (status != STATUS_OK) {
        libvips_close(source);
        return status;
    }
    source->region = vips_region_new(source->image);
    *ret_source = source;
    return STATUS_OK;
}

static enum status libvips_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows, struct source_rows *ret_rows,
                                struct text *why)
{
    struct libvips_source *source = opaque;
    (void)frame;
    const VipsRect strip = {0, (int)y, vips_image_get_width(source->image), (int)rows};
    if (vips_region_prepare(source->region, &strip))
        return say_trouble(&source->file, why);
    *ret_rows = (struct source_rows){VIPS_REGION_ADDR(source->region, 0, strip.top), VIPS_REGION_LSKIP(source->region)};
    return STATUS_OK;
}

const struct source_ops source_vips = {
    .open = libvips_open,
    .read = libvips_read,
    .close = libvips_close,
};
