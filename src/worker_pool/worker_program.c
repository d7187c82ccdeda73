#include "worker_program.h"

#include "heap.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t workers[WORKERS_MAX]; /* by slot; 0: none */

/* ---- A worker ---- */

static uint64_t cpu_seconds_used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

static void copy_reason(char target[static REASON_BYTES], const struct text *why)
{
    size_t length = why->length < REASON_BYTES ? why->length : REASON_BYTES - 1;
    memcpy(target, text_get(why), length);
    target[length] = '\0';
}

/* False when the socket ended. */
static bool work_once(const struct worker_program *self, int socket, void *job, void *answer,
                      uint64_t retirement_seconds, bool *ret_retires)
{
    int descriptors[DESCRIPTORS_MAX];
    if (!wire_receive(socket, job, self->job_bytes, descriptors, self->descriptors) || descriptors[0] < 0)
        return false;

    struct verdict verdict = {.status = STATUS_OK};
    TEXT_CLEANUP struct text why = {0};
    memset(answer, 0, self->answer_bytes);
    verdict.status = self->work(job, descriptors, answer, &why);
    copy_reason(verdict.reason, &why);
    *ret_retires = cpu_seconds_used() >= retirement_seconds;
    verdict.retires = *ret_retires;
    for (size_t i = 0; i < self->descriptors; i++)
        close(descriptors[i]);
    return wire_send(socket, &verdict, sizeof verdict, NULL, 0)
           && (verdict.status != STATUS_OK || wire_send(socket, answer, self->answer_bytes, NULL, 0));
}

/* When memory runs out, the kernel ends a worker rather than the server. */
static void volunteer(void)
{
    static const char most[] = "1000";
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0)
        return;
    (void)!write(score, most, sizeof most - 1);
    close(score);
}

/* Enters the sandbox and works until the socket ends or the worker has worked enough. */
static _Noreturn void run_worker(const struct worker_program *self, int socket, const struct sandbox_limits *limits)
{
    TEXT_CLEANUP struct text why = {0};
    void *job = memory_new(self->job_bytes), *answer = memory_new(self->answer_bytes);
    volunteer();
    heap_enter();
    if (self->enter)
        self->enter();
    struct verdict ready = {.status = sandbox_enter(socket, limits, &why)};
    copy_reason(ready.reason, &why);
    bool works = wire_send(socket, &ready, sizeof ready, NULL, 0) && ready.status == STATUS_OK, retires = false;
    while (works && !retires && work_once(self, socket, job, answer, limits->cpu_seconds / 2, &retires))
        ;
    _exit(0); /* not exit: nothing is left to flush, and a sanitizer's check at exit would need forbidden calls */
}

/* ---- The first process ---- */

/* Whether it ends by itself. */
static bool await_end(pid_t worker, uint32_t patience_ms)
{
    int handle = (int)syscall(SYS_pidfd_open, worker, 0);
    if (handle < 0)
        return false;
    struct pollfd wait = {.fd = handle, .events = POLLIN};
    bool ended = poll(&wait, 1, (int)patience_ms) == 1;
    close(handle);
    return ended;
}

/* How it ended; it is killed first if it hasn't. */
static int end_worker(uint32_t slot)
{
    int wait_status = 0;
    kill(workers[slot], SIGKILL);
    while (waitpid(workers[slot], &wait_status, 0) < 0 && errno == EINTR)
        ;
    workers[slot] = 0;
    return wait_status;
}

/* The server's end of the new worker's socket, or -1 with errno set. */
static int start_worker(const struct worker_program *self, const struct hire *hire)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        /* The parent may have ended before the request took hold: then we belong to somebody else already. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
            _exit(1);
        struct sandbox_limits limits = {.memory_bytes = hire->memory_bytes, .cpu_seconds = hire->cpu_seconds};
        run_worker(self, pair[1], &limits);
    }
    int error = errno;
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        errno = error;
        return -1;
    }
    workers[hire->slot] = child;
    return pair[0];
}

static bool serve_hire(const struct worker_program *self)
{
    struct hire hire;
    if (!wire_receive(CONTROL_DESCRIPTOR, &hire, sizeof hire, NULL, 0) || hire.slot >= WORKERS_MAX)
        return false;
    struct hired hired = {.had_worker = workers[hire.slot] != 0, .process = workers[hire.slot]};
    if (hired.had_worker) {
        hired.was_killed = !await_end(workers[hire.slot], hire.patience_ms);
        hired.wait_status = end_worker(hire.slot);
    }
    int socket = start_worker(self, &hire);
    hired.error = socket < 0 ? errno : 0;
    bool sent = wire_send(CONTROL_DESCRIPTOR, &hired, sizeof hired, &socket, socket < 0 ? 0 : 1);
    if (socket >= 0)
        close(socket);
    return sent;
}

/* Ctrl-C and a service manager's SIGTERM reach all processes of the group; ours end when the server does. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)signal(ignored[i], SIG_IGN);
}

static void silence_standard_streams(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return;
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(nothing, STDOUT_FILENO);
    if (!SANDBOX_SANITIZED)
        (void)dup2(nothing, STDERR_FILENO);
    if (nothing > STDERR_FILENO)
        close(nothing);
}

static bool say_hello(const struct worker_program *self, const char *program, const char *argument)
{
    struct hello hello = {
        .version = WIRE_VERSION,
        .job_bytes = (uint32_t)self->job_bytes,
        .answer_bytes = (uint32_t)self->answer_bytes,
    };
    TEXT_CLEANUP struct text why = {0};
    enum status status = self->prepare(program, argument, &why);
    copy_reason(status == STATUS_OK ? hello.caution : hello.trouble, &why);
    return wire_send(CONTROL_DESCRIPTOR, &hello, sizeof hello, NULL, 0) && status == STATUS_OK;
}

int worker_program_main(const struct worker_program *self, int argc, char **argv)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (argc < 1 || argc > 2 || getsockopt(CONTROL_DESCRIPTOR, SOL_SOCKET, SO_TYPE, &type, &size) < 0
        || type != SOCK_SEQPACKET) {
        (void)fprintf(stderr, "%s is started by cloudphotos, not by hand.\n", self->name);
        return 2;
    }
    ignore_signals();
    (void)close_range(CONTROL_DESCRIPTOR + 1, ~0U, 0);
    (void)fcntl(CONTROL_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
    sandbox_leave_network();
    bool open = say_hello(self, argv[0], argc > 1 ? argv[1] : NULL);
    silence_standard_streams();
    while (open)
        open = serve_hire(self);
    for (uint32_t slot = 0; slot < WORKERS_MAX; slot++) {
        if (workers[slot])
            (void)end_worker(slot);
    }
    _exit(0);
}
