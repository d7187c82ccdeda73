/* ONNX Runtime, through version 1 of its C interface (onnxruntime_c_api.h), which its library keeps for ever:
 * GetApi(1). Loaded with dlopen, so that the program starts without it. One thread, no files, no network. */
#ifndef ONNX_RUNTIME_H
#define ONNX_RUNTIME_H

#include "status.h"
#include "text.h"

#include <stddef.h>
#include <stdint.h>

struct onnx_runtime;
struct onnx_net;

/* UNAVAILABLE, saying what is missing. */
enum status onnx_runtime_open(const char *library, struct onnx_runtime **ret_runtime, struct text *why);

struct onnx_shape {
    const char *input, *output; /* names; must outlive the net */
    int64_t dimensions[4];      /* of the input, floats */
    size_t outputs;             /* floats */
};
/* Loads a model. INVALID when the file is none, or not of this shape as far as that can be told. */
enum status onnx_net_open(struct onnx_runtime *runtime, const char *path, const struct onnx_shape *shape,
                          struct onnx_net **ret_net, struct text *why);
/* Where the input is to be written before a run. */
float *onnx_net_input(struct onnx_net *net);
/* `ret_scores` has room for shape.outputs. One run at a time. */
enum status onnx_net_run(struct onnx_net *net, float *ret_scores, struct text *why);

#endif
