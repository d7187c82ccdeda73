/* The darkroom's other work: a photo as plain pixels or JPEGs of them, for who looks at it. */
#ifndef PIXELS_H
#define PIXELS_H

#include "picture.h"
#include "protocol.h"

/* Writes what darkroom_inspect promises. */
enum status pixels_write(int original, int file, const struct job *job, struct darkroom_view *ret_view,
                         struct text *why);

/* 8-bit sRGB, three bytes a pixel, of a picture that has no alpha. */
void pixels_to_rgb(const struct picture *picture, uint8_t *ret_pixels);

#endif
