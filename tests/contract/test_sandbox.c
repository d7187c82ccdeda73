/* The sandbox, from inside: in a child of its own each call must be answered as the table says, and each needed thing
 * must work. */
#include "check.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT = 200, MEMORY = 64 << 20, PAGE = 4096 };

/* Raw calls: a library must not stand between. */
struct call {
    const char *behaviour;
    int error; /* errno; 0: it works; KILLS */
    long number, arguments[6];
};
enum { KILLS = -1, NO_CALL = 100000, NOBODY = 1 };
#define ADDRESS(thing) ((long)(intptr_t)(thing))
#define HOSTNAME       ADDRESS("/etc/hostname")

static struct stat file;
static struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
static int pair[2];
static char program[] = "/bin/true", *program_arguments[] = {program, NULL}, bytes[64];
static char page[PAGE] __attribute__((aligned(PAGE)));

static const struct call calls[] = {
    /* what libraries try */
    {"opening a file", EACCES, SYS_open, {HOSTNAME, O_RDONLY}},
    {"opening a file by openat", EACCES, SYS_openat, {AT_FDCWD, HOSTNAME, O_RDONLY}},
    {"making a file", EACCES, SYS_openat, {AT_FDCWD, ADDRESS("/tmp/nothing"), O_CREAT | O_WRONLY, 0600}},
    {"making a file without a name", EACCES, SYS_openat, {AT_FDCWD, ADDRESS("/tmp"), O_TMPFILE | O_WRONLY, 0600}},
    {"opening a file by openat2", ENOSYS, SYS_openat2, {AT_FDCWD, HOSTNAME, ADDRESS(bytes), 24}},
    {"looking at a file", EACCES, SYS_newfstatat, {AT_FDCWD, HOSTNAME, ADDRESS(&file)}},
    {"looking at a file by statx", EACCES, SYS_statx, {AT_FDCWD, HOSTNAME, 0, 0, ADDRESS(bytes)}},
    {"asking whether a file is there", EACCES, SYS_access, {HOSTNAME, R_OK}},
    {"reading a link", EACCES, SYS_readlink, {ADDRESS("/proc/self/exe"), ADDRESS(bytes), sizeof bytes}},
    {"asking for the folder", EACCES, SYS_getcwd, {ADDRESS(bytes), sizeof bytes}},
    {"removing a file", EACCES, SYS_unlink, {ADDRESS("/tmp/nothing")}},
    {"renaming a file", EACCES, SYS_rename, {ADDRESS("/tmp/nothing"), ADDRESS("/tmp/nothing-2")}},
    {"making a folder", EACCES, SYS_mkdir, {ADDRESS("/tmp/nothing")}},
    {"making a link", ENOSYS, SYS_link, {HOSTNAME, ADDRESS("/tmp/nothing")}},
    {"changing a file's rights", ENOSYS, SYS_chmod, {HOSTNAME, 0777}},
    {"asking for a terminal", ENOTTY, SYS_ioctl, {KEPT, 0x5401, ADDRESS(bytes)}},
    {"choosing processors", EPERM, SYS_sched_setaffinity, {0, sizeof bytes, ADDRESS(bytes)}},
    {"asking where memory lies", ENOSYS, SYS_get_mempolicy, {0}},
    {"a barrier for all threads", ENOSYS, SYS_membarrier, {0}},
    {"mapping code", ENOSYS, SYS_mmap, {0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
    {"turning data into code", ENOSYS, SYS_mprotect, {ADDRESS(page), PAGE, PROT_READ | PROT_EXEC}},
    {"raising a limit", ENOSYS, SYS_prlimit64, {0, RLIMIT_AS, ADDRESS(&limit)}},
    {"becoming traceable", ENOSYS, SYS_prctl, {PR_SET_DUMPABLE, 1}},
    {"a thread with a network of its own", ENOSYS, SYS_clone, {CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNET}},
    {"clone3, whose flags can't be seen", ENOSYS, SYS_clone3, {ADDRESS(bytes), sizeof bytes}},
    {"killing itself", ENOSYS, SYS_tgkill, {NOBODY, NOBODY, SIGKILL}},
    {"a call that does not exist", ENOSYS, NO_CALL, {0}},
    /* what they need */
    {"reading the time", 0, SYS_clock_gettime, {CLOCK_MONOTONIC, ADDRESS(bytes)}},
    {"random bytes", 0, SYS_getrandom, {ADDRESS(bytes), sizeof bytes}},
    {"mapping memory", 0, SYS_mmap, {0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
    {"naming a thread", 0, SYS_prctl, {PR_SET_NAME, ADDRESS("name")}},
    {"reading a limit", 0, SYS_prlimit64, {0, RLIMIT_STACK, 0, ADDRESS(bytes)}},
    {"counting processors", ENOSYS, SYS_sched_getaffinity, {0, sizeof bytes, ADDRESS(bytes)}},
    {"looking at what it was given", 0, SYS_fstat, {KEPT, ADDRESS(&file)}},
    /* what only an attacker tries */
    {"running a program", KILLS, SYS_execve, {ADDRESS(program), ADDRESS(program_arguments), 0}},
    {"running what a descriptor says",
     KILLS,
     SYS_execveat,
     {KEPT, ADDRESS(""), ADDRESS(program_arguments), 0, AT_EMPTY_PATH}},
    {"forking", KILLS, SYS_fork, {0}},
    {"forking by vfork", KILLS, SYS_vfork, {0}},
    {"forking by clone", KILLS, SYS_clone, {SIGCHLD}},
    {"forking with shared memory", KILLS, SYS_clone, {CLONE_VM | SIGCHLD}},
    {"making a socket", KILLS, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"making a pair of sockets", KILLS, SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, ADDRESS(pair)}},
    {"connecting", KILLS, SYS_connect, {KEPT}},
    {"sending to an address", KILLS, SYS_sendto, {KEPT}},
    {"tracing", KILLS, SYS_ptrace, {PTRACE_TRACEME}},
    {"reading another process's memory", KILLS, SYS_process_vm_readv, {NOBODY}},
    {"writing another process's memory", KILLS, SYS_process_vm_writev, {NOBODY}},
    {"signalling another process", KILLS, SYS_kill, {NOBODY, 0}},
    {"signalling another process's thread", KILLS, SYS_tgkill, {NOBODY, NOBODY, SIGABRT}},
    {"taking another process's descriptor", KILLS, SYS_pidfd_getfd, {KEPT}},
    {"changing the user", KILLS, SYS_setuid, {0}},
    {"entering other namespaces", KILLS, SYS_unshare, {CLONE_NEWNS}},
    {"mounting", KILLS, SYS_mount, {ADDRESS("none"), ADDRESS("/tmp"), ADDRESS("tmpfs")}},
    {"changing the root", KILLS, SYS_chroot, {ADDRESS("/tmp")}},
    {"loading a program into the kernel", KILLS, SYS_bpf, {0}},
    {"watching the processor", KILLS, SYS_perf_event_open, {0}},
    {"handling page faults", KILLS, SYS_userfaultfd, {0}},
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

/* In a child, inside the sandbox; the exit code is what `attempt` returns, or NOT_CLOSED. */
enum { NOT_CLOSED = 255 };
static int in_child(int (*attempt)(const void *what), const void *what)
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
        _exit(sandbox_enter(KEPT, &limits, &why) == STATUS_OK ? attempt(what) : NOT_CLOSED);
    }
    int end = -1;
    (void)waitpid(child, &end, 0);
    return end;
}

static int make_call(const void *what)
{
    const struct call *call = what;
    const long *with = call->arguments;
    long first = call->number == SYS_tgkill && call->error == ENOSYS ? getpid() : with[0];
    long result = syscall(call->number, first, with[1], with[2], with[3], with[4], with[5]);
    return result < 0 ? errno : 0;
}

static void answers_calls(void)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const struct call *call = &calls[i];
        int end = in_child(make_call, call);
        if (call->error == KILLS) {
            check_case("%s kills", call->behaviour);
            CHECK(WIFSIGNALED(end));
            CHECK_INT(WTERMSIG(end), SIGSYS);
        } else {
            check_case("%s %s", call->behaviour, call->error ? strerrorname_np(call->error) : "works");
            CHECK(WIFEXITED(end));
            CHECK_INT(WEXITSTATUS(end), call->error);
        }
    }
}

static int find_out(const void *what)
{
    bool (*const *holds)(void) = what;
    return !(*holds)();
}

static void allows_what_is_needed(void)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        check_case("%s", allowed[i].behaviour);
        int end = in_child(find_out, &allowed[i].holds);
        CHECK(WIFEXITED(end));
        CHECK_INT(WEXITSTATUS(end), 0);
    }
}

static int end_badly(const void *what)
{
    const enum ending { ABORT, SPIN } *how = what;
    if (*how == ABORT)
        abort();
    for (volatile unsigned long i = 0;; i++)
        ;
}

static void ends_by_name(void)
{
    static const struct {
        const char *behaviour;
        int how, signal;
    } rows[] = {{"giving up is called so", 0, SIGABRT},
                {"using more processor time than allowed is called so", 1, SIGXCPU}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].behaviour);
        int end = in_child(end_badly, &rows[i].how);
        CHECK(WIFSIGNALED(end));
        CHECK_INT(WTERMSIG(end), rows[i].signal);
    }
}

CHECK_MAIN({"each system call is allowed, refused or deadly", answers_calls},
           {"what is needed works", allows_what_is_needed}, {"an end tells what it was", ends_by_name})
