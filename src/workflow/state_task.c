/* Task: has work done by the handler of its Resource. */
#include "state_types.h"
#include "step.h"

#include <string.h>

struct task_fields {
    const char *resource;
    int64_t timeout_seconds;
    const struct path *timeout_path; /* instead of the seconds; NULL: by the seconds */
};

enum { TIMEOUT_DEFAULT_SECONDS = 60 /* states-language.net, "Task State" */ };

/* Heartbeats are accepted and checked, and never missed: a handler runs in this process, under its lease. */
static bool read_heartbeat(struct reader *reader, json_t *object, const struct task_fields *fields)
{
    int64_t seconds = 0;
    const struct path *path = NULL;
    if (!read_not_both(reader, object, "HeartbeatSeconds", "HeartbeatSecondsPath")
        || !read_integer(reader, object, "HeartbeatSeconds", 1, READER_SECONDS_MAX, &seconds)
        || !read_path(reader, object, "HeartbeatSecondsPath", PATH_REFERENCE, &path))
        return false;
    return fields->timeout_path || seconds < fields->timeout_seconds
           || reader_refuse_field(reader, STATUS_INVALID, "HeartbeatSeconds", "must be smaller than TimeoutSeconds");
}

static bool read_task(struct reader *reader, json_t *object, struct state *state)
{
    struct task_fields *fields = arena_new(reader->arena, sizeof *fields);
    fields->timeout_seconds = TIMEOUT_DEFAULT_SECONDS;
    state->fields = fields;
    return read_required_string(reader, object, "Resource", &fields->resource)
           && read_not_both(reader, object, "TimeoutSeconds", "TimeoutSecondsPath")
           && read_integer(reader, object, "TimeoutSeconds", 1, READER_SECONDS_MAX, &fields->timeout_seconds)
           && read_path(reader, object, "TimeoutSecondsPath", PATH_REFERENCE, &fields->timeout_path)
           && read_heartbeat(reader, object, fields);
}

static const char *task_resource(const struct state *state)
{
    const struct task_fields *fields = state->fields;
    return fields->resource;
}

/* 0 on failure. */
static int64_t find_timeout(const struct task_fields *fields, json_t *selected, json_t *context,
                            struct failure *failure)
{
    if (!fields->timeout_path)
        return fields->timeout_seconds;
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *value = NULL;
    bool in_context = path_reads_context(fields->timeout_path);
    if (path_get(fields->timeout_path, in_context ? context : selected, &value, &why) != STATUS_OK) {
        failure_set(failure, ERROR_RUNTIME, "TimeoutSecondsPath: %s", text_get(&why));
        return 0;
    }
    json_int_t seconds = json_integer_value(value);
    if (seconds > 0 && seconds <= READER_SECONDS_MAX)
        return seconds;
    failure_set(failure, ERROR_RUNTIME, "TimeoutSecondsPath: %s does not select a positive number of seconds",
                path_get_text(fields->timeout_path));
    return 0;
}

static json_t *resource_detail(const struct state *state)
{
    return json_pack("{s:s,s:s}", "resourceType", "task", "resource", task_resource(state));
}

/* A state may be retried for days, and its history is kept: the first attempts are told in full, then those whose
 * number of retries before is a power of two. The last one is told by its end. */
enum { RETRIES_TOLD = 5 };

static bool is_told(const struct cursor *cursor)
{
    return cursor->retries <= RETRIES_TOLD || (cursor->retries & (cursor->retries - 1)) == 0;
}

static json_t *attempt_detail(const struct cursor *cursor)
{
    json_t *detail = resource_detail(cursor->state);
    if (cursor->retries > RETRIES_TOLD)
        (void)json_object_set_new(detail, "retryCount", json_integer(cursor->retries));
    return detail;
}

static void schedule(struct interpreter *interpreter, struct cursor *cursor, json_t *input, int64_t timeout_seconds)
{
    if (!cursor->again && is_told(cursor)) {
        json_t *detail = attempt_detail(cursor);
        (void)json_object_set_new(detail, "parameters", event_text(input));
        (void)json_object_set_new(detail, "timeoutInSeconds", json_integer(timeout_seconds));
        event_add(interpreter, "TaskScheduled", detail);
        event_add(interpreter, "TaskStarted", resource_detail(cursor->state));
    }
    step_work(interpreter, cursor, json_incref(input), timeout_seconds * 1000);
}

static void fail_task(struct interpreter *interpreter, struct cursor *cursor, struct failure *failure)
{
    const char *error = text_get(&failure->error);
    bool timed_out = strcmp(error, ERROR_TIMEOUT) == 0;
    if (is_told(cursor) || !step_will_retry(cursor, error))
        event_add_failure(interpreter, timed_out ? "TaskTimedOut" : "TaskFailed", attempt_detail(cursor), failure);
    step_fail(interpreter, cursor, failure);
}

static void run_task(struct interpreter *interpreter, struct cursor *cursor)
{
    FAILURE_CLEANUP struct failure failure = {0};
    if (cursor->again && interpreter->was_lost) {
        failure_set(&failure, ERROR_TASK_LOST, "the server that ran %s ended before it was done",
                    task_resource(cursor->state));
        fail_task(interpreter, cursor, &failure);
        return;
    }
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    JSON_CLEANUP json_t *selected = step_select(interpreter, cursor, context);
    if (!selected)
        return;
    JSON_CLEANUP json_t *input = data_flow_fill(&cursor->state->flow, selected, context, &failure);
    int64_t timeout = input ? find_timeout(cursor->state->fields, selected, context, &failure) : 0;
    if (timeout)
        schedule(interpreter, cursor, input, timeout);
    else
        step_fail(interpreter, cursor, &failure);
}

static void finish_task(struct interpreter *interpreter, struct cursor *cursor, struct task_outcome *outcome)
{
    FAILURE_CLEANUP struct failure failure = {0};
    if (outcome->error.length) {
        failure_set(&failure, text_get(&outcome->error), "%s", text_get(&outcome->cause));
        failure_clean(&failure);
        fail_task(interpreter, cursor, &failure);
        return;
    }
    json_t *output = outcome->output ? outcome->output : json_null();
    if (!data_flow_fits(output, "the output of the task", &failure)) {
        fail_task(interpreter, cursor, &failure);
        return;
    }
    json_t *detail = attempt_detail(cursor);
    (void)json_object_set_new(detail, "output", event_text(output));
    event_add(interpreter, "TaskSucceeded", detail);
    step_succeed(interpreter, cursor, json_incref(output));
}

const struct state_type state_task = {
    .name = "Task",
    .features = TAKES_NEXT | TAKES_PATHS | TAKES_PARAMETERS | TAKES_RESULT_PATH | TAKES_SELECTOR | TAKES_RECOVERY,
    .fields = (const char *const[]){"Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
                                    "HeartbeatSecondsPath", NULL},
    .read = read_task,
    .resource = task_resource,
    .run = run_task,
    .finish = finish_task,
};
