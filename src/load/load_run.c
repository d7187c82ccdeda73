#include "load_run.h"

#include "clock.h"
#include "memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { STARTS_IN_A_ROW = 64, TICK_NS = 200000000, HEAD_START_NS = 5000000 /* for threads to come up */ };

struct run;
struct worker {
    struct run *run;
    pthread_t thread;
    unsigned share;
    struct engine *engine;
    struct load_sheet *sheet; /* of the running interval */
    struct arrivals arrivals;
    uint64_t turn; /* counts planned starts: whose label it is, and which of its requests */
    int64_t last_done_ns;
    /* Guarded by the run's mutex: */
    int64_t handed_over; /* intervals */
    bool has_ended;
};

struct run {
    const struct load_settings *settings;
    int64_t begin_ns;
    atomic_bool stops;
    _Atomic int64_t stopped_ns;
    struct worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct load_sheet *handed; /* by workers, not yet looked at */
};

/* ---- Sheets ---- */

struct load_sheet *load_sheet_new(unsigned label_count)
{
    struct load_sheet *sheet = memory_new(sizeof *sheet + label_count * sizeof sheet->tallies[0]);
    sheet->label_count = label_count;
    return sheet;
}

void load_sheet_free(struct load_sheet *sheet)
{
    if (!sheet)
        return;
    for (unsigned i = 0; i < sheet->label_count; i++)
        tally_release(&sheet->tallies[i]);
    free(sheet);
}

void load_sheet_add(struct load_sheet *sheet, const struct load_sheet *more)
{
    for (unsigned i = 0; i < sheet->label_count; i++)
        tally_add(&sheet->tallies[i], &more->tallies[i]);
}

void load_sheet_sum(const struct load_sheet *sheet, struct tally *sum)
{
    for (unsigned i = 0; i < sheet->label_count; i++)
        tally_add(sum, &sheet->tallies[i]);
}

/* ---- Workers ---- */

/* Hands the interval's sheet over and begins the next one. */
static void hand_over(struct worker *worker, bool has_ended)
{
    struct run *run = worker->run;
    struct load_sheet *sheet = worker->sheet;
    worker->sheet = load_sheet_new(sheet->label_count);
    worker->sheet->index = sheet->index + 1;
    (void)pthread_mutex_lock(&run->mutex);
    sheet->next = run->handed;
    run->handed = sheet;
    worker->handed_over++;
    worker->has_ended = has_ended;
    (void)pthread_cond_signal(&run->changed);
    (void)pthread_mutex_unlock(&run->mutex);
}

static void count_done(void *context, void *data, const struct request_result *result, const struct text *body)
{
    struct worker *worker = context;
    unsigned label = (unsigned)(uintptr_t)data;
    (void)body;
    worker->last_done_ns = result->done_ns;
    tally_count(&worker->sheet->tallies[label], result);
}

/* One that is late by more than the time-out has failed before it began, and that is the generator's fault. False if it
 * was dropped. */
static bool start_one(struct worker *worker, int64_t planned_ns, int64_t now)
{
    const struct load_settings *settings = worker->run->settings;
    uint64_t turn = worker->share + worker->turn++ * settings->threads;
    unsigned label = (unsigned)(turn % settings->label_count);
    const struct load_label *row = &settings->labels[label];
    const struct request *request = &row->requests[turn / settings->label_count % row->count];
    struct tally *tally = &worker->sheet->tallies[label];
    int64_t sent_ns;
    if (now - planned_ns >= settings->timeout_ns
        || engine_start(worker->engine, request, planned_ns, (void *)(uintptr_t)label, &sent_ns) != STATUS_OK) {
        tally->dropped++;
        return false;
    }
    tally->started++;
    latencies_record(&tally->lag, sent_ns - planned_ns);
    return true;
}

/* Starts what is due. False when there is nothing left to start; else *next_ns is the next planned moment. */
static bool start_due(struct worker *worker, int64_t *next_ns)
{
    int64_t now = clock_monotonic_ns();
    for (unsigned started = 0; *next_ns <= now && started < STARTS_IN_A_ROW;) {
        int64_t at_ns;
        started += start_one(worker, *next_ns, now);
        if (!arrivals_next(&worker->arrivals, &at_ns))
            return false;
        *next_ns = worker->run->begin_ns + at_ns;
    }
    return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void *work(void *data)
{
    struct worker *worker = data;
    const struct load_settings *settings = worker->run->settings;
    int64_t next_ns = 0, interval_end = worker->run->begin_ns + settings->interval_ns;
    bool has_more = arrivals_next(&worker->arrivals, &next_ns);
    next_ns += worker->run->begin_ns;
    while (has_more || engine_busy(worker->engine) > 0) {
        if (has_more && atomic_load_explicit(&worker->run->stops, memory_order_relaxed))
            has_more = false;
        if (has_more)
            has_more = start_due(worker, &next_ns);
        for (; clock_monotonic_ns() >= interval_end; interval_end += settings->interval_ns)
            hand_over(worker, false);
        /* With all connections in use a start could only be dropped: that can be done when one is free again. */
        bool can_start = has_more && !engine_is_full(worker->engine);
        engine_wait(worker->engine, can_start ? earlier(next_ns, interval_end) : interval_end);
    }
    hand_over(worker, true);
    return NULL;
}

/* ---- The thread that gathers ---- */

/* Sheets of all workers, added up, sorted by interval. */
static void file_sheet(struct load_sheet **sorted, struct load_sheet *sheet)
{
    while (*sorted && (*sorted)->index < sheet->index)
        sorted = &(*sorted)->next;
    if (*sorted && (*sorted)->index == sheet->index) {
        load_sheet_add(*sorted, sheet);
        load_sheet_free(sheet);
        return;
    }
    sheet->next = *sorted;
    *sorted = sheet;
}

/* Waits for sheets, for a tick at most. Returns how many intervals all workers are done with; -1: all of them. */
static int64_t wait_for_sheets(struct run *run, struct load_sheet **sorted)
{
    (void)pthread_mutex_lock(&run->mutex);
    if (!run->handed)
        (void)clock_wait(&run->changed, &run->mutex, clock_monotonic_ns() + TICK_NS);
    struct load_sheet *handed = run->handed;
    int64_t complete = -1;
    run->handed = NULL;
    for (unsigned i = 0; i < run->settings->threads; i++) {
        const struct worker *worker = &run->workers[i];
        if (!worker->has_ended && (complete < 0 || worker->handed_over < complete))
            complete = worker->handed_over;
    }
    (void)pthread_mutex_unlock(&run->mutex);
    for (struct load_sheet *next; handed; handed = next) {
        next = handed->next;
        file_sheet(sorted, handed);
    }
    return complete;
}

static void gather(struct run *run, const struct load_hooks *hooks, struct load_sheet *totals)
{
    struct load_sheet *sorted = NULL;
    for (int64_t complete = 0; complete >= 0;) {
        complete = wait_for_sheets(run, &sorted);
        for (struct load_sheet *sheet; (sheet = sorted) && (complete < 0 || sheet->index < complete);) {
            sorted = sheet->next;
            load_sheet_add(totals, sheet);
            hooks->interval(hooks->context, sheet);
            load_sheet_free(sheet);
        }
        if (hooks->should_stop(hooks->context) && !atomic_exchange(&run->stops, true))
            atomic_store(&run->stopped_ns, clock_monotonic_ns());
    }
}

/* ---- Beginning and end ---- */

static enum status open_worker(struct run *run, unsigned share)
{
    const struct load_settings *settings = run->settings;
    struct worker *worker = &run->workers[share];
    unsigned connections = settings->connections / settings->threads;
    struct engine_settings engine = {
        .timeout_ns = settings->timeout_ns,
        .connections = connections ? connections : 1,
        .places = settings->places,
        .closes_each = settings->closes_each,
        .done = count_done,
        .context = worker,
    };
    worker->run = run;
    worker->share = share;
    worker->sheet = load_sheet_new(settings->label_count);
    worker->engine = engine_new(&engine);
    arrivals_init(&worker->arrivals, settings->schedule, settings->arrivals, share, settings->threads, settings->seed);
    return worker->engine ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status start_workers(struct run *run, unsigned *ret_count)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < run->settings->threads && status == STATUS_OK; i++)
        status = open_worker(run, i);
    run->begin_ns = clock_monotonic_ns() + HEAD_START_NS;
    for (*ret_count = 0; status == STATUS_OK && *ret_count < run->settings->threads; (*ret_count)++)
        if (pthread_create(&run->workers[*ret_count].thread, NULL, work, &run->workers[*ret_count]) != 0) {
            atomic_store(&run->stops, true);
            return STATUS_UNAVAILABLE;
        }
    return status;
}

static double cpu_seconds(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void describe(const struct run *run, struct load_outcome *outcome)
{
    int64_t last_ns = run->begin_ns, stopped_ns = atomic_load(&run->stopped_ns);
    double planned_s = schedule_length(run->settings->schedule);
    for (unsigned i = 0; i < run->settings->threads; i++)
        if (run->workers[i].last_done_ns > last_ns)
            last_ns = run->workers[i].last_done_ns;
    double stopped_s = stopped_ns ? (double)(stopped_ns - run->begin_ns) / 1e9 : planned_s;
    outcome->elapsed_s = (double)(last_ns - run->begin_ns) / 1e9;
    outcome->sending_s = stopped_s < planned_s ? stopped_s : planned_s;
}

enum status load_run(const struct load_settings *settings, const struct load_hooks *hooks,
                     struct load_outcome *ret_outcome, struct text *why)
{
    struct run run = {.settings = settings, .workers = NEW_ARRAY(settings->threads, struct worker)};
    struct load_outcome outcome = {.totals = load_sheet_new(settings->label_count)};
    double cpu_before = cpu_seconds();
    unsigned count;
    (void)pthread_mutex_init(&run.mutex, NULL);
    (void)pthread_cond_init(&run.changed, NULL);
    enum status status = start_workers(&run, &count);
    if (status == STATUS_OK)
        gather(&run, hooks, outcome.totals);
    else
        text_setf(why, "the load can't start: there are too few descriptors or threads");
    for (unsigned i = 0; i < count; i++)
        (void)pthread_join(run.workers[i].thread, NULL);
    describe(&run, &outcome);
    outcome.cpu_s = cpu_seconds() - cpu_before;
    for (unsigned i = 0; i < settings->threads; i++) {
        engine_free(run.workers[i].engine);
        load_sheet_free(run.workers[i].sheet);
    }
    (void)pthread_cond_destroy(&run.changed);
    (void)pthread_mutex_destroy(&run.mutex);
    free(run.workers);
    if (status == STATUS_OK)
        *ret_outcome = outcome;
    else
        load_sheet_free(outcome.totals);
    return status;
}
