/* ThumbHash (evanw.github.io/thumbhash): a picture in 25 bytes or fewer, to be shown until the picture itself is
 * there. */
#ifndef THUMBHASH_H
#define THUMBHASH_H

#include "darkroom.h"
#include "picture.h"

struct thumbhash thumbhash_of(const struct picture *picture);

#endif
