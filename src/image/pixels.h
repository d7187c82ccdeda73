/* The darkroom's other work: a photo as plain pixels, for who looks at it. */
#ifndef PIXELS_H
#define PIXELS_H

#include "protocol.h"

/* Writes what darkroom_inspect promises. */
enum status pixels_write(int original, int pixels, const struct job *job, struct darkroom_result *ret_result,
                         struct text *why);

#endif
