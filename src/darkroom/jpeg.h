/* Nearly every photo is a JPEG, and a JPEG holds what a WebP holds: luma, and chroma of half the size. So it is decoded
 * to planes by libjpeg-turbo, already smaller (scaled inverse transform), and no pixel ever becomes RGB and back. */
#ifndef JPEG_H
#define JPEG_H

#include "picture.h"
#include "protocol.h"

/* *ret_large: PICTURE_YUV, no larger than the job wants, not yet turned to *ret_orientation. NOT_FOUND, without a
 * reason: a JPEG that needs more than planes (a colour profile, other colour channels); take the reader. Else as
 * develop_photo. */
enum status jpeg_read(int file, const struct job *job, struct picture *ret_large, int *ret_orientation,
                      struct text *why);

#endif
