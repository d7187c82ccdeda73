/* Wait: goes on after some seconds, or at a time. The execution gives its lease back meanwhile. */
#include "state_types.h"
#include "step.h"
#include "timestamp.h"

#include <math.h>

struct wait_fields {
    int64_t seconds;       /* -1: not by seconds */
    const char *timestamp; /* NULL: not by a time */
    const struct path *seconds_path, *timestamp_path;
};

static const char *const wait_field_names[] = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", NULL};

static bool read_timestamp(struct reader *reader, json_t *object, const char **ret_timestamp)
{
    struct timestamp parsed;
    if (!read_string(reader, object, "Timestamp", ret_timestamp))
        return false;
    return !*ret_timestamp || timestamp_parse(*ret_timestamp, &parsed)
           || reader_refuse_field(reader, STATUS_INVALID, "Timestamp", "must be like \"2026-11-22T21:05:00Z\"");
}

static bool read_wait(struct reader *reader, json_t *object, struct state *state)
{
    struct wait_fields *fields = arena_new(reader->arena, sizeof *fields);
    size_t given = 0;
    for (const char *const *name = wait_field_names; *name; name++)
        given += json_object_get(object, *name) != NULL;
    if (given != 1)
        return reader_refuse(reader, STATUS_INVALID,
                             "must have exactly one of Seconds, SecondsPath, Timestamp and TimestampPath");
    fields->seconds = -1;
    state->fields = fields;
    return read_integer(reader, object, "Seconds", 0, READER_SECONDS_MAX, &fields->seconds)
           && read_path(reader, object, "SecondsPath", PATH_REFERENCE, &fields->seconds_path)
           && read_timestamp(reader, object, &fields->timestamp)
           && read_path(reader, object, "TimestampPath", PATH_REFERENCE, &fields->timestamp_path);
}

static bool due_by_seconds(json_t *value, int64_t now_ms, int64_t *ret_due_ms)
{
    double seconds = json_number_value(value);
    if (!json_is_number(value) || seconds < 0 || seconds > READER_SECONDS_MAX || seconds != floor(seconds))
        return false;
    *ret_due_ms = now_ms + (int64_t)seconds * 1000;
    return true;
}

static bool due_by_timestamp(json_t *value, int64_t now_ms, int64_t *ret_due_ms)
{
    (void)now_ms;
    struct timestamp timestamp;
    if (!json_is_string(value) || !timestamp_parse(json_string_value(value), &timestamp))
        return false;
    *ret_due_ms = timestamp_to_ms(&timestamp);
    return true;
}

/* When to go on, by what the path selects. */
static bool due_by_path(struct interpreter *interpreter, const struct path *path, json_t *input, json_t *context,
                        bool (*due)(json_t *, int64_t, int64_t *), int64_t *ret_due_ms, struct failure *failure)
{
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *value = NULL;
    if (path_get(path, path_reads_context(path) ? context : input, &value, &why) != STATUS_OK) {
        failure_set(failure, ERROR_RUNTIME, "%s", text_get(&why));
        return false;
    }
    if (due(value, interpreter->now_ms, ret_due_ms))
        return true;
    failure_set(failure, ERROR_RUNTIME, "%s selects neither whole seconds nor a timestamp", path_get_text(path));
    return false;
}

static bool find_due(struct interpreter *interpreter, const struct wait_fields *fields, json_t *input, json_t *context,
                     int64_t *ret_due_ms, struct failure *failure)
{
    struct timestamp timestamp;
    if (fields->seconds_path)
        return due_by_path(interpreter, fields->seconds_path, input, context, due_by_seconds, ret_due_ms, failure);
    if (fields->timestamp_path)
        return due_by_path(interpreter, fields->timestamp_path, input, context, due_by_timestamp, ret_due_ms, failure);
    if (fields->timestamp && timestamp_parse(fields->timestamp, &timestamp))
        *ret_due_ms = timestamp_to_ms(&timestamp);
    else
        *ret_due_ms = interpreter->now_ms + fields->seconds * 1000;
    return true;
}

static void run_wait(struct interpreter *interpreter, struct cursor *cursor)
{
    FAILURE_CLEANUP struct failure failure = {0};
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    JSON_CLEANUP json_t *input = step_select(interpreter, cursor, context);
    int64_t due_ms;
    if (!input)
        return;
    if (find_due(interpreter, cursor->state->fields, input, context, &due_ms, &failure))
        step_wait(interpreter, cursor, due_ms);
    else
        step_fail(interpreter, cursor, &failure);
}

static void resume_wait(struct interpreter *interpreter, struct cursor *cursor)
{
    json_t *input = step_input(interpreter, cursor);
    if (input)
        step_succeed(interpreter, cursor, input);
}

const struct state_type state_wait = {
    .name = "Wait",
    .features = TAKES_NEXT | TAKES_PATHS,
    .fields = wait_field_names,
    .read = read_wait,
    .run = run_wait,
    .resume = resume_wait,
};
