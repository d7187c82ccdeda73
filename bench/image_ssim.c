#include "image_ssim.h"

#include "memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

enum { WINDOW = 8, STEP = 2 };

void luma_release(struct luma *luma)
{
    free(luma->samples);
    *luma = (struct luma){0};
}

_Noreturn static void give_up(const char *path)
{
    (void)fprintf(stderr, "%s: %s\n", path, vips_error_buffer());
    exit(1);
}

/* To a float per pixel, with the weights of BT.601, which WebP and JPEG both use. */
static struct luma from_pixels(const VipsImage *image, const float *pixels)
{
    size_t bands = (size_t)vips_image_get_bands(image);
    struct luma luma = {(size_t)vips_image_get_width(image), (size_t)vips_image_get_height(image), NULL};
    luma.samples = memory_new_array(luma.width * luma.height, sizeof(float));
    for (size_t i = 0; i < luma.width * luma.height; i++, pixels += bands)
        luma.samples[i] = bands < 3 ? pixels[0] : 0.299F * pixels[0] + 0.587F * pixels[1] + 0.114F * pixels[2];
    return luma;
}

enum { STEPS_MAX = 5 };

/* Upright, in sRGB, on white where it is transparent, in floats. Each step is the caller's to release. */
static bool prepare(const char *path, VipsImage *steps[static STEPS_MAX])
{
    VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
    bool prepared = (steps[0] = vips_image_new_from_file(path, NULL)) && !vips_autorot(steps[0], &steps[1], NULL)
                    && !vips_colourspace(steps[1], &steps[2], VIPS_INTERPRETATION_sRGB, NULL)
                    && !(vips_image_hasalpha(steps[2]) ? vips_flatten(steps[2], &steps[3], "background", white, NULL)
                                                       : vips_copy(steps[2], &steps[3], NULL))
                    && !vips_cast_float(steps[3], &steps[4], NULL);
    vips_area_unref(VIPS_AREA(white));
    return prepared;
}

/* From all of its pixels; NULL when that fails. Where nothing is to be shrunk it is the same picture. */
static VipsImage *shrink(VipsImage *image, const struct luma *like)
{
    VipsImage *result = NULL;
    double across = like ? (double)like->width / vips_image_get_width(image) : 1;
    double down = like ? (double)like->height / vips_image_get_height(image) : 1;
    bool failed = across < 1 || down < 1 ? vips_resize(image, &result, across, "vscale", down, "gap", 0.0, NULL)
                                         : vips_copy(image, &result, NULL);
    return failed ? NULL : result;
}

struct luma luma_read(const char *path, const struct luma *like)
{
    VipsImage *steps[STEPS_MAX] = {NULL};
    VipsImage *shrunk = prepare(path, steps) ? shrink(steps[STEPS_MAX - 1], like) : NULL;
    size_t size = 0;
    float *pixels = shrunk ? vips_image_write_to_memory(shrunk, &size) : NULL;
    if (!pixels)
        give_up(path);
    struct luma luma = from_pixels(shrunk, pixels);
    g_free(pixels);
    g_object_unref(shrunk);
    for (size_t i = 0; i < STEPS_MAX; i++)
        g_object_unref(steps[i]);
    return luma;
}

static double compare_window(const struct luma *a, const struct luma *b, size_t left, size_t top)
{
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255, count = WINDOW * WINDOW;
    double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
    for (size_t y = top; y < top + WINDOW; y++) {
        for (size_t x = left; x < left + WINDOW; x++) {
            double p = (double)a->samples[y * a->width + x], q = (double)b->samples[y * b->width + x];
            sum_a += p;
            sum_b += q;
            sum_aa += p * p;
            sum_bb += q * q;
            sum_ab += p * q;
        }
    }
    double mean_a = sum_a / count, mean_b = sum_b / count;
    double variance_a = sum_aa / count - mean_a * mean_a, variance_b = sum_bb / count - mean_b * mean_b;
    double covariance = sum_ab / count - mean_a * mean_b;
    return (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
           / ((mean_a * mean_a + mean_b * mean_b + c1) * (variance_a + variance_b + c2));
}

double luma_compare(const struct luma *a, const struct luma *b)
{
    if (a->width != b->width || a->height != b->height || a->width < WINDOW || a->height < WINDOW) {
        (void)fprintf(stderr, "pictures of %zux%zu and %zux%zu can't be compared\n", a->width, a->height, b->width,
                      b->height);
        exit(1);
    }
    double sum = 0;
    size_t windows = 0;
    for (size_t y = 0; y + WINDOW <= a->height; y += STEP) {
        for (size_t x = 0; x + WINDOW <= a->width; x += STEP, windows++)
            sum += compare_window(a, b, x, y);
    }
    return sum / (double)windows;
}
