/* Shrinking a plane against the same sums in double precision, from the kernel's definition. */
#include "check.h"
#include "memory.h"
#include "scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOBES = 3 };

static double lanczos(double x)
{
    if (fabs(x) >= LOBES)
        return 0;
    double angle = M_PI * x;
    return fabs(x) < 1e-8 ? 1 : LOBES * sin(angle) * sin(angle / LOBES) / (angle * angle);
}

/* A line of `source` samples, `stride` apart, at target sample `index` of `target`. */
static double shrink_line(const double *samples, size_t stride, uint32_t source, uint32_t target, uint32_t index)
{
    if (source == target)
        return samples[index * stride];
    double step = (double)source / target, center = (index + 0.5) * step - 0.5, sum = 0, weights = 0;
    for (uint32_t i = 0; i < source; i++) {
        double weight = lanczos((i - center) / step);
        sum += weight * samples[i * stride];
        weights += weight;
    }
    return sum / weights;
}

struct plane_case {
    const char *name;
    uint32_t width, height, target_width, target_height;
};
static const struct plane_case cases[] = {
    {"a photo's proportions", 400, 300, 144, 108},
    {"a step of nearly 1", 131, 97, 130, 96},
    {"a thumbnail's step", 360, 270, 72, 54},
    {"widths of whole vectors", 64, 64, 32, 32},
    {"one sample more than whole vectors", 65, 33, 33, 17},
    {"one sample less than whole vectors", 63, 31, 31, 15},
    {"fewer samples than taps", 5, 5, 2, 2},
    {"a single column", 1, 100, 1, 33},
    {"a single row", 100, 1, 33, 1},
    {"a single sample of the target", 40, 30, 1, 1},
    {"a single sample", 1, 1, 1, 1},
    {"across alone", 100, 20, 37, 20},
    {"down alone", 100, 20, 100, 7},
    {"neither", 37, 20, 37, 20},
};

/* Smooth in one half, hard edges in the other: what overshoots must be cut off. */
static unsigned sample_at(const struct plane_case *row, uint32_t x, uint32_t y, unsigned most)
{
    if (x * 2 < row->width)
        return (unsigned)lrint(most * (0.5 + 0.5 * sin(x * 0.11 + y * 0.07)));
    return (x / 3 + y / 5) % 2 ? most : 0;
}

static double difference(const struct plane_case *row, const double *samples, const void *shrunk,
                         enum scale_width width)
{
    double *across = NEW_ARRAY((size_t)row->height * row->target_width, double), worst = 0;
    double most = width == SCALE_BYTES ? 255 : SCALE_WIDE_MAX;
    for (uint32_t y = 0; y < row->height; y++)
        for (uint32_t x = 0; x < row->target_width; x++)
            across[(size_t)y * row->target_width + x] =
                shrink_line(&samples[(size_t)y * row->width], 1, row->width, row->target_width, x);
    for (uint32_t y = 0; y < row->target_height; y++) {
        for (uint32_t x = 0; x < row->target_width; x++) {
            size_t place = (size_t)y * row->target_width + x;
            double expected = shrink_line(&across[x], row->target_width, row->height, row->target_height, y);
            double actual = width == SCALE_BYTES ? ((const uint8_t *)shrunk)[place] : ((const uint16_t *)shrunk)[place];
            worst = fmax(worst, fabs(actual - fmin(fmax(expected, 0), most)));
        }
    }
    free(across);
    return worst;
}

/* The largest difference, in samples of 0 to 255. */
static double shrink(const struct plane_case *row, enum scale_width width)
{
    unsigned most = width == SCALE_BYTES ? 255 : SCALE_WIDE_MAX;
    struct scale_table across, down;
    struct scaler scaler;
    void *shrunk = memory_new_array((size_t)row->target_width * row->target_height, width);
    double *samples = NEW_ARRAY((size_t)row->width * row->height, double);
    void *line = memory_new_array(row->width, width); /* exactly as long as a row: a sanitizer sees what reads on */
    scale_table_init(&across, row->width, row->target_width, (double)row->width / row->target_width);
    scale_table_init(&down, row->height, row->target_height, (double)row->height / row->target_height);
    scaler_init(&scaler, &across, &down, width, shrunk);
    for (uint32_t y = 0; y < row->height; y++) {
        for (uint32_t x = 0; x < row->width; x++) {
            unsigned sample = sample_at(row, x, y, most);
            samples[(size_t)y * row->width + x] = sample;
            if (width == SCALE_BYTES)
                ((uint8_t *)line)[x] = (uint8_t)sample;
            else
                ((uint16_t *)line)[x] = (uint16_t)sample;
        }
        scaler_feed(&scaler, line);
    }
    CHECK_INT(scaler.rows_out, row->target_height);
    double worst = difference(row, samples, shrunk, width);
    scaler_release(&scaler);
    scale_table_release(&across);
    scale_table_release(&down);
    free(line);
    free(samples);
    free(shrunk);
    return width == SCALE_BYTES ? worst : worst / (1 << SCALE_WIDE_BITS);
}

static void check_cases(enum scale_width width, double allowed)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct plane_case *row = &cases[i];
        check_case("%s: %ux%u to %ux%u", row->name, row->width, row->height, row->target_width, row->target_height);
        double worst = shrink(row, width);
        if (!CHECK(worst <= allowed))
            printf("# off by %f\n", worst);
    }
}

static void bytes(void)
{
    check_cases(SCALE_BYTES, 0.5 + 0.4); /* half is the rounding to bytes */
}

static void wide(void)
{
    check_cases(SCALE_WIDE, 0.4);
}

CHECK_MAIN({"a plane of bytes is shrunk as by the kernel's definition", bytes}, {"so is one of wide samples", wide})
