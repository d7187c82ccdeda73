/* What the files of this folder share; nobody outside includes it. Who runs what:
 *  - the event loops (libmicrohttpd's threads) read, parse and send, and run all steps of requests that needn't wait;
 *  - the pool (pool.c) runs the steps that may (http_runs_on_pool) while libmicrohttpd has their connection suspended;
 *  - the acceptor (acceptor.c), one thread, accepts connections, hands them to the loops in turn, and ends those that
 *    are too slow.
 * A connection holds room for its one running request, so that a kept connection costs no allocation a request.
 * What the acceptor reads of a connection while a loop serves it is atomic; all else belongs to the loop, or to the
 * pool while the connection is suspended. */
#ifndef SERVER_H
#define SERVER_H

#include "http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum {
    TARGET_ROOM = 1536,       /* bytes of a request for its target and headers before the arena is asked */
    ID_ROOM = 65,             /* an X-Request-Id and its NUL */
    PARAMETERS_MAX = 4,       /* {…} in one pattern */
    SEGMENTS_MAX = 8,         /* parts in one pattern */
    DROP_FACTOR = 4,          /* a refused body is read to its end up to this many times max_body */
    RESERVE_MAX = 64,         /* connections beyond the limit, for vital routes alone */
    POOL_QUEUE_MAX = 1024,    /* requests that wait for a pool thread */
    CONNECTION_MEMORY = 12288 /* libmicrohttpd's for one connection: header and a piece of the body */
};

/* ---- pool.c ---- */

/* What the pool has to do. It belongs to its maker, and the pool doesn't touch it once it runs. */
struct pool_job {
    struct pool_job *next;
    void (*run)(void *data);
    void *data;
    bool is_counted; /* the pool's own */
};

struct pool;
struct pool *pool_new(unsigned threads);
/* False when POOL_QUEUE_MAX of these wait already. */
bool pool_submit(struct pool *pool, struct pool_job *job);
/* For jobs whose number is bounded elsewhere: always taken. */
void pool_add(struct pool *pool, struct pool_job *job);
/* Runs what was taken, and ends. */
void pool_free(struct pool *pool);

/* ---- A request ---- */

enum stage {
    STAGE_LINE,   /* the request line is in */
    STAGE_BEGUN,  /* the header is in; handed to the pool for HTTP_BEGIN */
    STAGE_BODY,   /* the header is in, and the route has heard of it */
    STAGE_POOLED, /* handed to the pool for HTTP_HANDLE */
    STAGE_QUEUED, /* the answer is on its way */
    STAGE_REFUSED /* answered by our own hand: refusal.c */
};

struct header {
    struct header *next;
    const char *name, *value;
};

struct parameter {
    const char *name, *value;
};

struct http_request {
    struct connection *connection;
    struct http_server *server;
    enum stage stage;
    bool begun;            /* the route has heard of it: `end` must follow */
    bool chunked;          /* the body's length is unknown */
    bool expects_continue; /* the client waits for our word before it sends the body */
    bool is_1_0;
    bool names_origin;         /* a page of another origin may have made it */
    bool must_close;           /* the connection ends with this answer */
    bool is_too_large;         /* its header: there may be no room for an answer */
    bool is_counted;           /* among those of its client: acceptor_take_request */
    bool is_taken;             /* by the pool, for a step */
    bool is_stripped;          /* a named proxy has taken the base path off */
    const char *client;        /* the connection's, or as a named proxy says */
    const char *scheme, *host; /* as a named proxy says; NULL: it doesn't */
    const struct http_route *route;
    const char *pattern; /* "" when none matched */
    void *data;
    const void *caller;
    struct pool_job job;
    const char *method;       /* of the request line */
    const char *asked_method; /* what it stands for: http_method */
    const char *target;       /* as it came, without scheme and authority */
    size_t target_path_length;
    const char *path;        /* decoded; like target, without the base path once that was looked for */
    size_t base_path_length; /* how much of it was taken off */
    const char *query;       /* not decoded; "" when there is none */
    const char *line_target; /* where libmicrohttpd holds the target: only to be compared */
    size_t line_target_length;
    const char *body_memory; /* where libmicrohttpd reads the body to */
    struct parameter parameters[PARAMETERS_MAX];
    size_t parameter_count;
    struct header *headers, **last_header; /* of the answer */
    uint64_t content_length;               /* UINT64_MAX when chunked */
    uint64_t body_in;
    int64_t started_ns;
    struct {
        struct MHD_Response *response; /* NULL once queued */
        struct http_stream *stream;
        unsigned code; /* 0: no answer yet */
        uint64_t size;
    } answer;
    struct arena arena;
    size_t room_used;
    char id[ID_ROOM];
    _Alignas(max_align_t) char room[TARGET_ROOM];
};

/* Memory that lives as long as the request; from its own room while that lasts. Not zeroed. */
void *request_room(struct http_request *request, size_t size);
char *request_copy(struct http_request *request, const char *data, size_t length);

/* libmicrohttpd's three callbacks for a request: its line, its parts, its end. */
void *request_on_line(void *context, const char *target, struct MHD_Connection *handle);
enum MHD_Result request_on_part(void *context, struct MHD_Connection *handle, const char *url, const char *method,
                                const char *version, const char *data, size_t *size, void **request_context);
void request_on_end(void *context, struct MHD_Connection *handle, void **request_context,
                    enum MHD_RequestTerminationCode code);

/* ---- strict.c: requests that two readers could take in two ways ---- */

/* NULL, and content_length, chunked, expects_continue, is_1_0, is_too_large and id of the request are set; or what is
 * wrong, as it stands in REASON_REQUEST_MALFORMED: "it has no Host". */
const char *strict_check(struct http_request *request, struct MHD_Connection *handle, const char *version);
/* The same for what stands before a piece of a chunked body, and for its end, as far as it can be seen. */
const char *strict_check_chunk(const struct http_request *request, const char *data);
const char *strict_check_last_chunk(const struct http_request *request);

/* ---- content_length.c ---- */

/* False for what is no number of bytes: digits alone, below 2^63. */
bool content_length_read(const char *value, size_t length, uint64_t *ret_bytes);

/* ---- query.c: the target ---- */

/* Fills target, path and query from what stands in the request line; else what is wrong with it, as strict_check. */
const char *target_parse(struct http_request *request);
/* Decodes %XX, and + as a space where `plus` is set. False for a bad escape or an escaped NUL; ret has room for length
 * + 1. */
bool target_decode(const char *text, size_t length, bool plus, char *ret_text);

/* ---- who_asks.c ---- */

/* Sets client, scheme, host and is_stripped, of what a named proxy says. */
void who_asks_read(struct http_request *request);

/* ---- routes.c ---- */

struct routes;
struct routes *routes_new(const struct http_route *const *tables);
void routes_free(struct routes *routes);
/* Sets route, pattern and parameters of the request; or answers 404, 405 or 501. */
void routes_match(const struct routes *routes, struct http_request *request);
/* Takes the base path off; false, and it is answered, when the request is for something outside that isn't vital. */
bool routes_enter(struct http_request *request);
/* Whether operators look at this pattern. */
bool routes_is_vital(const struct http_server *server, const char *pattern);

/* ---- answer.c ---- */

/* Hands the recorded answer to libmicrohttpd. On the event loop alone. */
enum MHD_Result answer_queue(struct http_request *request, struct MHD_Connection *handle);
/* Keeps `response` as the answer, with all headers. Any thread. */
void answer_set(struct http_request *request, unsigned code, const char *content_type, struct MHD_Response *response,
                uint64_t size);

/* http_answer_problem, of a string. */
void answer_problem(struct http_request *request, unsigned code, const char *sentence);
/* Its body. */
void answer_write_problem(struct text *out, unsigned code, const char *sentence);

/* ---- refusal.c: past libmicrohttpd ---- */

/* Whether the request has taken so much of the connection's memory that an answer may not fit. `records`: its fields
 * and cookies; cookie_size: of the Cookie header. */
bool refusal_is_needed(size_t header_size, size_t records, size_t cookie_size);
/* Writes a whole answer to the socket, and returns the size of its body. The caller closes. request NULL: none was
 * read. Any thread. */
size_t refusal_send(const struct http_server *server, int fd, const struct http_request *request, unsigned code,
                    const char *sentence);
/* The same for a request, on the event loop: what it returns is what libmicrohttpd has to hear. */
enum MHD_Result refusal_answer(struct http_request *request, unsigned code, const char *sentence);

/* ---- held.c: what answers hold in memory until they are read ---- */

/* False when there is no room for so much, nor can be made. Any thread. */
bool held_take(struct connection *connection, uint64_t size);
/* The connection was told to end: returns how much it holds until then. Under the acceptor's lock. */
uint64_t held_let_go(struct connection *connection);
/* The answer is gone. */
void held_give_back(struct connection *connection);

/* ---- stream.c ---- */

/* Wakes the stream for the acceptor: to end it (drain), to find out that the client has gone, or for a sign of life. */
enum stream_signal { STREAM_END, STREAM_GONE, STREAM_PING };
void stream_signal(struct http_stream *stream, enum stream_signal signal);
void stream_free(struct http_stream *stream); /* calls `close` */
int64_t stream_quiet_since(struct http_stream *stream);
uint64_t stream_bytes(const struct http_stream *stream);

/* ---- A connection ---- */

enum phase {
    PHASE_IDLE,     /* no byte of a request was seen, or the last answer was sent */
    PHASE_HEADER,   /* the request line is in */
    PHASE_BODY,     /* the header is in */
    PHASE_HANDLING, /* ours to work */
    PHASE_SENDING
};

struct connection {
    struct connection *next, *previous; /* the acceptor's list, under its lock */
    struct http_server *server;
    struct MHD_Connection *handle;
    int fd;
    uint64_t number;
    _Atomic uint64_t requests; /* so far */
    _Atomic int phase;
    _Atomic int64_t since_ns;   /* of the phase */
    _Atomic uint64_t bytes;     /* of the body so far */
    _Atomic uint64_t held;      /* bytes of an answer that count: held.c */
    _Atomic uint64_t leaving;   /* the same, once it was sent away */
    bool is_proxy;              /* of a named one: it doesn't count for its address, but its requests do */
    bool is_reserve;            /* it came when all others were taken: one vital request is served */
    bool linger;                /* close gently: the client may still be sending */
    struct http_stream *stream; /* under the acceptor's lock */
    /* The acceptor's own: */
    int64_t shut_ns;   /* when it was told to end; 0 before */
    bool cut;          /* and was not asked, but forced */
    int64_t sample_ns; /* when acknowledged was looked at */
    uint64_t acknowledged;
    struct in6_addr peer;          /* who has connected: address_of_socket */
    char client[INET6_ADDRSTRLEN]; /* the same in letters */
    char id[ID_ROOM - 17];         /* with which the ids of its requests begin */
    struct http_request request;
};

void connection_enter(struct connection *connection, enum phase phase, int64_t now_ns);
/* libmicrohttpd's callback for a connection's begin and end. */
void connection_on_change(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code);

/* ---- network.c ---- */

/* The client's address, or the part of it that tells who it is. */
void network_of(const char *client, char ret_network[static INET6_ADDRSTRLEN]);

/* ---- acceptor.c ---- */

struct acceptor;
/* Takes the listening socket. */
struct acceptor *acceptor_new(struct http_server *server, int listener);
bool acceptor_start(struct acceptor *acceptor);
/* How many connections are taken beyond the limit, at most. */
unsigned acceptor_reserve(const struct http_server *server);
/* One more request under way of a client behind a named proxy, whose connections tell nothing; false when there are too
 * many. */
bool acceptor_take_request(struct acceptor *acceptor, const char *client);
void acceptor_leave_request(struct acceptor *acceptor, const char *client);
/* A connection of the reserve asked for what is not vital. */
void acceptor_note_refused(struct acceptor *acceptor);
void acceptor_add(struct acceptor *acceptor, struct connection *connection);
/* After it the acceptor does not touch the connection or its descriptor again. */
void acceptor_remove(struct acceptor *acceptor, struct connection *connection);
/* The stream is watched for a client that goes away, and kept alive. */
void acceptor_watch(struct acceptor *acceptor, struct connection *connection, struct http_stream *stream);
void acceptor_unwatch(struct acceptor *acceptor, struct connection *connection);
/* Closes the listener once its backlog is served, ends streams and idle connections; waits for all to be closed. */
unsigned acceptor_drain(struct acceptor *acceptor, int64_t timeout_ms);
/* Ends connections that have not read their answers for long, the oldest first, until so much is let go; what they held
 * no longer counts. False when there is not so much. Any thread. */
bool acceptor_let_go(struct acceptor *acceptor, uint64_t size);
/* Accepts nobody any more, ends every connection and stream, and waits until they are closed. */
void acceptor_stop(struct acceptor *acceptor);
void acceptor_free(struct acceptor *acceptor);
void acceptor_get_stats(struct acceptor *acceptor, struct http_stats *ret_stats);

/* ---- linger.c: closing without losing the answer ---- */

struct lingering;
struct lingering *linger_new(int epoll);
void linger_add(struct lingering *lingering, int fd); /* takes a copy of the descriptor. Any thread */
void linger_on_event(struct lingering *lingering, uint64_t tag);
/* Closes what is late; returns how many are left. */
unsigned linger_expire(struct lingering *lingering, int64_t now_ns);
void linger_free(struct lingering *lingering);

/* ---- listen.c ---- */

/* A listening socket, non-blocking, and its address with the real port, which the caller frees. */
enum status listen_open(const char *address, int *ret_fd, char **ret_address, struct text *why);

/* ---- The server ---- */

struct http_server {
    struct http_settings settings;
    struct routes *routes;
    struct pool *pool;
    struct acceptor *acceptor;
    struct MHD_Daemon **loops;
    unsigned loop_count;
    char *address;
    _Atomic uint64_t held, most_held; /* bytes of answers in memory, now and since memory was last given back: held.c */
    _Atomic uint64_t leaving;         /* bytes of answers to those who were sent away, and are not gone yet */
    pthread_mutex_t streams_lock;     /* of what follows */
    struct quota *streams;            /* by address */
    uint64_t seed;                    /* of request ids, so that two servers do not make the same ones */
    atomic_bool draining;
};

#endif
