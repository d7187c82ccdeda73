/* What decodes a file: a table of functions for each library. A source gives rows of samples as the file has them,
 * frame after frame and strip after strip; the reader makes sRGB of them and shrinks them. */
#ifndef SOURCE_H
#define SOURCE_H

#include "colour.h"
#include "protocol.h"

struct source_file {
    const uint8_t *bytes; /* stay there until the source is closed */
    size_t size;
    const struct job *job;
};

struct source_info {
    uint32_t width, height; /* of one frame, before it is turned; already smaller if the format can be decoded so */
    uint32_t frames;
    int orientation; /* as in Exif; 0 counts as 1 */
    uint32_t plays;  /* of an animation; 0: without end */
    struct colours colours;
};

struct source_rows {
    const uint8_t *first; /* borrowed until the next call */
    size_t stride;        /* bytes from row to row */
};

struct source_ops {
    /* On failure it leaves nothing behind, and says why by trouble_set. */
    enum status (*open)(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                        struct text *why);
    /* The next `rows` rows of a frame, from `y` on. Frames and rows are asked for in order, none is left out. */
    enum status (*read)(void *source, uint32_t frame, uint32_t y, uint32_t rows, struct source_rows *ret_rows,
                        struct text *why);
    /* How long a frame that was read is shown; NULL: it has stills only. Negative: the file does not say. */
    int (*duration_ms)(void *source, uint32_t frame);
    void (*close)(void *source);
};

extern const struct source_ops source_apng, source_avif, source_gif, source_heif, source_tiff, source_vips, source_webp;

/* Whether it is for source_apng, source_webp, source_tiff; what is usual goes to source_vips. */
bool source_apng_is_animation(const struct source_file *file);
bool source_webp_is_animation(const struct source_file *file);
bool source_tiff_is_odd(const struct source_file *file);

#endif
