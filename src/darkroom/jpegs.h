/* Frames as JPEG files, for somebody else to look at: without metadata, and never larger than is allowed. */
#ifndef JPEGS_H
#define JPEGS_H

#include "status.h"
#include "text.h"

#include <stddef.h>
#include <stdint.h>

/* Pixels of 8-bit RGB, three bytes each; a part of them is one too. */
struct canvas {
    const uint8_t *samples;
    uint32_t width, height;
    size_t stride; /* bytes from row to row */
};

/* What is to be seen of a canvas: the whole, and, if it is more than twice as long as wide, parts along it: squares
 * that overlap by a third, or longer parts where these would be too many. Returns how many there are with the whole, 1
 * to `most`. */
uint32_t canvas_count_parts(uint32_t width, uint32_t height, uint32_t most);
/* Number 0 is the whole. */
struct canvas canvas_part(const struct canvas *whole, uint32_t index, uint32_t count);

struct jpeg_file {
    uint8_t *bytes;
    size_t size;
};
/* Baseline JPEG, as good as fits into `most` bytes; a side shorter than `least_side` is filled up with white. TOO_LARGE
 * when even a bad one does not fit. */
enum status jpeg_encode(const struct canvas *canvas, size_t most, uint32_t least_side, struct jpeg_file *ret_file,
                        struct text *why);
void jpeg_file_release(struct jpeg_file *file);

#endif
