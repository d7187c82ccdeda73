#include "distinct.h"

#include "memory.h"

#include <stdlib.h>

/* Frames are compared when they are 256 pixels long, in cells of 8 by 8: two are alike if no cell differs by more than
 * 10 of 255, in the mean of its samples' differences. That is less than what a thin dark line does to a cell, and more
 * than a palette's dithering and lossy coding do to most. */
enum { COMPARED_SIDE = 256, CELL = 8, DIFFERENCE_MAX = 10, CHANNELS = 3 };

struct distinct {
    struct picture *frames;
    size_t count;
};

struct distinct *distinct_new(void)
{
    return NEW(struct distinct);
}

void distinct_free(struct distinct *distinct)
{
    for (size_t i = 0; i < distinct->count; i++)
        picture_release(&distinct->frames[i]);
    free(distinct->frames);
    free(distinct);
}

static unsigned differences_of_row(const uint8_t *one, const uint8_t *other, uint32_t count)
{
    unsigned sum = 0;
    if (count == CELL) { /* a length that the compiler knows */
        for (uint32_t x = 0; x < CELL; x++)
            sum += (unsigned)abs(one[x] - other[x]);
        return sum;
    }
    for (uint32_t x = 0; x < count; x++)
        sum += (unsigned)abs(one[x] - other[x]);
    return sum;
}

static bool is_cell_alike(const struct picture *one, const struct picture *other, uint32_t left, uint32_t top)
{
    uint32_t width = one->width - left < CELL ? one->width - left : CELL;
    uint32_t height = one->height - top < CELL ? one->height - top : CELL;
    unsigned sum = 0;
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        const uint8_t *ones = one->planes[channel].samples, *others = other->planes[channel].samples;
        for (uint32_t y = top; y < top + height; y++) {
            size_t at = (size_t)y * one->width + left;
            sum += differences_of_row(ones + at, others + at, width);
        }
    }
    return sum <= DIFFERENCE_MAX * width * height * CHANNELS;
}

static bool is_alike(const struct picture *one, const struct picture *other)
{
    for (uint32_t top = 0; top < one->height; top += CELL)
        for (uint32_t left = 0; left < one->width; left += CELL)
            if (!is_cell_alike(one, other, left, top))
                return false;
    return true;
}

/* The newest first: most frames are like the one before. */
bool distinct_add(struct distinct *distinct, const struct picture *frame)
{
    struct picture small;
    picture_shrink(frame, COMPARED_SIDE, &small);
    for (size_t i = distinct->count; i-- > 0;) {
        if (is_alike(&small, &distinct->frames[i])) {
            picture_release(&small);
            return false;
        }
    }
    distinct->frames = memory_resize(distinct->frames, (distinct->count + 1) * sizeof small);
    distinct->frames[distinct->count++] = small;
    return true;
}
