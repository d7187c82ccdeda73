/* AVIF through libavif, stills and sequences alike: libheif takes no sequences yet. Decoded are planes of luma and
 * chroma; colours are made of them strip by strip, so that a picture is in memory once. */
#include "memory.h"
#include "source.h"
#include "trouble.h"

#include <avif/avif.h>
#include <stdlib.h>

enum {
    OVERLAP_ROWS = 2
}; /* chroma between two rows takes part in both; even, because a view of halved planes begins so */

struct avif_source {
    struct source_file file;
    avifDecoder *decoder;
    avifCropRect crop; /* what is shown of a frame */
    uint32_t whole_width, whole_height;
    uint8_t *strip;
    size_t strip_bytes;
};

static enum status say_trouble(const struct source_file *file, avifResult result, struct text *why)
{
    switch (result) {
    case AVIF_RESULT_OUT_OF_MEMORY:
        return trouble_set(why, file->job, TROUBLE_MEMORY, NULL);
    case AVIF_RESULT_TRUNCATED_DATA:
    case AVIF_RESULT_IO_ERROR:
        return trouble_set(why, file->job, TROUBLE_INCOMPLETE, NULL);
    case AVIF_RESULT_UNSUPPORTED_DEPTH:
    case AVIF_RESULT_NOT_IMPLEMENTED:
    case AVIF_RESULT_NO_CODEC_AVAILABLE:
        return trouble_set(why, file->job, TROUBLE_KIND, "an unusual coding");
    default:
        return trouble_set(why, file->job, TROUBLE_DAMAGED, NULL);
    }
}

static void avif_source_close(void *opaque)
{
    struct avif_source *source = opaque;
    avifDecoderDestroy(source->decoder);
    free(source->strip);
    free(source);
}

/* ---- What is shown, and which side is up (ISO/IEC 23008-12, 6.5.9 to 6.5.12) ---- */

static unsigned mirror_of(const avifImage *image)
{
#if AVIF_VERSION_MAJOR >= 1
    return image->imir.axis;
#else
    return image->imir.mode;
#endif
}

static int find_orientation(const avifImage *image)
{
    /* by quarter turns against the clock; then mirrored: not, top to bottom, left to right */
    static const int orientations[4][3] = {{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}};
    unsigned turns = image->transformFlags & AVIF_TRANSFORM_IROT ? image->irot.angle & 3 : 0;
    unsigned mirror = image->transformFlags & AVIF_TRANSFORM_IMIR ? 1 + (mirror_of(image) & 1) : 0;
    return orientations[turns][mirror];
}

/* Where a length that is cut out begins, its middle `offset` away from that of the whole; false when it lies
 * outside. */
static bool cut(uint32_t whole, uint32_t length_over, uint32_t length_under, uint32_t offset_over,
                uint32_t offset_under, uint32_t *ret_start, uint32_t *ret_length)
{
    if (length_under == 0 || offset_under == 0)
        return false;
    double length = (double)length_over / length_under, offset = (double)(int32_t)offset_over / offset_under;
    double start = (whole - length) / 2 + offset;
    if (length < 1 || start < 0 || start + length > whole)
        return false;
    *ret_start = (uint32_t)start;
    *ret_length = (uint32_t)length;
    return true;
}

static avifCropRect find_crop(const avifImage *image)
{
    const avifCropRect whole = {0, 0, image->width, image->height};
    const avifCleanApertureBox *clap = &image->clap;
    avifCropRect crop;
    bool is_cut =
        (image->transformFlags & AVIF_TRANSFORM_CLAP)
        && cut(image->width, clap->widthN, clap->widthD, clap->horizOffN, clap->horizOffD, &crop.x, &crop.width)
        && cut(image->height, clap->heightN, clap->heightD, clap->vertOffN, clap->vertOffD, &crop.y, &crop.height);
    return is_cut ? crop : whole;
}

static uint32_t count_plays(const avifDecoder *decoder)
{
#if AVIF_VERSION_MAJOR >= 1
    return decoder->repetitionCount >= 0 && decoder->repetitionCount < UINT16_MAX
               ? (uint32_t)decoder->repetitionCount + 1
               : 0;
#else
    (void)decoder; /* it does not say */
    return 0;
#endif
}

/* ---- The table ---- */

static void describe(struct avif_source *source, struct source_info *info)
{
    const avifDecoder *decoder = source->decoder;
    const avifImage *image = decoder->image;
    source->crop = find_crop(image);
    source->whole_width = image->width;
    source->whole_height = image->height;
    *info = (struct source_info){
        .width = source->crop.width,
        .height = source->crop.height,
        .frames = (uint32_t)decoder->imageCount,
        .orientation = find_orientation(image),
        .plays = count_plays(decoder),
        .colours = {.model = COLOUR_RGB,
                    .channels = decoder->alphaPresent ? 4 : 3,
                    .bits = image->depth > 8 ? 16 : 8,
                    .has_alpha = decoder->alphaPresent,
                    .profile = image->icc.size ? image->icc.data : NULL,
                    .profile_bytes = image->icc.size,
                    .light = light_of_photo(image->colorPrimaries, image->transferCharacteristics)},
    };
}

static avifDecoder *make_decoder(const struct source_file *file)
{
    avifDecoder *decoder = avifDecoderCreate();
    decoder->codecChoice = AVIF_CODEC_CHOICE_DAV1D;
    decoder->maxThreads = 1;
    decoder->ignoreExif = AVIF_TRUE;
    decoder->ignoreXMP = AVIF_TRUE;
    decoder->strictFlags = AVIF_STRICT_DISABLED;
    decoder->imageCountLimit = file->job->limits.frames;
    return decoder;
}

static enum status avif_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                    struct text *why)
{
    struct avif_source *source = NEW(struct avif_source);
    source->file = *file;
    source->decoder = make_decoder(file);
    avifResult result = avifDecoderSetIOMemory(source->decoder, file->bytes, file->size);
    if (result == AVIF_RESULT_OK)
        result = avifDecoderParse(source->decoder);
    if (result == AVIF_RESULT_OK && source->decoder->imageCount < 1)
        result = AVIF_RESULT_NO_CONTENT;
    if (result != AVIF_RESULT_OK) {
        avif_source_close(source);
        return say_trouble(file, result, why);
    }
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

static avifResult next_frame(struct avif_source *source)
{
    avifResult result = avifDecoderNextImage(source->decoder);
    const avifImage *image = source->decoder->image;
    bool changed = image->width != source->whole_width || image->height != source->whole_height;
    return result == AVIF_RESULT_OK && changed ? AVIF_RESULT_ISPE_SIZE_MISMATCH : result;
}

/* The rows from `first` to `end` of the whole frame, as colours. */
static avifResult convert(struct avif_source *source, uint32_t first, uint32_t end, avifRGBImage *rgb)
{
    const avifImage *image = source->decoder->image;
    avifImage *view = avifImageCreateEmpty();
    const avifCropRect rows = {0, first, image->width, end - first};
    if (!view)
        return AVIF_RESULT_OUT_OF_MEMORY;
    avifResult result = avifImageSetViewRect(view, image, &rows);
    view->colorPrimaries = image->colorPrimaries;
    view->transferCharacteristics = image->transferCharacteristics;
    view->matrixCoefficients = image->matrixCoefficients;
    view->yuvChromaSamplePosition = image->yuvChromaSamplePosition;
    if (result == AVIF_RESULT_OK) {
        avifRGBImageSetDefaults(rgb, view);
        rgb->format = source->decoder->alphaPresent ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
        rgb->depth = image->depth > 8 ? 16 : 8;
        rgb->rowBytes = avifRGBImagePixelSize(rgb) * rgb->width;
        size_t bytes = (size_t)rgb->rowBytes * rgb->height;
        if (bytes > source->strip_bytes) {
            source->strip = memory_resize(source->strip, bytes);
            source->strip_bytes = bytes;
        }
        rgb->pixels = source->strip;
        result = avifImageYUVToRGB(view, rgb);
    }
    avifImageDestroy(view);
    return result;
}

static enum status avif_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                    struct source_rows *ret_rows, struct text *why)
{
    struct avif_source *source = opaque;
    avifRGBImage rgb = {0};
    (void)frame;
    avifResult result = y == 0 ? next_frame(source) : AVIF_RESULT_OK;
    uint32_t top = source->crop.y + y, bottom = top + rows + OVERLAP_ROWS;
    uint32_t first = top > OVERLAP_ROWS ? (top - OVERLAP_ROWS) & ~1U : 0;
    if (result == AVIF_RESULT_OK)
        result = convert(source, first, bottom < source->whole_height ? bottom : source->whole_height, &rgb);
    if (result != AVIF_RESULT_OK)
        return say_trouble(&source->file, result, why);
    *ret_rows = (struct source_rows){rgb.pixels + (size_t)(top - first) * rgb.rowBytes
                                         + (size_t)source->crop.x * avifRGBImagePixelSize(&rgb),
                                     rgb.rowBytes};
    return STATUS_OK;
}

static int avif_source_duration(void *opaque, uint32_t frame)
{
    const struct avif_source *source = opaque;
    avifImageTiming timing;
    if (avifDecoderNthImageTiming(source->decoder, frame, &timing) != AVIF_RESULT_OK)
        return -1;
    return timing.duration > 0 && timing.duration < 3600 ? (int)(timing.duration * 1000 + 0.5) : -1;
}

const struct source_ops source_avif = {
    .open = avif_source_open,
    .read = avif_source_read,
    .duration_ms = avif_source_duration,
    .close = avif_source_close,
};
