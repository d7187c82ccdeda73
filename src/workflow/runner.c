/* The threads: workers that claim and run, and one that renews leases and watches the time. A worker without a job
 * claims for all that are idle, so that a wake-up goes to the store and into the first task without a change of
 * threads. */
#include "runner.h"

#include "clock.h"
#include "execution_data.h"
#include "memory.h"
#include "runner_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FAILED_MS = 1000, PAUSE_MIN_MS = 5, CLAIM_MAX = 64 };
#define NS_PER_MS INT64_C(1000000)

int64_t runner_now_ms(const struct runner *runner)
{
    return store_now_ms(runner->settings.store);
}

void runner_trouble(const struct runner *runner, const char *format, ...)
{
    if (!runner->settings.on_trouble)
        return;
    TEXT_CLEANUP struct text sentence = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(&sentence, format, arguments);
    va_end(arguments);
    runner->settings.on_trouble(runner->settings.context, text_get(&sentence));
}

void runner_push(struct runner *runner, struct leased_execution *leased, const struct interpreter_task *task)
{
    struct job *job = NEW(struct job);
    job->leased = leased;
    if (task)
        job->task = *task;
    job->next = runner->jobs;
    runner->jobs = job;
    leased->jobs++;
    (void)pthread_cond_signal(&runner->work);
}

const struct task_handler *runner_find_handler(const struct runner *runner, const char *resource)
{
    for (size_t i = 0; i < runner->settings.handler_count; i++)
        if (strcmp(runner->settings.handlers[i].resource, resource) == 0)
            return &runner->settings.handlers[i];
    return NULL;
}

/* ---- Workers ---- */

/* How long until something is due, at most until the next poll. */
static int64_t find_pause_ms(const struct runner *runner)
{
    int64_t pause, poll = runner->settings.poll_ms;
    if (store_executions_next_due(runner->settings.store, &pause, NULL) != STATUS_OK)
        return FAILED_MS;
    if (pause < 0 || pause > poll)
        return poll;
    return pause < PAUSE_MIN_MS ? PAUSE_MIN_MS : pause;
}

/* How many were claimed; -1: the store failed. */
static int claim(const struct runner *runner, struct arena *arena, size_t limit, struct execution *ret_executions)
{
    TEXT_CLEANUP struct text why = {0};
    size_t count = 0;
    enum status status = store_executions_claim(runner->settings.store, runner->owner, runner->settings.lease_ms, limit,
                                                arena, ret_executions, &count, &why);
    if (status == STATUS_OK)
        return (int)count;
    runner_trouble(runner, "The workflow can't claim work: %s", text_get(&why));
    return -1;
}

/* Asks the store for work for this worker and all that are idle. Call with runner->lock, which is given up
 * meanwhile. */
static void claim_for_idle(struct runner *runner)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct execution executions[CLAIM_MAX];
    size_t limit = runner->idle + 1 < CLAIM_MAX ? runner->idle + 1 : CLAIM_MAX;
    int64_t now_ms = runner_now_ms(runner);
    runner->claiming = true;
    runner->woken = false;
    (void)pthread_mutex_unlock(&runner->lock);
    int count = claim(runner, &arena, limit, executions);
    int64_t pause_ms = count < 0 ? FAILED_MS : (size_t)count < limit ? find_pause_ms(runner) : 0;
    (void)pthread_mutex_lock(&runner->lock);
    runner->claiming = false;
    runner->poll_ns = clock_monotonic_ns() + pause_ms * NS_PER_MS;
    for (int i = count - 1; i >= 0; i--) /* the last that is added is run first */
        leased_execution_add(runner, &executions[i], now_ms + runner->settings.lease_ms);
}

/* Call with runner->lock, which is given up meanwhile. */
static void run_next_job(struct runner *runner)
{
    struct job *job = runner->jobs;
    runner->jobs = job->next;
    (void)pthread_mutex_unlock(&runner->lock);
    leased_execution_run(job);
    (void)pthread_mutex_lock(&runner->lock);
    leased_execution_done(job->leased);
    free(job);
}

static bool may_claim(const struct runner *runner)
{
    return !runner->claiming && !runner->draining && (runner->woken || clock_monotonic_ns() >= runner->poll_ns);
}

static void be_idle(struct runner *runner)
{
    runner->idle++;
    if (runner->claiming)
        (void)pthread_cond_wait(&runner->work, &runner->lock);
    else
        (void)clock_wait(&runner->work, &runner->lock, runner->poll_ns);
    runner->idle--;
}

static void *work(void *context)
{
    struct runner *runner = context;
    (void)pthread_mutex_lock(&runner->lock);
    while (!runner->draining || runner->jobs) {
        if (runner->jobs) {
            run_next_job(runner);
        } else if (may_claim(runner)) {
            claim_for_idle(runner);
            (void)pthread_cond_broadcast(&runner->work); /* who waited for the claim now waits for the poll */
            (void)pthread_cond_broadcast(&runner->settle);
        } else {
            be_idle(runner);
        }
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return NULL;
}

/* ---- Leases and timers ---- */

/* Prolongs what is held now; by the time that the store is told, because what had run out by then the store does not
 * prolong. Call with runner->lock, which is given up meanwhile. */
static void renew(struct runner *runner)
{
    TEXT_CLEANUP struct text why = {0};
    int64_t now_ms = runner_now_ms(runner);
    (void)pthread_mutex_unlock(&runner->lock);
    enum status status = store_executions_renew(runner->settings.store, runner->owner, runner->settings.lease_ms, &why);
    if (status != STATUS_OK)
        runner_trouble(runner, "Leases could not be renewed: %s", text_get(&why));
    (void)pthread_mutex_lock(&runner->lock);
    for (struct leased_execution *leased = runner->leased; leased && status == STATUS_OK; leased = leased->next)
        if (leased->lease_until_ms > now_ms)
            leased->lease_until_ms = now_ms + runner->settings.lease_ms;
}

/* Advances executions whose time has come while they have tasks under way. The time until the next, or -1. */
static int64_t ring_timers(struct runner *runner)
{
    int64_t now_ms = runner_now_ms(runner), next_ms = -1;
    for (struct leased_execution *leased = runner->leased; leased; leased = leased->next) {
        if (leased->timer_ms < 0)
            continue;
        if (leased->timer_ms <= now_ms) {
            leased->timer_ms = -1;
            runner_push(runner, leased, NULL);
        } else if (next_ms < 0 || leased->timer_ms - now_ms < next_ms) {
            next_ms = leased->timer_ms - now_ms;
        }
    }
    return next_ms;
}

static void *renew_leases(void *context)
{
    struct runner *runner = context;
    int64_t every_ns = runner->settings.lease_ms * NS_PER_MS / 3;
    (void)pthread_mutex_lock(&runner->lock);
    int64_t renew_ns = clock_monotonic_ns() + every_ns;
    while (!runner->abandoned && (!runner->draining || runner->leased)) {
        if (!runner->leased) {
            (void)pthread_cond_wait(&runner->renew, &runner->lock);
            continue;
        }
        if (clock_monotonic_ns() >= renew_ns) {
            renew(runner);
            renew_ns = clock_monotonic_ns() + every_ns;
        }
        int64_t next_ms = ring_timers(runner);
        int64_t until_ns = next_ms < 0 ? renew_ns : clock_monotonic_ns() + next_ms * NS_PER_MS;
        (void)clock_wait(&runner->renew, &runner->lock, until_ns < renew_ns ? until_ns : renew_ns);
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return NULL;
}

/* ---- Opening and closing ---- */

struct missing_handler {
    const struct runner *runner;
    const char *workflow;
    struct text *why;
};

static bool has_handler(void *context, const char *resource)
{
    const struct missing_handler *missing = context;
    if (runner_find_handler(missing->runner, resource))
        return true;
    text_setf(missing->why, "the workflow \"%s\" calls the task \"%s\", which doesn't exist", missing->workflow,
              resource);
    return false;
}

static enum status check_handlers(const struct runner *runner, struct text *why)
{
    for (size_t i = 0; i < runner->settings.workflow_count; i++) {
        const struct runner_workflow *workflow = &runner->settings.workflows[i];
        struct missing_handler missing = {runner, workflow->name, why};
        if (!definition_each_resource(workflow->definition, has_handler, &missing))
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status start_threads(struct runner *runner, struct text *why)
{
    runner->renewer_started = pthread_create(&runner->renewer, NULL, renew_leases, runner) == 0;
    while (runner->renewer_started && runner->worker_count < runner->settings.threads
           && pthread_create(&runner->workers[runner->worker_count], NULL, work, runner) == 0)
        runner->worker_count++;
    if (runner->worker_count == runner->settings.threads)
        return STATUS_OK;
    text_setf(why, "the threads of the workflow can't be started");
    return STATUS_BUSY;
}

enum status runner_open(const struct runner_settings *settings, struct runner **ret_runner, struct text *why)
{
    assert(settings->threads > 0 && settings->lease_ms >= 3);
    struct runner *runner = NEW(struct runner);
    runner->settings = *settings;
    if (!runner->settings.poll_ms)
        runner->settings.poll_ms = RUNNER_POLL_MS;
    runner->workers = NEW_ARRAY(settings->threads, pthread_t);
    runner->woken = true;
    struct id id = id_new();
    id_format(&id, runner->owner);
    (void)pthread_mutex_init(&runner->lock, NULL);
    (void)pthread_cond_init(&runner->work, NULL);
    (void)pthread_cond_init(&runner->renew, NULL);
    (void)pthread_cond_init(&runner->settle, NULL);
    enum status status = check_handlers(runner, why);
    if (status == STATUS_OK)
        status = start_threads(runner, why);
    if (status == STATUS_OK)
        *ret_runner = runner;
    else
        runner_close(runner);
    return status;
}

void runner_wake(struct runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    runner->woken = true;
    (void)pthread_cond_signal(&runner->work);
    (void)pthread_cond_signal(&runner->renew); /* the clock may have been set, too */
    (void)pthread_mutex_unlock(&runner->lock);
}

/* Gives back the leases of tasks that take too long. Call with runner->lock, which is given up meanwhile. What a task
 * has saved by then counts, and its lease is gone already or goes now. */
static void abandon(struct runner *runner)
{
    size_t count = 0;
    runner->abandoned = true;
    for (const struct leased_execution *leased = runner->leased; leased; leased = leased->next)
        count++;
    struct id *ids = NEW_ARRAY(count, struct id);
    count = 0;
    for (const struct leased_execution *leased = runner->leased; leased; leased = leased->next)
        ids[count++] = leased->execution.id;
    (void)pthread_mutex_unlock(&runner->lock);
    for (size_t i = 0; i < count; i++)
        (void)store_execution_release(runner->settings.store, runner->owner, &ids[i], NULL);
    free(ids);
    (void)pthread_mutex_lock(&runner->lock);
}

void runner_drain(struct runner *runner, int64_t timeout_ms)
{
    (void)pthread_mutex_lock(&runner->lock);
    int64_t until_ns = clock_monotonic_ns() + timeout_ms * NS_PER_MS;
    runner->draining = true;
    (void)pthread_cond_broadcast(&runner->work);
    (void)pthread_cond_signal(&runner->renew);
    while ((runner->leased || runner->claiming) && clock_monotonic_ns() < until_ns)
        (void)clock_wait(&runner->settle, &runner->lock, until_ns);
    if (runner->leased)
        abandon(runner);
    (void)pthread_cond_broadcast(&runner->settle);
    (void)pthread_cond_signal(&runner->renew);
    (void)pthread_mutex_unlock(&runner->lock);
}

void runner_close(struct runner *runner)
{
    runner_drain(runner, 0);
    for (unsigned i = 0; i < runner->worker_count; i++)
        (void)pthread_join(runner->workers[i], NULL);
    if (runner->renewer_started)
        (void)pthread_join(runner->renewer, NULL);
    (void)pthread_cond_destroy(&runner->settle);
    (void)pthread_cond_destroy(&runner->renew);
    (void)pthread_cond_destroy(&runner->work);
    (void)pthread_mutex_destroy(&runner->lock);
    free(runner->workers);
    free(runner);
}

/* ---- Data ---- */

void runner_initial_data(const json_t *input, struct text *ret_data)
{
    execution_data_initial(input, ret_data);
}

enum status runner_restart_data(const char *data, struct text *ret_data, struct text *why)
{
    return execution_data_restart(data, ret_data, why);
}

enum status runner_resume_data(const struct definition *definition, const char *data, struct text *ret_data,
                               struct text *why)
{
    return execution_data_resume(definition, data, ret_data, why);
}

enum status runner_divert_data(const struct definition *definition, const char *data, const char *state, json_t *more,
                               struct text *ret_data, struct text *why)
{
    return execution_data_divert(definition, data, state, more, ret_data, why);
}
