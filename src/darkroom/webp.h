/* WebP files from pictures without alpha, through libwebp itself: libvips's saver takes only RGB, and keeps colour
 * profiles. Nothing but pixels, and for an animation its times, is ever written: no Exif, no XMP, no profile. */
#ifndef WEBP_H
#define WEBP_H

#include "picture.h"
#include "status.h"
#include "text.h"

#include <stddef.h>

struct webp_file {
    uint8_t *bytes; /* free with webp_file_release */
    size_t size;
};
void webp_file_release(struct webp_file *file);

enum status webp_encode(const struct picture *picture, struct webp_file *ret_file, struct text *why);

struct webp_animation;
/* `plays`: how often it is shown; 0: without end. */
enum status webp_animation_new(uint32_t width, uint32_t height, uint32_t plays, struct webp_animation **ret_animation,
                               struct text *why);
void webp_animation_free(struct webp_animation *animation); /* NULL is allowed */
/* Frames of PICTURE_RGB, in order. */
enum status webp_animation_add(struct webp_animation *animation, const struct picture *picture, int duration_ms,
                               struct text *why);
enum status webp_animation_finish(struct webp_animation *animation, struct webp_file *ret_file, struct text *why);

#endif
