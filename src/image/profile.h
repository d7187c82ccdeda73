/* Colour profiles (ICC.1): whether one means sRGB, so that it can be dropped without changing a colour. */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

/* False also for what is no usable profile of RGB colours. */
bool profile_is_srgb(const void *data, size_t size);

#endif
