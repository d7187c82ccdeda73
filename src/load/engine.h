/* An HTTP/1.1 client that sends many requests at a time from one thread: an epoll loop that the caller drives. A
 * request starts when the caller says so, whatever became of earlier ones. */
#ifndef ENGINE_H
#define ENGINE_H

#include "load_target.h"
#include "tally.h"

struct request {
    const struct load_target *target;
    unsigned place;          /* targets of the same address share a place, and with it connections; from 0 */
    const char *head, *body; /* borrowed until the request has ended */
    size_t head_length, body_length;
    bool is_head; /* the answer has no body */
};

struct engine_settings {
    int64_t timeout_ns;   /* from the planned start */
    unsigned connections; /* most at a time */
    unsigned places;
    bool closes_each; /* a connection a request, instead of keeping them */
    bool keeps_bodies;
    /* A request has ended. It may start others. `body` is empty unless bodies are kept; borrowed for the call. */
    void (*done)(void *context, void *data, const struct request_result *result, const struct text *body);
    void *context;
};

struct engine;

/* NULL only when the kernel gives no epoll descriptor. Settings are copied. */
struct engine *engine_new(const struct engine_settings *settings);
/* Closes all connections; requests under way get no result. */
void engine_free(struct engine *engine);

/* Starts a request. `data` comes back with its result; ret_sent_ns gets the moment of its start. BUSY when the
 * generator itself can't: all connections are in use, or the system has no descriptor or port left. Then there is no
 * result. */
enum status engine_start(struct engine *engine, const struct request *request, int64_t planned_ns, void *data,
                         int64_t *ret_sent_ns);
/* Handles what comes until that moment (monotonic) at the latest; returns after the first that came. */
void engine_wait(struct engine *engine, int64_t until_ns);
/* Requests under way. */
unsigned engine_busy(const struct engine *engine);
/* No request can be started before one has ended. */
bool engine_is_full(const struct engine *engine);

#endif
