/* What the server and the darkroom's workers say to each other, through the pool. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "darkroom.h"
#include "wire.h"

enum job_kind {
    JOB_DEVELOP,
    JOB_INSPECT, /* as darkroom_inspect: the view in place of the large file, the negative in that of the thumbnail */
    JOB_PRINT,   /* as JOB_DEVELOP, from a negative in place of the original */
    JOB_RENDER,  /* the medium rendition alone, of a large one in place of the original */
};
struct job {
    enum job_kind kind;
    enum image_format format;
    uint64_t original_offset; /* of the picture in the file: 0 but for raw photos */
    uint64_t original_bytes;  /* of the picture; a worker may not ask the kernel for it: that call takes paths too */
    int orientation;          /* as in Exif; 0: the picture says it */
    bool is_untidy;           /* tidy.h */
    uint32_t width, height;   /* as the probe saw them */
    struct image_limits limits;
    uint64_t memory_bytes;                /* that a worker may have: for sentences */
    uint32_t large_side;                  /* which the photo is decoded to */
    uint32_t given_side;                  /* a decoder that shrinks WebPs leaves at least twice that */
    bool makes_medium;                    /* where there is one */
    struct darkroom_view_request request; /* JOB_INSPECT, and the next two */
    uint32_t view_side;                   /* at most large_side */
    bool keeps_negative;                  /* of a still */
    struct darkroom_negative negative;    /* JOB_PRINT */
};
struct job_answer {
    struct darkroom_result result; /* JOB_DEVELOP, JOB_PRINT; of JOB_RENDER the medium one alone */
    struct darkroom_view view;     /* JOB_INSPECT */
};
enum {
    JOB_DESCRIPTORS = 4,
    JOB_ORIGINAL = 0,
    JOB_LARGE,
    JOB_MEDIUM,
    JOB_THUMBNAIL,
    JOB_VIEW = JOB_LARGE,
    JOB_NEGATIVE = JOB_THUMBNAIL,
};

#endif
