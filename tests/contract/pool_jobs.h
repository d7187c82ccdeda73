/* What the program in the pool of test_worker_pool can be asked for: to work, and to end in every way. */
#ifndef POOL_JOBS_H
#define POOL_JOBS_H

enum pool_job_kind {
    POOL_JOB_ANSWER,      /* the worker's process */
    POOL_JOB_FAIL,        /* with a status and a sentence of its own */
    POOL_JOB_CRASH,       /* a wild pointer */
    POOL_JOB_ABORT,       /* as a failed assertion, or an exception that nobody catches */
    POOL_JOB_FORBIDDEN,   /* a system call that kills */
    POOL_JOB_EXIT,        /* with code 3 */
    POOL_JOB_KILL_ITSELF, /* by SIGKILL; it is alive afterwards, and says so by exit code 4 */
    POOL_JOB_WAIT,        /* until somebody ends it */
    POOL_JOB_BABBLE,      /* a message that is none */
    POOL_JOB_HANG_UP,     /* closes its socket and stays */
    POOL_JOB_TAKE,        /* half of its memory; it works */
    /* more memory than is allowed, by: */
    POOL_JOB_MALLOC,
    POOL_JOB_CALLOC,
    POOL_JOB_REALLOC,
    POOL_JOB_ALIGNED,
    POOL_JOB_POSIX_ALIGNED,
    POOL_JOB_STRING,    /* the C library itself */
    POOL_JOB_OURS,      /* memory_new */
    POOL_JOB_BY_AND_BY, /* many small pieces */
    POOL_JOB_IN_THREAD,
    POOL_JOB_THREADS, /* their stacks */
};
struct pool_job {
    enum pool_job_kind kind;
};
struct pool_answer {
    int process;
};

enum { POOL_MEMORY = 64 << 20 };

#endif
