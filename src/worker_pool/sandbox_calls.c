/* The table of system calls. Each row was seen in a decoder, in its threads or in the C library beneath them (strace
 * -f, all formats, fresh and warm workers, Debian 12 and 13), or is there to be refused on purpose. What has no row
 * fails with ENOSYS.
 *
 * Without a row on purpose: clone3, whose flags lie behind a pointer that a filter can't follow (glibc then takes
 * clone), and sched_getaffinity (decoders start a thread for each processor that they count, and each thread takes
 * memory; uncounted, there are one or two). */
#include "sandbox_calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int allowed[] = {
    /* the descriptors that we were given; none of these takes a path, an address or another process's number */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev), /* libstdc++, and the C library's last words */
    SCMP_SYS(lseek),
    SCMP_SYS(fstat), /* not newfstatat: that one takes paths too */
    SCMP_SYS(close),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    /* memory; its mapping stands below */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise), /* free(3) gives pages back; a thread's end gives back its stack */
    /* threads of our own: libheif decodes tiles in several, libde265 and dav1d each start some */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getcpu),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), /* the sanitizers' */
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    /* clocks and counters; with the usual clock source these do not even reach the kernel */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), /* ThreadSanitizer's own thread */
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo), /* qsort(3) looks how much memory there is */
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* A library may try these and goes on without, better with this error than with ENOSYS. */
static const struct refusal {
    int call, error;
} refused[] = {
    /* Files. glibc looks into /proc/sys/vm/overcommit_memory when a thread's heap shrinks, into /sys/devices/system/cpu
     * for the number of processors, and asks where the program is; others look for their settings and plug-ins. */
    {SCMP_SYS(open), EACCES},
    {SCMP_SYS(openat), EACCES},
    {SCMP_SYS(creat), EACCES},
    {SCMP_SYS(stat), EACCES},
    {SCMP_SYS(lstat), EACCES},
    {SCMP_SYS(newfstatat), EACCES},
    {SCMP_SYS(statx), EACCES},
    {SCMP_SYS(statfs), EACCES},
    {SCMP_SYS(access), EACCES},
    {SCMP_SYS(faccessat), EACCES},
    {SCMP_SYS(faccessat2), EACCES},
    {SCMP_SYS(readlink), EACCES},
    {SCMP_SYS(readlinkat), EACCES},
    {SCMP_SYS(getcwd), EACCES},
    {SCMP_SYS(unlink), EACCES},
    {SCMP_SYS(unlinkat), EACCES},
    {SCMP_SYS(mkdir), EACCES},
    {SCMP_SYS(mkdirat), EACCES},
    {SCMP_SYS(rename), EACCES},
    {SCMP_SYS(renameat), EACCES},
    {SCMP_SYS(renameat2), EACCES},
    /* isatty(3) of standard error */
    {SCMP_SYS(ioctl), ENOTTY},
    /* Threads ask for a priority and for processors of their own. */
    {SCMP_SYS(sched_setaffinity), EPERM},
    {SCMP_SYS(sched_setscheduler), EPERM},
    {SCMP_SYS(sched_setattr), EPERM},
    {SCMP_SYS(setpriority), EPERM},
};

/* No decoder tries these: whoever does is not the decoder any more, and is stopped at once. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    /* the network */
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmmsg),
    /* other processes */
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    /* privileges and the system as a whole */
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(capset),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(acct),
    SCMP_SYS(syslog),
};

/* What holds of a call while (argument & mask) == value. */
struct condition {
    int call;
    unsigned argument;
    uint64_t mask, value;
};
enum { THREAD = CLONE_THREAD | CLONE_VM };
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP)
static const struct condition allowed_if[] = {
    /* never executable: who compiles at run time, as ORC does, can do without */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    /* a thread */
    {SCMP_SYS(clone), 0, THREAD | NAMESPACES, THREAD},
    /* threads call themselves by a name */
    {SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME},
    /* limits can be read, not set */
    {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0},
};
static const struct condition deadly_if[] = {
    /* a process */
    {SCMP_SYS(clone), 0, CLONE_THREAD, 0},
    {SCMP_SYS(clone), 0, CLONE_VM, 0},
};

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++)
        failed = seccomp_rule_add(filter, action, calls[i], 0);
    return failed;
}

static int add_conditions(scmp_filter_ctx filter, uint32_t action, const struct condition *rows, size_t count)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++)
        failed = seccomp_rule_add(filter, action, rows[i].call, 1,
                                  SCMP_CMP64(rows[i].argument, SCMP_CMP_MASKED_EQ, rows[i].mask, rows[i].value));
    return failed;
}

static int add_refusals(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < sizeof refused / sizeof refused[0]; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error), refused[i].call, 0);
    return failed;
}

/* abort(3) ends here: the death is then called by its own name. No other signal, so that who sees a SIGKILL knows that
 * it came from outside. */
static int add_abort(scmp_filter_ctx filter)
{
    uint64_t own = (uint64_t)getpid();
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, SCMP_CMP64(0, SCMP_CMP_EQ, own, 0),
                                  SCMP_CMP64(2, SCMP_CMP_EQ, SIGABRT, 0));
    return failed ? failed
                  : seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
                                     SCMP_CMP64(0, SCMP_CMP_NE, own, 0));
}

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
static int add_rules(scmp_filter_ctx filter)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!failed)
        failed = add_all(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
    if (!failed)
        failed = add_conditions(filter, SCMP_ACT_ALLOW, allowed_if, COUNT(allowed_if));
    if (!failed)
        failed = add_refusals(filter);
    if (!failed)
        failed = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
    if (!failed)
        failed = add_conditions(filter, SCMP_ACT_KILL_PROCESS, deadly_if, COUNT(deadly_if));
    return failed ? failed : add_abort(filter);
}

bool sandbox_filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return false;
    int failed = add_rules(filter);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    errno = -failed;
    return !failed;
}
