/* The runner against a real store: executions run, side by side and inside branches, and wait without a lease. */
#include "check.h"
#include "clock.h"
#include "runner_bench.h"

#include <stdio.h>
#include <unistd.h>

static void test_one(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), two_tasks);
    struct runner *runner = bench_start(&bench, 2);
    int64_t start_ns = clock_monotonic_ns();
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.ended, 1));
    printf("# created to ended: %.1f ms\n", (double)(clock_monotonic_ns() - start_ns) / 1e6);
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "B");
    bench_check_history(&bench, &id, "ExecutionStarted " TASK_EVENTS TASK_EVENTS "ExecutionSucceeded ");
    CHECK_INT(bench.troubles, 0);
    runner_close(runner);
    bench_close(&bench);
}

static void test_without_wake(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), two_tasks);
    struct runner *runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "tested");
    CHECK(bench_await(&bench, &bench.ended, 1));
    bench_check_execution(&bench, &id, EXECUTION_SUCCEEDED, "B");
    runner_close(runner);
    bench_close(&bench);
}

static void test_many(void)
{
    enum { MANY = 100 };
    struct bench bench;
    bench_open(&bench, check_folder(), two_tasks);
    struct runner *runners[2] = {bench_start(&bench, 3), bench_start(&bench, 2)};
    struct id ids[MANY];
    for (int i = 0; i < MANY; i++) {
        ids[i] = bench_create(&bench, "tested");
        runner_wake(runners[i % 2]);
    }
    CHECK(bench_await(&bench, &bench.ended, MANY));
    for (int i = 0; i < MANY; i++)
        bench_check_history(&bench, &ids[i], "ExecutionStarted " TASK_EVENTS TASK_EVENTS "ExecutionSucceeded ");
    CHECK_INT(bench.calls, 2 * MANY);
    runner_close(runners[0]);
    runner_close(runners[1]);
    bench_close(&bench);
}

static void test_branches_at_once(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(),
               PARALLEL(STATES("A", "\"A\":" TASK("meet", "\"End\":true")),
                        STATES("B", "\"B\":" TASK("meet", "\"End\":true"))));
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.ended, 1));
    bench_check_output(&bench, &id, "[{\"x\":1},{\"x\":1}]");
    runner_close(runner);
    bench_close(&bench);
}

static void test_branch_waits(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(),
               PARALLEL(STATES("A", "\"A\":" TASK("gate", "\"End\":true")),
                        STATES("B", "\"B\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"C\"},"
                                    "\"C\":" TASK("echo", "\"End\":true"))));
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.calls, 2)); /* C has run while A is still under way */
    CHECK(!bench.gate_open);
    bench_open_gate(&bench);
    CHECK(bench_await(&bench, &bench.ended, 1));
    bench_check_output(&bench, &id, "[{\"x\":1},{\"x\":1}]");
    runner_close(runner);
    bench_close(&bench);
}

/* Waits until the execution is kept as due at that time. */
static bool await_due(struct bench *bench, const struct id *id, int64_t due_ms)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (bench_due(bench, id) == due_ms)
            return true;
        (void)usleep(1000);
    }
    return false;
}

/* A wait of an hour or a retry in a minute costs a test nothing: the clock is the test's own, and nobody holds a lease
 * meanwhile. */
static void wait_across_restart(const char *definition, int64_t wait_ms, const char *history)
{
    struct bench bench;
    bench_open(&bench, check_folder(), definition);
    int64_t start_ms = clock_now_ms();
    atomic_store(&bench.clock_ms, start_ms);
    struct runner *runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(await_due(&bench, &id, start_ms + wait_ms));
    int64_t in_ms = 0;
    CHECK_INT(store_executions_next_due(bench.store, &in_ms, NULL), STATUS_OK);
    CHECK_INT(in_ms, wait_ms);
    runner_close(runner);

    atomic_store(&bench.clock_ms, start_ms + wait_ms - 1);
    runner = bench_start(&bench, 1);
    runner_wake(runner);
    runner_close(runner);
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "W");

    atomic_store(&bench.clock_ms, start_ms + wait_ms);
    runner = bench_start(&bench, 1);
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.ended, 1));
    bench_check_history(&bench, &id, history);
    runner_close(runner);
    bench_close(&bench);
}

static void test_waits(void)
{
    check_case("a Wait state");
    wait_across_restart(
        STATES("W", "\"W\":{\"Type\":\"Wait\",\"Seconds\":3600,\"Next\":\"A\"},\"A\":" TASK("echo", "\"End\":true")),
        3600000, "ExecutionStarted WaitStateEntered WaitStateExited " TASK_EVENTS "ExecutionSucceeded ");
    check_case("a retry");
    wait_across_restart(
        STATES("W",
               "\"W\":" TASK("flaky", "\"Retry\":[{\"ErrorEquals\":[\"Flaky\"],\"IntervalSeconds\":60}],\"End\":true")),
        60000,
        "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed TaskScheduled TaskStarted "
        "TaskSucceeded TaskStateExited ExecutionSucceeded ");
}

/* A person decides about a photo in a process of its own: the store makes the execution due that waits for a retry. */
static void test_hurried(void)
{
    struct bench bench;
    struct store *other;
    bench_open(&bench, check_folder(),
               STATES("W", "\"W\":" TASK("flaky", "\"Retry\":[{\"ErrorEquals\":[\"Flaky\"],"
                                                  "\"IntervalSeconds\":3600}],\"End\":true")));
    int64_t start_ms = clock_now_ms();
    atomic_store(&bench.clock_ms, start_ms);
    struct runner *runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(await_due(&bench, &id, start_ms + 3600000));
    if (CHECK_INT(store_open(bench.address, &other, NULL), STATUS_OK)) {
        bench_set_clock(&bench, other);
        CHECK_INT(store_photo_hold(other, &id, NULL, NULL), STATUS_OK);
        CHECK_INT(store_photo_decide(other, &id, REVIEW_APPROVED, NULL), STATUS_OK);
        store_close(other);
    }
    CHECK(bench_await(&bench, &bench.ended, 1));
    CHECK_INT(bench.calls, 2);
    runner_close(runner);
    bench_close(&bench);
}

static void test_real_wait(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), STATES("W", "\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}"));
    struct runner *runner = bench_start(&bench, 1);
    int64_t start_ns = clock_monotonic_ns();
    (void)bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.ended, 1));
    int64_t ms = (clock_monotonic_ns() - start_ns) / 1000000;
    printf("# a second took %lld ms\n", (long long)ms);
    CHECK(ms >= 990 && ms < 1900);
    runner_close(runner);
    bench_close(&bench);
}

static void test_timeout(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), STATES("A", "\"A\":" TASK("slow", "\"TimeoutSeconds\":1,\"End\":true")));
    struct runner *runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.ended, 1));
    bench_check_history(&bench, &id,
                        "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskTimedOut ExecutionFailed ");
    runner_close(runner);
    bench_close(&bench);
}

static void test_unknown(void)
{
    struct bench bench;
    bench_open(&bench, check_folder(), two_tasks);
    check_case("a resource that nobody handles is refused");
    TEXT_CLEANUP struct text why = {0};
    struct runner *runner = NULL;
    struct runner_settings settings = {
        .store = bench.store, .workflows = &bench.workflow, .workflow_count = 1, .threads = 1, .lease_ms = LEASE_MS};
    CHECK_INT(runner_open(&settings, &runner, &why), STATUS_INVALID);
    CHECK_STR(text_get(&why), "the workflow \"tested\" calls the task \"echo\", which doesn't exist");

    check_case("an execution of another workflow waits for somebody who knows it");
    runner = bench_start(&bench, 1);
    struct id id = bench_create(&bench, "another");
    runner_wake(runner);
    CHECK(bench_await(&bench, &bench.troubles, 1));
    runner_drain(runner, PATIENCE_MS);
    runner_close(runner);
    bench_check_execution(&bench, &id, EXECUTION_RUNNING, "");
    CHECK(bench_due(&bench, &id) > clock_now_ms() + 10000);
    bench_close(&bench);
}

CHECK_MAIN({"an execution runs from creation to its end", test_one},
           {"it runs without a wake-up too", test_without_wake},
           {"two runners share many, and each task runs once", test_many},
           {"branches run at once", test_branches_at_once},
           {"a wait in a branch ends while another has a task under way", test_branch_waits},
           {"waits last across restarts, and hold no lease", test_waits},
           {"a retry goes on as soon as the store says that it is due", test_hurried},
           {"a wait takes its time", test_real_wait}, {"a task that takes too long has timed out", test_timeout},
           {"what is not known", test_unknown})
