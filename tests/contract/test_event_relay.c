/* Processes that share a store: whoever watches a photo in one hears what another does to it, and work that one has
 * made is begun by another at once. */
#include "check.h"
#include "clock.h"
#include "event_relay.h"
#include "photos.h"
#include "runner_bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { NEVER_MS = 3600000 };
#define WATCH_PATIENCE_NS INT64_C(30000000000)

/* A process: its store, a runner perhaps, and whoever watches there. */
struct process {
    struct bench bench;
    struct photos *photos;
    struct runner *runner; /* NULL: it has none */
};

static void wake(void *context)
{
    struct process *process = context;
    if (process->runner)
        runner_wake(process->runner);
}

static void start(struct process *process, const char *folder, bool has_runner)
{
    struct text why TEXT_CLEANUP = {0};
    *process = (struct process){0};
    bench_open(&process->bench, folder, then_gate);
    process->bench.poll_ms = NEVER_MS;
    process->photos = photos_new(process->bench.store, NULL);
    if (has_runner)
        process->runner = bench_start(&process->bench, 2);
    CHECK_INT(photos_listen(process->photos, wake, process, &why), STATUS_OK);
}

static void end(struct process *process)
{
    photos_unlisten(process->photos);
    if (process->runner)
        runner_close(process->runner);
    photos_free(process->photos);
    bench_close(&process->bench);
}

/* ---- Watching ---- */

/* Looks at a photo as often as it is told to. */
struct watcher {
    struct process *process;
    struct id id;
    struct subscription *subscription;
    pthread_mutex_t lock;
    pthread_cond_t told;
    unsigned looks;
};

static void on_event(void *data, const struct photo_event *event)
{
    struct watcher *watcher = data;
    CHECK(id_equal(&event->id, &watcher->id));
    CHECK(!event->stage);
    (void)pthread_mutex_lock(&watcher->lock);
    watcher->looks++;
    (void)pthread_cond_signal(&watcher->told);
    (void)pthread_mutex_unlock(&watcher->lock);
}

static void watch(struct watcher *watcher, struct process *process, const struct id *id)
{
    *watcher = (struct watcher){
        .process = process, .id = *id, .lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};
    watcher->subscription = events_subscribe(photos_events(process->photos), id, on_event, watcher);
}

static void unwatch(struct watcher *watcher)
{
    events_unsubscribe(photos_events(watcher->process->photos), watcher->subscription);
}

static bool is_in(const struct watcher *watcher, enum execution_status status, const char *state)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    return store_execution_get(watcher->process->bench.store, &watcher->id, &arena, &execution, NULL) == STATUS_OK
           && execution.status == status && strcmp(execution.state, state) == 0;
}

/* Whether it was told to look when the execution was there. */
static bool sees(struct watcher *watcher, enum execution_status status, const char *state)
{
    int64_t until_ns = clock_monotonic_ns() + WATCH_PATIENCE_NS;
    bool is_seen = false, is_late = false;
    (void)pthread_mutex_lock(&watcher->lock);
    while (!is_seen && !is_late) {
        while (!watcher->looks && !is_late)
            is_late = !clock_wait(&watcher->told, &watcher->lock, until_ns);
        watcher->looks = 0;
        is_seen = !is_late && is_in(watcher, status, state);
    }
    (void)pthread_mutex_unlock(&watcher->lock);
    return is_seen;
}

/* Two watch one photo, and one another that nothing happens to. */
static void test_watching(void)
{
    struct process near, far;
    const char *folder = check_folder();
    struct watcher first, second, other;
    start(&near, folder, false);
    start(&far, folder, true);
    struct id id = bench_create(&far.bench, "tested"), still = bench_create(&far.bench, "unknown here");
    watch(&first, &near, &id);
    watch(&second, &near, &id);
    watch(&other, &near, &still);
    runner_wake(far.runner);
    CHECK(sees(&first, EXECUTION_RUNNING, "B"));
    bench_open_gate(&far.bench);
    CHECK(sees(&first, EXECUTION_SUCCEEDED, "C"));
    CHECK(sees(&second, EXECUTION_SUCCEEDED, "C"));
    unwatch(&first);
    unwatch(&second);
    unwatch(&other);
    end(&far);
    end(&near);
}

static void test_deleting(void)
{
    struct process near, far;
    const char *folder = check_folder();
    struct watcher watcher;
    struct text why TEXT_CLEANUP = {0};
    start(&near, folder, false);
    start(&far, folder, false);
    struct id id = bench_create(&near.bench, "tested");
    watch(&watcher, &near, &id);
    CHECK_INT(store_photo_delete(far.bench.store, &id, "ann", &why), STATUS_OK);
    CHECK(sees(&watcher, EXECUTION_ABORTED, ""));
    unwatch(&watcher);
    end(&far);
    end(&near);
}

/* Its runner doesn't poll: nothing but what it is told wakes it. */
static void test_new_work(void)
{
    struct process near, far;
    const char *folder = check_folder();
    start(&near, folder, true);
    start(&far, folder, false);
    bench_open_gate(&near.bench);
    for (unsigned i = 1; i <= 3; i++) {
        struct id id = bench_create(&far.bench, "tested");
        CHECK(bench_await(&near.bench, &near.bench.ended, i));
        bench_check_execution(&far.bench, &id, EXECUTION_SUCCEEDED, "C");
    }
    end(&far);
    end(&near);
}

CHECK_MAIN({"a photo that another process works on is watched here", test_watching},
           {"a photo that another process deletes is watched here", test_deleting},
           {"work that another process has made is begun at once", test_new_work})
