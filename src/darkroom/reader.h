/* Pictures of any format through libvips, as 8-bit sRGB, frame after frame. One decodes while the rows are asked for;
 * no thread is started by us. */
#ifndef READER_H
#define READER_H

#include "picture.h"
#include "protocol.h"

struct reader;

/* What is to be known before the pixels. */
struct reader_info {
    uint32_t width, height; /* of one frame, before it is turned; already smaller if the format can be decoded so */
    uint32_t frames;
    int orientation; /* as in Exif */
    uint32_t plays;  /* of an animation; 0: without end */
};

enum status reader_prepare(const char *program, struct text *why);

enum status reader_open(int file, const struct job *job, struct reader **ret_reader, struct text *why);
void reader_close(struct reader *reader); /* NULL is allowed */

const struct reader_info *reader_info(const struct reader *reader);
/* How long the frame is shown. */
int reader_duration_ms(const struct reader *reader, uint32_t frame);
/* The next frame: shrunk to fit into a square of `side` pixels, upright, and without alpha: flattened onto a background
 * that is the same for all frames (background.h). */
enum status reader_next(struct reader *reader, uint32_t side, struct picture *ret_frame, struct text *why);

#endif
