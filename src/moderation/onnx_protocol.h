/* What the server and the moderator's workers say to each other, through the fence. */
#ifndef ONNX_PROTOCOL_H
#define ONNX_PROTOCOL_H

#include "inspector.h"

struct onnx_job {
    uint64_t offset;
    uint32_t width, height, frames; /* as in struct moderation_image, whose descriptor goes with the job */
    bool everything;                /* ask every net about every place */
};
struct onnx_answer {
    struct inspection inspection;
};

#endif
