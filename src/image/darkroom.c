#include "darkroom.h"

#include "clock.h"
#include "memory.h"
#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef DARKROOM_INSTALL_FOLDER
#define DARKROOM_INSTALL_FOLDER "/usr/local/libexec"
#endif
#define PROGRAM_NAME "cloudphotos-darkroom"

/* Beside the running executable, then where `make install` puts it. NULL if in neither. */
static char *find_program(void)
{
    char path[PATH_MAX + sizeof PROGRAM_NAME];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    while (length > 0 && path[length - 1] != '/')
        length--;
    if (length > 0) {
        memcpy(path + length, PROGRAM_NAME, sizeof PROGRAM_NAME);
        if (access(path, X_OK) == 0)
            return memory_copy_string(path);
    }
    const char *installed = DARKROOM_INSTALL_FOLDER "/" PROGRAM_NAME;
    return access(installed, X_OK) == 0 ? memory_copy_string(installed) : NULL;
}

static enum status start_all(struct darkroom *darkroom, struct text *why)
{
    if (!darkroom->program) {
        text_setf(why, "%s is neither beside this program nor in %s.", PROGRAM_NAME, DARKROOM_INSTALL_FOLDER);
        return STATUS_UNAVAILABLE;
    }
    enum status status = first_process_start(darkroom, why);
    for (unsigned i = 0; status == STATUS_OK && i < darkroom->settings.processes; i++) {
        struct hired hired;
        status = slot_hire(darkroom, &darkroom->slots[i], &hired, why);
    }
    return status;
}

enum status darkroom_open(const struct darkroom_settings *settings, struct darkroom **ret_darkroom, struct text *why)
{
    assert(settings->processes > 0 && settings->processes <= WORKERS_MAX);
    struct darkroom *darkroom = NEW(struct darkroom);
    darkroom->settings = *settings;
    darkroom->program = settings->program ? memory_copy_string(settings->program) : find_program();
    darkroom->settings.program = darkroom->program;
    darkroom->control = -1;
    pthread_mutex_init(&darkroom->slots_lock, NULL);
    pthread_mutex_init(&darkroom->control_lock, NULL);
    pthread_cond_init(&darkroom->slot_freed, NULL);
    darkroom->slots = NEW_ARRAY(settings->processes, struct slot);
    for (unsigned i = 0; i < settings->processes; i++)
        darkroom->slots[i].socket = -1;

    enum status status = start_all(darkroom, why);
    if (status == STATUS_OK)
        *ret_darkroom = darkroom;
    else
        darkroom_close(darkroom);
    return status;
}

void darkroom_close(struct darkroom *darkroom)
{
    if (!darkroom)
        return;
    first_process_end(darkroom, false);
    for (unsigned i = 0; i < darkroom->settings.processes; i++) {
        if (darkroom->slots[i].socket >= 0)
            close(darkroom->slots[i].socket);
    }
    pthread_cond_destroy(&darkroom->slot_freed);
    pthread_mutex_destroy(&darkroom->control_lock);
    pthread_mutex_destroy(&darkroom->slots_lock);
    free(darkroom->slots);
    free(darkroom->program);
    free(darkroom);
}

void darkroom_get_stats(const struct darkroom *darkroom, struct darkroom_stats *ret_stats)
{
    *ret_stats = (struct darkroom_stats){
        .developed = atomic_load_explicit(&darkroom->developed, memory_order_relaxed),
        .restarts = atomic_load_explicit(&darkroom->restarts, memory_order_relaxed),
        .processes = darkroom->settings.processes,
        .busy = atomic_load_explicit(&darkroom->busy, memory_order_relaxed),
    };
}

static struct slot *find_free_slot(struct darkroom *darkroom)
{
    for (unsigned i = 0; i < darkroom->settings.processes; i++) {
        if (!darkroom->slots[i].taken)
            return &darkroom->slots[i];
    }
    return NULL;
}

static struct slot *take_slot(struct darkroom *darkroom)
{
    pthread_mutex_lock(&darkroom->slots_lock);
    struct slot *slot;
    while (!(slot = find_free_slot(darkroom)))
        pthread_cond_wait(&darkroom->slot_freed, &darkroom->slots_lock);
    slot->taken = true;
    pthread_mutex_unlock(&darkroom->slots_lock);
    atomic_fetch_add_explicit(&darkroom->busy, 1, memory_order_relaxed);
    return slot;
}

static void give_back_slot(struct darkroom *darkroom, struct slot *slot)
{
    atomic_fetch_sub_explicit(&darkroom->busy, 1, memory_order_relaxed);
    pthread_mutex_lock(&darkroom->slots_lock);
    slot->taken = false;
    pthread_cond_signal(&darkroom->slot_freed);
    pthread_mutex_unlock(&darkroom->slots_lock);
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

/* The sentence and status for a photo whose worker ended over it. */
static enum status explain_end(const struct darkroom *darkroom, const struct hired *hired, struct text *why)
{
    int end = hired->wait_status;
    if (!hired->had_worker) {
        text_setf(why, "The darkroom's processes ended while the photo was developed.");
        return STATUS_CRASHED;
    }
    if (WIFEXITED(end) && WEXITSTATUS(end) == WORKER_EXIT_MEMORY) {
        text_setf(why, "The photo needs more than %llu MB of memory to be developed.",
                  (unsigned long long)(darkroom->settings.memory_bytes >> 20));
        return STATUS_TOO_LARGE;
    }
    if (WIFSIGNALED(end) && WTERMSIG(end) == SIGXCPU) {
        text_setf(why, "The photo takes too much processor time to be developed.");
        return STATUS_TIMEOUT;
    }
    if (WIFSIGNALED(end))
        text_setf(why, "The process that developed the photo ended by signal %d (%s).", WTERMSIG(end),
                  strsignal(WTERMSIG(end)));
    else
        text_setf(why, "The process that developed the photo ended with exit code %d.", WEXITSTATUS(end));
    return STATUS_CRASHED;
}

/* A new worker for the slot; if there is none now, the next photo tries again. */
static enum status replace(struct darkroom *darkroom, struct slot *slot, struct hired *ret_hired, struct text *why)
{
    *ret_hired = (struct hired){0};
    atomic_fetch_add_explicit(&darkroom->restarts, 1, memory_order_relaxed);
    return slot_hire(darkroom, slot, ret_hired, why);
}

static enum status bury(struct darkroom *darkroom, struct slot *slot, bool in_time, struct text *why)
{
    TEXT_CLEANUP struct text unused = {0};
    struct hired hired;
    (void)replace(darkroom, slot, &hired, &unused);
    if (in_time)
        return explain_end(darkroom, &hired, why);
    text_setf(why, "The photo took longer than %g seconds to be developed.",
              (double)darkroom->settings.timeout_ms / 1000);
    return STATUS_TIMEOUT;
}

static enum status send_job(struct darkroom *darkroom, struct slot *slot, const struct job *job,
                            const int files[static JOB_DESCRIPTORS], struct text *why)
{
    struct hired hired;
    if (is_alive(slot) && protocol_send(slot->socket, job, sizeof *job, files, JOB_DESCRIPTORS))
        return STATUS_OK;
    enum status status = replace(darkroom, slot, &hired, why);
    if (status != STATUS_OK || protocol_send(slot->socket, job, sizeof *job, files, JOB_DESCRIPTORS))
        return status;
    text_setf(why, "The darkroom does not take the photo: %s.", strerror(errno));
    return STATUS_UNAVAILABLE;
}

static enum status work(struct darkroom *darkroom, struct slot *slot, const struct job *job,
                        const int files[static JOB_DESCRIPTORS], struct darkroom_result *ret_result, struct text *why)
{
    enum status status = send_job(darkroom, slot, job, files, why);
    if (status != STATUS_OK)
        return status;
    struct answer answer;
    bool in_time = await_answer(slot, darkroom->settings.timeout_ms);
    if (!in_time || !protocol_receive(slot->socket, &answer, sizeof answer, NULL, 0))
        return bury(darkroom, slot, in_time, why);
    if (answer.retires) {
        struct hired hired;
        TEXT_CLEANUP struct text unused = {0};
        (void)slot_hire(darkroom, slot, &hired, &unused);
    }
    /* A worker that was taken over by its picture may say anything. */
    answer.reason[REASON_BYTES - 1] = '\0';
    if ((unsigned)answer.status > STATUS_INTERNAL)
        answer.status = STATUS_INTERNAL;
    if (answer.status == STATUS_OK)
        *ret_result = answer.result;
    else
        text_setf(why, "%s", answer.reason);
    return answer.status;
}

enum status darkroom_develop(struct darkroom *darkroom, int original_fd, int large_fd, int thumbnail_fd,
                             struct darkroom_result *ret_result, struct text *why)
{
    const struct darkroom_settings *settings = &darkroom->settings;
    struct stat file;
    if (fstat(original_fd, &file) < 0) {
        text_setf(why, "The original can't be read: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    struct image_info info;
    enum status status = image_probe(original_fd, (uint64_t)file.st_size, &settings->limits, &info, why);
    if (status != STATUS_OK)
        return status;

    const struct job job = {
        .format = info.format,
        .original_bytes = (uint64_t)file.st_size,
        .width = info.width,
        .height = info.height,
        .limits = settings->limits,
        .large_side = settings->large_side,
        .thumbnail_side = settings->thumbnail_side,
        .quality = settings->quality,
    };
    const int files[JOB_DESCRIPTORS] = {
        [JOB_ORIGINAL] = original_fd, [JOB_LARGE] = large_fd, [JOB_THUMBNAIL] = thumbnail_fd};
    struct slot *slot = take_slot(darkroom);
    status = work(darkroom, slot, &job, files, ret_result, why);
    give_back_slot(darkroom, slot);
    if (status == STATUS_OK)
        atomic_fetch_add_explicit(&darkroom->developed, 1, memory_order_relaxed);
    return status;
}
