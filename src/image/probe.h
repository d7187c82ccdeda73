/* What a file is, told by its content alone: format, size in pixels, number of frames, and whether its end is there. It
 * reads headers and walks block lengths, never decodes; every length is checked, so it may look at hostile bytes
 * outside the sandbox (tests/fuzz/ proves it). */
#ifndef PROBE_H
#define PROBE_H

#include "status.h"
#include "text.h"

#include <stdint.h>

enum image_format {
    IMAGE_JPEG,
    IMAGE_PNG,
    IMAGE_GIF,
    IMAGE_WEBP,
    IMAGE_HEIC,
    IMAGE_AVIF,
    IMAGE_TIFF,
};
enum { IMAGE_FORMATS = 7, PROBE_SIGNATURE_BYTES = 32 };

/* "jpeg", "png", … */
const char *image_format_name(enum image_format format);
/* "JPEG", "PNG", …: for sentences */
const char *image_format_spelling(enum image_format format);

struct image_limits {
    uint64_t pixels; /* width x height of one frame, and of all frames of an animation together */
    uint32_t frames;
    uint32_t side; /* pixels; 0: as the formats have it */
};

struct image_info {
    enum image_format format;
    uint32_t width, height; /* pixels as stored, before any rotation */
    uint32_t frames;        /* 1 for a still */
};

/* The format by the first bytes (PROBE_SIGNATURE_BYTES are enough): UNSUPPORTED, naming what we take. */
enum status image_sniff(const uint8_t *data, size_t size, enum image_format *ret_format, struct text *why);

/* Reads the file behind `fd` with pread; its offset stays. UNSUPPORTED: not an image, or a format that we do not take;
 * UNPROCESSABLE: broken or truncated; TOO_LARGE: over a limit, naming both numbers; IO errors as status_from_errno. */
enum status image_probe(int fd, uint64_t size, const struct image_limits *limits, struct image_info *ret_info,
                        struct text *why);

#endif
