/* A pool as the server sees it from inside: the first process, and a slot for each worker. */
#ifndef WORKER_POOL_INSIDE_H
#define WORKER_POOL_INSIDE_H

#include "wire.h"
#include "worker_pool.h"

#include <pthread.h>
#include <stdatomic.h>

struct slot {
    int socket; /* of its worker; -1: none */
    bool taken;
};

struct worker_pool {
    struct worker_pool_settings settings;
    char *program;
    char caution[REASON_BYTES];

    pthread_mutex_t slots_lock; /* guards `taken` of all slots; the rest of a slot belongs to who took it */
    pthread_cond_t slot_freed;
    struct slot *slots;

    pthread_mutex_t control_lock; /* one request to the first process at a time */
    int control;                  /* -1: not running */
    pid_t first_process;

    atomic_uint_fast64_t done, restarts;
    atomic_uint busy;
};

/* Starts the first process and waits for its hello. UNAVAILABLE when it does not come up. */
enum status first_process_start(struct worker_pool *pool, struct text *why);
/* `kills`: do not wait until it ends by itself. */
void first_process_end(struct worker_pool *pool, bool kills);

/* Ends the slot's worker, if any, and gives the slot a new one, starting the first process again when that is gone.
 * `patience_ms`: how long the old one may take to end by itself. *ret_hired says how it ended. UNAVAILABLE when there
 * is no new one: the slot is empty then. */
enum status slot_hire(struct worker_pool *pool, struct slot *slot, unsigned patience_ms, struct hired *ret_hired,
                      struct text *why);

#endif
