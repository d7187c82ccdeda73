/* The darkroom: where untrusted pixels are decoded, resized and encoded, in processes that can do nothing else.
 *
 * Its pool (worker_pool.h) starts the program `cloudphotos-darkroom` once (its own executable, so that the server never
 * maps libvips and the darkroom never sees the server's memory or descriptors). That first process opens libvips and
 * forks the workers ahead, one for each of `processes`; each closes everything but its socket and sandboxes itself
 * before it sees a byte: no new privileges, seccomp allow-list, no network, no opening of files, limits on memory and
 * CPU time. Pictures go in and out as descriptors passed over the socket (SCM_RIGHTS, unix(7)). A worker that crashes,
 * runs over its time or its memory is killed and replaced; that costs one photo. */
#ifndef DARKROOM_H
#define DARKROOM_H

#include "fingerprint.h"
#include "probe.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct darkroom_settings {
    const char
        *program; /* path of cloudphotos-darkroom; NULL: beside the running executable, then the install folder */
    unsigned processes;
    int64_t timeout_ms;    /* wall time for one photo: 20,000 */
    uint64_t memory_bytes; /* address space of a worker: 512 MB */
    struct image_limits limits;
    /* How a worker ended over a photo, for the operator, from any thread. NULL: nobody wants to know. */
    void (*trouble)(void *context, const char *sentence);
    void *context; /* of trouble */
};

struct darkroom_rendition {
    uint32_t width, height;
    uint64_t bytes;
};
enum { THUMBHASH_BYTES_MAX = 25 };
struct thumbhash { /* evanw.github.io/thumbhash */
    uint8_t bytes[THUMBHASH_BYTES_MAX];
    uint8_t size; /* a worker that was taken over may say more than there is room for */
};
struct darkroom_result {
    struct darkroom_rendition large, medium, thumbnail; /* renditions.h; medium: width 0 when there is none */
    uint32_t frames;
    struct thumbhash thumbhash; /* of the thumbnail; of an animation's first frame */
};

/* A file to work on. */
struct darkroom_original {
    int file; /* stays the caller's */
    /* What image_probe found in these very bytes, within the limits; NULL: it is called here. */
    const struct image_info *info;
};

struct darkroom;
/* Starts the processes and returns when all are ready. UNAVAILABLE, saying what is missing, when it can't. */
enum status darkroom_open(const struct darkroom_settings *settings, struct darkroom **ret_darkroom, struct text *why);
/* As worker_pool_caution: a library is too old for some photos. */
const char *darkroom_caution(const struct darkroom *darkroom);
/* Ends the processes; work under way is lost. */
void darkroom_close(struct darkroom *darkroom);

/* Where the renditions go: descriptors that are open for writing, empty and at offset 0; they stay the caller's. */
struct darkroom_files {
    int large, medium, thumbnail; /* medium is left empty when there is none; -1: it isn't wanted */
};
/* Decodes the original once and writes the renditions as WebP; upright, in sRGB, without metadata or profile. Blocks,
 * waiting for a free worker first; safe from any thread. UNPROCESSABLE (broken, in words), UNSUPPORTED, TOO_LARGE
 * (pixels, frames, memory: what was exceeded); TIMEOUT, CRASHED and UNAVAILABLE as worker_pool.h says; NO_SPACE when an
 * output could not be written; outputs are undefined then. */
enum status darkroom_develop(struct darkroom *darkroom, const struct darkroom_original *original,
                             const struct darkroom_files *files, struct darkroom_result *ret_result, struct text *why);
/* The medium rendition alone, of a large one that is published: to medium_fd, which is left empty when there is none.
 * As darkroom_develop. */
enum status darkroom_render(struct darkroom *darkroom, int large_fd, int medium_fd,
                            struct darkroom_rendition *ret_medium, struct text *why);

enum { DARKROOM_JPEGS_MAX = 32 };

struct darkroom_view_request {
    uint32_t short_side, long_side; /* pixels: a frame fits into these, but is never enlarged */
    uint32_t frames;                /* of an animation at most so many: those that differ from all before them */
    /* 0: plain pixels. Else at most so many JPEGs of at most jpeg_bytes, for somebody who takes nothing else: a frame
     * is one, but if it is more than twice as long as wide, parts of it follow that overlap, at most jpegs_a_frame
     * together; then there are fewer frames. A side shorter than jpeg_least_side is filled up with white. */
    uint32_t jpegs, jpegs_a_frame, jpeg_bytes, jpeg_least_side;
};
/* A decoded photo as large as it will be published, in the darkroom's own form: kept, so that it is not decoded
 * twice. */
struct darkroom_negative {
    uint32_t kind, width, height; /* 0, 0, 0: there is none */
};
struct darkroom_view {
    uint32_t width, height, frames;
    bool is_partial; /* there are more frames that differ: more than request.frames, or than there is room for */
    uint32_t jpegs, jpeg_bytes[DARKROOM_JPEGS_MAX]; /* one after the other */
    struct darkroom_negative negative;
    struct fingerprint fingerprint; /* of all frames, unless the view is partial */
};
/* Decodes as darkroom_develop does, but for who looks at the photo: 8-bit sRGB, three bytes a pixel, rows without
 * padding, transparent parts on white or black (background.h), all frames one after the other; or JPEGs of the same.
 * Into negative_fd, unless that is -1, goes the negative; there is none of an animation, nor when the view is larger
 * than the published image, nor of one that is larger than NEGATIVE_BYTES_MAX (negative.h). */
enum status darkroom_inspect(struct darkroom *darkroom, const struct darkroom_original *original,
                             const struct darkroom_view_request *request, int view_fd, int negative_fd,
                             struct darkroom_view *ret_view, struct text *why);
/* As darkroom_develop, from a negative. */
enum status darkroom_print(struct darkroom *darkroom, int negative_fd, const struct darkroom_negative *negative,
                           const struct darkroom_files *files, struct darkroom_result *ret_result, struct text *why);

struct darkroom_stats {
    uint64_t developed, restarts;
    unsigned processes, busy;
};
void darkroom_get_stats(const struct darkroom *darkroom, struct darkroom_stats *ret_stats);

#endif
