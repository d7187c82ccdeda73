#include "background.h"

#include "memory.h"

#include <stdlib.h>

enum { ALPHA = 3, BLACK = 0, WHITE = 255, LIGHT_FROM = 192, HALF = 1 << (SCALE_WIDE_BITS - 1) };

/* Colours are multiplied by alpha: their sums are those of the visible part. Weights are Rec. 601's, in thousandths. */
uint8_t background_choose(const struct picture *picture)
{
    static const unsigned weights[] = {299, 587, 114};
    if (picture->kind != PICTURE_RGBA)
        return WHITE;
    size_t count = (size_t)picture->width * picture->height;
    const uint16_t *alphas = picture->planes[ALPHA].samples;
    uint64_t light = 0, visible = 0;
    for (size_t i = 0; i < count; i++) {
        visible += alphas[i];
        for (size_t channel = 0; channel < ALPHA; channel++)
            light += (uint64_t)weights[channel] * ((const uint16_t *)picture->planes[channel].samples)[i];
    }
    return light * WHITE > visible * LIGHT_FROM * 1000 ? BLACK : WHITE;
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
