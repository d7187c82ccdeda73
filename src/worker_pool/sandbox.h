/* The sandbox around a worker. After sandbox_enter the process can compute, read and write the descriptors that it has
 * or is sent, take memory up to its limit, start threads of its own, and end. Every other system call fails, and those
 * that only somebody makes who has taken the process over (running a program, the network, other processes, privileges)
 * kill it (SIGSYS).
 *
 * A call without a row in the table of sandbox_calls.c fails with ENOSYS and does not kill. That is as safe, because
 * the kernel carries out neither; but libraries are written for older kernels too and go on without a call that is not
 * there, while each new version of them, or of the C library, brings calls that nobody here has seen. A decoder's
 * thread that looked into /proc/sys/vm/overcommit_memory when its heap shrank was once killed for it, and with it every
 * photo of a phone. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "status.h"
#include "text.h"

#include <stdint.h>

/* Under AddressSanitizer or ThreadSanitizer the address space is terabytes wide: no limit on memory can be set
 * there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

struct sandbox_limits {
    uint64_t memory_bytes; /* of address space, beyond what the program and its libraries take already */
    uint64_t cpu_seconds;  /* of the process's whole life */
};

/* Leaves behind what a whole process tree can do without: the network, if the kernel lets us. Call it before any thread
 * runs. */
void sandbox_leave_network(void);

/* Closes every descriptor but `keep` and standard error, and locks the doors. UNAVAILABLE when a lock does not hold:
 * the process must end then. */
enum status sandbox_enter(int keep, const struct sandbox_limits *limits, struct text *why);

#endif
