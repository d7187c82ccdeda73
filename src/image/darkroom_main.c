/* cloudphotos-darkroom: the first process of the darkroom. It opens the image libraries once and forks a worker whenever the server
 * asks for one; it never sees a picture itself. Started by darkroom_open, with the control socket as descriptor 3;
 * it ends, and with it its workers, when that socket ends. */
#include "develop.h"
#include "protocol.h"
#include "sandbox.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t workers[WORKERS_MAX]; /* by slot; 0: none */

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
static int start_worker(const struct hire *hire)
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
        worker_run(pair[1], &limits);
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

static bool serve_hire(void)
{
    struct hire hire;
    if (!protocol_receive(CONTROL_DESCRIPTOR, &hire, sizeof hire, NULL, 0) || hire.slot >= WORKERS_MAX)
        return false;
    struct hired hired = {.had_worker = workers[hire.slot] != 0};
    if (hired.had_worker)
        hired.wait_status = end_worker(hire.slot);
    int socket = start_worker(&hire);
    hired.error = socket < 0 ? errno : 0;
    bool sent = protocol_send(CONTROL_DESCRIPTOR, &hired, sizeof hired, &socket, socket < 0 ? 0 : 1);
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

static bool say_hello(const char *program)
{
    struct hello hello = {.version = PROTOCOL_VERSION, .size_of_job = sizeof(struct job)};
    TEXT_CLEANUP struct text why = {0};
    enum status status = develop_prepare(program, &why);
    if (status != STATUS_OK)
        (void)snprintf(hello.trouble, sizeof hello.trouble, "%s", text_get(&why));
    return protocol_send(CONTROL_DESCRIPTOR, &hello, sizeof hello, NULL, 0) && status == STATUS_OK;
}

int main(int argc, char **argv)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (argc != 1 || getsockopt(CONTROL_DESCRIPTOR, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET) {
        (void)fputs("cloudphotos-darkroom is started by cloudphotos, not by hand.\n", stderr);
        return 2;
    }
    ignore_signals();
    (void)close_range(CONTROL_DESCRIPTOR + 1, ~0U, 0);
    (void)fcntl(CONTROL_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
    sandbox_leave_network();
    bool open = say_hello(argv[0]);
    silence_standard_streams();
    while (open)
        open = serve_hire();
    for (uint32_t slot = 0; slot < WORKERS_MAX; slot++) {
        if (workers[slot])
            (void)end_worker(slot);
    }
    _exit(0);
}
