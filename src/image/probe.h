/* What a file is, told by its content alone: format, size in pixels, number of frames, whether its end is there, and
 * what decoding it would cost. It reads headers and walks block lengths, never decodes (of a JPEG without an end it
 * goes through the codes, and throws them away); every length is checked, so it may look at hostile bytes outside the
 * sandbox (tests/fuzz/ proves it). */
#ifndef PROBE_H
#define PROBE_H

#include "capture_time.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

enum image_format {
    IMAGE_JPEG,
    IMAGE_PNG,
    IMAGE_GIF,
    IMAGE_WEBP,
    IMAGE_HEIC,
    IMAGE_AVIF,
    IMAGE_TIFF,
    IMAGE_RAW, /* of a camera: taken for the full-size JPEG that it carries */
};
enum { IMAGE_FORMATS = 8, PROBE_SIGNATURE_BYTES = 128 };
/* Grows with each change of what image_probe finds in a file or refuses: a photo that was uploaded to the program
 * before is then probed again by the one after (image_record.h). */
enum { PROBE_VERSION = 1 };

/* "jpeg", "png", … */
const char *image_format_name(enum image_format format);
/* "JPEG", "PNG", …: for sentences */
const char *image_format_spelling(enum image_format format);

struct image_limits {
    uint64_t pixels; /* width x height of one frame, and of all frames of an animation together */
    uint32_t frames;
    uint32_t side;    /* pixels; 0: as the formats have it */
    uint64_t memory;  /* bytes that decoding may take; 0: without end */
    uint32_t work_ms; /* of one core, estimated: image_cost.h; a still may take half, which none of a camera does; 0:
                         without end */
};

/* The part of the file that is decoded. */
struct image_part {
    enum image_format format; /* of a raw photo: JPEG */
    uint64_t offset, bytes;   /* the whole file but for raw photos, and for zeros behind an unfinished JPEG */
    uint32_t orientation;     /* as in Exif; 0: the part itself says it */
    bool is_untidy;           /* its end is missing, or there is what a decoder should not see: tidy.h */
};

struct image_info {
    enum image_format format;
    uint32_t width,
        height;      /* pixels as stored; of HEIC and AVIF cropped and turned as the file says, but never by Exif */
    uint32_t frames; /* 1 for a still */
    struct image_part part;
    uint64_t memory;  /* bytes that decoding takes, about: image_cost.h */
    uint32_t work_ms; /* of one core, about */
    struct capture_time
        captured; /* as the file's Exif data say; unknown when they don't, or not in a way that can be understood */
};

/* Whether a file that begins so may be of a format that we take. UNSUPPORTED, naming what we take, as soon as it is
 * clear that it isn't: by 32 bytes, or by PROBE_SIGNATURE_BYTES where a list of brands begins; more are not looked
 * at. */
enum status image_sniff(const uint8_t *data, size_t size, struct text *why);

/* Reads the file behind `fd` with pread; its offset stays. UNSUPPORTED: not an image, or of a kind that we do not take;
 * UNPROCESSABLE: broken or truncated; TOO_LARGE: over a limit, naming both numbers; IO errors as status_from_errno. The
 * sentences are reasons (reasons.h). */
enum status image_probe(int fd, uint64_t size, const struct image_limits *limits, struct image_info *ret_info,
                        struct text *why);

#endif
