#include "background.h"

#include "memory.h"

#include <stdlib.h>

enum { ALPHA = 3, BLACK = 0, WHITE = 255, LIGHT_FROM = 192, WEIGHTS = 1000, HALF = 1 << (SCALE_WIDE_BITS - 1) };

/* Colours are multiplied by alpha: their sums are those of the visible part. Weights are Rec. 601's, in thousandths. */
void background_add_row(struct background *background, void *const rows[static PICTURE_PLANES_MAX], uint32_t width)
{
    enum { RED_WEIGHT = 299, GREEN_WEIGHT = 587, BLUE_WEIGHT = 114 };
    const uint16_t *reds = rows[0], *greens = rows[1], *blues = rows[2], *alphas = rows[ALPHA];
    uint64_t red = 0, green = 0, blue = 0, visible = 0;
    for (uint32_t x = 0; x < width; x++) {
        red += reds[x];
        green += greens[x];
        blue += blues[x];
        visible += alphas[x];
    }
    background->light += red * RED_WEIGHT + green * GREEN_WEIGHT + blue * BLUE_WEIGHT;
    background->visible += visible;
}

uint8_t background_choose(const struct background *background)
{
    return background->light * WHITE > background->visible * LIGHT_FROM * WEIGHTS ? BLACK : WHITE;
}

static uint8_t mix(unsigned colour, unsigned alpha, unsigned background)
{
    unsigned sum = colour + ((SCALE_WIDE_MAX - alpha) * background + WHITE / 2) / WHITE;
    return (uint8_t)(sum >= SCALE_WIDE_MAX ? WHITE : (sum + HALF) >> SCALE_WIDE_BITS);
}

void background_flatten(struct picture *picture, uint8_t background)
{
    if (picture->kind != PICTURE_RGBA)
        return;
    size_t count = (size_t)picture->width * picture->height;
    const uint16_t *alphas = picture->planes[ALPHA].samples;
    for (size_t channel = 0; channel < ALPHA; channel++) {
        struct plane *plane = &picture->planes[channel];
        const uint16_t *colours = plane->samples;
        uint8_t *flat = memory_new_array(picture->height, picture->width);
        for (size_t i = 0; i < count; i++)
            flat[i] = mix(colours[i], alphas[i], background);
        free(plane->samples);
        plane->samples = flat;
    }
    free(picture->planes[ALPHA].samples);
    picture->planes[ALPHA] = (struct plane){0};
    picture->kind = PICTURE_RGB;
}
