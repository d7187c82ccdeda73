/* An execution under our lease: its tasks are run, each transition is saved, and new tasks are queued, until it ends or only
 * waits; then the lease goes back with the last save. */
#include "runner_inside.h"

#include "clock.h"
#include "execution_data.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { SAVE_AGAIN_MS = 100, UNKNOWN_AGAIN_MS = 30000 };

/* ---- Beginning and end ---- */

void held_add(struct runner *runner, const struct execution *execution, int64_t lease_until_ms)
{
    struct held *held = NEW(struct held);
    (void)pthread_mutex_init(&held->lock, NULL);
    held->runner = runner;
    held->lease_until_ms = lease_until_ms;
    held->timer_ms = -1;
    held->execution = *execution;
    held->execution.workflow = arena_copy_string(&held->arena, execution->workflow);
    held->execution.state = arena_copy_string(&held->arena, execution->state);
    held->execution.data = arena_copy_string(&held->arena, execution->data);
    held->next = runner->held;
    if (held->next)
        held->next->previous = held;
    runner->held = held;
    runner_push(runner, held, NULL);
    (void)pthread_cond_signal(&runner->keep);
}

void held_done(struct held *held)
{
    struct runner *runner = held->runner;
    if (--held->jobs)
        return;
    if (held->previous)
        held->previous->next = held->next;
    else
        runner->held = held->next;
    if (held->next)
        held->next->previous = held->previous;
    if (!runner->held) {
        (void)pthread_cond_broadcast(&runner->settle);
        (void)pthread_cond_signal(&runner->keep);
    }
    interpreter_free(held->interpreter);
    text_release(&held->data);
    arena_release(&held->arena);
    (void)pthread_mutex_destroy(&held->lock);
    free(held);
}

/* ---- Saving ---- */

static bool is_draining(struct runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool draining = runner->draining;
    (void)pthread_mutex_unlock(&runner->lock);
    return draining;
}

/* After a save that failed: waits a little, and tells whether the lease is still ours to try again. */
static bool may_try_again(struct held *held)
{
    struct runner *runner = held->runner;
    (void)pthread_mutex_lock(&runner->lock);
    int64_t now_ns = clock_monotonic_ns();
    if (!runner->abandoned)
        runner_wait(runner, &runner->settle, now_ns + (int64_t)SAVE_AGAIN_MS * 1000000);
    bool may = !runner->abandoned && runner_now_ms(runner) < held->lease_until_ms;
    (void)pthread_mutex_unlock(&runner->lock);
    return may;
}

/* One transaction. A store that fails is asked again as long as the lease is kept, so that what a task has done is not lost;
 * after that somebody else does it again. False: the execution is not ours any more. */
static bool save(struct held *held, const struct execution_event *events, size_t count, bool keep_lease)
{
    struct runner *runner = held->runner;
    TEXT_CLEANUP struct text why = {0};
    held->execution.updated_ms = runner_now_ms(runner);
    for (bool told = false;; told = true) {
        enum status status = store_execution_save(runner->settings.store, runner->owner, &held->execution, events,
                                                  count, keep_lease, &why);
        if (status == STATUS_OK)
            return true;
        if (status == STATUS_CONFLICT || status == STATUS_NOT_FOUND)
            return false;
        if (!told)
            runner_trouble(runner, "A transition of the workflow could not be saved and is tried again: %s",
                           text_get(&why));
        if (!may_try_again(held)) {
            runner_trouble(runner, "A lease ran out while the store failed; the transition will be done again: %s",
                           text_get(&why));
            return false;
        }
    }
}

/* Keeps what has happened, if anything has. */
static bool save_transition(struct held *held, bool keep_lease)
{
    struct runner *runner = held->runner;
    size_t count;
    const struct execution_event *events = interpreter_get_events(held->interpreter, &count);
    interpreter_describe(held->interpreter, &held->execution, &held->data);
    if (!interpreter_is_unsaved(held->interpreter) && keep_lease)
        return true;
    if (!save(held, events, count, keep_lease))
        return false;
    interpreter_forget_events(held->interpreter);
    if (count && runner->settings.on_transition)
        runner->settings.on_transition(runner->settings.context, &held->execution);
    return true;
}

/* ---- Going on ---- */

/* Gives every task that is ready to the workers; false: they take no more. Call with held->lock. */
static bool queue_tasks(struct held *held)
{
    struct runner *runner = held->runner;
    struct interpreter_task task;
    (void)pthread_mutex_lock(&runner->lock);
    bool taken = !runner->draining;
    while (taken && interpreter_next_task(held->interpreter, &task)) {
        held->tasks++;
        runner_push(runner, held, &task);
    }
    held->timer_ms = interpreter_get_due(held->interpreter);
    if (held->timer_ms >= 0)
        (void)pthread_cond_signal(&runner->keep);
    (void)pthread_mutex_unlock(&runner->lock);
    return taken;
}

/* Whether there is something to do now, or under way. */
static bool is_busy(const struct held *held, bool draining, int64_t now_ms)
{
    int64_t due = interpreter_get_due(held->interpreter);
    if (interpreter_get_status(held->interpreter) != EXECUTION_RUNNING)
        return false;
    return held->tasks || (!draining && (interpreter_has_tasks(held->interpreter) || (due >= 0 && due <= now_ms)));
}

/* Advances and saves until tasks or times are waited for. While draining, whoever brings back the last task gives the
 * execution back; when draining begins in the middle, that is found out by one more turn. Call with held->lock. */
static void go_on(struct held *held)
{
    struct runner *runner = held->runner;
    while (!held->gone) {
        int64_t now_ms = runner_now_ms(runner);
        bool draining = is_draining(runner);
        interpreter_advance(held->interpreter, now_ms);
        bool busy = is_busy(held, draining, now_ms);
        held->gone = !save_transition(held, busy) || !busy;
        int64_t due = interpreter_get_due(held->interpreter);
        bool waits = due < 0 || due > now_ms;
        if (!held->gone && (draining || (waits && queue_tasks(held))))
            break;
    }
}

/* ---- The jobs ---- */

static const struct definition *find_definition(const struct runner *runner, const char *workflow)
{
    for (size_t i = 0; i < runner->settings.workflow_count; i++)
        if (strcmp(runner->settings.workflows[i].name, workflow) == 0)
            return runner->settings.workflows[i].definition;
    return NULL;
}

/* Somebody who knows it may come: it is offered again later. */
static void put_off(struct held *held, const char *why)
{
    runner_trouble(held->runner, "An execution of the workflow \"%s\" waits: %s", held->execution.workflow, why);
    held->execution.due_ms = runner_now_ms(held->runner) + UNKNOWN_AGAIN_MS;
    (void)save(held, NULL, 0, false);
}

/* When its data does not fit the definition of today, it starts again with the input that it had: handlers allow that. */
static enum status open_again(struct held *held, const struct definition *definition, struct text *why)
{
    TEXT_CLEANUP struct text data = {0};
    runner_trouble(held->runner, "An execution of the workflow \"%s\" starts again: %s", held->execution.workflow,
                   text_get(why));
    enum status status = execution_data_restart(held->execution.data, &data, why);
    if (status != STATUS_OK)
        return status;
    struct execution again = held->execution;
    again.data = text_get(&data);
    return interpreter_open(definition, &again, &held->interpreter, why);
}

static bool open_interpreter(struct held *held)
{
    TEXT_CLEANUP struct text why = {0};
    const struct definition *definition = find_definition(held->runner, held->execution.workflow);
    if (!definition) {
        put_off(held, "it is not known here");
        return false;
    }
    enum status status = interpreter_open(definition, &held->execution, &held->interpreter, &why);
    if (status != STATUS_OK)
        status = open_again(held, definition, &why);
    if (status != STATUS_OK)
        put_off(held, text_get(&why));
    return status == STATUS_OK;
}

static void give_back(struct held *held)
{
    held->gone = true;
    (void)store_execution_release(held->runner->settings.store, held->runner->owner, &held->execution.id, NULL);
}

static void run_advance(struct held *held)
{
    (void)pthread_mutex_lock(&held->lock);
    if (!held->gone && is_draining(held->runner) && !held->tasks)
        give_back(held);
    if (!held->gone && !held->interpreter && !open_interpreter(held))
        held->gone = true;
    if (!held->gone)
        go_on(held);
    (void)pthread_mutex_unlock(&held->lock);
}

/* Calls the handler, unless it is too late for that. */
static bool call_handler(struct held *held, const struct interpreter_task *task, struct task_outcome *ret_outcome,
                         int64_t *ret_elapsed_ms)
{
    struct runner *runner = held->runner;
    const struct task_handler *handler = runner_find_handler(runner, task->resource);
    (void)pthread_mutex_lock(&held->lock);
    bool gone = held->gone;
    (void)pthread_mutex_unlock(&held->lock);
    if (gone || is_draining(runner))
        return false;
    struct task_call call = {.execution_id = &held->execution.id,
                             .resource = task->resource,
                             .input = task->input,
                             .timeout_ms = task->timeout_ms};
    int64_t start_ns = clock_monotonic_ns();
    handler->run(runner->settings.context, &call, ret_outcome);
    *ret_elapsed_ms = (clock_monotonic_ns() - start_ns) / 1000000;
    return true;
}

static void run_task(struct held *held, const struct interpreter_task *task)
{
    struct task_outcome outcome = {0};
    int64_t elapsed_ms;
    bool called = call_handler(held, task, &outcome, &elapsed_ms);
    json_decref(task->input);
    (void)pthread_mutex_lock(&held->lock);
    held->tasks--;
    if (called)
        interpreter_finish_task(held->interpreter, task->ticket, &outcome, elapsed_ms, runner_now_ms(held->runner));
    if (!held->gone && (called || !held->tasks))
        go_on(held);
    (void)pthread_mutex_unlock(&held->lock);
}

void held_run(struct job *job)
{
    if (job->task.ticket)
        run_task(job->held, &job->task);
    else
        run_advance(job->held);
}
