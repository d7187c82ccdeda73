/* A worker pool: processes that do one kind of dangerous work for the server, and can do nothing else.
 *
 * A pool starts a program of its own once (its own executable, so that the server never maps its libraries and it never
 * sees the server's memory or descriptors). That first process prepares what the work needs and forks the workers
 * ahead, one for each of `processes`; each closes everything but its socket and sandboxes itself before it sees a byte:
 * no new privileges, seccomp allow-list, no network, no opening of files, limits on memory and CPU time. Data goes in
 * and out as descriptors passed over the socket (SCM_RIGHTS, unix(7)). A worker that crashes, runs over its time or its
 * memory is killed and replaced; that costs the one job. The program's side is worker_program.h.
 *
 * How a worker's end over a job becomes the job's status, by whose doing it was:
 *
 *   TOO_LARGE    the job's: it needed more memory than is allowed; so it will again
 *   TIMEOUT      the job's, most likely: more wall time or processor time than is allowed
 *   CRASHED      the job's: the worker died by a signal of its own making (SIGSEGV, SIGABRT, SIGSYS ...), with an exit
 *                code, or answered what can't be; a library's fault that the same job will most likely meet again
 *   UNAVAILABLE  ours: it was killed from outside (SIGKILL, which nothing in a sandbox can send: the kernel, when the
 *                machine runs out of memory, or a person), the first process is gone, or no worker could be started
 *
 * So who retries must stop after a few tries of the first three, and need not with the last. */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker_pool_settings {
    const char *name;         /* as in "The darkroom can't work" */
    const char *work;         /* as in "The process that developed a photo" */
    const char *program_name; /* of the executable: beside the running one, then in the install folder */
    const char *program;      /* its path, if it is elsewhere; else NULL */
    const char *argument;     /* for the program's preparation; NULL: none */
    unsigned processes;       /* 1 to 256 */
    int64_t timeout_ms;       /* wall time for one job */
    uint64_t memory_bytes;    /* address space of a worker, beyond what the first process has */
    size_t job_bytes, answer_bytes;
    size_t descriptors; /* that go with every job */
    /* The sentence for who sent the job, when its status is TOO_LARGE, TIMEOUT or CRASHED as above. NULL: the
     * operator's. */
    void (*explain)(const struct worker_pool_settings *settings, const void *job, enum status status, struct text *why);
    /* How a worker ended, for the operator, from any thread. NULL: nobody wants to know. */
    void (*trouble)(void *context, const char *sentence);
    void *context; /* of trouble */
};

struct worker_pool;
/* Starts the processes and returns when all are ready. UNAVAILABLE, saying what is missing, when it can't. The strings
 * must outlive the pool. */
enum status worker_pool_open(const struct worker_pool_settings *settings, struct worker_pool **ret_pool,
                             struct text *why);
/* What somebody should know although the processes work, in a sentence; "": nothing. */
const char *worker_pool_caution(const struct worker_pool *pool);
/* Ends the processes; work under way is lost. NULL is allowed. */
void worker_pool_close(struct worker_pool *pool);

/* Has one job done: blocks, waiting for a free worker first; safe from any thread. The job's status, with its sentence,
 * or: TOO_LARGE, TIMEOUT, CRASHED or UNAVAILABLE, as above. ret_answer is written only on success; a worker that was
 * taken over by its data may answer anything. */
enum status worker_pool_work(struct worker_pool *pool, const void *job, const int *descriptors, void *ret_answer,
                             struct text *why);

struct worker_pool_stats {
    uint64_t done, restarts;
    unsigned processes, busy;
};
void worker_pool_get_stats(const struct worker_pool *pool, struct worker_pool_stats *ret_stats);

#endif
