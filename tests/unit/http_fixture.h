/* A server for the tests of src/http: routes of every kind, whose handlers tell the tests what they saw. */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include "loopback.h"

#include <pthread.h>
#include <semaphore.h>

enum { DONES_MAX = 2048, FIXTURE_MAX_BODY = 1 << 20 };

/* What the handlers share with the tests; under its lock while a server is open. */
struct fixture {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        char id[80], method[16], path[64], route[32];
        unsigned code;
        uint64_t in, out;
        int64_t duration_ns;
    } dones[DONES_MAX];
    unsigned done_count, begun, ended, stream_closed;
};
extern struct fixture shared;
extern sem_t gate; /* /wait and /steps pass once for each post; the test makes and destroys it */

/* Waits until the counter of `shared` has come that far; ten seconds at most. */
bool wait_for(const unsigned *counter, unsigned value);

/* A server with all routes below, and the counters at 0. */
struct http_server *open_server(unsigned pool_threads);
/* The same, with one event loop, of a server whose back ends are elsewhere. */
struct http_server *open_server_of(unsigned pool_threads, bool is_remote);
extern const struct http_route *const fixture_tables[];

/* What /events sends next, and whether it ends then. */
void send_event(const char *text, bool over);
void forget_events(void);

#define ASK(method, target) method " " target " HTTP/1.1\r\nHost: a\r\n"
#define END                 "\r\n"

#endif
