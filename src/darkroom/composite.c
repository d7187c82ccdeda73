#include "composite.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 4 };

void composite_init(struct composite *composite, uint32_t width, uint32_t height)
{
    *composite = (struct composite){.width = width, .height = height};
    composite->pixels = memory_new_array(height, (size_t)width * CHANNELS);
}

void composite_release(struct composite *composite)
{
    free(composite->pixels);
    free(composite->saved);
    *composite = (struct composite){0};
}

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* The part of the area that lies on the picture. */
static struct area clip(const struct composite *composite, const struct area *area)
{
    uint32_t x = least(area->x, composite->width), y = least(area->y, composite->height);
    return (struct area){x, y, least(area->width, composite->width - x), least(area->height, composite->height - y)};
}

/* Copies the place of the last frame from one picture to the other; from NULL it is cleared. */
static void copy_place(const struct composite *composite, uint8_t *to, const uint8_t *from)
{
    const struct area place = clip(composite, &composite->last);
    size_t stride = (size_t)composite->width * CHANNELS, size = (size_t)place.width * CHANNELS;
    size_t offset = place.y * stride + (size_t)place.x * CHANNELS;
    for (uint32_t y = 0; y < place.height; y++, offset += stride) {
        if (from)
            memcpy(to + offset, from + offset, size);
        else
            memset(to + offset, 0, size);
    }
}

void composite_begin(struct composite *composite, const struct area *area, enum disposal disposal)
{
    if (composite->last_disposal != DISPOSAL_NONE)
        copy_place(composite, composite->pixels,
                   composite->last_disposal == DISPOSAL_PREVIOUS ? composite->saved : NULL);
    composite->last = *area;
    composite->last_disposal = disposal;
    if (disposal != DISPOSAL_PREVIOUS)
        return;
    if (!composite->saved)
        composite->saved = memory_new_array(composite->height, (size_t)composite->width * CHANNELS);
    copy_place(composite, composite->saved, composite->pixels);
}

/* Porter and Duff's "over", of colours that are not multiplied by alpha. */
static void mix(uint8_t *to, const uint8_t *from)
{
    unsigned above = from[3] * 255U, below = to[3] * (255U - from[3]), alpha = above + below;
    if (alpha == 0)
        return;
    for (int i = 0; i < 3; i++)
        to[i] = (uint8_t)((from[i] * above + to[i] * below + alpha / 2) / alpha);
    to[3] = (uint8_t)((alpha + 127) / 255);
}

void composite_lay(struct composite *composite, uint32_t y, const uint8_t *pixels, bool over)
{
    const struct area place = clip(composite, &composite->last);
    if (y >= place.height)
        return;
    uint8_t *to = composite->pixels + ((size_t)(place.y + y) * composite->width + place.x) * CHANNELS;
    if (!over) {
        memcpy(to, pixels, (size_t)place.width * CHANNELS);
        return;
    }
    for (uint32_t x = 0; x < place.width; x++, to += CHANNELS, pixels += CHANNELS)
        mix(to, pixels);
}
