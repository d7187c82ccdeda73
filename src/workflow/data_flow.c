#include "data_flow.h"

static bool read_template(struct reader *reader, json_t *object, const char *field,
                          const struct template **ret_template)
{
    json_t *value = json_object_get(object, field);
    if (!value)
        return true;
    size_t mark = reader_enter(reader, "%s", field);
    bool read = template_read(reader, value, ret_template);
    reader_leave(reader, mark);
    return read;
}

static bool read_result_path(struct reader *reader, json_t *object, struct data_flow *flow)
{
    if (!read_optional_path(reader, object, "ResultPath", PATH_REFERENCE, &flow->result))
        return false;
    if (flow->result.path && path_reads_context(flow->result.path))
        return reader_refuse_field(reader, STATUS_INVALID, "ResultPath", "cannot write to the context object");
    return true;
}

bool data_flow_read(struct reader *reader, json_t *object, struct data_flow *flow)
{
    return read_optional_path(reader, object, "InputPath", PATH_ANY, &flow->input)
           && read_template(reader, object, "Parameters", &flow->parameters)
           && read_template(reader, object, "ResultSelector", &flow->selector) && read_result_path(reader, object, flow)
           && read_optional_path(reader, object, "OutputPath", PATH_ANY, &flow->output);
}

/* InputPath and OutputPath; null selects an empty object. Step Functions reports a path to nothing as
 * States.Runtime. */
static json_t *apply(const struct optional_path *path, const char *field, json_t *value, json_t *context,
                     struct failure *failure)
{
    if (path->discards)
        return json_object();
    if (!path->path)
        return json_incref(value);
    TEXT_CLEANUP struct text why = {0};
    json_t *selected;
    if (path_get(path->path, path_reads_context(path->path) ? context : value, &selected, &why) != STATUS_OK)
        return failure_set(failure, ERROR_RUNTIME, "%s: %s", field, text_get(&why));
    return selected;
}

static int count_bytes(const char *buffer, size_t size, void *context)
{
    (void)buffer;
    size_t *left = context;
    if (size > *left)
        return -1;
    *left -= size;
    return 0;
}

bool data_flow_fits(const json_t *value, const char *what, struct failure *failure)
{
    size_t left = DATA_LIMIT_BYTES;
    if (json_dump_callback(value, count_bytes, &left, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
        return true;
    failure_set(failure, ERROR_DATA_LIMIT, "%s is larger than %d bytes", what, DATA_LIMIT_BYTES);
    return false;
}

json_t *data_flow_select(const struct data_flow *flow, json_t *raw_input, json_t *context, struct failure *failure)
{
    return apply(&flow->input, "InputPath", raw_input, context, failure);
}

json_t *data_flow_fill(const struct data_flow *flow, json_t *selected, json_t *context, struct failure *failure)
{
    if (!flow->parameters)
        return json_incref(selected);
    JSON_CLEANUP json_t *payload = template_fill(flow->parameters, selected, context, failure);
    return payload && data_flow_fits(payload, "what Parameters make", failure) ? json_incref(payload) : NULL;
}

json_t *data_flow_put(const struct optional_path *result_path, json_t *raw_input, json_t *result,
                      struct failure *failure)
{
    if (result_path->discards)
        return json_incref(raw_input);
    if (!result_path->path)
        return json_incref(result);
    TEXT_CLEANUP struct text why = {0};
    json_t *together;
    if (path_put(result_path->path, raw_input, result, &together, &why) != STATUS_OK)
        return failure_set(failure, ERROR_RESULT_PATH, "ResultPath: %s", text_get(&why));
    return together;
}

json_t *data_flow_output(const struct data_flow *flow, json_t *raw_input, json_t *result, json_t *context,
                         struct failure *failure)
{
    JSON_CLEANUP json_t *selected =
        flow->selector ? template_fill(flow->selector, result, context, failure) : json_incref(result);
    if (!selected)
        return NULL;
    JSON_CLEANUP json_t *together = data_flow_put(&flow->result, raw_input, selected, failure);
    if (!together)
        return NULL;
    JSON_CLEANUP json_t *output = apply(&flow->output, "OutputPath", together, context, failure);
    return output && data_flow_fits(output, "the output", failure) ? json_incref(output) : NULL;
}
