/* What acceptor.c and timeouts.c share. */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include "server.h"

enum { TAG_LISTENER, TAG_WAKE, TAG_FIRST_CONNECTION = 16 };
#define TAG_LINGER (UINT64_C(1) << 63)

struct acceptor {
    struct http_server *server;
    int epoll, listener, wake; /* the listener is the acceptor thread's; -1 once closed */
    bool listening;            /* the listener is in the epoll */
    bool started;
    unsigned next_loop;
    pthread_t thread;
    struct lingering *lingering;
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
int64_t timeouts_interval_ns(const struct acceptor *acceptor);
/* Ends connections that are late, and pings quiet streams. Under the lock. */
void timeouts_check(struct acceptor *acceptor, int64_t now_ns);
/* Ends the `count` connections, of the reserve or of all others, that have waited longest for a request to begin, or
 * for its header to end, but no more than there are. Under the lock. */
void timeouts_reap(struct acceptor *acceptor, uint64_t count, bool of_reserve);
/* Ends connections that wait for their clients to read, longest first, until answers of `size` bytes are let go.
 * Returns how much was. Under the lock. */
uint64_t timeouts_reap_unread(struct acceptor *acceptor, uint64_t size);

#endif
