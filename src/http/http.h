/* The HTTP server: routes, requests and answers, on libmicrohttpd with one epoll thread a core and a pool of threads
 * for handlers that block. What it promises beyond the library:
 *  - ambiguous requests are refused with 400 and the connection is closed (RFC 9112 6.3, 2.2): two Content-Length, both
 *    framings, bare LF, folded headers;
 *  - a client can't hold a connection by being slow: its first request line must be in header_timeout_ms after it was
 *    accepted, a later one idle_timeout_ms after the last answer, the header header_timeout_ms after its line; bodies
 *    must keep up a minimum rate, either way; when nine tenths of the connections are taken, the one that has been idle
 *    longest goes;
 *  - a drain cuts no request that was accepted. */
#ifndef HTTP_H
#define HTTP_H

#include "arena.h"
#include "reasons.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_request;
struct proxy_list;

/* What a route may wait for. INLINE: nothing. READ: an answer of a back end, which comes in microseconds unless the
 * back end is on another machine. POOL: anything, such as a disk; WHOLE: in its other steps too. */
enum http_run { HTTP_INLINE, HTTP_READ, HTTP_POOL, HTTP_WHOLE };
enum http_step { HTTP_BEGIN, HTTP_HANDLE, HTTP_STREAM, HTTP_END };
/* Whether a step runs on the pool, while the event loop goes on; else it runs on the loop, which is faster where it
 * needn't wait. */
bool http_runs_on_pool(enum http_run run, enum http_step step, bool is_remote);

/* Whether a route has to know who asks. OPTIONAL: nobody is fine, too. */
enum http_needs { HTTP_CALLER_NO, HTTP_CALLER_OPTIONAL, HTTP_CALLER_REQUIRED };

struct http_route {
    const char *method;  /* "GET" also answers HEAD. "*" takes every method that no other row of the pattern names */
    const char *pattern; /* "/users/{name}", "/@{name}"; "{key*}" as the last part takes the rest, slashes and all */
    enum http_run run;
    enum http_needs needs_caller;
    /* The header is in, and nobody knows yet who asks. May answer at once, which ends the request (the rest of its body
     * is read and dropped, or the connection is closed when that is too much). On the event loop. NULL: nothing to
     * do. */
    void (*check)(struct http_request *request);
    /* The same, once it is known who asks. NULL: nothing to do. */
    void (*begin)(struct http_request *request);
    /* A piece of the body, in order, on the event loop. NULL: a body is read and dropped. May answer, which ends the
     * request. */
    void (*body)(struct http_request *request, const char *data, size_t size);
    /* The whole request is in. Must answer. */
    void (*handle)(struct http_request *request);
    /* Always called last, exactly once if `begin` ran: also when the client went away. `data` is that of http_set_data;
     * of the request only the arena is left. NULL: nothing to do. */
    void (*end)(void *data);
};

/* What became of a request; strings are borrowed for the call. */
struct http_done {
    const char *id; /* X-Request-Id: the client's if it sent a sane one (1-64 of [A-Za-z0-9._-]), else ours */
    const char *method, *path, *client;
    const char *route;                      /* the pattern; "" when none matched */
    unsigned code;                          /* 0: the client went away before an answer */
    uint64_t body_bytes_in, body_bytes_out; /* out: 0 when the answer was cut */
    int64_t duration_ns;                    /* header complete to answer sent */
};

struct http_settings {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0"; port 0: any free one */
    unsigned event_threads, pool_threads;
    bool is_remote;                /* back ends are on other machines: http_runs_on_pool */
    unsigned connections;          /* at most; the descriptors for them are asked for with setrlimit */
    unsigned connections_each;     /* from one address; 0: as many as there are. Of a named proxy's clients: requests */
    unsigned streams;              /* open-ended answers at most; 0: a quarter of the connections */
    unsigned streams_each;         /* to one address; 0: a quarter of those */
    int64_t idle_timeout_ms;       /* 30,000 */
    int64_t header_timeout_ms;     /* 10,000 */
    int64_t body_bytes_per_second; /* the least rate of a body, either way, after body_grace_ms: 4,096 */
    int64_t body_grace_ms;         /* 10,000 */
    uint64_t
        answers_memory; /* bytes that answers may hold until they are read, in all: 64 MB; small ones do not count */
    uint64_t max_body;  /* bytes; larger ones get 413 before they are read where their length is known */
    const struct http_route *const *tables; /* NULL-terminated; each table ends with a row whose method is NULL */
    const struct http_route *missing;       /* what GET and HEAD take where no pattern fits; NULL: a problem, 404 */
    /* What all patterns stand below, as base_path_read leaves it; NULL: "". Outside only the vital ones are served;
     * `outside` answers all else, and must. NULL: a problem, 404 */
    const char *base_path;
    void (*outside)(struct http_request *request);
    /* Who is believed about clients: X-Forwarded-For, -Proto, -Host and -Prefix (which says that the base path was
     * taken off). NULL: nobody */
    const struct proxy_list *proxies;
    /* Patterns, NULL-terminated, that are served also on connections kept in reserve, when all others are taken: what
     * operators look at. NULL: none */
    const char *const *vital;
    void *context;                     /* for http_context */
    const char *const *headers;        /* name, value, … NULL: sent with every answer */
    const char *const *origin_headers; /* the same, when the request names its Origin */
    /* Who may ask this at all: before `check`, on the event loop; may answer, which ends the request. NULL:
     * everybody. */
    void (*admit)(struct http_request *request, const struct http_route *route);
    /* Who asks, for routes that need to know: before `begin`, and where that runs. Calls http_set_caller, or answers,
     * which ends the request. */
    void (*identify)(struct http_request *request, const struct http_route *route);
    void (*done)(void *context, const struct http_done *done); /* any thread; must not block */
};

struct http_server;
/* Listens and serves from its own threads. INVALID for a bad address, UNAVAILABLE when it can't listen. */
enum status http_server_open(const struct http_settings *settings, struct http_server **ret_server, struct text *why);
/* "127.0.0.1:41231": with the real port. Borrowed. */
const char *http_server_address(const struct http_server *server);
/* Takes no new connections, lets every accepted request end (answers carry Connection: close), then closes idle ones;
 * returns when all are closed or after timeout_ms, saying how many had to be cut. Open-ended streams are ended. */
unsigned http_server_drain(struct http_server *server, int64_t timeout_ms);
void http_server_close(struct http_server *server);
struct http_stats {
    uint64_t requests_in_flight, connections, connections_refused, connections_reaped;
};
void http_server_get_stats(const struct http_server *server, struct http_stats *ret_stats);

/* ---- The request ---- */

void *http_context(const struct http_request *request);
struct arena *http_arena(struct http_request *request); /* lives as long as the request */
void http_set_data(struct http_request *request, void *data);
void *http_data(const struct http_request *request);
void http_set_caller(struct http_request *request, const void *caller); /* what `identify` has found out */
const void *http_caller(const struct http_request *request);            /* NULL: nobody, or nobody asked */
const char *http_request_id(const struct http_request *request);
/* What is asked for: a POST may name another method in X-HTTP-Method-Override, for clients and networks that know no
 * more. */
const char *http_method(const struct http_request *request);
/* False for HEAD: of the answer's body only the size is looked at. */
bool http_sends_body(const struct http_request *request);
const char *http_path(const struct http_request *request); /* percent-decoded, without the base path and the query */
/* What stood for {name}; "" if there is no such part. Percent-decoded; never holds a NUL. */
const char *http_parameter(const struct http_request *request, const char *name);
/* NULL when absent. Names of headers match in any case. Of repeated ones the first. */
const char *http_header(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name); /* percent-decoded, + is a space */
/* INVALID when malformed or outside; the default when absent. */
enum status http_query_integer(const struct http_request *request, const char *name, int64_t minimum, int64_t maximum,
                               int64_t default_value, int64_t *ret_value, struct text *why);
/* Whether the Content-Type is this one, whatever parameters follow it. */
bool http_content_type_is(const struct http_request *request, const char *type);
/* For which host the client has asked, and by which scheme: as a named proxy says, else Host, and NULL. */
const char *http_host(const struct http_request *request);
const char *http_scheme(const struct http_request *request);
/* Who counts as one client: its address, or its network of 64 bits of IPv6. In the arena. */
const char *http_network(struct http_request *request);
uint64_t http_content_length(const struct http_request *request); /* UINT64_MAX: unknown (chunked) */

/* ---- The answer: headers first, then exactly one of the answers ---- */

void http_add_header(struct http_request *request, const char *name, const char *value);
/* Copies the body. content_type NULL: no body, no Content-Type. */
void http_answer(struct http_request *request, unsigned code, const char *content_type, const char *body, size_t size);
/* Takes the body. When answers that nobody reads hold all the memory that they may, the client gets a 503 instead. */
void http_answer_text(struct http_request *request, unsigned code, const char *content_type, struct text *body);
/* The body outlives the server: it is not copied. */
void http_answer_static(struct http_request *request, unsigned code, const char *content_type, const char *body,
                        size_t size);
/* application/problem+json (RFC 9457):
 * {"type":"about:blank","title":…,"status":…,"detail":sentence,"error_code":…,"error_values":…}; the sentence is one
 * that reason_set has made. */
void http_answer_problem(struct http_request *request, unsigned code, const struct text *sentence);
/* The same by the reason; its values follow, as in reason_set. */
void http_answer_reason(struct http_request *request, unsigned code, enum reason reason, ...);
/* `size` bytes of the file from `offset`, by sendfile; the descriptor is taken. */
void http_answer_file(struct http_request *request, unsigned code, const char *content_type, int fd, uint64_t offset,
                      uint64_t size);

/* An open-ended answer (server-sent events). `next` appends what there is to send; it returns false when the stream has
 * ended. With nothing to send it appends nothing, and is called again after http_stream_wake. `close` is called exactly
 * once, at the end or when the client has gone; after it nobody may wake the stream. It runs on the event loop and must
 * not wait; `next` may wait where the route's run says so. */
struct http_stream;
struct http_stream_ops {
    bool (*next)(void *data, struct text *out);
    void (*close)(void *data);
};
/* NULL when there are too many streams: then that was answered, and `close` was called. Otherwise the stream exists
 * from here until `close`. A comment line is sent every 15 s, so that dead clients are found. */
struct http_stream *http_answer_stream(struct http_request *request, const char *content_type,
                                       const struct http_stream_ops *ops, void *data);
void http_stream_wake(struct http_stream *stream); /* any thread */

#endif
