/* TIFFs that libvips can't read or reads wrongly, through libtiff: samples of any number of bits, tiles of one channel
 * each, floating point of 16 and 64 bits; and, by libtiff's own conversion, luma and chroma that are not JPEG, and JPEG
 * as it was before 1995. */
#include "memory.h"
#include "source.h"
#include "tiff_samples.h"
#include "trouble.h"

#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum { RGBA = 4 };

struct tiff_source {
    struct source_file file;
    size_t offset;
    TIFF *tiff;
    uint32_t width, height;
    uint16_t bits, samples, photometric, compression, planar, sample_format;
    bool tiled, converted;            /* by libtiff to RGBA */
    uint32_t part_width, part_height; /* of a tile, or a strip */
    struct tiff_samples layout;       /* unless converted */
    uint8_t *part;                    /* one as it is decoded */
    uint8_t *rows;                    /* as high as a part, as wide as the picture */
    uint32_t rows_y;                  /* which */
    uint8_t *strip;                   /* the rows that were asked for */
    bool rows_read;
};

/* ---- The file in memory, as libtiff wants it ---- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t size)
{
    struct tiff_source *source = handle;
    size_t left = source->offset < source->file.size ? source->file.size - source->offset : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;
    memcpy(to, source->file.bytes + source->offset, count);
    source->offset += count;
    return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *from, tmsize_t size)
{
    (void)handle, (void)from, (void)size;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_source *source = handle;
    source->offset = (size_t)offset
                     + (whence == SEEK_CUR   ? source->offset
                        : whence == SEEK_END ? source->file.size
                                             : 0);
    return source->offset;
}

static int close_bytes(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t count_bytes(thandle_t handle)
{
    const struct tiff_source *source = handle;
    return source->file.size;
}

static int map_bytes(thandle_t handle, void **ret_base, toff_t *ret_size)
{
    const struct tiff_source *source = handle;
    *ret_base = (void *)(uintptr_t)source->file.bytes;
    *ret_size = source->file.size;
    return 1;
}

static void unmap_bytes(thandle_t handle, void *base, toff_t size)
{
    (void)handle, (void)base, (void)size;
}

static bool open_bytes(struct tiff_source *source)
{
    source->tiff = TIFFClientOpen("photo", "rm", source, read_bytes, write_bytes, seek, close_bytes, count_bytes,
                                  map_bytes, unmap_bytes);
    return source->tiff;
}

static void tiff_source_close(void *opaque)
{
    struct tiff_source *source = opaque;
    if (source->tiff)
        TIFFClose(source->tiff);
    free(source->part);
    free(source->rows);
    free(source->strip);
    free(source);
}

/* ---- What it is ---- */

static bool read_tags(struct tiff_source *source)
{
    TIFF *tiff = source->tiff;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &source->width)
        || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &source->height)
        || !TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &source->photometric))
        return false;
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &source->bits);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &source->samples);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &source->compression);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &source->planar);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &source->sample_format);
    source->tiled = TIFFIsTiled(tiff);
    return source->width && source->height && source->samples;
}

static const struct {
    uint16_t compression;
    const char *name;
} compressions[] = {
    {33003, "JPEG 2000 inside"}, {33005, "JPEG 2000 inside"}, {34712, "JPEG 2000 inside"}, {34892, "lossy raw data"},
    {34934, "JPEG XR inside"},   {50002, "JPEG XL inside"},   {52546, "JPEG XL inside"},
};

static const char *name_compression(uint16_t compression)
{
    for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++) {
        if (compressions[i].compression == compression)
            return compressions[i].name;
    }
    return "an unusual compression";
}

static bool is_readable(const struct tiff_source *source)
{
    return TIFFIsCODECConfigured(source->compression) == 1;
}

static bool is_planes_of_luma(const struct tiff_source *source)
{
    return source->compression == COMPRESSION_OJPEG
           || (source->photometric == PHOTOMETRIC_YCBCR && source->compression != COMPRESSION_JPEG);
}

static bool is_of_odd_samples(const struct tiff_source *source)
{
    bool floating = source->sample_format == SAMPLEFORMAT_IEEEFP;
    bool usual = floating ? source->bits == 32
                          : source->bits == 1 || source->bits == 2 || source->bits == 4 || source->bits == 8
                                || source->bits == 16 || source->bits == 32;
    return !usual || (source->tiled && source->planar == PLANARCONFIG_SEPARATE && source->samples > 1);
}

bool source_tiff_is_odd(const struct source_file *file)
{
    struct tiff_source source = {.file = *file};
    bool odd = open_bytes(&source) && read_tags(&source)
               && (!is_readable(&source) || is_planes_of_luma(&source) || is_of_odd_samples(&source));
    if (source.tiff)
        TIFFClose(source.tiff);
    return odd;
}

/* ---- Opening ---- */

/* NULL, or what is not taken. */
static const char *find_model(const struct tiff_source *source, enum colour_model *ret_model)
{
    switch (source->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
        *ret_model = COLOUR_GREY;
        break;
    case PHOTOMETRIC_RGB:
        *ret_model = COLOUR_RGB;
        break;
    case PHOTOMETRIC_SEPARATED:
        *ret_model = COLOUR_CMYK;
        break;
    default:
        return "a rare way to write colours";
    }
    return source->samples < (unsigned)*ret_model || source->samples > (unsigned)*ret_model + 3
               ? "a rare number of channels"
               : NULL;
}

static bool is_multiplied(const struct tiff_source *source)
{
    uint16_t count = 0, *kinds = NULL;
    return TIFFGetField(source->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count > 0
           && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
}

static enum status describe_samples(struct tiff_source *source, struct source_info *info, struct text *why)
{
    enum colour_model model = COLOUR_GREY;
    const char *odd = find_model(source, &model);
    source->layout = (struct tiff_samples){.bits = source->bits,
                                           .is_float = source->sample_format == SAMPLEFORMAT_IEEEFP,
                                           .is_inverted = source->photometric == PHOTOMETRIC_MINISWHITE};
    if (!odd && source->sample_format == SAMPLEFORMAT_INT)
        odd = "samples with a sign";
    if (!odd && !tiff_samples_are_known(&source->layout))
        odd = "a rare kind of samples";
    if (odd)
        return trouble_set(why, source->file.job, TROUBLE_KIND, odd);
    bool linear = source->layout.is_float && model == COLOUR_RGB; /* as libvips takes it */
    info->colours = (struct colours){.model = model,
                                     .channels = source->samples,
                                     .bits = 16,
                                     .has_alpha = source->samples > (unsigned)model,
                                     .is_multiplied = is_multiplied(source),
                                     .light = {.transfer = linear ? TRANSFER_LINEAR : 0}};
    return STATUS_OK;
}

static void describe_converted(struct source_info *info)
{
    info->colours = (struct colours){.model = COLOUR_RGB, .channels = RGBA, .bits = 8};
}

static void describe(struct tiff_source *source, struct source_info *info)
{
    uint16_t orientation = 1;
    uint32_t profile_bytes = 0;
    void *profile = NULL;
    (void)TIFFGetFieldDefaulted(source->tiff, TIFFTAG_ORIENTATION, &orientation);
    info->width = source->width;
    info->height = source->height;
    info->frames = 1;
    info->orientation = orientation;
    if (source->converted) /* or libtiff would turn a part of it, strip by strip */
        (void)TIFFSetField(source->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (TIFFGetField(source->tiff, TIFFTAG_ICCPROFILE, &profile_bytes, &profile)) {
        info->colours.profile = profile; /* libtiff's, until it is closed */
        info->colours.profile_bytes = profile_bytes;
    }
}

/* False when there is none. */
static bool measure_parts(struct tiff_source *source)
{
    source->part_width = source->width;
    source->part_height = source->height;
    if (source->tiled) {
        (void)TIFFGetField(source->tiff, TIFFTAG_TILEWIDTH, &source->part_width);
        (void)TIFFGetField(source->tiff, TIFFTAG_TILELENGTH, &source->part_height);
    } else {
        uint32_t rows = 0;
        (void)TIFFGetFieldDefaulted(source->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
        source->part_height = rows && rows < source->height ? rows : source->height;
    }
    return source->part_width && source->part_height;
}

static enum status tiff_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                    struct text *why)
{
    struct tiff_source *source = NEW(struct tiff_source);
    enum status status = STATUS_OK;
    source->file = *file;
    if (!open_bytes(source) || !read_tags(source))
        status = trouble_set(why, file->job, TROUBLE_DAMAGED, NULL);
    else if (!is_readable(source))
        status = trouble_set(why, file->job, TROUBLE_KIND, name_compression(source->compression));
    if (status == STATUS_OK) {
        source->converted = is_planes_of_luma(source);
        if (source->converted)
            describe_converted(ret_info);
        else
            status = describe_samples(source, ret_info, why);
    }
    if (status == STATUS_OK && !measure_parts(source))
        status = trouble_set(why, file->job, TROUBLE_DAMAGED, NULL);
    if (status != STATUS_OK) {
        tiff_source_close(source);
        return status;
    }
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

/* ---- Rows ---- */

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

static size_t pixel_bytes(const struct tiff_source *source)
{
    return source->converted ? RGBA : (size_t)source->samples * sizeof(uint16_t);
}

/* A part that libtiff makes RGBA of: its last row comes first, in words whose lowest byte is red. */
static bool read_converted(struct tiff_source *source, uint32_t x, uint32_t y, uint32_t height)
{
    uint32_t *words = (uint32_t *)(void *)source->part;
    uint32_t stride = source->part_width, last = source->tiled ? source->part_height - 1 : height - 1;
    int read = source->tiled ? TIFFReadRGBATileExt(source->tiff, x, y, words, 1)
                             : TIFFReadRGBAStripExt(source->tiff, y, words, 1);
    for (uint32_t row = 0; read && row < height; row++) {
        const uint32_t *from = words + (size_t)(last - row) * stride;
        uint8_t *to = source->rows + ((size_t)row * source->width + x) * RGBA;
        for (uint32_t i = 0; i < least(source->part_width, source->width - x); i++, to += RGBA) {
            to[0] = (uint8_t)TIFFGetR(from[i]);
            to[1] = (uint8_t)TIFFGetG(from[i]);
            to[2] = (uint8_t)TIFFGetB(from[i]);
            to[3] = (uint8_t)TIFFGetA(from[i]);
        }
    }
    return read;
}

/* A part of one channel, or of all. */
static bool read_samples(struct tiff_source *source, uint32_t x, uint32_t y, uint16_t plane, uint32_t height)
{
    unsigned channels = source->planar == PLANARCONFIG_SEPARATE ? 1 : source->samples;
    size_t stride = ((size_t)source->part_width * channels * source->bits + 7) / 8;
    size_t size = stride * (source->tiled ? source->part_height : height);
    tmsize_t count = source->tiled ? TIFFReadEncodedTile(source->tiff, TIFFComputeTile(source->tiff, x, y, 0, plane),
                                                         source->part, (tmsize_t)size)
                                   : TIFFReadEncodedStrip(source->tiff, TIFFComputeStrip(source->tiff, y, plane),
                                                          source->part, (tmsize_t)size);
    if (count < 0 || (size_t)count < size)
        return false;
    uint32_t width = least(source->part_width, source->width - x);
    for (uint32_t row = 0; row < height; row++) {
        uint16_t *to = (uint16_t *)(void *)source->rows + ((size_t)row * source->width + x) * source->samples + plane;
        tiff_samples_read(&source->layout, source->part + row * stride, (size_t)width * channels, to,
                          channels == 1 ? source->samples : 1);
    }
    return true;
}

static void make_room(struct tiff_source *source)
{
    if (source->rows)
        return;
    size_t most = source->converted ? RGBA : ((size_t)source->samples * source->bits + 7) / 8 + 1;
    source->part = memory_new_array(source->part_height, source->part_width * most);
    source->rows = memory_new_array(source->part_height, source->width * pixel_bytes(source));
}

/* The row of parts that begins at `y`. */
static bool read_parts(struct tiff_source *source, uint32_t y)
{
    uint32_t height = least(source->part_height, source->height - y);
    uint16_t planes = source->planar == PLANARCONFIG_SEPARATE && !source->converted ? source->samples : 1;
    make_room(source);
    for (uint32_t x = 0; x < source->width; x += source->part_width) {
        for (uint16_t plane = 0; plane < planes; plane++) {
            if (source->converted ? !read_converted(source, x, y, height) : !read_samples(source, x, y, plane, height))
                return false;
        }
    }
    source->rows_y = y;
    source->rows_read = true;
    return true;
}

/* Strips of the reader and parts of the file need not agree: what a strip needs of two parts is put together. */
static enum status tiff_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                    struct source_rows *ret_rows, struct text *why)
{
    struct tiff_source *source = opaque;
    size_t stride = source->width * pixel_bytes(source);
    (void)frame;
    source->strip = memory_resize(source->strip, rows * stride);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t at = (y + row) / source->part_height * source->part_height;
        if ((!source->rows_read || source->rows_y != at) && !read_parts(source, at))
            return trouble_set(why, source->file.job, TROUBLE_DAMAGED, NULL);
        memcpy(source->strip + row * stride, source->rows + (y + row - at) * stride, stride);
    }
    *ret_rows = (struct source_rows){source->strip, stride};
    return STATUS_OK;
}

const struct source_ops source_tiff = {
    .open = tiff_source_open,
    .read = tiff_source_read,
    .close = tiff_source_close,
};
