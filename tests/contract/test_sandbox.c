/* The sandbox, from inside: in a child of its own each forbidden thing must kill, and each needed thing must work. */
#include "check.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT = 200, MEMORY = 64 << 20, PAGE = 4096 };

/* Raw calls: a library must not stand between. Their results don't matter. */
static void try_open(void)
{
    (void)syscall(SYS_open, "/etc/hostname", O_RDONLY);
}
static void try_openat(void)
{
    (void)syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY);
}
static void try_stat(void)
{
    struct stat file;
    (void)syscall(SYS_newfstatat, AT_FDCWD, "/etc/hostname", &file, 0);
}
static void try_socket(void)
{
    (void)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void try_connect(void)
{
    (void)syscall(SYS_connect, KEPT, NULL, 0);
}
static void try_execve(void)
{
    static char program[] = "/bin/true", *arguments[] = {program, NULL};
    (void)syscall(SYS_execve, program, arguments, NULL);
}
static void try_fork(void)
{
    (void)syscall(SYS_fork);
}
static void try_clone(void)
{
    (void)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}
static void try_ptrace(void)
{
    (void)syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL);
}
static void try_kill(void)
{
    (void)syscall(SYS_kill, 1, 0);
}
static void try_tgkill(void)
{
    (void)syscall(SYS_tgkill, 1, 1, 0);
}
static void try_code(void)
{
    (void)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void try_making_code(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}
static void try_raising_limits(void)
{
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    (void)syscall(SYS_prlimit64, 0, RLIMIT_AS, &none, NULL);
}
static void try_privileges(void)
{
    (void)syscall(SYS_setuid, 0);
}
static void try_unlink(void)
{
    (void)syscall(SYS_unlink, "/tmp/nothing");
}
static void try_processor_time(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}

static const struct {
    const char *behaviour;
    void (*attempt)(void);
    int signal;
} forbidden[] = {
    {"opening a file", try_open, SIGSYS},
    {"opening a file by openat", try_openat, SIGSYS},
    {"looking at a file", try_stat, SIGSYS},
    {"removing a file", try_unlink, SIGSYS},
    {"making a socket", try_socket, SIGSYS},
    {"connecting", try_connect, SIGSYS},
    {"running a program", try_execve, SIGSYS},
    {"forking", try_fork, SIGSYS},
    {"forking by clone", try_clone, SIGSYS},
    {"tracing", try_ptrace, SIGSYS},
    {"signalling another process", try_kill, SIGSYS},
    {"signalling another process's thread", try_tgkill, SIGSYS},
    {"mapping code", try_code, SIGSYS},
    {"turning data into code", try_making_code, SIGSYS},
    {"raising a limit", try_raising_limits, SIGSYS},
    {"changing the user", try_privileges, SIGSYS},
    {"using more processor time than allowed", try_processor_time, SIGXCPU},
};

static void *do_nothing(void *data)
{
    return data;
}
static bool can_start_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, do_nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}
static bool can_write_kept(void)
{
    return write(KEPT, "kept", 4) == 4;
}
static bool can_take_memory(void)
{
    char *memory = malloc(MEMORY / 2);
    if (memory)
        memset(memory, 1, MEMORY / 2);
    bool taken = memory && memory[MEMORY / 4] == 1;
    free(memory);
    return taken;
}
static bool cannot_take_more_memory(void)
{
    errno = 0;
    void *memory = mmap(NULL, (size_t)MEMORY * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool refused = memory == MAP_FAILED && errno == ENOMEM;
    return refused || SANDBOX_SANITIZED;
}
static bool has_no_other_descriptor(void)
{
    return close(KEPT - 1) < 0 && close(KEPT + 1) < 0 && close(3) < 0;
}

static const struct {
    const char *behaviour;
    bool (*holds)(void);
} allowed[] = {
    {"a thread of its own can be started", can_start_thread},
    {"the descriptor that was kept can be written", can_write_kept},
    {"memory can be taken up to the limit", can_take_memory},
    {"memory can't be taken beyond it", cannot_take_more_memory},
    {"every other descriptor is closed", has_no_other_descriptor},
};

/* Enters the sandbox in a child; exit code 0 when the function holds, 1 when not, 2 when the sandbox does not close. */
static int in_child(void (*attempt)(void), bool (*holds)(void))
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int kept = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(kept, KEPT - 1);
        (void)dup2(kept, KEPT);
        (void)dup2(kept, KEPT + 1);
        const struct sandbox_limits limits = {.memory_bytes = MEMORY, .cpu_seconds = 1};
        TEXT_CLEANUP struct text why = {0};
        if (sandbox_enter(KEPT, &limits, &why) != STATUS_OK)
            _exit(2);
        if (attempt)
            attempt();
        _exit(holds && !holds());
    }
    int end = -1;
    (void)waitpid(child, &end, 0);
    return end;
}

static void kills_what_is_forbidden(void)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        check_case("%s kills", forbidden[i].behaviour);
        int end = in_child(forbidden[i].attempt, NULL);
        CHECK(WIFSIGNALED(end));
        CHECK_INT(WTERMSIG(end), forbidden[i].signal);
    }
}

static void allows_what_is_needed(void)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        check_case("%s", allowed[i].behaviour);
        int end = in_child(NULL, allowed[i].holds);
        CHECK(WIFEXITED(end));
        CHECK_INT(WEXITSTATUS(end), 0);
    }
}

CHECK_MAIN({"what is forbidden kills", kills_what_is_forbidden}, {"what is needed works", allows_what_is_needed})
