/* A database, a workflow, and handlers that do what a test says: what the tests of the runner share. */
#ifndef RUNNER_BENCH_H
#define RUNNER_BENCH_H

#include "runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { LEASE_MS = 600, PATIENCE_MS = 10000 };

struct bench {
    char address[200];
    struct store *store;
    struct definition *definition;
    struct runner_workflow workflow;
    pthread_mutex_t lock;
    pthread_cond_t change;
    /* Of handlers, on_transition, executions, on_trouble; guarded by lock, as all below. */
    unsigned calls, transitions, ended, troubles;
    bool gate_open;        /* what the handler "gate" waits for */
    int64_t poll_ms;       /* of its runners; 0: 1,000 */
    atomic_llong clock_ms; /* what the store takes for the time; 0: the real one */
};

void bench_open(struct bench *bench, const char *folder, const char *definition);
void bench_close(struct bench *bench);
/* For another store that the test opens. */
void bench_set_clock(struct bench *bench, struct store *store);
struct runner *bench_start(struct bench *bench, unsigned threads);
/* Waits until the counter has that value; false: it took too long. */
bool bench_await(struct bench *bench, const unsigned *counter, unsigned value);
void bench_open_gate(struct bench *bench);

/* A photo with an execution of that workflow, its input {"x":1}. */
struct id bench_create(struct bench *bench, const char *workflow);
/* Lets a child process work until that many tasks were begun, and kills it: its last task is under way then. */
struct id bench_kill_a_runner(const char *folder, const char *definition, unsigned calls);
/* Lets a child process work until an execution has ended; false: its work killed it. */
bool bench_survives(const char *folder, const char *definition);

int64_t bench_due(struct bench *bench, const struct id *id);
void bench_check_execution(struct bench *bench, const struct id *id, enum execution_status status, const char *state);
/* The types of its events, each with a blank after it. */
void bench_check_history(struct bench *bench, const struct id *id, const char *expected);
void bench_check_output(struct bench *bench, const struct id *id, const char *expected);

/* Resources: "echo" gives its input back; "flaky" does after it has failed once; "gate" waits for bench_open_gate;
 * "meet" waits for a second call; "slow" takes longer than its time; "deadly" kills its process. */
#define TASK(resource, more)  "{\"Type\":\"Task\",\"Resource\":\"" resource "\"," more "}"
#define STATES(start, states) "{\"StartAt\":\"" start "\",\"States\":{" states "}}"
#define PARALLEL(first, second)                                                                                        \
    STATES("P", "\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[" first "," second "]}")
#define TASK_EVENTS "TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited "
extern const char two_tasks[]; /* A, B: "echo" */
extern const char then_gate[]; /* A "echo", B "gate", C "echo" */

#endif
