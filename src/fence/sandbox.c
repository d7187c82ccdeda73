#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 256 << 20, DESCRIPTORS_MAX = 16 };

/* Without condition. No entry here takes a path, an address or another process's number. */
static const int allowed_calls[] = {
    /* the descriptors that we were given */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    /* memory; never executable, see below */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    /* threads of our own: libde265 always decodes in one */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    /* clocks and counters */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), /* ThreadSanitizer's own thread */
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo), /* qsort(3) looks how much memory there is */
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* A call allowed only while (argument & mask) == value. */
struct condition {
    int call;
    unsigned argument;
    uint64_t mask, value;
};
static const struct condition conditions[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(clone), 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM},
    {SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME}, /* threads call themselves by a name */
};

void sandbox_leave_network(void)
{
    /* A user namespace lets an unprivileged process have its own empty network; where that is forbidden, seccomp
     * alone keeps the workers from making a socket. */
    (void)unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC);
}

static bool limit_between(int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit both = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit((__rlimit_resource_t)resource, &both) == 0;
}

static bool limit(int resource, uint64_t value)
{
    return limit_between(resource, value, value);
}

/* Bytes of address space in use: the first number of /proc/self/statm is pages. */
static uint64_t address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    char line[128] = "";
    uint64_t pages = fgets(line, sizeof line, file) ? strtoull(line, NULL, 10) : 0;
    (void)fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool limit_memory(uint64_t bytes)
{
    uint64_t used = address_space();
    return used && limit(RLIMIT_AS, used + bytes);
}

/* At the soft limit of time comes SIGXCPU, which tells what it was; at the hard one a nameless SIGKILL.
 * No limit on processes: it counts all of a user's, so a busy machine would forbid threads; the filter forbids forking. */
static bool set_limits(const struct sandbox_limits *limits)
{
    return (SANDBOX_SANITIZED || limit_memory(limits->memory_bytes))
           && limit_between(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 1)
           && limit(RLIMIT_FSIZE, OUTPUT_BYTES_MAX) && limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && limit(RLIMIT_CORE, 0);
}

static int add_rules(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < sizeof allowed_calls / sizeof allowed_calls[0]; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    for (size_t i = 0; !failed && i < sizeof conditions / sizeof conditions[0]; i++) {
        const struct condition *row = &conditions[i];
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, row->call, 1,
                                  SCMP_CMP64(row->argument, SCMP_CMP_MASKED_EQ, row->mask, row->value));
    }
    /* abort(3) ends here: the death is then called by its own name. */
    if (!failed)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)getpid(), 0));
    /* Its flags lie behind a pointer that a filter can't follow; without it glibc takes clone. */
    if (!failed)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return failed;
}

static bool filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    int failed = add_rules(filter);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return !failed;
}

/* 0 and 1 are the null device's, 2 is standard error: the first process set them up so. */
static bool close_others(int keep)
{
    unsigned first = STDERR_FILENO + 1;
    if (keep > (int)first && close_range(first, (unsigned)keep - 1, 0) < 0)
        return false;
    return close_range((unsigned)keep + 1, ~0U, 0) == 0;
}

enum status sandbox_enter(int keep, const struct sandbox_limits *limits, struct text *why)
{
    const char *failed = NULL;
    if (!close_others(keep))
        failed = "close the descriptors";
    else if (!set_limits(limits))
        failed = "set the limits";
    else if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        failed = "give up privileges";
    else if (!filter_calls())
        failed = "filter system calls";
    if (!failed)
        return STATUS_OK;
    text_setf(why, "The sandbox could not %s: %s.", failed, strerror(errno));
    return STATUS_UNAVAILABLE;
}
