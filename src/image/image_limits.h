/* The limits on a picture's size and cost, for who reads headers and for who decodes. */
#ifndef IMAGE_LIMITS_H
#define IMAGE_LIMITS_H

#include "probe.h"

/* OK, or TOO_LARGE with a reason that has the numbers. Memory and work are looked at where they are told. */
enum status image_limits_check(const struct image_limits *limits, const struct image_info *info, struct text *why);

#endif
