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

/* Beside the running executable, then where `make install` puts it: as seen from there, wherever the whole was moved to, and by
 * its full name. NULL if in none. */
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

static enum status start_all(struct fence *fence, struct text *why)
{
    if (!fence->program) {
        text_setf(why, "%s is neither next to this program nor in %s.", fence->settings.program_name,
                  PROGRAMS_INSTALL_FOLDER);
        return STATUS_UNAVAILABLE;
    }
    enum status status = first_process_start(fence, why);
    for (unsigned i = 0; status == STATUS_OK && i < fence->settings.processes; i++) {
        struct hired hired;
        status = slot_hire(fence, &fence->slots[i], 0, &hired, why);
    }
    return status;
}

enum status fence_open(const struct fence_settings *settings, struct fence **ret_fence, struct text *why)
{
    assert(settings->processes > 0 && settings->processes <= WORKERS_MAX);
    assert(settings->descriptors <= DESCRIPTORS_MAX && settings->answer_bytes <= ANSWER_BYTES_MAX);
    struct fence *fence = NEW(struct fence);
    fence->settings = *settings;
    fence->program = settings->program ? memory_copy_string(settings->program) : find_program(settings->program_name);
    fence->settings.program = fence->program;
    fence->control = -1;
    pthread_mutex_init(&fence->slots_lock, NULL);
    pthread_mutex_init(&fence->control_lock, NULL);
    pthread_cond_init(&fence->slot_freed, NULL);
    fence->slots = NEW_ARRAY(settings->processes, struct slot);
    for (unsigned i = 0; i < settings->processes; i++)
        fence->slots[i].socket = -1;

    enum status status = start_all(fence, why);
    if (status == STATUS_OK)
        *ret_fence = fence;
    else
        fence_close(fence);
    return status;
}

const char *fence_caution(const struct fence *fence)
{
    return fence->caution;
}

void fence_close(struct fence *fence)
{
    if (!fence)
        return;
    first_process_end(fence, false);
    for (unsigned i = 0; i < fence->settings.processes; i++) {
        if (fence->slots[i].socket >= 0)
            close(fence->slots[i].socket);
    }
    pthread_cond_destroy(&fence->slot_freed);
    pthread_mutex_destroy(&fence->control_lock);
    pthread_mutex_destroy(&fence->slots_lock);
    free(fence->slots);
    free(fence->program);
    free(fence);
}

void fence_get_stats(const struct fence *fence, struct fence_stats *ret_stats)
{
    *ret_stats = (struct fence_stats){
        .done = atomic_load_explicit(&fence->done, memory_order_relaxed),
        .restarts = atomic_load_explicit(&fence->restarts, memory_order_relaxed),
        .processes = fence->settings.processes,
        .busy = atomic_load_explicit(&fence->busy, memory_order_relaxed),
    };
}

static struct slot *find_free_slot(struct fence *fence)
{
    for (unsigned i = 0; i < fence->settings.processes; i++) {
        if (!fence->slots[i].taken)
            return &fence->slots[i];
    }
    return NULL;
}

static struct slot *take_slot(struct fence *fence)
{
    pthread_mutex_lock(&fence->slots_lock);
    struct slot *slot;
    while (!(slot = find_free_slot(fence)))
        pthread_cond_wait(&fence->slot_freed, &fence->slots_lock);
    slot->taken = true;
    pthread_mutex_unlock(&fence->slots_lock);
    atomic_fetch_add_explicit(&fence->busy, 1, memory_order_relaxed);
    return slot;
}

static void give_back_slot(struct fence *fence, struct slot *slot)
{
    atomic_fetch_sub_explicit(&fence->busy, 1, memory_order_relaxed);
    pthread_mutex_lock(&fence->slots_lock);
    slot->taken = false;
    pthread_cond_signal(&fence->slot_freed);
    pthread_mutex_unlock(&fence->slots_lock);
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
static enum status replace(struct fence *fence, struct slot *slot, unsigned patience_ms, struct hired *ret_hired,
                           struct text *why)
{
    *ret_hired = (struct hired){0};
    atomic_fetch_add_explicit(&fence->restarts, 1, memory_order_relaxed);
    return slot_hire(fence, slot, patience_ms, ret_hired, why);
}

/* A worker ended over a job, hangs or talks nonsense: it is replaced, the operator is told, and the job gets its status. */
static enum status bury(struct fence *fence, struct slot *slot, const void *job, bool in_time, struct text *why)
{
    enum { DYING_MS = 2000 }; /* the socket of a process ends some time before the process does */
    const struct fence_settings *settings = &fence->settings;
    TEXT_CLEANUP struct text unused = {0}, detail = {0};
    struct hired hired;
    (void)replace(fence, slot, in_time ? DYING_MS : 0, &hired, &unused);
    enum status status = ending_explain(settings, &hired, in_time, &detail);
    if (settings->trouble)
        settings->trouble(settings->context, text_get(&detail));
    if (settings->explain && status != STATUS_UNAVAILABLE)
        settings->explain(settings, job, status, why);
    else
        text_setf(why, "%s", text_get(&detail));
    return status;
}

static enum status send_job(struct fence *fence, struct slot *slot, const void *job, const int *descriptors,
                            struct text *why)
{
    const struct fence_settings *settings = &fence->settings;
    struct hired hired;
    if (is_alive(slot) && wire_send(slot->socket, job, settings->job_bytes, descriptors, settings->descriptors))
        return STATUS_OK;
    enum status status = replace(fence, slot, 0, &hired, why);
    if (status != STATUS_OK || wire_send(slot->socket, job, settings->job_bytes, descriptors, settings->descriptors))
        return status;
    text_setf(why, "The %s doesn't accept the photo: %s.", settings->name, strerror(errno));
    return STATUS_UNAVAILABLE;
}

/* The verdict and the answer are two messages: a failed job has no answer. */
static bool receive_answer(struct fence *fence, struct slot *slot, struct verdict *ret_verdict, void *ret_answer)
{
    return wire_receive(slot->socket, ret_verdict, sizeof *ret_verdict, NULL, 0)
           && (ret_verdict->status != STATUS_OK
               || (await_answer(slot, fence->settings.timeout_ms)
                   && wire_receive(slot->socket, ret_answer, fence->settings.answer_bytes, NULL, 0)));
}

static enum status work(struct fence *fence, struct slot *slot, const void *job, const int *descriptors,
                        void *ret_answer, struct text *why)
{
    enum status status = send_job(fence, slot, job, descriptors, why);
    if (status != STATUS_OK)
        return status;
    struct verdict verdict;
    bool in_time = await_answer(slot, fence->settings.timeout_ms);
    if (!in_time || !receive_answer(fence, slot, &verdict, ret_answer))
        return bury(fence, slot, job, in_time, why);
    if (verdict.retires) {
        struct hired hired;
        TEXT_CLEANUP struct text unused = {0};
        (void)slot_hire(fence, slot, 0, &hired, &unused);
    }
    /* A worker that was taken over by its data may say anything. */
    verdict.reason[REASON_BYTES - 1] = '\0';
    if ((unsigned)verdict.status > STATUS_INTERNAL)
        verdict.status = STATUS_INTERNAL;
    if (verdict.status != STATUS_OK)
        text_setf(why, "%s", verdict.reason);
    return verdict.status;
}

enum status fence_work(struct fence *fence, const void *job, const int *descriptors, void *ret_answer, struct text *why)
{
    struct slot *slot = take_slot(fence);
    enum status status = work(fence, slot, job, descriptors, ret_answer, why);
    give_back_slot(fence, slot);
    if (status == STATUS_OK)
        atomic_fetch_add_explicit(&fence->done, 1, memory_order_relaxed);
    return status;
}
