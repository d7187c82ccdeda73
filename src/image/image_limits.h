/* The limits on a picture's size, for who reads headers and for who decodes. */
#ifndef IMAGE_LIMITS_H
#define IMAGE_LIMITS_H

#include "probe.h"

/* OK, or TOO_LARGE with a sentence that has all the numbers. */
enum status image_limits_check(const struct image_limits *limits, const struct image_info *info, struct text *why);

/* In groups of three digits: "900,000,000". */
void image_limits_add_number(struct text *out, uint64_t number);

#endif
