/* What the server and the moderator's workers say to each other, through the pool. */
#ifndef ONNX_PROTOCOL_H
#define ONNX_PROTOCOL_H

#include "manifest.h"

struct onnx_job {
    uint64_t offset;
    uint32_t width, height, frames; /* as in struct moderation_image, whose descriptor goes with the job */
    bool everything;                /* ask every net about every region */
};
struct inspection {
    float scores[REGION_KINDS][MODERATION_LABELS_MAX]; /* the largest over all frames, by the manifest's labels */
    uint32_t runs[NETS_MAX];                           /* how often each net was asked */
};
struct onnx_answer {
    struct inspection inspection;
};

#endif
