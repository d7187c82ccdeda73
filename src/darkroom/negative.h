/* A picture in a file, plane after plane, so that another process of the darkroom can go on with it. */
#ifndef NEGATIVE_H
#define NEGATIVE_H

#include "picture.h"
#include "protocol.h"

/* LARGE_SIDE squared takes 6 MB; a long photo up to 20, of which the largest are made again instead: several wait in
 * memory at a time. */
enum { NEGATIVE_BYTES_MAX = 17 << 20 };
bool negative_fits(const struct picture *picture);
/* UNAVAILABLE: there is no memory for it. */
enum status negative_write(int file, const struct picture *picture, struct darkroom_negative *ret_shape,
                           struct text *why);
/* The picture that job->negative describes. UNAVAILABLE: it can't be that, or the file ends before. */
enum status negative_read(int file, const struct job *job, struct picture *ret_picture, struct text *why);

#endif
