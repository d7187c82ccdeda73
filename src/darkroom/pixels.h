/* The darkroom's other work: a photo as plain pixels or JPEGs of them, for who looks at it. */
#ifndef PIXELS_H
#define PIXELS_H

#include "picture.h"
#include "protocol.h"

struct pixels_files {
    int original, view;
    int negative; /* written if the job says so */
};

/* Writes what darkroom_inspect promises. */
enum status pixels_write(const struct pixels_files *files, const struct job *job, struct darkroom_view *ret_view,
                         struct text *why);

/* 8-bit sRGB, three bytes a pixel, of a picture that has no alpha. */
void pixels_to_rgb(const struct picture *picture, uint8_t *ret_pixels);

#endif
