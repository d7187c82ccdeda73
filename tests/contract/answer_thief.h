/* What stands between a store and its PostgreSQL server, for one connection after the other: it counts what goes to the
 * server, and cuts answers to COMMIT off, as a network or a server does that goes at the worst moment. */
#ifndef ANSWER_THIEF_H
#define ANSWER_THIEF_H

#include "store.h"

#include <pthread.h>
#include <stdatomic.h>

struct thief {
    int listener;
    uint16_t port, server_port;
    atomic_bool is_over;
    atomic_int stolen, to_steal, trips /* to the server */;
};

/* The store at that address, opened through it; NULL: that has failed. */
struct store *thief_open(struct thief *thief, pthread_t *ret_thread, const char *address);
void thief_close(struct thief *thief, pthread_t thread, struct store *store);

#endif
