/* What the server and the processes of a pool say to each other: messages of known sizes over SOCK_SEQPACKET sockets,
 * the data beside them as descriptors (SCM_RIGHTS, unix(7)).
 *
 * Control socket, server and first process: on start comes one `hello`; then each `hire` is answered by one `hired`.
 * Work socket, server and one worker: on start comes one `verdict`, whether the sandbox has closed; then each job, with
 * its descriptors, is answered by one `verdict` and the answer behind it. The end of a socket is the end of the process
 * behind it. Both sides come from one build: `hello` checks it. */
#ifndef WIRE_H
#define WIRE_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    WIRE_VERSION = 4,
    CONTROL_DESCRIPTOR = 3, /* of the first process */
    WORKERS_MAX = 256,
    DESCRIPTORS_MAX = 4, /* with one message */
    ANSWER_BYTES_MAX = 64 << 10,
    REASON_BYTES = 240,
    WORKER_EXIT_MEMORY = 77, /* a worker's exit code: an allocation failed where the library can't go on */
};

struct hello {
    uint32_t version;
    uint32_t job_bytes, answer_bytes;
    char trouble[REASON_BYTES]; /* "": ready */
    char caution[REASON_BYTES]; /* of one that is ready; "": none */
};

/* Ends the worker of this slot if there is one, and starts a new one. */
struct hire {
    uint32_t slot;
    uint32_t patience_ms; /* to wait for its own end, before it is killed */
    uint64_t memory_bytes;
    uint64_t cpu_seconds;
};
struct hired {
    int32_t error;       /* errno; 0: the new worker's socket comes along */
    bool had_worker;     /* there was one before, */
    bool was_killed;     /* by the first process, because it did not end by itself, */
    int32_t process;     /* this was its number, */
    int32_t wait_status; /* and this is how it ended, as from waitpid(2) */
};

struct verdict {
    enum status status;
    uint32_t retires; /* 1: the worker has worked enough and ends after this answer: a fresh one leaks nothing */
    char reason[REASON_BYTES];
};

/* One message; false with errno set when the other side is gone. The descriptors stay the caller's. */
bool wire_send(int socket, const void *message, size_t size, const int *descriptors, size_t count);
/* One message of exactly `size` bytes with exactly `count` descriptors (or none, which are then -1); they become the
 * caller's and close on exec. False at the end of the stream (errno 0), on an error, or on anything else (EPROTO). */
bool wire_receive(int socket, void *message, size_t size, int *ret_descriptors, size_t count);

#endif
