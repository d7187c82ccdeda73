#include "sandbox.h"

#include "sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 256 << 20, DESCRIPTORS_MAX = 16 };

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
 * No limit on processes: it counts all of a user's, so a busy machine would forbid threads; the filter forbids
 * forking. */
static bool set_limits(const struct sandbox_limits *limits)
{
    return (SANDBOX_SANITIZED || limit_memory(limits->memory_bytes))
           && limit_between(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 1)
           && limit(RLIMIT_FSIZE, OUTPUT_BYTES_MAX) && limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && limit(RLIMIT_CORE, 0);
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
    else if (!sandbox_filter_calls())
        failed = "filter system calls";
    int error = errno;
    if (!failed)
        return STATUS_OK;
    text_setf(why, "The sandbox could not %s: %s.", failed, strerror(error));
    if (error == EPERM || error == ENOSYS || error == EINVAL) /* libseccomp says EINVAL where seccomp is forbidden */
        text_add(why, " It needs Linux 5.9, and a systemd unit or a container that allows close_range and seccomp.");
    return STATUS_UNAVAILABLE;
}
