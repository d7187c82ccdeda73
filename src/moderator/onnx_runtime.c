#include "onnx_runtime.h"

#include "memory.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- The part of the C interface that we call. The library's own types are opaque to us. ---- */

struct ort_status;
struct ort_env;
struct ort_session;
struct ort_options;
struct ort_memory;
struct ort_value;
struct ort_shape;

enum { LOG_LEVEL_ERROR = 3, ELEMENT_FLOAT = 1, ALLOCATOR_DEVICE = 0, MEMORY_DEFAULT = 0, API_VERSION = 1 };

typedef void unused_slot(void);
/* A frozen table of 102 functions; these are the slots that we need, and their places are checked below. */
struct ort_api {
    unused_slot *unused_0[2];
    const char *(*get_error_message)(const struct ort_status *status);
    struct ort_status *(*create_env)(int log_level, const char *name, struct ort_env **ret_env);
    unused_slot *unused_4[3];
    struct ort_status *(*create_session)(const struct ort_env *env, const char *path, const struct ort_options *options,
                                         struct ort_session **ret_session);
    unused_slot *unused_8;
    struct ort_status *(*run)(struct ort_session *session, const void *run_options, const char *const *input_names,
                              const struct ort_value *const *inputs, size_t input_count,
                              const char *const *output_names, size_t output_count, struct ort_value **ret_outputs);
    struct ort_status *(*create_options)(struct ort_options **ret_options);
    unused_slot *unused_11[8];
    struct ort_status *(*disable_arena)(struct ort_options *options);
    unused_slot *unused_20[4];
    struct ort_status *(*set_threads_within)(struct ort_options *options, int count);
    struct ort_status *(*set_threads_between)(struct ort_options *options, int count);
    unused_slot *unused_26[23];
    struct ort_status *(*create_tensor)(const struct ort_memory *memory, void *data, size_t bytes,
                                        const int64_t *dimensions, size_t count, int type,
                                        struct ort_value **ret_value);
    unused_slot *unused_50;
    struct ort_status *(*get_tensor_data)(struct ort_value *value, void **ret_data);
    unused_slot *unused_52[12];
    struct ort_status *(*get_element_count)(const struct ort_shape *shape, size_t *ret_count);
    struct ort_status *(*get_shape)(const struct ort_value *value, struct ort_shape **ret_shape);
    unused_slot *unused_66[3];
    struct ort_status *(*create_memory)(int allocator, int type, struct ort_memory **ret_memory);
    unused_slot *unused_70[23];
    void (*release_status)(struct ort_status *status);
    unused_slot *unused_94[2];
    void (*release_value)(struct ort_value *value);
    unused_slot *unused_97[2];
    void (*release_shape)(struct ort_shape *shape);
    void (*release_options)(struct ort_options *options);
};
#define IS_SLOT(member, slot) _Static_assert(offsetof(struct ort_api, member) == (slot) * sizeof(void *), #member)
IS_SLOT(get_error_message, 2);
IS_SLOT(create_session, 7);
IS_SLOT(run, 9);
IS_SLOT(disable_arena, 19);
IS_SLOT(set_threads_within, 24);
IS_SLOT(create_tensor, 49);
IS_SLOT(get_tensor_data, 51);
IS_SLOT(get_element_count, 64);
IS_SLOT(create_memory, 69);
IS_SLOT(release_status, 93);
IS_SLOT(release_value, 96);
IS_SLOT(release_shape, 99);
IS_SLOT(release_options, 100);

struct ort_api_base {
    const struct ort_api *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

/* ---- What we make of it ---- */

struct onnx_runtime {
    void *library; /* of dlopen; never unloaded: its threads and exit handlers would not survive that */
    const struct ort_api *api;
    struct ort_env *env;
    struct ort_memory *memory;
};

struct onnx_net {
    struct onnx_runtime *runtime;
    struct onnx_shape shape;
    struct ort_session *session;
    float *input;
    struct ort_value *input_value;
};

/* True when the call failed: its message is then in *why. */
static bool failed(const struct ort_api *api, struct ort_status *status, struct text *why)
{
    if (!status)
        return false;
    text_setf(why, "ONNX Runtime: %s", api->get_error_message(status));
    api->release_status(status);
    return true;
}

enum status onnx_runtime_open(const char *library, struct onnx_runtime **ret_runtime, struct text *why)
{
    struct onnx_runtime *runtime = NEW(struct onnx_runtime);
    runtime->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!runtime->library) {
        text_setf(why, "ONNX Runtime can't be loaded: %s", dlerror());
        free(runtime);
        return STATUS_UNAVAILABLE;
    }
    const struct ort_api_base *(*get_base)(void);
    void *symbol = dlsym(runtime->library, "OrtGetApiBase");
    memcpy(&get_base, &symbol, sizeof symbol); /* ISO C has no conversion from data to function */
    runtime->api = symbol ? get_base()->get_api(API_VERSION) : NULL;
    if (!runtime->api)
        text_setf(why, "%s is not ONNX Runtime", library);
    if (!runtime->api
        || failed(runtime->api, runtime->api->create_env(LOG_LEVEL_ERROR, "cloudphotos", &runtime->env), why)
        || failed(runtime->api, runtime->api->create_memory(ALLOCATOR_DEVICE, MEMORY_DEFAULT, &runtime->memory), why)) {
        free(runtime);
        return STATUS_UNAVAILABLE;
    }
    *ret_runtime = runtime;
    return STATUS_OK;
}

static bool open_session(struct onnx_net *net, const char *path, struct text *why)
{
    const struct ort_api *api = net->runtime->api;
    struct ort_options *options;
    if (failed(api, api->create_options(&options), why))
        return false;
    /* One thread each: none is started, so that the process can fork, and sums are always in the same order. */
    bool opened = !failed(api, api->set_threads_within(options, 1), why)
                  && !failed(api, api->set_threads_between(options, 1), why)
                  && !failed(api, api->disable_arena(options), why)
                  && !failed(api, api->create_session(net->runtime->env, path, options, &net->session), why);
    api->release_options(options);
    return opened;
}

enum status onnx_net_open(struct onnx_runtime *runtime, const char *path, const struct onnx_shape *shape,
                          struct onnx_net **ret_net, struct text *why)
{
    struct onnx_net *net = NEW(struct onnx_net);
    size_t count = 1;
    for (size_t i = 0; i < 4; i++)
        count *= (size_t)shape->dimensions[i];
    *net = (struct onnx_net){.runtime = runtime, .shape = *shape, .input = NEW_ARRAY(count, float)};
    if (!open_session(net, path, why)
        || failed(runtime->api,
                  runtime->api->create_tensor(runtime->memory, net->input, count * sizeof(float), shape->dimensions, 4,
                                              ELEMENT_FLOAT, &net->input_value),
                  why))
        return STATUS_INVALID;
    *ret_net = net;
    return STATUS_OK;
}

float *onnx_net_input(struct onnx_net *net)
{
    return net->input;
}

static enum status copy_scores(const struct onnx_net *net, struct ort_value *output, float *ret_scores,
                               struct text *why)
{
    const struct ort_api *api = net->runtime->api;
    struct ort_shape *shape;
    size_t count = 0;
    void *data;
    if (failed(api, api->get_shape(output, &shape), why))
        return STATUS_INTERNAL;
    bool counted = !failed(api, api->get_element_count(shape, &count), why);
    api->release_shape(shape);
    if (!counted || failed(api, api->get_tensor_data(output, &data), why))
        return STATUS_INTERNAL;
    if (count != net->shape.outputs) {
        text_setf(why, "the model has %zu outputs, not %zu as the manifest says", count, net->shape.outputs);
        return STATUS_INTERNAL;
    }
    memcpy(ret_scores, data, count * sizeof(float));
    return STATUS_OK;
}

enum status onnx_net_run(struct onnx_net *net, float *ret_scores, struct text *why)
{
    const struct ort_api *api = net->runtime->api;
    struct ort_value *output = NULL;
    if (failed(api,
               api->run(net->session, NULL, &net->shape.input, (const struct ort_value *const *)&net->input_value, 1,
                        &net->shape.output, 1, &output),
               why))
        return STATUS_INTERNAL;
    enum status status = copy_scores(net, output, ret_scores, why);
    api->release_value(output);
    return status;
}
