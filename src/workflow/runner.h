/* Runs executions from the store, durably: claims due ones under a lease, takes them state by state, and saves each transition in
 * one transaction. A process that dies loses its leases within lease_ms, and another goes on from the last transition. */
#ifndef RUNNER_H
#define RUNNER_H

#include "definition.h"
#include "store.h"
#include "task.h"

struct runner_workflow {
    const char *name; /* as in struct execution */
    const struct definition *definition;
};

struct runner_settings {
    struct store *store;
    const struct runner_workflow *workflows; /* borrowed, as all pointers here, until runner_close */
    size_t workflow_count;
    const struct task_handler *handlers;
    size_t handler_count;
    void *context; /* for handlers and on_transition */
    unsigned threads;
    int64_t lease_ms; /* 3,000; renewed every third of it */
    /* After a transition was saved (any thread; must not block). `state` is the state it is in now; status tells the end. NULL: nobody listens. */
    void (*on_transition)(void *context, const struct execution *execution);
    /* Something that an operator should know: the store failed, a workflow is unknown. NULL: nobody listens. */
    void (*on_trouble)(void *context, const char *sentence);
};

struct runner;
enum status runner_open(const struct runner_settings *settings, struct runner **ret_runner, struct text *why);
/* Says that there is new work now: without it a new execution waits for the next poll (1 s). */
void runner_wake(struct runner *runner);
/* Finishes the transitions under way (up to timeout_ms), gives back the leases, ends the threads. */
void runner_drain(struct runner *runner, int64_t timeout_ms);
void runner_close(struct runner *runner); /* drains at once if that was not done; frees */

/* The data of a new execution: what store_photo_create and store_execution_retry take as execution.data. */
void runner_initial_data(const struct definition *definition, const json_t *input, struct text *ret_data);

#endif
