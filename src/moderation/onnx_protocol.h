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
    /* By the manifest's labels, the largest over all frames: of the whole and the squares along it; of the tiles. */
    float scores[MODERATION_LABELS_MAX], tile_scores[MODERATION_LABELS_MAX];
    uint32_t runs[NETS_MAX]; /* how often each net was asked */
};
struct onnx_answer {
    struct inspection inspection;
};

#endif
