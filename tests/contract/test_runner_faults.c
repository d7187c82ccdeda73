/* The runner when things go wrong: processes die, leases are lost, the store fails, the server goes down. */
#include "check.h"
#include "clock.h"
#include "runner_bench.h"
#include "store_gate.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

static void test_killed(void)
{
    const char *folder = check_folder();
    struct id id = bench_kill_a_runner(folder, then_gate, 2);
    struct bench bench;
    bench_open(&bench, folder, then_gate);
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "B");
    bench_open_gate(&bench);
    int64_t start_ns = clock_monotonic_ns();
    struct runner *runner = bench_start(&bench, 2);
    CHECK(bench_await(&bench, &bench.ended, 1));
    printf("# taken over after %.0f ms, of a lease of %d ms\n", (double)(clock_monotonic_ns() - start_ns) / 1e6,
           LEASE_MS);
    CHECK_INT(bench.calls, 2); /* B again and C, but not A */
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "C");
    bench_check_history(&bench, &id,
                        "ExecutionStarted " TASK_EVENTS "TaskStateEntered TaskScheduled TaskStarted TaskFailed "
                        "TaskScheduled TaskStarted TaskSucceeded TaskStateExited " TASK_EVENTS "ExecutionSucceeded ");
    runner_close(runner);
    bench_close(&bench);
}

/* Two retries, so three processes die; the fourth tells. */
static void test_deadly_task(void)
{
    static const char definition[] = STATES(
        "A", "\"A\":" TASK(
                 "deadly",
                 "\"Retry\":[{\"ErrorEquals\":[\"Task.Lost\"],\"MaxAttempts\":2,\"BackoffRate\":1}],"
                 "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"B\"}],\"End\":true") ",\"B\":" TASK("echo",
                                                                                                              "\"End\":"
                                                                                                              "true"));
    const char *folder = check_folder();
    struct bench bench;
    bench_open(&bench, folder, definition);
    struct id id = bench_create(&bench, "tested");
    bench_close(&bench); /* a child inherits none of our threads */
    unsigned died = 0;
    while (died < 10 && !bench_survives(folder, definition))
        died++;
    CHECK_INT(died, 3);
    bench_open(&bench, folder, definition);
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "B");
#define ATTEMPT "TaskScheduled TaskStarted TaskFailed "
    bench_check_history(&bench, &id,
                        "ExecutionStarted TaskStateEntered " ATTEMPT ATTEMPT ATTEMPT "TaskStateExited " TASK_EVENTS
                        "ExecutionSucceeded ");
    bench_check_output(&bench, &id,
                       "{\"Error\":\"Task.Lost\",\"Cause\":\"the server that ran deadly ended before it was done\"}");
    bench_close(&bench);
}

static const char branches[] = PARALLEL(
    STATES("A", "\"A\":" TASK("echo", "\"Next\":\"B\"") ",\"B\":" TASK("gate", "\"End\":true")),
    STATES("C", "\"C\":" TASK("echo", "\"Next\":\"D\"") ",\"D\":{\"Type\":\"Pass\",\"Result\":2,\"End\":true}"));

static void test_killed_in_branches(void)
{
    const char *folder = check_folder();
    struct id id = bench_kill_a_runner(folder, branches, 3);
    struct bench bench;
    bench_open(&bench, folder, branches);
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "P");
    bench_open_gate(&bench);
    struct runner *runner = bench_start(&bench, 2);
    CHECK(bench_await(&bench, &bench.ended, 1));
    CHECK(bench.calls <= 2); /* B again, and C if its end was not saved yet; never A */
    bench_check_output(&bench, &id, "[{\"x\":1},2]");
    runner_close(runner);
    bench_close(&bench);
}

static void test_changed_definition(void)
{
    const char *folder = check_folder();
    struct id id = bench_kill_a_runner(folder, then_gate, 2);
    struct bench bench;
    bench_open(&bench, folder, STATES("A", "\"A\":" TASK("echo", "\"End\":true")));
    struct runner *runner = bench_start(&bench, 1);
    CHECK(bench_await(&bench, &bench.ended, 1));
    CHECK_INT(bench.troubles, 1);
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "A");
    runner_close(runner);
    bench_close(&bench);
}

static int64_t much_later(void *context)
{
    (void)context;
    return clock_now_ms() + 100LL * LEASE_MS;
}

/* Another process, after the lease has run out. */
static void steal(struct bench *bench, const struct id *id)
{
    struct store *other;
    ARENA_CLEANUP struct arena arena = {0};
    struct execution stolen;
    size_t claimed = 0;
    if (!CHECK_INT(store_open(bench->address, &other, NULL), STATUS_OK))
        return;
    store_set_clock(other, much_later, NULL);
    CHECK_INT(store_executions_claim(other, "thief", 1000 * LEASE_MS, 1, &arena, &stolen, &claimed, NULL), STATUS_OK);
    store_close(other);
    CHECK_INT(claimed, 1);
    CHECK(id_equal(&stolen.id, id));
}

static void test_lost_lease(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), then_gate);
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2)); /* B is under way */
    steal(&bench, &id);
    bench_open_gate(&bench);
    runner_drain(runner, PATIENCE_MS);
    CHECK_INT(bench.calls, 2); /* C never began */
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "B");
    bench_check_history(&bench, &id, "ExecutionStarted " TASK_EVENTS "TaskStateEntered TaskScheduled TaskStarted ");
    runner_close(runner);
    bench_close(&bench);
}

static void test_deleted(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), then_gate);
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2));
    CHECK_INT(store_photo_delete(bench.store, &id, "ann", NULL), STATUS_OK);
    bench_open_gate(&bench);
    runner_drain(runner, PATIENCE_MS);
    CHECK_INT(bench.calls, 2);
    bench_check_execution(&bench, &id, EXECUTION_ABORTED, "B");
    runner_close(runner);
    bench_close(&bench);
}

/* From now on every write fails that goes beyond this in a file, as on a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full when B ends, until there were so many troubles. At the lease's end: the clock is stopped, and moved
 * there when B ends, so that the store says of each renewal from then on that all is well, and prolongs nothing. */
static void fill_disk(unsigned troubles, unsigned calls, bool at_lease_end)
{
    struct bench bench;
    bench_open(&bench, check_folder(), then_gate);
    int64_t start_ms = clock_now_ms() + PATIENCE_MS; /* what is made below is due by then */
    if (at_lease_end)
        atomic_store(&bench.clock_ms, start_ms);
    struct runner *runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2));
    if (at_lease_end)
        atomic_store(&bench.clock_ms, start_ms + LEASE_MS);
    limit_files(100);
    bench_open_gate(&bench);
    CHECK(bench_await(&bench, &bench.troubles, troubles));
    limit_files(RLIM_INFINITY);
    CHECK(bench_await(&bench, &bench.ended, 1));
    CHECK_INT(bench.calls, calls);
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "C");
    bench_check_history(&bench, &id, "ExecutionStarted " TASK_EVENTS TASK_EVENTS TASK_EVENTS "ExecutionSucceeded ");
    runner_close(runner);
    bench_close(&bench);
}

static void test_full_disk(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    check_case("for less than a lease: what the task brought is kept");
    fill_disk(1, 3, false);
    check_case("for longer: the task is done again");
    fill_disk(6, 4, false); /* the save, some renewals, the loss, some claims */
    check_case("when the lease has just run out: the task is done again");
    fill_disk(2, 4, true); /* the save, the loss */
}

static void test_drain(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), then_gate);
    struct runner *runner = bench_start(&bench, 1);
    struct id first = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2)); /* B is under way */
    check_case("what takes too long is given back");
    runner_drain(runner, 20);
    ARENA_CLEANUP struct arena arena = {0};
    struct execution taken;
    size_t claimed = 0;
    CHECK_INT(store_executions_claim(bench.store, "next", LEASE_MS, 1, &arena, &taken, &claimed, NULL), STATUS_OK);
    CHECK_INT(claimed, 1);
    CHECK_INT(store_execution_release(bench.store, "next", &first, NULL), STATUS_OK);
    bench_open_gate(&bench);
    runner_close(runner);
    bench_check_execution(&bench, &first, EXECUTION_RUNNING, "B"); /* what the late task brought was dropped */

    check_case("what finishes in time is saved, and the next state is left for others");
    bench.gate_open = false;
    runner = bench_start(&bench, 1);
    CHECK(bench_await(&bench, &bench.calls, 3));
    bench_open_gate(&bench);
    runner_drain(runner, PATIENCE_MS);
    CHECK_INT(bench.calls, 3);
    bench_check_execution(&bench, &first, EXECUTION_RUNNING, "C");
    struct store_counts counts = {0};
    CHECK_INT(store_get_counts(bench.store, &counts, NULL), STATUS_OK);
    CHECK_INT(counts.queue_depth, 1);
    runner_close(runner);
    bench_close(&bench);
}

static void *drain_at_once(void *runner)
{
    runner_drain(runner, 0);
    return NULL;
}

static void test_slow_release(void)
{
    struct bench bench;
    pthread_t drain;
    bench_open(&bench, check_folder(), then_gate);
    store_gate_close(bench.store, GATE_RELEASE);
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2)); /* B is under way */
    unsigned before = bench.transitions;
    CHECK_INT(pthread_create(&drain, NULL, drain_at_once, runner), 0);
    CHECK(store_gate_take()); /* the store is slow to take the lease back */
    bench_open_gate(&bench);
    CHECK(bench_await(&bench, &bench.transitions, before + 1)); /* and B is saved meanwhile */
    store_gate_open();
    (void)pthread_join(drain, NULL);
    runner_close(runner);
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "C");
    bench_close(&bench);
}

CHECK_MAIN({"another goes on from the last transition after kill -9", test_killed},
           {"the same inside branches", test_killed_in_branches},
           {"a task that kills its process each time fails after its retries, and is caught", test_deadly_task},
           {"an execution whose state is gone from the definition starts again", test_changed_definition},
           {"a transition is not saved when the lease was lost", test_lost_lease},
           {"nor when the photo was deleted", test_deleted},
           {"a disk that is full for a while loses no transition", test_full_disk}, {"draining", test_drain},
           {"a store that is slow to take leases back holds up no worker", test_slow_release})
