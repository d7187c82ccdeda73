/* The first process from the server's side: starting it, asking it for workers, starting it again when it died. */
#include "worker_pool_inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELLO_TIMEOUT_MS = 30000, HIRE_TIMEOUT_MS = 10000 };

/* Whether the first process says something in time; the end of its socket counts, the next receive finds it. */
static bool control_answers(const struct worker_pool *pool, int timeout_ms)
{
    struct pollfd wait = {.fd = pool->control, .events = POLLIN};
    int ready;
    do {
        ready = poll(&wait, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* Nothing of the server's environment but what the sanitizers' options are, when the program is built with one. */
static const char *const kept_variables[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};
enum { KEPT_VARIABLES = sizeof kept_variables / sizeof kept_variables[0] };

static void fill_environment(struct text *variables, char **environment)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    *environment++ = locale;
    for (size_t i = 0; i < KEPT_VARIABLES; i++) {
        const char *value = getenv(kept_variables[i]);
        if (!value)
            continue;
        text_addf(&variables[i], "%s=%s", kept_variables[i], value);
        *environment++ = variables[i].data;
    }
    *environment = NULL;
}

/* With all signals as a new program expects them. */
static int spawn_program(const char *program, const char *argument, int control, pid_t *ret_process)
{
    struct text variables[KEPT_VARIABLES] = {0};
    TEXT_CLEANUP struct text path = {0}, word = {0};
    text_add(&path, program);
    text_add(&word, argument ? argument : "");
    char *arguments[] = {path.data, argument ? word.data : NULL, NULL}, *environment[KEPT_VARIABLES + 2];
    fill_environment(variables, environment);

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    sigset_t every, none;
    sigfillset(&every);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &every);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_adddup2(&files, control, CONTROL_DESCRIPTOR);
    int error = posix_spawn(ret_process, program, &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    for (size_t i = 0; i < KEPT_VARIABLES; i++)
        text_release(&variables[i]);
    return error;
}

static enum status await_hello(struct worker_pool *pool, struct text *why)
{
    const struct worker_pool_settings *settings = &pool->settings;
    struct hello hello;
    if (!control_answers(pool, HELLO_TIMEOUT_MS) || !wire_receive(pool->control, &hello, sizeof hello, NULL, 0)) {
        text_setf(why, "The %s's program %s started but didn't report that it is ready.", settings->name,
                  pool->program);
        return STATUS_UNAVAILABLE;
    }
    if (hello.version != WIRE_VERSION || hello.job_bytes != settings->job_bytes
        || hello.answer_bytes != settings->answer_bytes) {
        text_setf(why, "The %s's program %s is from another version of Cloud Photos.", settings->name, pool->program);
        return STATUS_UNAVAILABLE;
    }
    hello.trouble[REASON_BYTES - 1] = '\0';
    if (hello.trouble[0]) {
        text_setf(why, "The %s can't work: %s", settings->name, hello.trouble);
        return STATUS_UNAVAILABLE;
    }
    hello.caution[REASON_BYTES - 1] = '\0';
    if (!pool->caution[0]) /* it is told once, and may be read by now */
        memcpy(pool->caution, hello.caution, sizeof pool->caution);
    return STATUS_OK;
}

enum status first_process_start(struct worker_pool *pool, struct text *why)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        text_setf(why, "The %s could not get a socket: %s.", pool->settings.name, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    int error = spawn_program(pool->program, pool->settings.argument, pair[1], &pool->first_process);
    close(pair[1]);
    pool->control = pair[0];
    if (error) {
        pool->first_process = 0;
        text_setf(why, "The %s's program %s can't be started: %s.", pool->settings.name, pool->program,
                  strerror(error));
        first_process_end(pool, true);
        return STATUS_UNAVAILABLE;
    }
    enum status status = await_hello(pool, why);
    if (status != STATUS_OK)
        first_process_end(pool, true);
    return status;
}

void first_process_end(struct worker_pool *pool, bool kills)
{
    if (pool->control >= 0)
        close(pool->control);
    pool->control = -1;
    if (pool->first_process > 0) {
        /* With its socket it ends by itself, after its workers; when it was stuck, the workers end with it all the
         * same. */
        if (kills)
            kill(pool->first_process, SIGKILL);
        while (waitpid(pool->first_process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    pool->first_process = 0;
}

static bool ask(struct worker_pool *pool, const struct hire *hire, struct hired *ret_hired, int *ret_socket)
{
    return pool->control >= 0 && wire_send(pool->control, hire, sizeof *hire, NULL, 0)
           && control_answers(pool, HIRE_TIMEOUT_MS)
           && wire_receive(pool->control, ret_hired, sizeof *ret_hired, ret_socket, 1);
}

/* Asks; when the first process is gone or stuck, asks a new one. With the control lock held. */
static enum status ask_or_restart(struct worker_pool *pool, const struct hire *hire, struct hired *ret_hired,
                                  int *ret_socket, struct text *why)
{
    if (ask(pool, hire, ret_hired, ret_socket))
        return STATUS_OK;
    first_process_end(pool, true);
    enum status status = first_process_start(pool, why);
    if (status != STATUS_OK)
        return status;
    if (ask(pool, hire, ret_hired, ret_socket))
        return STATUS_OK;
    first_process_end(pool, true);
    text_setf(why, "The %s's first process doesn't respond.", pool->settings.name);
    return STATUS_UNAVAILABLE;
}

/* The worker's first words: whether its sandbox has closed. */
static enum status await_ready(const struct worker_pool *pool, int socket, struct text *why)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    struct verdict ready;
    int ready_count;
    do {
        ready_count = poll(&wait, 1, HIRE_TIMEOUT_MS);
    } while (ready_count < 0 && errno == EINTR);
    if (ready_count != 1 || !wire_receive(socket, &ready, sizeof ready, NULL, 0)) {
        text_setf(why, "A worker of the %s ended before its sandbox was in place.", pool->settings.name);
        return STATUS_UNAVAILABLE;
    }
    ready.reason[REASON_BYTES - 1] = '\0';
    if (ready.status == STATUS_OK)
        return STATUS_OK;
    text_setf(why, "The %s can't work: %s", pool->settings.name, ready.reason);
    return STATUS_UNAVAILABLE;
}

enum status slot_hire(struct worker_pool *pool, struct slot *slot, unsigned patience_ms, struct hired *ret_hired,
                      struct text *why)
{
    if (slot->socket >= 0)
        close(slot->socket);
    slot->socket = -1;

    const struct worker_pool_settings *settings = &pool->settings;
    struct hire hire = {
        .slot = (uint32_t)(slot - pool->slots),
        .patience_ms = patience_ms,
        .memory_bytes = settings->memory_bytes,
        /* Of a worker's life. It retires after half of it, so a job that begins has the other half. */
        .cpu_seconds = 2 * ((uint64_t)settings->timeout_ms / 1000 + 60),
    };
    int socket = -1;
    pthread_mutex_lock(&pool->control_lock);
    enum status status = ask_or_restart(pool, &hire, ret_hired, &socket, why);
    pthread_mutex_unlock(&pool->control_lock);
    if (status == STATUS_OK && ret_hired->error) {
        text_setf(why, "The %s could not start a worker: %s.", settings->name, strerror(ret_hired->error));
        status = STATUS_UNAVAILABLE;
    }
    if (status == STATUS_OK)
        status = await_ready(pool, socket, why);
    if (status == STATUS_OK)
        slot->socket = socket;
    else if (socket >= 0)
        close(socket);
    return status;
}
