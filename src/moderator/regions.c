#include "regions.h"

#include "memory.h"

#include <math.h>
#include <stdlib.h>

/* Five tiles that overlap: the corners and the middle, each of 0.62 of both sides. */
static const struct {
    double left, top;
} tiles[] = {{0, 0}, {0.38, 0}, {0, 0.38}, {0.38, 0.38}, {0.19, 0.19}};
static const double tile_side = 0.62, long_from = 2;

size_t regions_of(uint32_t width, uint32_t height, struct region ret_regions[static REGIONS_MAX],
                  size_t *ret_tiles_from)
{
    size_t count = 0;
    bool is_wide = width > height;
    uint32_t length = is_wide ? width : height, side = is_wide ? height : width;
    ret_regions[count++] = (struct region){0, 0, width, height};
    *ret_tiles_from = count;
    if (length > side * long_from) {
        /* Squares that overlap by a third; of something absurdly long as many as there is room for, evenly spread. */
        size_t squares = (size_t)ceil((length - side) / (side * 2.0 / 3)) + 1;
        squares = squares < REGIONS_MAX - 1 ? squares : REGIONS_MAX - 1;
        for (size_t i = 0; i < squares; i++) {
            uint32_t at = (uint32_t)((uint64_t)(length - side) * i / (squares - 1));
            ret_regions[count++] = is_wide ? (struct region){at, 0, side, side} : (struct region){0, at, side, side};
        }
        *ret_tiles_from = count;
        return count;
    }
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        uint32_t tile_width = (uint32_t)(width * tile_side), tile_height = (uint32_t)(height * tile_side);
        ret_regions[count++] = (struct region){(uint32_t)(width * tiles[i].left), (uint32_t)(height * tiles[i].top),
                                               tile_width ? tile_width : 1, tile_height ? tile_height : 1};
    }
    return count;
}

/* The weights of the source samples that make a line of `side` samples. */
struct taps {
    uint32_t most;   /* weights a sample */
    uint32_t *first; /* [side] */
    uint32_t *count; /* [side] */
    float *weights;  /* [side][most], whose sum is 1 */
};

static void taps_init(struct taps *taps, uint32_t source, uint32_t side)
{
    double step = (double)source / side, reach = step < 1 ? 1 : step;
    taps->most = (uint32_t)(2 * reach) + 3;
    taps->first = NEW_ARRAY(side, uint32_t);
    taps->count = NEW_ARRAY(side, uint32_t);
    taps->weights = NEW_ARRAY((size_t)side * taps->most, float);
    for (uint32_t i = 0; i < side; i++) {
        double centre = (i + 0.5) * step, sum = 0;
        double low = centre - reach + 0.5, high = centre + reach + 0.5;
        uint32_t first = low > 0 ? (uint32_t)low : 0, end = high < source ? (uint32_t)high : source;
        float *weights = taps->weights + (size_t)i * taps->most;
        for (uint32_t k = first; k < end; k++) {
            double distance = fabs((k + 0.5 - centre) / reach);
            weights[k - first] = distance < 1 ? (float)(1 - distance) : 0;
            sum += weights[k - first];
        }
        for (uint32_t k = 0; k < end - first; k++)
            weights[k] = (float)(weights[k] / sum);
        taps->first[i] = first;
        taps->count[i] = end - first;
    }
}

static void taps_release(struct taps *taps)
{
    free(taps->first);
    free(taps->count);
    free(taps->weights);
}

/* Down first, on whole rows of the region: the inner loop then runs along memory. */
static void sum_rows(const struct taps *taps, uint32_t row, const uint8_t *pixels, size_t stride, size_t samples,
                     float *ret_line)
{
    const float *weights = taps->weights + (size_t)row * taps->most;
    for (size_t i = 0; i < samples; i++)
        ret_line[i] = 0;
    for (uint32_t k = 0; k < taps->count[row]; k++) {
        const uint8_t *from = pixels + (taps->first[row] + k) * stride;
        float weight = weights[k];
        for (size_t i = 0; i < samples; i++)
            ret_line[i] += weight * from[i];
    }
}

void region_read(const struct region *region, const uint8_t *pixels, uint32_t width, const struct manifest_net *net,
                 float *ret_input)
{
    struct taps across, down;
    size_t stride = (size_t)width * CHANNELS, plane = (size_t)net->side * net->side;
    size_t step = net->is_nhwc ? CHANNELS : 1, channel_step = net->is_nhwc ? 1 : plane;
    const uint8_t *corner = pixels + region->top * stride + (size_t)region->left * CHANNELS;
    float *line = NEW_ARRAY((size_t)region->width * CHANNELS, float);
    taps_init(&across, region->width, net->side);
    taps_init(&down, region->height, net->side);
    for (uint32_t y = 0; y < net->side; y++) {
        sum_rows(&down, y, corner, stride, (size_t)region->width * CHANNELS, line);
        for (uint32_t x = 0; x < net->side; x++) {
            const float *weights = across.weights + (size_t)x * across.most;
            float sums[CHANNELS] = {0};
            for (uint32_t k = 0; k < across.count[x]; k++)
                for (size_t channel = 0; channel < CHANNELS; channel++)
                    sums[channel] += weights[k] * line[(across.first[x] + k) * CHANNELS + channel];
            for (size_t channel = 0; channel < CHANNELS; channel++)
                ret_input[channel * channel_step + ((size_t)y * net->side + x) * step] =
                    (sums[channel] - net->mean[channel]) / net->deviation[channel];
        }
    }
    taps_release(&across);
    taps_release(&down);
    free(line);
}
