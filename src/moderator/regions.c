#include "regions.h"

#include "memory.h"

#include <math.h>
#include <stdlib.h>

static const double long_from = 2; /* times its shorter side a picture is long */
enum { CUT_MAX = 12 };             /* squares; the tiles of more would take longer than a photo may */

/* Where tiles lie: in halves of the way from the first column or row to the last. The large ones are the corners and
 * the middle, so what is at most a fifth of a side lies in one of them as a whole, and what is a ninth in a small
 * one. */
static const struct {
    enum region_kind kind;
    double share; /* of both sides of the region */
    uint32_t column, row;
} tiles[TILES_MAX] = {
    {REGION_TILE, 0.62, 0, 0},       {REGION_TILE, 0.62, 2, 0},       {REGION_TILE, 0.62, 0, 2},
    {REGION_TILE, 0.62, 2, 2},       {REGION_TILE, 0.62, 1, 1},       {REGION_SMALL_TILE, 0.42, 0, 0},
    {REGION_SMALL_TILE, 0.42, 1, 0}, {REGION_SMALL_TILE, 0.42, 2, 0}, {REGION_SMALL_TILE, 0.42, 0, 1},
    {REGION_SMALL_TILE, 0.42, 1, 1}, {REGION_SMALL_TILE, 0.42, 2, 1}, {REGION_SMALL_TILE, 0.42, 0, 2},
    {REGION_SMALL_TILE, 0.42, 1, 2}, {REGION_SMALL_TILE, 0.42, 2, 2},
};

size_t regions_of(uint32_t width, uint32_t height, struct region ret_regions[static REGIONS_MAX])
{
    bool is_wide = width > height;
    uint32_t length = is_wide ? width : height, side = is_wide ? height : width;
    bool is_long = length > side * long_from;
    ret_regions[0] = (struct region){.width = width, .height = height, .is_cut = !is_long};
    if (!is_long)
        return 1;
    /* Squares that overlap by a third; of something absurdly long as many as there is room for, evenly spread. */
    size_t squares = (size_t)ceil((length - side) / (side * 2.0 / 3)) + 1;
    squares = squares < REGIONS_MAX - 1 ? squares : REGIONS_MAX - 1;
    for (size_t i = 0; i < squares; i++) {
        uint32_t at = (uint32_t)((uint64_t)(length - side) * i / (squares - 1));
        ret_regions[1 + i] = (struct region){.width = side, .height = side, .is_cut = squares <= CUT_MAX};
        *(is_wide ? &ret_regions[1 + i].left : &ret_regions[1 + i].top) = at;
    }
    return 1 + squares;
}

size_t region_tiles(const struct region *region, struct region ret_tiles[static TILES_MAX])
{
    size_t count = region->is_cut ? TILES_MAX : 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t width = (uint32_t)ceil(region->width * tiles[i].share);
        uint32_t height = (uint32_t)ceil(region->height * tiles[i].share);
        ret_tiles[i] = (struct region){.kind = tiles[i].kind,
                                       .left = region->left + (region->width - width) * tiles[i].column / 2,
                                       .top = region->top + (region->height - height) * tiles[i].row / 2,
                                       .width = width,
                                       .height = height};
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
