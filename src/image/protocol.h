/* What the server and the darkroom's workers say to each other, through the fence. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "darkroom.h"
#include "wire.h"

enum job_kind {
    JOB_DEVELOP,
    JOB_INSPECT, /* only the pixels, large_side at most, in place of the large file */
};
struct job {
    enum job_kind kind;
    enum image_format format;
    uint64_t original_bytes; /* a worker may not ask the kernel for it: that call takes paths too */
    uint32_t width, height;  /* as the probe saw them */
    struct image_limits limits;
    uint32_t large_side, thumbnail_side, quality;
    uint32_t frames; /* JOB_INSPECT: most of them */
};
enum { JOB_DESCRIPTORS = 3, JOB_ORIGINAL = 0, JOB_LARGE, JOB_THUMBNAIL };

#endif
