#include "worker_pool.h"

#include "clock.h"
#include "ending.h"
#include "memory.h"
#include "worker_pool_inside.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PROGRAMS_INSTALL_FOLDER
#define PROGRAMS_INSTALL_FOLDER "/usr/local/libexec"
#endif

/* Beside the running executable, then where `make install` puts it: as seen from there, wherever the whole was moved
 * to, and by its full name. NULL if in none. */
static char *find_program(const char *name)
{
    static const char *const places[] = {"", "../libexec/"};
    char own[PATH_MAX];
    TEXT_CLEANUP struct text path = {0};
    ssize_t length = readlink("/proc/self/exe", own, sizeof own);
    while (length > 0 && own[length - 1] != '/')
        length--;
    for (size_t i = 0; length > 0 && i < sizeof places / sizeof places[0]; i++) {
        text_setf(&path, "%.*s%s%s", (int)length, own, places[i], name);
        if (access(path.data, X_OK) == 0)
            return text_take(&path);
    }
    text_setf(&path, "%s/%s", PROGRAMS_INSTALL_FOLDER, name);
    return access(path.data, X_OK) == 0 ? text_take(&path) : NULL;
}

static enum status start_all(struct worker_pool *pool, struct text *why)
{
    if (!pool->program) {
        text_setf(why, "%s is neither next to this program nor in %s.", pool->settings.program_name,
                  PROGRAMS_INSTALL_FOLDER);
        return STATUS_UNAVAILABLE;
    }
    enum status status = first_process_start(pool, why);
    for (unsigned i = 0; status == STATUS_OK && i < pool->settings.processes; i++) {
        struct hired hired;
        status = slot_hire(pool, &pool->slots[i], 0, &hired, why);
    }
    return status;
}

enum status worker_pool_open(const struct worker_pool_settings *settings, struct worker_pool **ret_pool,
                             struct text *why)
{
    assert(settings->processes > 0 && settings->processes <= WORKERS_MAX);
    assert(settings->descriptors <= DESCRIPTORS_MAX && settings->answer_bytes <= ANSWER_BYTES_MAX);
    struct worker_pool *pool = NEW(struct worker_pool);
    pool->settings = *settings;
    pool->program = settings->program ? memory_copy_string(settings->program) : find_program(settings->program_name);
    pool->settings.program = pool->program;
    pool->control = -1;
    pthread_mutex_init(&pool->slots_lock, NULL);
    pthread_mutex_init(&pool->control_lock, NULL);
    pthread_cond_init(&pool->slot_freed, NULL);
    pool->slots = NEW_ARRAY(settings->processes, struct slot);
    for (unsigned i = 0; i < settings->processes; i++)
        pool->slots[i].socket = -1;

    enum status status = start_all(pool, why);
    if (status == STATUS_OK)
        *ret_pool = pool;
    else
        worker_pool_close(pool);
    return status;
}

const char *worker_pool_caution(const struct worker_pool *pool)
{
    return pool->caution;
}

void worker_pool_close(struct worker_pool *pool)
{
    if (!pool)
        return;
    first_process_end(pool, false);
    for (unsigned i = 0; i < pool->settings.processes; i++) {
        if (pool->slots[i].socket >= 0)
            close(pool->slots[i].socket);
    }
    pthread_cond_destroy(&pool->slot_freed);
    pthread_mutex_destroy(&pool->control_lock);
    pthread_mutex_destroy(&pool->slots_lock);
    free(pool->slots);
    free(pool->program);
    free(pool);
}

void worker_pool_get_stats(const struct worker_pool *pool, struct worker_pool_stats *ret_stats)
{
    *ret_stats = (struct worker_pool_stats){
        .done = atomic_load_explicit(&pool->done, memory_order_relaxed),
        .restarts = atomic_load_explicit(&pool->restarts, memory_order_relaxed),
        .processes = pool->settings.processes,
        .busy = atomic_load_explicit(&pool->busy, memory_order_relaxed),
    };
}

static struct slot *find_free_slot(struct worker_pool *pool)
{
    for (unsigned i = 0; i < pool->settings.processes; i++) {
        if (!pool->slots[i].taken)
            return &pool->slots[i];
    }
    return NULL;
}

static struct slot *take_slot(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->slots_lock);
    struct slot *slot;
    while (!(slot = find_free_slot(pool)))
        pthread_cond_wait(&pool->slot_freed, &pool->slots_lock);
    slot->taken = true;
    pthread_mutex_unlock(&pool->slots_lock);
    atomic_fetch_add_explicit(&pool->busy, 1, memory_order_relaxed);
    return slot;
}

static void give_back_slot(struct worker_pool *pool, struct slot *slot)
{
    atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_relaxed);
    pthread_mutex_lock(&pool->slots_lock);
    slot->taken = false;
    pthread_cond_signal(&pool->slot_freed);
    pthread_mutex_unlock(&pool->slots_lock);
}

/* Waits for the worker's answer or its end; false when neither came in time. */
static bool await_answer(const struct slot *slot, int64_t timeout_ms)
{
    int64_t end = clock_monotonic_ns() + timeout_ms * 1000000;
    for (;;) {
        int64_t left_ms = (end - clock_monotonic_ns() + 999999) / 1000000;
        if (left_ms <= 0)
            return false;
        struct pollfd wait = {.fd = slot->socket, .events = POLLIN};
        int ready = poll(&wait, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        if (ready > 0)
            return true;
    }
}

/* A worker says nothing unasked: what can be read before a job is sent is the end of its socket. */
static bool is_alive(const struct slot *slot)
{
    struct pollfd look = {.fd = slot->socket, .events = POLLIN};
    return slot->socket >= 0 && poll(&look, 1, 0) == 0;
}

/* A new worker for the slot; if there is none now, the next job tries again. */
static enum status replace(struct worker_pool *pool, struct slot *slot, unsigned patience_ms, struct hired *ret_hired,
                           struct text *why)
{
    *ret_hired = (struct hired){0};
    atomic_fetch_add_explicit(&pool->restarts, 1, memory_order_relaxed);
    return slot_hire(pool, slot, patience_ms, ret_hired, why);
}

/* A worker ended over a job, hangs or talks nonsense: it is replaced, the operator is told, and the job gets its
 * status. */
static enum status bury(struct worker_pool *pool, struct slot *slot, const void *job, bool in_time, struct text *why)
{
    enum { DYING_MS = 2000 }; /* the socket of a process ends some time before the process does */
    const struct worker_pool_settings *settings = &pool->settings;
    TEXT_CLEANUP struct text unused = {0}, detail = {0};
    struct hired hired;
    (void)replace(pool, slot, in_time ? DYING_MS : 0, &hired, &unused);
    enum status status = ending_explain(settings, &hired, in_time, &detail);
    if (settings->trouble)
        settings->trouble(settings->context, text_get(&detail));
    if (settings->explain && status != STATUS_UNAVAILABLE)
        settings->explain(settings, job, status, why);
    else
        text_setf(why, "%s", text_get(&detail));
    return status;
}

static enum status send_job(struct worker_pool *pool, struct slot *slot, const void *job, const int *descriptors,
                            struct text *why)
{
    const struct worker_pool_settings *settings = &pool->settings;
    struct hired hired;
    if (is_alive(slot) && wire_send(slot->socket, job, settings->job_bytes, descriptors, settings->descriptors))
        return STATUS_OK;
    enum status status = replace(pool, slot, 0, &hired, why);
    if (status != STATUS_OK || wire_send(slot->socket, job, settings->job_bytes, descriptors, settings->descriptors))
        return status;
    text_setf(why, "The %s doesn't accept the photo: %s.", settings->name, strerror(errno));
    return STATUS_UNAVAILABLE;
}

/* The verdict and the answer are two messages: a failed job has no answer. */
static bool receive_answer(struct worker_pool *pool, struct slot *slot, struct verdict *ret_verdict, void *ret_answer)
{
    return wire_receive(slot->socket, ret_verdict, sizeof *ret_verdict, NULL, 0)
           && (ret_verdict->status != STATUS_OK
               || (await_answer(slot, pool->settings.timeout_ms)
                   && wire_receive(slot->socket, ret_answer, pool->settings.answer_bytes, NULL, 0)));
}

static enum status work(struct worker_pool *pool, struct slot *slot, const void *job, const int *descriptors,
                        void *ret_answer, struct text *why)
{
    enum status status = send_job(pool, slot, job, descriptors, why);
    if (status != STATUS_OK)
        return status;
    struct verdict verdict;
    bool in_time = await_answer(slot, pool->settings.timeout_ms);
    if (!in_time || !receive_answer(pool, slot, &verdict, ret_answer))
        return bury(pool, slot, job, in_time, why);
    if (verdict.retires) {
        struct hired hired;
        TEXT_CLEANUP struct text unused = {0};
        (void)slot_hire(pool, slot, 0, &hired, &unused);
    }
    /* A worker that was taken over by its data may say anything. */
    verdict.reason[REASON_BYTES - 1] = '\0';
    if ((unsigned)verdict.status > STATUS_INTERNAL)
        verdict.status = STATUS_INTERNAL;
    if (verdict.status != STATUS_OK)
        text_setf(why, "%s", verdict.reason);
    return verdict.status;
}

enum status worker_pool_work(struct worker_pool *pool, const void *job, const int *descriptors, void *ret_answer,
                             struct text *why)
{
    struct slot *slot = take_slot(pool);
    enum status status = work(pool, slot, job, descriptors, ret_answer, why);
    give_back_slot(pool, slot);
    if (status == STATUS_OK)
        atomic_fetch_add_explicit(&pool->done, 1, memory_order_relaxed);
    return status;
}
