/* What the server and the darkroom's processes say to each other: fixed-size messages over SOCK_SEQPACKET sockets, the
 * pictures beside them as descriptors (SCM_RIGHTS, unix(7)).
 *
 * Control socket, server and first process: on start comes one `hello`; then each `hire` is answered by one `hired`.
 * Work socket, server and one worker: each `job` (three descriptors: original, large, thumbnail) by one `answer`. The
 * end of a socket is the end of the process behind it. Both sides come from one build: `hello` checks it. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "darkroom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    PROTOCOL_VERSION = 1,
    CONTROL_DESCRIPTOR = 3, /* of the first process */
    WORKERS_MAX = 256,
    REASON_BYTES = 240,
    WORKER_EXIT_MEMORY = 77, /* a worker's exit code: an allocation failed where the library can't go on */
};

struct hello {
    uint32_t version, size_of_job; /* of the protocol */
    char trouble[REASON_BYTES];    /* "": ready */
};

/* Ends the worker of this slot if there is one, and starts a new one. */
struct hire {
    uint32_t slot;
    uint64_t memory_bytes;
    uint64_t cpu_seconds;
};
struct hired {
    int32_t error;       /* errno; 0: the new worker's socket comes along */
    bool had_worker;     /* there was one before, and */
    int32_t wait_status; /* this is how it ended, as from waitpid(2) */
};

struct job {
    enum image_format format;
    uint64_t original_bytes; /* a worker may not ask the kernel for it: that call takes paths too */
    uint32_t width, height;  /* as the probe saw them */
    struct image_limits limits;
    uint32_t large_side, thumbnail_side, quality;
};
enum { JOB_DESCRIPTORS = 3, JOB_ORIGINAL = 0, JOB_LARGE, JOB_THUMBNAIL };
struct answer {
    enum status status;
    struct darkroom_result result;
    uint32_t retires; /* 1: the worker has worked enough and ends after this answer: a fresh one leaks nothing */
    char reason[REASON_BYTES];
};

/* One message; false with errno set when the other side is gone. The descriptors stay the caller's. */
bool protocol_send(int socket, const void *message, size_t size, const int *descriptors, size_t count);
/* One message of exactly `size` bytes with exactly `count` descriptors (or none, which are then -1); they become the
 * caller's and close on exec. False at the end of the stream (errno 0), on an error, or on anything else (EPROTO). */
bool protocol_receive(int socket, void *message, size_t size, int *ret_descriptors, size_t count);

#endif
