#include "pipeline.h"

#include "janitor.h"
#include "memory.h"
#include "runner.h"
#include "tasks.h"

#include <stdlib.h>

struct pipeline {
    struct pipeline_settings settings;
    struct tasks tasks;
    struct definition *definition;
    struct runner_workflow workflow;
    struct runner *runner;
    struct janitor *janitor;
};

static void publish_stage(void *context, const struct execution *execution)
{
    struct tasks *tasks = context;
    bool is_running = execution->status == EXECUTION_RUNNING;
    struct photo_event event = {.id = execution->id, .stage = is_running ? execution->state : NULL};
    events_publish(tasks->events, &event);
}

static void report_trouble(void *context, const char *sentence)
{
    struct tasks *tasks = context;
    if (tasks->trouble)
        tasks->trouble(tasks->context, sentence);
}

/* Nobody needs its pixels any more. */
static void drop_decoded(void *context, const struct id *id)
{
    struct tasks *tasks = context;
    decoded_cache_drop(&tasks->decoded, id);
}

static void open_tasks(const struct pipeline_settings *settings, struct tasks *tasks)
{
    struct darkroom_stats darkroom = {.processes = 1};
    if (settings->darkroom)
        darkroom_get_stats(settings->darkroom, &darkroom);
    *tasks = (struct tasks){
        .events = photos_events(settings->photos),
        .store = settings->store,
        .blob = settings->blob,
        .darkroom = settings->darkroom,
        .moderator = settings->moderator,
        .when_unsure = settings->when_unsure,
        .limits = settings->limits,
        .turns = turns_new(darkroom.processes, NULL),
        .trouble = settings->trouble,
        .context = settings->context,
    };
    decoded_cache_init(&tasks->decoded);
    photos_on_purge(settings->photos, drop_decoded, tasks);
}

static enum status open_runner(struct pipeline *pipeline, struct text *why)
{
    pipeline->workflow = (struct runner_workflow){.name = photos_workflow_name, .definition = pipeline->definition};
    struct runner_settings settings = {
        .store = pipeline->settings.store,
        .workflows = &pipeline->workflow,
        .workflow_count = 1,
        .handlers = photo_tasks,
        .handler_count = photo_task_count,
        .context = &pipeline->tasks,
        .threads = pipeline->settings.workers,
        .lease_ms = 2000, /* a process that takes over after a crash is at work well within 5 s */
        .on_transition = publish_stage,
        .on_trouble = report_trouble,
    };
    return runner_open(&settings, &pipeline->runner, why);
}

static enum status open_janitor(const struct pipeline_settings *settings, struct janitor **ret_janitor,
                                struct text *why)
{
    const struct janitor_settings janitor = {
        .photos = settings->photos,
        .store = settings->store,
        .blob = settings->blob,
        .history_ms = settings->history_ms,
        .keep_failed_ms = settings->keep_failed_ms,
        .clean_up = settings->clean_up,
        .trouble = settings->trouble,
        .context = settings->context,
    };
    return janitor_open(&janitor, ret_janitor, why);
}

enum status pipeline_open(const struct pipeline_settings *settings, struct pipeline **ret_pipeline, struct text *why)
{
    struct pipeline *pipeline = NEW(struct pipeline);
    pipeline->settings = *settings;
    open_tasks(settings, &pipeline->tasks);
    enum status status = definition_parse(pipeline_workflow_text, pipeline_workflow_length, &pipeline->definition, why);
    if (status == STATUS_OK)
        status = open_runner(pipeline, why);
    if (status == STATUS_OK)
        status = open_janitor(settings, &pipeline->janitor, why);
    if (status == STATUS_OK)
        *ret_pipeline = pipeline;
    else
        pipeline_close(pipeline);
    return status;
}

void pipeline_wake(struct pipeline *pipeline)
{
    runner_wake(pipeline->runner);
}

void pipeline_drain(struct pipeline *pipeline, int64_t timeout_ms)
{
    runner_drain(pipeline->runner, timeout_ms);
}

void pipeline_close(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    if (pipeline->janitor)
        janitor_close(pipeline->janitor);
    if (pipeline->runner)
        runner_close(pipeline->runner);
    if (pipeline->definition)
        definition_free(pipeline->definition);
    photos_on_purge(pipeline->settings.photos, NULL, NULL);
    decoded_cache_release(&pipeline->tasks.decoded);
    turns_free(pipeline->tasks.turns);
    free(pipeline);
}
