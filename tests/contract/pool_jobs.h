/* What the program behind the fence of test_fence can be asked for: to work, and to end in every way. */
#ifndef FENCE_JOBS_H
#define FENCE_JOBS_H

enum fence_job_kind {
    FENCE_JOB_ANSWER,      /* the worker's process */
    FENCE_JOB_FAIL,        /* with a status and a sentence of its own */
    FENCE_JOB_CRASH,       /* a wild pointer */
    FENCE_JOB_ABORT,       /* as a failed assertion, or an exception that nobody catches */
    FENCE_JOB_FORBIDDEN,   /* a system call that kills */
    FENCE_JOB_EXIT,        /* with code 3 */
    FENCE_JOB_KILL_ITSELF, /* by SIGKILL; it is alive afterwards, and says so by exit code 4 */
    FENCE_JOB_WAIT,        /* until somebody ends it */
    FENCE_JOB_BABBLE,      /* a message that is none */
    FENCE_JOB_HANG_UP,     /* closes its socket and stays */
    FENCE_JOB_TAKE,        /* half of its memory; it works */
    /* more memory than is allowed, by: */
    FENCE_JOB_MALLOC,
    FENCE_JOB_CALLOC,
    FENCE_JOB_REALLOC,
    FENCE_JOB_ALIGNED,
    FENCE_JOB_POSIX_ALIGNED,
    FENCE_JOB_STRING,    /* the C library itself */
    FENCE_JOB_OURS,      /* memory_new */
    FENCE_JOB_BY_AND_BY, /* many small pieces */
    FENCE_JOB_IN_THREAD,
    FENCE_JOB_THREADS, /* their stacks */
};
struct fence_job {
    enum fence_job_kind kind;
};
struct fence_answer {
    int process;
};

enum { FENCE_MEMORY = 64 << 20 };

#endif
