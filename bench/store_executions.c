/* How many executions of a workflow of three tasks that do nothing become durable a second:
 *
 *     store_executions ADDRESS EXECUTIONS THREADS
 *
 * makes that many photos with their executions, of 1,000 authors, and then lets a runner work until all have ended. It
 * prints {"created_s": …, "run_s": …}. */
#include "clock.h"
#include "definition.h"
#include "runner.h"
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTHORS = 1000, THREADS_MAX = 256, LEASE_MS = 2000 };

static const char definition_text[] =
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"nothing\",\"Next\":\"B\"},"
    "\"B\":{\"Type\":\"Task\",\"Resource\":\"nothing\",\"Next\":\"C\"},"
    "\"C\":{\"Type\":\"Task\",\"Resource\":\"nothing\",\"End\":true}}}";

struct run {
    struct store *store;
    size_t count, threads;
    atomic_size_t next;
    pthread_mutex_t lock;
    pthread_cond_t all_ended;
    size_t ended;
};

static _Noreturn void give_up(const char *what, const struct text *why)
{
    (void)fprintf(stderr, "store_executions: %s: %s\n", what, text_get(why));
    exit(1);
}

static double seconds_since(int64_t began_ns)
{
    return (double)(clock_monotonic_ns() - began_ns) / 1e9;
}

/* ---- Making ---- */

static void make_one(struct run *run, size_t number, const char *data)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    char author[32];
    int64_t now_ms = store_now_ms(run->store);
    (void)snprintf(author, sizeof author, "user_%zu", number % AUTHORS);
    struct photo existing, photo = {.id = id_new(),
                                    .author = author,
                                    .created_ms = now_ms,
                                    .updated_ms = now_ms,
                                    .format = "jpeg",
                                    .frames = 1,
                                    .original = {4000, 3000, 5000000}};
    struct execution execution = {.id = photo.id,
                                  .workflow = "nothing",
                                  .state = "",
                                  .data = data,
                                  .started_ms = now_ms,
                                  .updated_ms = now_ms,
                                  .due_ms = now_ms};
    bool is_created;
    if (store_photo_create(run->store, &photo, NULL, &execution, 0, NULL, &arena, &existing, &is_created, &why))
        give_up("a photo can't be made", &why);
}

static void *make(void *context)
{
    struct run *run = context;
    TEXT_CLEANUP struct text data = {0};
    json_t *input = json_pack("{s:i}", "x", 1);
    runner_initial_data(input, &data);
    for (size_t number; (number = atomic_fetch_add(&run->next, 1)) < run->count;)
        make_one(run, number, text_get(&data));
    json_decref(input);
    return NULL;
}

static double make_all(struct run *run)
{
    pthread_t threads[THREADS_MAX];
    int64_t began_ns = clock_monotonic_ns();
    for (size_t i = 0; i < run->threads; i++)
        if (pthread_create(&threads[i], NULL, make, run) != 0)
            abort();
    for (size_t i = 0; i < run->threads; i++)
        (void)pthread_join(threads[i], NULL);
    return seconds_since(began_ns);
}

/* ---- Running ---- */

static void do_nothing(void *context, const struct task_call *call, struct task_outcome *ret_outcome)
{
    (void)context;
    ret_outcome->output = json_deep_copy(call->input);
}

static void on_transition(void *context, const struct execution *execution)
{
    struct run *run = context;
    if (execution->status == EXECUTION_RUNNING)
        return;
    (void)pthread_mutex_lock(&run->lock);
    if (++run->ended == run->count)
        (void)pthread_cond_signal(&run->all_ended);
    (void)pthread_mutex_unlock(&run->lock);
}

static void on_trouble(void *context, const char *sentence)
{
    (void)context;
    (void)fprintf(stderr, "store_executions: %s\n", sentence);
}

static double run_all(struct run *run)
{
    static const struct task_handler handlers[] = {{"nothing", do_nothing}};
    TEXT_CLEANUP struct text why = {0};
    struct definition *definition;
    struct runner *runner;
    if (definition_parse(definition_text, strlen(definition_text), &definition, &why))
        give_up("the workflow can't be read", &why);
    const struct runner_workflow workflow = {"nothing", definition};
    const struct runner_settings settings = {.store = run->store,
                                             .workflows = &workflow,
                                             .workflow_count = 1,
                                             .handlers = handlers,
                                             .handler_count = 1,
                                             .context = run,
                                             .threads = (unsigned)run->threads,
                                             .lease_ms = LEASE_MS,
                                             .on_transition = on_transition,
                                             .on_trouble = on_trouble};
    int64_t began_ns = clock_monotonic_ns();
    if (runner_open(&settings, &runner, &why))
        give_up("the runner can't start", &why);
    (void)pthread_mutex_lock(&run->lock);
    while (run->ended < run->count)
        (void)pthread_cond_wait(&run->all_ended, &run->lock);
    (void)pthread_mutex_unlock(&run->lock);
    double seconds = seconds_since(began_ns);
    runner_close(runner);
    definition_free(definition);
    return seconds;
}

int main(int argc, char **argv)
{
    TEXT_CLEANUP struct text why = {0};
    struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_ended = PTHREAD_COND_INITIALIZER};
    run.count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    run.threads = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (run.count == 0 || run.threads == 0 || run.threads > THREADS_MAX) {
        (void)fprintf(stderr, "store_executions ADDRESS EXECUTIONS THREADS (at most %d)\n", THREADS_MAX);
        return 1;
    }
    if (store_open(argv[1], &run.store, &why))
        give_up("the store can't be opened", &why);
    double created_s = make_all(&run), run_s = run_all(&run);
    printf("{\"created_s\": %.3f, \"run_s\": %.3f}\n", created_s, run_s);
    store_close(run.store);
    return 0;
}
