#include "runner_bench.h"

#include "check.h"
#include "clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char two_tasks[] = STATES("A", "\"A\":" TASK("echo", "\"Next\":\"B\"") ",\"B\":" TASK("echo", "\"End\":true"));
const char then_gate[] = STATES("A", "\"A\":" TASK("echo", "\"Next\":\"B\"") ",\"B\":" TASK(
                                         "gate", "\"Next\":\"C\"") ",\"C\":" TASK("echo", "\"End\":true"));

static int64_t told_time(void *context)
{
    struct bench *bench = context;
    int64_t ms = atomic_load(&bench->clock_ms);
    return ms ? ms : clock_now_ms();
}

static void count(struct bench *bench, unsigned *counter)
{
    (void)pthread_mutex_lock(&bench->lock);
    (*counter)++;
    (void)pthread_cond_broadcast(&bench->change);
    (void)pthread_mutex_unlock(&bench->lock);
}

static void on_transition(void *context, const struct execution *execution)
{
    struct bench *bench = context;
    count(bench, &bench->transitions);
    if (execution->status != EXECUTION_RUNNING)
        count(bench, &bench->ended);
}

static void on_trouble(void *context, const char *sentence)
{
    struct bench *bench = context;
    printf("# trouble: %s\n", sentence);
    count(bench, &bench->troubles);
}

/* Waits until the counter has that value; false: it took too long. */
bool bench_await(struct bench *bench, const unsigned *counter, unsigned value)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    (void)pthread_mutex_lock(&bench->lock);
    int error = 0;
    while (*counter < value && !error)
        error = pthread_cond_timedwait(&bench->change, &bench->lock, &until);
    bool reached = *counter >= value;
    (void)pthread_mutex_unlock(&bench->lock);
    return reached;
}

void bench_open_gate(struct bench *bench)
{
    (void)pthread_mutex_lock(&bench->lock);
    bench->gate_open = true;
    (void)pthread_cond_broadcast(&bench->change);
    (void)pthread_mutex_unlock(&bench->lock);
}

/* Gives its input back. */
static void echo(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    struct bench *bench = context;
    count(bench, &bench->calls);
    ret_outcome->output = json_deep_copy(call->input);
}

/* Fails the first time. */
static void flaky(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    struct bench *bench = context;
    count(bench, &bench->calls);
    if (bench->calls > 1)
        ret_outcome->output = json_deep_copy(call->input);
    else
        text_setf(&ret_outcome->error, "Flaky");
}

/* Waits until the test opens the gate. */
static void gate(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    struct bench *bench = context;
    count(bench, &bench->calls);
    (void)pthread_mutex_lock(&bench->lock);
    while (!bench->gate_open)
        (void)pthread_cond_wait(&bench->change, &bench->lock);
    (void)pthread_mutex_unlock(&bench->lock);
    ret_outcome->output = json_deep_copy(call->input);
}

/* Both calls have to be under way at once before either returns. */
static void meet(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    struct bench *bench = context;
    count(bench, &bench->calls);
    if (bench_await(bench, &bench->calls, 2))
        ret_outcome->output = json_deep_copy(call->input);
    else
        text_setf(&ret_outcome->error, "Alone");
}

static void slow(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    struct bench *bench = context;
    count(bench, &bench->calls);
    (void)usleep((unsigned)call->timeout_ms * 1000 + 20000);
    ret_outcome->output = json_true();
}

/* Ends the process as a crash does. */
static void deadly(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    (void)context, (void)call, (void)ret_outcome;
    (void)kill(getpid(), SIGKILL);
}

static const struct task_handler handlers[] = {{"echo", echo}, {"flaky", flaky}, {"gate", gate},
                                               {"meet", meet}, {"slow", slow},   {"deadly", deadly}};

void bench_set_clock(struct bench *bench, struct store *store)
{
    store_set_clock(store, told_time, bench);
}

void bench_open(struct bench *bench, const char *folder, const char *definition)
{
    TEXT_CLEANUP struct text why = {0};
    *bench = (struct bench){0};
    (void)pthread_mutex_init(&bench->lock, NULL);
    (void)pthread_cond_init(&bench->change, NULL);
    (void)snprintf(bench->address, sizeof bench->address, "sqlite:%s/photos.db", folder);
    CHECK_INT(definition_parse(definition, strlen(definition), &bench->definition, &why), STATUS_OK);
    CHECK_INT(store_open(bench->address, &bench->store, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    bench_set_clock(bench, bench->store);
    bench->workflow = (struct runner_workflow){"tested", bench->definition};
}

struct runner *bench_start(struct bench *bench, unsigned threads)
{
    TEXT_CLEANUP struct text why = {0};
    struct runner *runner = NULL;
    struct runner_settings settings = {
        .store = bench->store,
        .workflows = &bench->workflow,
        .workflow_count = 1,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof handlers[0],
        .context = bench,
        .threads = threads,
        .lease_ms = LEASE_MS,
        .poll_ms = bench->poll_ms ? bench->poll_ms : 1000,
        .on_transition = on_transition,
        .on_trouble = on_trouble,
    };
    CHECK_INT(runner_open(&settings, &runner, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    return runner;
}

void bench_close(struct bench *bench)
{
    store_close(bench->store);
    definition_free(bench->definition);
    (void)pthread_cond_destroy(&bench->change);
    (void)pthread_mutex_destroy(&bench->lock);
}

struct id bench_create(struct bench *bench, const char *workflow)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text data = {0};
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *input = json_pack("{s:i}", "x", 1);
    struct id id = id_new();
    int64_t now_ms = told_time(bench);
    runner_initial_data(input, &data);
    struct photo photo = {.id = id, .author = "ann", .format = "jpeg", .frames = 1, .created_ms = now_ms};
    struct execution execution = {
        .id = id, .workflow = workflow, .state = "", .data = text_get(&data), .started_ms = now_ms, .due_ms = now_ms};
    struct photo existing;
    bool created;
    CHECK_INT(store_photo_create(bench->store, &photo, NULL, &execution, 0, NULL, &arena, &existing, &created, &why),
              STATUS_OK);
    CHECK_STR(text_get(&why), "");
    return id;
}

static bool add_event(void *context, const struct execution_event *event)
{
    text_addf(context, "%s ", event->type);
    return true;
}

void bench_check_history(struct bench *bench, const struct id *id, const char *expected)
{
    TEXT_CLEANUP struct text events = {0};
    CHECK_INT(store_execution_events(bench->store, id, add_event, &events, NULL), STATUS_OK);
    CHECK_STR(text_get(&events), expected);
}

void bench_check_execution(struct bench *bench, const struct id *id, enum execution_status status, const char *state)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct execution execution;
    if (CHECK_INT(store_execution_get(bench->store, id, &arena, &execution, NULL), STATUS_OK)) {
        CHECK_STR(execution_status_name(execution.status), execution_status_name(status));
        CHECK_STR(execution.state, state);
    }
}

void bench_check_output(struct bench *bench, const struct id *id, const char *expected)
{
    ARENA_CLEANUP struct arena arena = {0};
    JSON_CLEANUP json_t *data = NULL;
    TEXT_CLEANUP struct text output = {0};
    struct execution execution;
    if (!CHECK_INT(store_execution_get(bench->store, id, &arena, &execution, NULL), STATUS_OK))
        return;
    CHECK_INT(json_parse(execution.data, strlen(execution.data), &data, NULL), STATUS_OK);
    json_t *value = json_object_get(data, "output");
    if (value)
        json_add(&output, value);
    CHECK_STR(text_get(&output), expected);
}

/* In a child that is killed while B is under way, without a chance to say goodbye. */
static void run_and_die(const char *folder, const char *definition, unsigned calls, int told)
{
    struct bench bench;
    bench_open(&bench, folder, definition);
    struct runner *runner = bench_start(&bench, 2);
    struct id id = bench_create(&bench, "tested");
    runner_wake(runner);
    if (!bench_await(&bench, &bench.calls, calls) || write(told, &id, sizeof id) != sizeof id)
        _exit(1);
    for (;;)
        (void)pause();
}

/* The execution that the child was working on when it was killed. */
struct id bench_kill_a_runner(const char *folder, const char *definition, unsigned calls)
{
    struct id id = {{0}};
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        run_and_die(folder, definition, calls, ends[1]);
    CHECK_INT(read(ends[0], &id, sizeof id), sizeof id);
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return id;
}

bool bench_survives(const char *folder, const char *definition)
{
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        struct bench bench;
        bench_open(&bench, folder, definition);
        (void)bench_start(&bench, 1);
        _exit(bench_await(&bench, &bench.ended, 1) ? 0 : 1);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

int64_t bench_due(struct bench *bench, const struct id *id)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct execution execution = {0};
    CHECK_INT(store_execution_get(bench->store, id, &arena, &execution, NULL), STATUS_OK);
    return execution.due_ms;
}
