/* The darkroom's other work: a photo as plain pixels or JPEGs of them, for who looks at it. */
#ifndef PIXELS_H
#define PIXELS_H

#include "protocol.h"

/* Writes what darkroom_inspect promises. */
enum status pixels_write(int original, int file, const struct job *job, struct darkroom_view *ret_view,
                         struct text *why);

#endif
