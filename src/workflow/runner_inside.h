/* Inside of the runner: runner.c has the threads, leased_execution.c the executions that it holds. */
#ifndef RUNNER_INSIDE_H
#define RUNNER_INSIDE_H

#include "interpreter.h"
#include "runner.h"

#include <pthread.h>

/* An execution under this runner's lease. It lives while jobs are queued or running for it. */
struct leased_execution {
    struct runner *runner;
    struct leased_execution *next, *previous; /* in runner->leased; guarded by runner->lock */
    unsigned jobs;                            /* queued or running; guarded by runner->lock */
    int64_t lease_until_ms;                   /* by the store's clock, at the least; guarded by runner->lock */
    int64_t timer_ms; /* when to advance though tasks are under way; -1: not; guarded by runner->lock */

    pthread_mutex_t lock; /* of all below; taken before runner->lock, never after it */
    struct arena arena;
    struct execution execution;
    struct interpreter *interpreter; /* NULL before the first job */
    struct text data;
    unsigned tasks; /* handed out and not yet brought back */
    bool gone;      /* its lease was lost or given back, or it has ended: nothing is saved any more */
};

/* Something for a worker: a task to run, or (ticket 0) an execution to advance. */
struct job {
    struct leased_execution *leased;
    struct interpreter_task task;
    struct job *next;
};

struct runner {
    struct runner_settings settings;
    char owner[ID_TEXT_SIZE];
    pthread_mutex_t lock;
    pthread_cond_t work;   /* for workers: a job, a wake-up, the end */
    pthread_cond_t renew;  /* for the thread that renews: something leased, a timer, the end */
    pthread_cond_t settle; /* for whoever drains, and for saves that are tried again */
    pthread_t *workers, renewer;
    unsigned worker_count; /* started */
    unsigned idle;         /* workers that wait */
    bool renewer_started;
    struct job *jobs; /* the newest first */
    struct leased_execution *leased;
    bool claiming;   /* a worker asks the store */
    bool woken;      /* there may be more to claim */
    int64_t poll_ns; /* monotonic: when to ask the store again */
    bool draining;   /* nothing new is started */
    bool abandoned;  /* draining took too long: nothing is saved any more */
};

/* store_now_ms: interpreters and timers go by the store's clock, as leases do. */
int64_t runner_now_ms(const struct runner *runner);
void runner_trouble(const struct runner *runner, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Queues a job, which counts for its execution. Call with runner->lock. */
void runner_push(struct runner *runner, struct leased_execution *leased, const struct interpreter_task *task);
/* NULL: there is none. */
const struct task_handler *runner_find_handler(const struct runner *runner, const char *resource);

/* Takes over what the store has leased to us; makes its first job. Call with runner->lock. */
void leased_execution_add(struct runner *runner, const struct execution *execution, int64_t lease_until_ms);
/* Runs a job to its end, without runner->lock. */
void leased_execution_run(struct job *job);
/* After a job: frees the execution with its last one. Call with runner->lock. */
void leased_execution_done(struct leased_execution *leased);

#endif
