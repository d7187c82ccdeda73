/* What a transparent picture is flattened onto doesn't depend on the size that it is decoded to: who looks at it before
 * it is published may get another one than the public. */
#include "check.h"
#include "memory.h"
#include "reader.h"

#include <png.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <webp/encode.h>

enum {
    WIDTH = 400,
    HEIGHT = 100,
    CHANNELS = 4,
    CLEAR = 200 /* columns */,
    THRESHOLD = 192,
    RANGE = 60,
    BYTES = 1 << 20
};

/* Transparent on the left; on the right grey noise whose mean is the threshold, which one brighter pixel goes
 * beyond. */
static void draw(unsigned seed, bool is_beyond, uint8_t ret_pixels[static WIDTH * HEIGHT * CHANNELS])
{
    memset(ret_pixels, 0, (size_t)WIDTH * HEIGHT * CHANNELS);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = CLEAR; x < WIDTH; x += 2) {
            seed = seed * 1664525 + 1013904223;
            int off = (int)(seed >> 16) % RANGE;
            uint8_t *pixel = ret_pixels + ((size_t)y * WIDTH + x) * CHANNELS;
            memset(pixel, THRESHOLD + off, 3);
            memset(pixel + CHANNELS, THRESHOLD - off, 3);
            pixel[3] = pixel[CHANNELS + 3] = 255;
        }
    if (is_beyond)
        ret_pixels[(WIDTH - 1) * CHANNELS] = ret_pixels[(WIDTH - 1) * CHANNELS + 1] += 4;
}

static int save(enum image_format format, const uint8_t *pixels, size_t *ret_size)
{
    int file = memfd_create("picture", MFD_CLOEXEC);
    if (format == IMAGE_WEBP) {
        uint8_t *bytes = NULL;
        *ret_size = WebPEncodeLosslessRGBA(pixels, WIDTH, HEIGHT, WIDTH * CHANNELS, &bytes);
        CHECK_INT(write(file, bytes, *ret_size), *ret_size);
        WebPFree(bytes);
        return file;
    }
    png_image image = {.version = PNG_IMAGE_VERSION, .width = WIDTH, .height = HEIGHT, .format = PNG_FORMAT_RGBA};
    uint8_t *bytes = memory_new(BYTES);
    *ret_size = BYTES;
    CHECK(png_image_write_to_memory(&image, bytes, ret_size, 0, pixels, 0, NULL));
    CHECK_INT(write(file, bytes, *ret_size), *ret_size);
    free(bytes);
    return file;
}

/* "white", "black", or why there is none. */
static const char *find_background(int file, size_t size, enum image_format format, uint32_t side)
{
    static struct text why;
    const struct job job = {.format = format,
                            .original_bytes = size,
                            .width = WIDTH,
                            .height = HEIGHT,
                            .limits = {.pixels = 1 << 20, .frames = 1},
                            .large_side = side,
                            .given_side = WIDTH / 8};
    struct reader *reader = NULL;
    struct picture picture = {0};
    enum status status = reader_open(file, &job, &reader, &why);
    if (status == STATUS_OK)
        status = reader_next(reader, side, &picture, &why);
    reader_close(reader);
    if (status != STATUS_OK)
        return text_get(&why);
    uint8_t corner = *(const uint8_t *)picture.planes[0].samples;
    picture_release(&picture);
    return corner > 200 ? "white" : corner < 55 ? "black" : "grey";
}

static void chooses_alike(void)
{
    static const uint32_t sides[] = {WIDTH, WIDTH - 1, 250, 131, 77, 50, 33, 10, 4};
    static const struct {
        const char *name;
        enum image_format format;
        bool is_beyond;
        const char *background; /* NULL: the same for all sides */
    } rows[] = {
        {"a PNG at the threshold", IMAGE_PNG, false, "white"},
        {"a PNG beyond it", IMAGE_PNG, true, "black"},
        {"a WebP at about the threshold, which is shrunk while it is decoded", IMAGE_WEBP, true, NULL},
    };
    uint8_t *pixels = memory_new((size_t)WIDTH * HEIGHT * CHANNELS);
    TEXT_CLEANUP struct text why = {0};
    CHECK_INT(reader_prepare("unit-background", &why), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        for (unsigned seed = 0; seed < 20; seed++) {
            size_t size;
            draw(seed, rows[i].is_beyond, pixels);
            int file = save(rows[i].format, pixels, &size);
            const char *first = find_background(file, size, rows[i].format, sides[0]);
            for (size_t k = 0; k < sizeof sides / sizeof sides[0]; k++)
                CHECK_STR(find_background(file, size, rows[i].format, sides[k]),
                          rows[i].background ? rows[i].background : first);
            close(file);
        }
    }
    free(pixels);
}

CHECK_MAIN({"a background is the same at every size", chooses_alike})
