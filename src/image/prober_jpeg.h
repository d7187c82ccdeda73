/* For raw photos, which carry JPEGs: the size of one, by its headers. */
#ifndef PROBER_JPEG_H
#define PROBER_JPEG_H

#include "prober.h"

/* Fills width and height alone; false: it isn't a JPEG of a kind that we take. Looks at no more than the first
 * segments. */
bool prober_jpeg_size(struct prober *prober, struct image_info *ret_info);

#endif
