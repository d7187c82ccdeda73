/* Fail: ends its machine with an error and a cause, both as they stand or taken from the input. */
#include "state_types.h"
#include "step.h"

struct fail_fields {
    const char *error, *cause; /* NULL: by path, or none */
    const struct path *error_path, *cause_path;
};

/* One of "Error" and "ErrorPath", or neither. */
static bool read_either(struct reader *reader, json_t *object, const char *field, const char *path_field,
                        const char **ret_string, const struct path **ret_path)
{
    const char *path = NULL;
    if (!read_not_both(reader, object, field, path_field) || !read_string(reader, object, field, ret_string)
        || !read_string(reader, object, path_field, &path))
        return false;
    if (path && reader_is_intrinsic(path))
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, path_field, "intrinsic functions are not supported");
    return read_path(reader, object, path_field, PATH_REFERENCE, ret_path);
}

static bool read_fail(struct reader *reader, json_t *object, struct state *state)
{
    struct fail_fields *fields = arena_new(reader->arena, sizeof *fields);
    state->fields = fields;
    return read_either(reader, object, "Error", "ErrorPath", &fields->error, &fields->error_path)
           && read_either(reader, object, "Cause", "CausePath", &fields->cause, &fields->cause_path);
}

/* What the path selects must be a string. */
static bool add_selected(struct interpreter *interpreter, const struct cursor *cursor, const struct path *path,
                         struct text *out, struct failure *failure)
{
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    JSON_CLEANUP json_t *value = NULL;
    if (path_get(path, path_reads_context(path) ? context : cursor->data, &value, &why) != STATUS_OK)
        failure_set(failure, ERROR_RUNTIME, "%s", text_get(&why));
    else if (!json_is_string(value))
        failure_set(failure, ERROR_RUNTIME, "%s is not a string", path_get_text(path));
    else
        text_add(out, json_string_value(value));
    return json_is_string(value);
}

static void run_fail(struct interpreter *interpreter, struct cursor *cursor)
{
    const struct fail_fields *fields = cursor->state->fields;
    FAILURE_CLEANUP struct failure failure = {0};
    FAILURE_CLEANUP struct failure broken = {0};
    text_add(&failure.error, fields->error ? fields->error : "");
    text_add(&failure.cause, fields->cause ? fields->cause : "");
    bool complete =
        (!fields->error_path || add_selected(interpreter, cursor, fields->error_path, &failure.error, &broken))
        && (!fields->cause_path || add_selected(interpreter, cursor, fields->cause_path, &failure.cause, &broken));
    step_fail(interpreter, cursor, complete ? &failure : &broken);
}

const struct state_type state_fail = {
    .name = "Fail",
    .ends = true,
    .fields = (const char *const[]){"Error", "ErrorPath", "Cause", "CausePath", NULL},
    .read = read_fail,
    .run = run_fail,
};
