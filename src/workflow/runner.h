/* Runs executions from the store, durably: claims due ones under a lease, takes them state by state, and saves each
 * transition in one transaction. A process that dies loses its leases within lease_ms, and another goes on from the
 * last transition. */
#ifndef RUNNER_H
#define RUNNER_H

#include "definition.h"
#include "store.h"
#include "task.h"

struct runner_workflow {
    const char *name; /* as in struct execution */
    const struct definition *definition;
};

enum { RUNNER_POLL_MS = 5000 };

struct runner_settings {
    struct store *store;
    const struct runner_workflow *workflows; /* borrowed, as all pointers here, until runner_close */
    size_t workflow_count;
    const struct task_handler *handlers;
    size_t handler_count;
    void *context; /* for handlers and on_transition */
    unsigned threads;
    int64_t lease_ms; /* 2,000; renewed every third of it */
    int64_t poll_ms;  /* how long it sleeps at most when nothing is due and nobody wakes it; 0: RUNNER_POLL_MS */
    /* After a transition was saved (any thread; must not block). `state` is the state it is in now; status tells the
     * end. NULL: nobody listens. */
    void (*on_transition)(void *context, const struct execution *execution);
    /* Something that an operator should know: the store failed, a workflow is unknown. NULL: nobody listens. */
    void (*on_trouble)(void *context, const char *sentence);
};

struct runner;
/* INVALID: a Task state has a resource that no handler answers to. */
enum status runner_open(const struct runner_settings *settings, struct runner **ret_runner, struct text *why);
/* Says that there is new work now, or that the store's clock was set: without it a new execution waits for the next
 * poll. Work that other processes have made counts, too: store_listen tells of it. */
void runner_wake(struct runner *runner);
/* Claims nothing more, lets the tasks under way finish (up to timeout_ms) and saves them, and gives back every lease.
 * What a task brings after that time is dropped: another runner does it again. */
void runner_drain(struct runner *runner, int64_t timeout_ms);
/* Drains at once if that was not done, waits for handlers that are still running, and frees. */
void runner_close(struct runner *runner);

/* The data of a new execution: what store_photo_create and store_execution_retry take as execution.data. */
void runner_initial_data(const json_t *input, struct text *ret_data);

/* The data for store_execution_retry, from that of an execution that has failed: from the start, with the input that it
 * was started with. INVALID: the data is broken. */
enum status runner_restart_data(const char *data, struct text *ret_data, struct text *why);
/* The same, but it goes on from the state whose work failed last, with the input that it had then. INVALID also when
 * the definition has no such state now. */
enum status runner_resume_data(const struct definition *definition, const char *data, struct text *ret_data,
                               struct text *why);

/* For store_execution_divert: goes on with this state, whose input is that of the execution with the members of
 * `more`. */
enum status runner_divert_data(const struct definition *definition, const char *data, const char *state, json_t *more,
                               struct text *ret_data, struct text *why);

#endif
