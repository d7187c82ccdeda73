/* Colour profiles (ICC.1): whether one fits the pixels that it came with, and whether it means sRGB, so that it can be
 * dropped without changing a colour. */
#ifndef PROFILE_H
#define PROFILE_H

#include "colour.h"

#include <lcms2.h>

/* NULL when it is none, or one of other colours than these. Close it with cmsCloseProfile. */
cmsHPROFILE profile_open(const void *data, size_t size, enum colour_model model);

/* False also for what is no usable profile of RGB colours. */
bool profile_is_srgb(const void *data, size_t size);

#endif
