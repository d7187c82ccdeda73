#include "picture.h"

#include "memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned picture_planes(enum picture_kind kind)
{
    return kind == PICTURE_RGBA ? 4 : 3;
}

enum scale_width picture_sample_width(enum picture_kind kind)
{
    return kind == PICTURE_RGBA ? SCALE_WIDE : SCALE_BYTES;
}

void picture_init(struct picture *picture, enum picture_kind kind, uint32_t width, uint32_t height)
{
    *picture = (struct picture){.kind = kind, .width = width, .height = height};
    for (unsigned i = 0; i < picture_planes(kind); i++) {
        bool halved = kind == PICTURE_YUV && i > 0;
        struct plane *plane = &picture->planes[i];
        plane->width = halved ? (width + 1) / 2 : width;
        plane->height = halved ? (height + 1) / 2 : height;
        plane->samples = memory_new_array(plane->height, (size_t)plane->width * picture_sample_width(kind));
    }
}

void picture_release(struct picture *picture)
{
    for (unsigned i = 0; i < PICTURE_PLANES_MAX; i++)
        free(picture->planes[i].samples);
    *picture = (struct picture){0};
}

/* What each value of Exif's orientation asks for, in this order: exchange rows and columns, then mirror. */
struct turn {
    bool transpose, flip_x, flip_y;
};
static const struct turn turns[] = {
    [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true}, [5] = {true, false, false},
    [6] = {true, true, false},  [7] = {true, true, true},  [8] = {true, false, true},
};

/* Where in a plane the first sample of a row of the turned one is, and how far its next one. */
struct path {
    ptrdiff_t first, step;
};

static struct path find_path(const struct plane *plane, const struct turn *turn, uint32_t row)
{
    ptrdiff_t step_x = turn->transpose ? plane->width : 1, step_y = turn->transpose ? 1 : plane->width;
    uint32_t width = turn->transpose ? plane->height : plane->width;
    uint32_t height = turn->transpose ? plane->width : plane->height;
    ptrdiff_t first = (turn->flip_y ? height - 1 - row : row) * step_y;
    return turn->flip_x ? (struct path){first + (width - 1) * step_x, -step_x} : (struct path){first, step_x};
}

static void turn_plane(struct plane *plane, const struct turn *turn)
{
    uint32_t width = turn->transpose ? plane->height : plane->width;
    uint32_t height = turn->transpose ? plane->width : plane->height;
    uint8_t *samples = memory_new_array(height, width);
    for (uint32_t y = 0; y < height; y++) {
        struct path path = find_path(plane, turn, y);
        const uint8_t *from = (const uint8_t *)plane->samples + path.first;
        uint8_t *to = samples + (size_t)y * width;
        for (uint32_t x = 0; x < width; x++)
            to[x] = from[(ptrdiff_t)x * path.step];
    }
    free(plane->samples);
    *plane = (struct plane){width, height, samples};
}

void picture_turn(struct picture *picture, int orientation)
{
    if (orientation < 2 || orientation > 8)
        return;
    assert(picture_sample_width(picture->kind) == SCALE_BYTES);
    const struct turn *turn = &turns[orientation];
    for (unsigned i = 0; i < picture_planes(picture->kind); i++)
        turn_plane(&picture->planes[i], turn);
    picture->width = picture->planes[0].width;
    picture->height = picture->planes[0].height;
}

static uint32_t fit_length(uint32_t length, uint32_t longer, uint32_t side)
{
    uint32_t fitted = (uint32_t)(((uint64_t)length * side + longer / 2) / longer);
    return fitted ? fitted : 1;
}

void picture_fit(uint32_t width, uint32_t height, uint32_t side, uint32_t *ret_width, uint32_t *ret_height)
{
    uint32_t longer = width > height ? width : height;
    bool fits = longer <= side;
    *ret_width = fits ? width : fit_length(width, longer, side);
    *ret_height = fits ? height : fit_length(height, longer, side);
}

void shrinker_init(struct shrinker *shrinker, const struct shrink_geometry *geometries, struct picture *target,
                   unsigned planes)
{
    *shrinker = (struct shrinker){.planes = planes};
    for (unsigned i = 0; i < shrinker->planes; i++) {
        const struct shrink_geometry *from = &geometries[i];
        const struct plane *to = &target->planes[i];
        scale_table_init(&shrinker->across[i], from->width, to->width, from->step_x);
        scale_table_init(&shrinker->down[i], from->height, to->height, from->step_y);
        scaler_init(&shrinker->scalers[i], &shrinker->across[i], &shrinker->down[i], picture_sample_width(target->kind),
                    to->samples);
    }
}

void shrinker_release(struct shrinker *shrinker)
{
    for (unsigned i = 0; i < shrinker->planes; i++) {
        scaler_release(&shrinker->scalers[i]);
        scale_table_release(&shrinker->across[i]);
        scale_table_release(&shrinker->down[i]);
    }
    shrinker->planes = 0;
}

void shrinker_feed(struct shrinker *shrinker, unsigned plane, const void *row)
{
    scaler_feed(&shrinker->scalers[plane], row);
}

void picture_shrink(const struct picture *picture, uint32_t side, struct picture *ret_small)
{
    uint32_t width, height;
    picture_fit(picture->width, picture->height, side, &width, &height);
    picture_init(ret_small, picture->kind, width, height);
    struct shrink_geometry geometries[PICTURE_PLANES_MAX];
    for (unsigned i = 0; i < picture_planes(picture->kind); i++) {
        /* A halved plane has the steps of the whole one: its samples lie twice as far apart in both pictures. */
        geometries[i] = (struct shrink_geometry){
            .width = picture->planes[i].width,
            .height = picture->planes[i].height,
            .step_x = (double)picture->width / width,
            .step_y = (double)picture->height / height,
        };
    }
    struct shrinker shrinker;
    shrinker_init(&shrinker, geometries, ret_small, picture_planes(picture->kind));
    for (unsigned i = 0; i < shrinker.planes; i++) {
        const struct plane *plane = &picture->planes[i];
        size_t row_bytes = (size_t)plane->width * picture_sample_width(picture->kind);
        for (uint32_t y = 0; y < plane->height; y++)
            shrinker_feed(&shrinker, i, (const uint8_t *)plane->samples + y * row_bytes);
    }
    shrinker_release(&shrinker);
}
