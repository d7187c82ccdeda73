/* What guard.c and sweep.c share. */
#ifndef GUARD_H
#define GUARD_H

#include "server.h"

enum { TAG_LISTENER, TAG_WAKE, TAG_FIRST_CONNECTION = 16 };
#define TAG_FAREWELL (UINT64_C(1) << 63)

struct guard {
    struct http_server *server;
    int epoll, listener, wake; /* the listener is the guard thread's; -1 once closed */
    bool listening;            /* the listener is in the epoll */
    bool started;
    unsigned next_loop;
    pthread_t thread;
    struct farewell *farewell;
    atomic_bool stopping;
    pthread_mutex_t lock; /* for what follows, and for every connection's place in the list, stream and end */
    pthread_cond_t closed;
    struct connection *first;
    uint64_t next_number;
    struct quota *addresses; /* of connections, while they are limited by address */
    uint64_t live;           /* accepted and not yet closed; those on their way to a loop are not in the list */
    uint64_t shut;           /* told to end, and not yet closed */
    uint64_t refused, reaped;
    uint64_t most_live; /* since memory was last given back */
    int64_t drained_ns; /* when the drain began; 0 before */
    bool cutting;
};

/* How often to look for connections that are late. */
int64_t sweep_interval_ns(const struct guard *guard);
/* Ends connections that are late, and pings quiet streams. Under the lock. */
void sweep_connections(struct guard *guard, int64_t now_ns);
/* Ends the `count` connections, of the reserve or of all others, that have waited longest for a request to begin, or for its header to
 * end, but no more than there are. Under the lock. */
void sweep_reap(struct guard *guard, uint64_t count, bool of_reserve);
/* Ends connections that wait for their clients to read, longest first, until answers of `size` bytes are let go. Returns how much
 * was. Under the lock. */
uint64_t sweep_unread(struct guard *guard, uint64_t size);

#endif
