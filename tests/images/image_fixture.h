/* What the tests of the darkroom share: the sample pictures, files in memory, and a look into what comes out. */
#ifndef IMAGE_FIXTURE_H
#define IMAGE_FIXTURE_H

#include "darkroom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size;
};
void bytes_release(struct bytes *bytes);
void bytes_append(struct bytes *bytes, const void *data, size_t size);
struct bytes bytes_copy(const struct bytes *bytes);

/* A sample picture (see make_images.c); the first call makes them all. */
struct bytes sample_read(const char *name);

/* A file in memory with these bytes; close it. */
int memory_file(const void *data, size_t size);

/* As the server's defaults, with two processes. */
struct darkroom_settings fixture_settings(void);
/* Opens it or ends the test program. */
struct darkroom *fixture_open(const struct darkroom_settings *settings);

/* One photo's way through the darkroom. */
struct developed {
    enum status status;
    struct text why;
    struct darkroom_result result;
    struct bytes large, medium, thumbnail; /* the files */
};
/* Empty files for the renditions; developed_take reads and closes them. */
struct darkroom_files fixture_files(void);
void developed_take(struct developed *developed, const struct darkroom_files *files);
void developed_release(struct developed *developed);
struct developed develop(struct darkroom *darkroom, const void *data, size_t size);

/* The names of a WebP file's chunks in order: "VP8X ANIM ANMF ANMF "; "broken" if they are not laid out rightly. */
void webp_list_chunks(const struct bytes *webp, struct text *out);
/* The durations of the frames in ms, up to `room`; returns how many frames there are. */
size_t webp_durations(const struct bytes *webp, uint32_t *ret_durations, size_t room);
/* How often an animation plays; 0: without end. */
uint32_t webp_plays(const struct bytes *webp);
/* The pixel of a still, or of an animation's first frame, as R, G, B, A, at this share of the width and height. */
void webp_pixel(const struct bytes *webp, double x, double y, uint8_t ret_pixel[static 4]);
/* The same of a later frame, as it is seen: on top of those before. */
void webp_frame_pixel(const struct bytes *webp, uint32_t frame, double x, double y, uint8_t ret_pixel[static 4]);
/* The mean of each channel in a part of the first frame, by shares of its sides. */
void webp_mean(const struct bytes *webp, double left, double top, double right, double bottom,
               double ret_mean[static 4]);

#endif
