/* Where a net looks, and what it is shown of it. */
#include "check.h"
#include "regions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What is at most this part of the shorter side lies in some tile of the kind as a whole. */
static const uint32_t parts[REGION_KINDS] = {[REGION_TILE] = 5, [REGION_SMALL_TILE] = 9};

static bool is_within(const struct region *region, const struct region *outer)
{
    return region->width && region->height && region->left >= outer->left && region->top >= outer->top
           && region->left + region->width <= outer->left + outer->width
           && region->top + region->height <= outer->top + outer->height;
}

static void test_regions(void)
{
    static const struct {
        uint32_t width, height;
        size_t count;
    } rows[] = {
        {640, 480, 1}, {480, 480, 1}, {1, 1, 1},      {960, 480, 1}, /* twice as long is not yet long */
        {961, 480, 4}, {480, 961, 4}, {1440, 480, 5}, {8192, 480, 27}, {8192, 10, 40}, {10, 8192, 40},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct region regions[REGIONS_MAX], tiles[TILES_MAX];
        size_t count = regions_of(rows[i].width, rows[i].height, regions);
        check_case("%u by %u", rows[i].width, rows[i].height);
        CHECK_INT(count, rows[i].count);
        CHECK(regions[0].width == rows[i].width && regions[0].height == rows[i].height);
        for (size_t k = 0; k < count; k++) {
            CHECK(regions[k].kind == REGION_WHOLE && is_within(&regions[k], &regions[0]));
            size_t cut = region_tiles(&regions[k], tiles);
            /* Of a long picture its squares are cut, unless they are many. */
            CHECK_INT(cut, (k == 0 && count > 1) || count > 13 ? 0 : TILES_MAX);
            for (size_t j = 0; j < cut; j++)
                CHECK(tiles[j].kind != REGION_WHOLE && !tiles[j].is_cut && is_within(&tiles[j], &regions[k]));
        }
    }
}

static bool is_in_a_tile(const struct region *part, enum region_kind kind, const struct region *regions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct region tiles[TILES_MAX];
        size_t cut = region_tiles(&regions[i], tiles);
        for (size_t k = 0; k < cut; k++)
            if (tiles[k].kind == kind && is_within(part, &tiles[k]))
                return true;
    }
    return false;
}

static size_t count_between_tiles(uint32_t width, uint32_t height, enum region_kind kind)
{
    struct region regions[REGIONS_MAX];
    size_t count = regions_of(width, height, regions), between = 0;
    uint32_t side = (width < height ? width : height) / parts[kind];
    for (uint32_t top = 0; top <= height - side; top++)
        for (uint32_t left = 0; left <= width - side; left++) {
            const struct region part = {.left = left, .top = top, .width = side, .height = side};
            between += !is_in_a_tile(&part, kind, regions, count);
        }
    return between;
}

static void test_tiles(void)
{
    static const struct {
        uint32_t width, height;
    } rows[] = {{48, 48}, {48, 64}, {96, 48}, {240, 48}, {48, 240}, {120, 40}, {131, 53}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum region_kind kind = REGION_TILE; kind < REGION_KINDS; kind++) {
            check_case("%u by %u, tiles of kind %d", rows[i].width, rows[i].height, (int)kind);
            CHECK_INT(count_between_tiles(rows[i].width, rows[i].height, kind), 0);
        }
}

static void test_squares(void)
{
    struct region regions[REGIONS_MAX];
    size_t count = regions_of(3000, 400, regions);
    CHECK_INT(regions[1].left, 0);
    CHECK_INT(regions[count - 1].left + regions[count - 1].width, 3000);
    for (size_t i = 1; i < count; i++) {
        CHECK_INT(regions[i].width, 400);
        CHECK(i == 1 || regions[i].left - regions[i - 1].left <= 400 * 2 / 3 + 1); /* they overlap by a third */
    }
}

enum { SIDE = 16 };

static struct manifest_net make_net(bool is_nhwc)
{
    return (struct manifest_net){.side = SIDE, .is_nhwc = is_nhwc, .mean = {0, 10, 20}, .deviation = {1, 2, 4}};
}

/* A frame whose sample is red = x, green = y, blue = 100. */
static uint8_t *make_frame(uint32_t width, uint32_t height)
{
    uint8_t *pixels = malloc((size_t)width * height * CHANNELS);
    if (!pixels)
        abort();
    for (uint32_t i = 0; i < width * height; i++) {
        pixels[i * CHANNELS] = (uint8_t)(i % width);
        pixels[i * CHANNELS + 1] = (uint8_t)(i / width);
        pixels[i * CHANNELS + 2] = 100;
    }
    return pixels;
}

static void test_reading(void)
{
    static const struct {
        const char *behaviour;
        struct region region;
        double red_first, red_step, green_first, green_step; /* of the inner samples */
    } rows[] = {
        {"as it is", {0, 0, SIDE, SIDE, REGION_WHOLE, false}, 0, 1, 0, 1},
        {"a part of it", {40, 60, SIDE, SIDE, REGION_WHOLE, false}, 40, 1, 60, 1},
        {"shrunk", {0, 0, 4 * SIDE, 4 * SIDE, REGION_WHOLE, false}, 1.5, 4, 1.5, 4},
        {"squeezed one way", {0, 0, 8 * SIDE, 2 * SIDE, REGION_WHOLE, false}, 3.5, 8, 0.5, 2},
        {"enlarged", {20, 30, SIDE / 4, SIDE / 4, REGION_WHOLE, false}, 19.625, 0.25, 29.625, 0.25},
    };
    uint8_t *frame = make_frame(200, 200);
    const size_t plane = (size_t)SIDE * SIDE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct manifest_net planar = make_net(false), packed = make_net(true);
        float planes[SIDE * SIDE * CHANNELS], samples[SIDE * SIDE * CHANNELS];
        check_case("%s", rows[i].behaviour);
        region_read(&rows[i].region, frame, 200, &planar, planes);
        region_read(&rows[i].region, frame, 200, &packed, samples);
        for (size_t y = 2; y < SIDE - 2; y++) /* at the edges the filter is cut */
            for (size_t x = 2; x < SIDE - 2; x++) {
                size_t at = y * SIDE + x;
                double red = rows[i].red_first + (double)x * rows[i].red_step;
                double green = rows[i].green_first + (double)y * rows[i].green_step;
                CHECK(fabs(planes[at] - red) < 0.01);
                CHECK(fabs(planes[plane + at] - (green - 10) / 2) < 0.01);
                CHECK(fabs(planes[2 * plane + at] - 20) < 0.01);
                for (size_t channel = 0; channel < CHANNELS; channel++)
                    CHECK(planes[channel * plane + at] == samples[at * CHANNELS + channel]);
            }
        CHECK(fabs(planes[2 * plane] - 20) < 0.01 && fabs(planes[3 * plane - 1] - 20) < 0.01);
    }
    free(frame);
}

CHECK_MAIN({"regions and tiles lie within the picture", test_regions},
           {"nothing small falls between the tiles, in long pictures neither", test_tiles},
           {"squares lie along a long picture, from one end to the other", test_squares},
           {"a region is read into the net's square, layout and scale", test_reading})
