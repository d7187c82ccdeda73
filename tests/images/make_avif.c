/* AVIFs of the kinds that libvips doesn't write: colours told by codes alone, more bits, sequences, turned, cut. */
#include "make_images.h"

#include <avif/avif.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t quarters[4][4]; /* red, green, blue, alpha: top left, top right, bottom left, bottom right */
static const quarters scene_quarters = {
    {224, 32, 32, 255}, {32, 192, 32, 255}, {32, 32, 224, 255}, {255, 255, 255, 255}};
static const quarters mild_quarters = {
    {140, 110, 110, 255}, {110, 140, 110, 255}, {110, 110, 140, 255}, {128, 128, 128, 255}};
static const quarters half_quarters = {
    {224, 32, 32, 128}, {32, 192, 32, 128}, {32, 32, 224, 128}, {255, 255, 255, 128}};

static const struct avif_kind {
    const char *name;
    const quarters *quarters;
    avifPixelFormat format;
    uint16_t primaries, transfer, matrix;
    avifRange range;
    uint8_t depth, frames;
    uint8_t turns, mirror; /* irot; imir: 0 none, 1 top to bottom, 2 left to right */
    bool alpha, multiplied, cut;
} avif_kinds[] = {
    {"pq.avif", &mild_quarters, AVIF_PIXEL_FORMAT_YUV444, 9, 16, 9, AVIF_RANGE_FULL, 10, 1, 0, 0, false, false, false},
    {"hlg.avif", &mild_quarters, AVIF_PIXEL_FORMAT_YUV420, 9, 18, 9, AVIF_RANGE_LIMITED, 12, 1, 0, 0, false, false,
     false},
    {"p3.avif", &mild_quarters, AVIF_PIXEL_FORMAT_YUV420, 12, 13, 6, AVIF_RANGE_FULL, 8, 1, 0, 0, false, false, false},
    {"bt2020.avif", &mild_quarters, AVIF_PIXEL_FORMAT_YUV420, 9, 14, 9, AVIF_RANGE_LIMITED, 10, 1, 0, 0, false, false,
     false},
    {"limited.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV422, 1, 1, 1, AVIF_RANGE_LIMITED, 8, 1, 0, 0, false, false,
     false},
    {"identity.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV444, 1, 13, 0, AVIF_RANGE_FULL, 8, 1, 0, 0, false, false,
     false},
    {"alpha.avif", &half_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 0, 0, true, false, false},
    {"multiplied.avif", &half_quarters, AVIF_PIXEL_FORMAT_YUV444, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 0, 0, true, true,
     false},
    {"turned.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 1, 0, false, false,
     false},
    {"mirrored.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 0, 2, false, false,
     false},
    {"turned-mirrored.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 1, 1, false,
     false, false},
    {"cut.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 1, 0, 0, false, false, true},
    {"sequence.avif", &scene_quarters, AVIF_PIXEL_FORMAT_YUV420, 1, 13, 6, AVIF_RANGE_FULL, 8, 3, 0, 0, false, false,
     false},
};

static void need_avif(avifResult result, const char *name)
{
    if (result == AVIF_RESULT_OK)
        return;
    (void)fprintf(stderr, "make_images: %s: %s\n", name, avifResultToString(result));
    exit(1);
}

/* Frame after frame the quarters go round. */
static uint8_t *paint(const quarters *colours, int frame)
{
    uint8_t *pixels = g_malloc(WIDTH * HEIGHT * 4);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int quarter = (i / WIDTH >= HEIGHT / 2) * 2 + (i % WIDTH >= WIDTH / 2);
        memcpy(pixels + (gsize)i * 4, (*colours)[(quarter + frame) % 4], 4);
    }
    return pixels;
}

static avifImage *make_image(const struct avif_kind *kind, int frame)
{
    avifImage *image = avifImageCreate(WIDTH, HEIGHT, kind->depth, kind->format);
    image->yuvRange = kind->range;
    image->colorPrimaries = kind->primaries;
    image->transferCharacteristics = kind->transfer;
    image->matrixCoefficients = kind->matrix;
    image->alphaPremultiplied = kind->multiplied;
    image->transformFlags = (kind->turns ? AVIF_TRANSFORM_IROT : 0U) | (kind->mirror ? AVIF_TRANSFORM_IMIR : 0U)
                            | (kind->cut ? AVIF_TRANSFORM_CLAP : 0U);
    image->irot.angle = kind->turns;
#if AVIF_VERSION_MAJOR >= 1
    image->imir.axis = kind->mirror ? (uint8_t)(kind->mirror - 1) : 0;
#else
    image->imir.mode = kind->mirror ? (uint8_t)(kind->mirror - 1) : 0;
#endif
    /* the left half but for its first 100 columns, of the middle 200 rows: the middle is 100 to the left */
    image->clap = (avifCleanApertureBox){200, 1, 200, 1, (uint32_t)-100, 1, 0, 1};
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = 8;
    rgb.format = AVIF_RGB_FORMAT_RGBA;
    rgb.ignoreAlpha = !kind->alpha;
    rgb.pixels = paint(kind->quarters, frame);
    rgb.rowBytes = WIDTH * 4;
    need_avif(avifImageRGBToYUV(image, &rgb), kind->name);
    g_free(rgb.pixels);
    return image;
}

static void save_avif(const struct avif_kind *kind)
{
    enum { FRAMES_MAX = 3 };
    static const uint64_t durations[FRAMES_MAX] = {100, 250, 400};
    avifEncoder *encoder = avifEncoderCreate();
    encoder->speed = 10;
    encoder->minQuantizer = encoder->maxQuantizer = encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = 5;
    encoder->timescale = 1000;
    for (int frame = 0; frame < kind->frames && frame < FRAMES_MAX; frame++) {
        avifImage *image = make_image(kind, frame);
        need_avif(avifEncoderAddImage(encoder, image, durations[frame],
                                      kind->frames == 1 ? AVIF_ADD_IMAGE_FLAG_SINGLE : AVIF_ADD_IMAGE_FLAG_NONE),
                  kind->name);
        avifImageDestroy(image);
    }
    avifRWData file = AVIF_DATA_EMPTY;
    need_avif(avifEncoderFinish(encoder, &file), kind->name);
    write_file(kind->name, file.data, file.size);
    avifRWDataFree(&file);
    avifEncoderDestroy(encoder);
}

void save_avifs(void)
{
    for (size_t i = 0; i < sizeof avif_kinds / sizeof avif_kinds[0]; i++)
        save_avif(&avif_kinds[i]);
}
