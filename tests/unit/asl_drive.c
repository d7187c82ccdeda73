#include "asl_drive.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 2000 };

static enum status open_interpreter(struct drive *drive, struct text *why)
{
    return interpreter_open(drive->definition, &drive->execution, &drive->interpreter, why);
}

enum status drive_open(struct drive *drive, const char *definition, const char *data, json_t *answers, struct text *why)
{
    *drive = (struct drive){.now_ms = DRIVE_START_MS, .answers = answers};
    enum status status = definition_parse(definition, strlen(definition), &drive->definition, why);
    if (status != STATUS_OK)
        return status;
    drive->calls = json_object();
    drive->inputs = json_array();
    drive->events = json_array();
    text_add(&drive->data, data);
    drive->execution = (struct execution){.id = {{0xab, 0xcd}}, .workflow = "tested", .state = "", .version = 1};
    drive->execution.data = text_get(&drive->data);
    return open_interpreter(drive, why);
}

void drive_release(struct drive *drive)
{
    interpreter_free(drive->interpreter);
    definition_free(drive->definition);
    json_decref(drive->calls);
    json_decref(drive->inputs);
    json_decref(drive->events);
    text_release(&drive->data);
}

/* What the store would do. */
static void keep(struct drive *drive)
{
    size_t count;
    const struct execution_event *events = interpreter_get_events(drive->interpreter, &count);
    for (size_t i = 0; i < count; i++) {
        json_t *detail;
        if (json_parse(events[i].detail, strlen(events[i].detail), &detail, NULL) != STATUS_OK)
            abort();
        (void)json_array_append_new(drive->events, json_pack("{s:I,s:s,s:o}", "ms", (json_int_t)events[i].time_ms,
                                                             "type", events[i].type, "detail", detail));
    }
    interpreter_forget_events(drive->interpreter);
    interpreter_describe(drive->interpreter, &drive->execution, &drive->data);
}

static void take_over(struct drive *drive)
{
    interpreter_free(drive->interpreter);
    drive->interpreter = NULL;
    if (open_interpreter(drive, NULL) != STATUS_OK)
        abort();
    interpreter_advance(drive->interpreter, drive->now_ms);
    keep(drive);
}

static const json_t *next_answer(struct drive *drive, const char *resource)
{
    const json_t *answers = json_object_get(drive->answers, resource);
    json_int_t calls = json_integer_value(json_object_get(drive->calls, resource));
    (void)json_object_set_new(drive->calls, resource, json_integer(calls + 1));
    size_t last = json_array_size(answers) - 1;
    return json_array_get(answers, (size_t)calls < last ? (size_t)calls : last);
}

static void answer(struct drive *drive, const struct interpreter_task *task)
{
    const json_t *scripted = next_answer(drive, task->resource);
    struct task_outcome outcome = {0};
    const char *error = json_string_value(json_object_get(scripted, "error"));
    const char *cause = json_string_value(json_object_get(scripted, "cause"));
    json_t *output = json_object_get(scripted, "output");
    int64_t elapsed_ms = (int64_t)(json_number_value(json_object_get(scripted, "seconds")) * 1000);
    if (error || !scripted)
        text_setf(&outcome.error, "%s", error ? error : "Test.NoAnswer");
    else
        outcome.output = json_incref(output ? output : task->input);
    text_setf(&outcome.cause, "%s", cause ? cause : "");
    drive->now_ms += elapsed_ms;
    interpreter_finish_task(drive->interpreter, task->ticket, &outcome, elapsed_ms, drive->now_ms);
}

bool drive_step(struct drive *drive)
{
    struct interpreter_task task;
    interpreter_advance(drive->interpreter, drive->now_ms);
    keep(drive);
    if (drive->takes_over && interpreter_get_status(drive->interpreter) == EXECUTION_RUNNING)
        take_over(drive);
    if (interpreter_next_task(drive->interpreter, &task)) {
        (void)json_array_append_new(drive->inputs, task.input);
        answer(drive, &task);
        return true;
    }
    int64_t due = interpreter_get_due(drive->interpreter);
    return due >= 0 && due <= drive->now_ms;
}

bool drive_run(struct drive *drive)
{
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (drive_step(drive))
            continue;
        int64_t due = interpreter_get_due(drive->interpreter);
        if (due < 0)
            break;
        drive->now_ms = due;
    }
    return interpreter_get_status(drive->interpreter) != EXECUTION_RUNNING;
}

void drive_line(const json_t *event, struct text *ret_line)
{
    static const char *const parts[] = {"name", "resource", "error"};
    const json_t *detail = json_object_get(event, "detail");
    int64_t ms = json_integer_value(json_object_get(event, "ms")) - DRIVE_START_MS;
    text_setf(ret_line, "%g %s", (double)ms / 1000, json_string_value(json_object_get(event, "type")));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = json_string_value(json_object_get(detail, parts[i]));
        if (part)
            text_addf(ret_line, " %s", part);
    }
}
