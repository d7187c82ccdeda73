/* An execution under our lease: its tasks are run, each transition is saved, and new tasks are queued, until it ends or
 * only waits; then the lease goes back with the last save. */
#include "runner_inside.h"

#include "clock.h"
#include "execution_data.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { SAVE_AGAIN_MS = 100, UNKNOWN_AGAIN_MS = 30000 };

/* ---- Beginning and end ---- */

void leased_execution_add(struct runner *runner, const struct execution *execution, int64_t lease_until_ms)
{
    struct leased_execution *leased = NEW(struct leased_execution);
    (void)pthread_mutex_init(&leased->lock, NULL);
    leased->runner = runner;
    leased->lease_until_ms = lease_until_ms;
    leased->timer_ms = -1;
    leased->execution = *execution;
    leased->execution.workflow = arena_copy_string(&leased->arena, execution->workflow);
    leased->execution.state = arena_copy_string(&leased->arena, execution->state);
    leased->execution.data = arena_copy_string(&leased->arena, execution->data);
    leased->next = runner->leased;
    if (leased->next)
        leased->next->previous = leased;
    runner->leased = leased;
    runner_push(runner, leased, NULL);
    (void)pthread_cond_signal(&runner->renew);
}

void leased_execution_done(struct leased_execution *leased)
{
    struct runner *runner = leased->runner;
    if (--leased->jobs)
        return;
    if (leased->previous)
        leased->previous->next = leased->next;
    else
        runner->leased = leased->next;
    if (leased->next)
        leased->next->previous = leased->previous;
    if (!runner->leased) {
        (void)pthread_cond_broadcast(&runner->settle);
        (void)pthread_cond_signal(&runner->renew);
    }
    interpreter_free(leased->interpreter);
    text_release(&leased->data);
    arena_release(&leased->arena);
    (void)pthread_mutex_destroy(&leased->lock);
    free(leased);
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
static bool may_try_again(struct leased_execution *leased)
{
    struct runner *runner = leased->runner;
    (void)pthread_mutex_lock(&runner->lock);
    int64_t now_ns = clock_monotonic_ns();
    if (!runner->abandoned)
        (void)clock_wait(&runner->settle, &runner->lock, now_ns + (int64_t)SAVE_AGAIN_MS * 1000000);
    bool may = !runner->abandoned && runner_now_ms(runner) < leased->lease_until_ms;
    (void)pthread_mutex_unlock(&runner->lock);
    return may;
}

/* One transaction. A store that fails is asked again as long as the lease is kept, so that what a task has done is not
 * lost; after that somebody else does it again. False: the execution is not ours any more. */
static bool save(struct leased_execution *leased, const struct execution_event *events, size_t count, bool keep_lease)
{
    struct runner *runner = leased->runner;
    TEXT_CLEANUP struct text why = {0};
    leased->execution.updated_ms = runner_now_ms(runner);
    for (bool told = false;; told = true) {
        enum status status = store_execution_save(runner->settings.store, runner->owner, &leased->execution, events,
                                                  count, keep_lease, &why);
        if (status == STATUS_OK)
            return true;
        if (status == STATUS_CONFLICT || status == STATUS_NOT_FOUND)
            return false;
        if (!told)
            runner_trouble(runner, "A transition of the workflow could not be saved and is tried again: %s",
                           text_get(&why));
        if (!may_try_again(leased)) {
            runner_trouble(runner, "A lease ran out while the store failed; the transition will be done again: %s",
                           text_get(&why));
            return false;
        }
    }
}

/* Keeps what has happened, if anything has. */
static bool save_transition(struct leased_execution *leased, bool keep_lease)
{
    struct runner *runner = leased->runner;
    size_t count;
    const struct execution_event *events = interpreter_get_events(leased->interpreter, &count);
    interpreter_describe(leased->interpreter, &leased->execution, &leased->data);
    if (!interpreter_is_unsaved(leased->interpreter) && keep_lease)
        return true;
    if (!save(leased, events, count, keep_lease))
        return false;
    interpreter_forget_events(leased->interpreter);
    if (count && runner->settings.on_transition)
        runner->settings.on_transition(runner->settings.context, &leased->execution);
    return true;
}

/* ---- Going on ---- */

/* Gives every task that is ready to the workers; false: they take no more. Call with leased->lock. */
static bool queue_tasks(struct leased_execution *leased)
{
    struct runner *runner = leased->runner;
    struct interpreter_task task;
    (void)pthread_mutex_lock(&runner->lock);
    bool taken = !runner->draining;
    while (taken && interpreter_next_task(leased->interpreter, &task)) {
        leased->tasks++;
        runner_push(runner, leased, &task);
    }
    leased->timer_ms = interpreter_get_due(leased->interpreter);
    if (leased->timer_ms >= 0)
        (void)pthread_cond_signal(&runner->renew);
    (void)pthread_mutex_unlock(&runner->lock);
    return taken;
}

/* Whether there is something to do now, or under way. */
static bool is_busy(const struct leased_execution *leased, bool draining, int64_t now_ms)
{
    int64_t due = interpreter_get_due(leased->interpreter);
    if (interpreter_get_status(leased->interpreter) != EXECUTION_RUNNING)
        return false;
    return leased->tasks || (!draining && (interpreter_has_tasks(leased->interpreter) || (due >= 0 && due <= now_ms)));
}

/* Advances and saves until tasks or times are waited for. While draining, whoever brings back the last task gives the
 * execution back; when draining begins in the middle, that is found out by one more turn. Call with leased->lock. */
static void go_on(struct leased_execution *leased)
{
    struct runner *runner = leased->runner;
    while (!leased->gone) {
        int64_t now_ms = runner_now_ms(runner);
        bool draining = is_draining(runner);
        interpreter_advance(leased->interpreter, now_ms);
        bool busy = is_busy(leased, draining, now_ms);
        leased->gone = !save_transition(leased, busy) || !busy;
        int64_t due = interpreter_get_due(leased->interpreter);
        bool waits = due < 0 || due > now_ms;
        if (!leased->gone && (draining || (waits && queue_tasks(leased))))
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
static void put_off(struct leased_execution *leased, const char *why)
{
    runner_trouble(leased->runner, "An execution of the workflow \"%s\" waits: %s", leased->execution.workflow, why);
    leased->execution.due_ms = runner_now_ms(leased->runner) + UNKNOWN_AGAIN_MS;
    (void)save(leased, NULL, 0, false);
}

/* When its data does not fit the definition of today, it starts again with the input that it had: handlers allow
 * that. */
static enum status open_again(struct leased_execution *leased, const struct definition *definition, struct text *why)
{
    TEXT_CLEANUP struct text data = {0};
    runner_trouble(leased->runner, "An execution of the workflow \"%s\" starts again: %s", leased->execution.workflow,
                   text_get(why));
    enum status status = execution_data_restart(leased->execution.data, &data, why);
    if (status != STATUS_OK)
        return status;
    struct execution again = leased->execution;
    again.data = text_get(&data);
    return interpreter_open(definition, &again, &leased->interpreter, why);
}

static bool open_interpreter(struct leased_execution *leased)
{
    TEXT_CLEANUP struct text why = {0};
    const struct definition *definition = find_definition(leased->runner, leased->execution.workflow);
    if (!definition) {
        put_off(leased, "it is not known here");
        return false;
    }
    enum status status = interpreter_open(definition, &leased->execution, &leased->interpreter, &why);
    if (status != STATUS_OK)
        status = open_again(leased, definition, &why);
    if (status != STATUS_OK)
        put_off(leased, text_get(&why));
    return status == STATUS_OK;
}

static void give_back(struct leased_execution *leased)
{
    leased->gone = true;
    (void)store_execution_release(leased->runner->settings.store, leased->runner->owner, &leased->execution.id, NULL);
}

static void run_advance(struct leased_execution *leased)
{
    (void)pthread_mutex_lock(&leased->lock);
    if (!leased->gone && is_draining(leased->runner) && !leased->tasks)
        give_back(leased);
    if (!leased->gone && !leased->interpreter && !open_interpreter(leased))
        leased->gone = true;
    if (!leased->gone)
        go_on(leased);
    (void)pthread_mutex_unlock(&leased->lock);
}

/* Calls the handler, unless it is too late for that. */
static bool call_handler(struct leased_execution *leased, const struct interpreter_task *task,
                         struct task_outcome *ret_outcome, int64_t *ret_elapsed_ms)
{
    struct runner *runner = leased->runner;
    const struct task_handler *handler = runner_find_handler(runner, task->resource);
    (void)pthread_mutex_lock(&leased->lock);
    bool gone = leased->gone;
    const struct execution_claim claim = {runner->owner, leased->execution.version};
    (void)pthread_mutex_unlock(&leased->lock);
    if (gone || is_draining(runner))
        return false;
    struct task_call call = {.execution_id = &leased->execution.id,
                             .claim = &claim,
                             .resource = task->resource,
                             .input = task->input,
                             .timeout_ms = task->timeout_ms};
    int64_t start_ns = clock_monotonic_ns();
    handler->run(runner->settings.context, &call, ret_outcome);
    *ret_elapsed_ms = (clock_monotonic_ns() - start_ns) / 1000000;
    return true;
}

static void run_task(struct leased_execution *leased, const struct interpreter_task *task)
{
    struct task_outcome outcome = {0};
    int64_t elapsed_ms;
    bool called = call_handler(leased, task, &outcome, &elapsed_ms);
    json_decref(task->input);
    (void)pthread_mutex_lock(&leased->lock);
    leased->tasks--;
    if (called)
        interpreter_finish_task(leased->interpreter, task->ticket, &outcome, elapsed_ms, runner_now_ms(leased->runner));
    if (!leased->gone && (called || !leased->tasks))
        go_on(leased);
    (void)pthread_mutex_unlock(&leased->lock);
}

void leased_execution_run(struct job *job)
{
    if (job->task.ticket)
        run_task(job->leased, &job->task);
    else
        run_advance(job->leased);
}
