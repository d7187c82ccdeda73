/* The program's side of a pool: the first process, which forks a worker whenever the server asks for one and never sees
 * any data itself, and the workers, which take jobs from their sockets, one after the other, inside the sandbox. */
#ifndef WORKER_PROGRAM_H
#define WORKER_PROGRAM_H

#include "sandbox.h"
#include "wire.h"

struct worker_program {
    const char *name;               /* of the program */
    size_t job_bytes, answer_bytes; /* as in struct worker_pool_settings */
    size_t descriptors;
    /* In the first process, while everything is still allowed: opens all that the workers need. Starts no thread,
     * because the workers are forked later. OK with a sentence: it works, but somebody should know that. */
    enum status (*prepare)(const char *program, const char *argument, struct text *why);
    /* In each worker, before its sandbox closes; NULL: nothing to do. */
    void (*enter)(void);
    /* In a worker. The descriptors are closed by the caller. */
    enum status (*work)(const void *job, const int *descriptors, void *ret_answer, struct text *why);
};

/* All that main() does. The process ends, and with it its workers, when the server closes the control socket. */
int worker_program_main(const struct worker_program *self, int argc, char **argv);

#endif
