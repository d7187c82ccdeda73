/* The life of a request: line, header, body, handler, answer, end. libmicrohttpd calls in for each step, on the event
 * loop of the connection. It takes an answer at two moments alone: with the header, which ends the connection, and when
 * the whole request is in. So an early answer is kept while the rest of the body is read and dropped; unless that is
 * too much, or the client waits for our word before it sends the body: then it goes out with the header. */
#include "server.h"

#include "clock.h"
#include "memory.h"
#include "reasons.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for any type, as from malloc. */
void *request_room(struct http_request *request, size_t size)
{
    enum { ALIGNMENT = _Alignof(max_align_t) };
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded < size || rounded > sizeof request->room - request->room_used)
        return arena_new(&request->arena, size);
    void *memory = request->room + request->room_used;
    request->room_used += rounded;
    return memory;
}

char *request_copy(struct http_request *request, const char *data, size_t length)
{
    char *copy = request_room(request, length + 1);
    memcpy(copy, data, length);
    copy[length] = '\0';
    return copy;
}

static struct connection *connection_of(struct MHD_Connection *handle)
{
    return MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* ---- The line ---- */

/* Unique without a lock or a call to the kernel: server, connection, and number of the request on it. By hand: printf
 * would cost a tenth of what else we do for a request. */
static void make_id(struct http_request *request)
{
    static const char digits[] = "0123456789abcdef";
    const struct connection *connection = request->connection;
    uint64_t number = atomic_load_explicit(&connection->requests, memory_order_relaxed);
    char *end = stpcpy(request->id, connection->id);
    int shift = 60;
    while (shift && !(number >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *end++ = digits[number >> shift & 15];
    *end = '\0';
}

/* libmicrohttpd would now take the query apart and keep a record of each argument, which we do ourselves when somebody
 * asks. When its memory is too small for that, it (0.9.75) never answers. So from its copy the query goes: it is ours
 * to read alone by contract, but writable and not looked at by others. */
static void hide_query(const char *target)
{
#if MHD_VERSION < 0x00097700
    const char *query = strchr(target, '?');
    if (query && query[1])
        ((char *)(uintptr_t)query)[1] = '\0';
#else
    (void)target;
#endif
}

void *request_on_line(void *context, const char *target, struct MHD_Connection *handle)
{
    struct connection *connection = connection_of(handle);
    struct http_request *request = &connection->request;
    /* All but the room, which is large and needs no zeros. */
    memset(request, 0, offsetof(struct http_request, room));
    request->server = context;
    request->connection = connection;
    request->last_header = &request->headers;
    request->method = request->asked_method = request->path = request->query = request->pattern = "";
    request->client = connection->client;
    request->line_target = target;
    request->line_target_length = strlen(target);
    request->target = request_copy(request, target, request->line_target_length);
    hide_query(target);
    request->started_ns = clock_monotonic_ns();
    (void)atomic_fetch_add_explicit(&connection->requests, 1, memory_order_relaxed);
    connection_enter(connection, PHASE_HEADER, request->started_ns);
    return request;
}

/* ---- The header ---- */

static bool has_body(const struct http_request *request)
{
    return request->content_length > 0;
}

static const char *body_limit(struct http_request *request)
{
    TEXT_CLEANUP struct text sentence = {0};
    char size[REASON_NUMBER_SIZE], limit[REASON_NUMBER_SIZE];
    (void)reason_bytes_limit(limit, request->server->settings.max_body);
    if (request->chunked)
        reason_set(&sentence, REASON_REQUEST_OVER_LIMIT, limit);
    else
        reason_set(&sentence, REASON_REQUEST_TOO_LARGE, reason_bytes(size, request->content_length), limit);
    return request_copy(request, text_get(&sentence), sentence.length);
}

/* 400, and the end of the connection; `fault` is what strict.c says. */
static enum MHD_Result refuse_malformed(struct http_request *request, const char *fault)
{
    TEXT_CLEANUP struct text sentence = {0};
    reason_set(&sentence, REASON_REQUEST_MALFORMED, fault);
    return refusal_answer(request, 400, text_get(&sentence));
}

static const char *find_asked_method(const struct http_request *request)
{
    const char *other = strcmp(request->method, "POST") == 0 ? http_header(request, "X-HTTP-Method-Override") : NULL;
    return other && *other ? other : request->method;
}

static void refuse_for_now(struct http_request *request, unsigned code, enum reason reason)
{
    http_add_header(request, "Retry-After", "1");
    http_answer_reason(request, code, reason);
}

/* Whether there are too many connections, or requests of this client, for one that isn't vital; then it is answered. */
static bool refuse_crowd(struct http_request *request)
{
    if (routes_is_vital(request->server, request->pattern))
        return false;
    if (request->connection->is_proxy && !acceptor_take_request(request->server->acceptor, request->client)) {
        refuse_for_now(request, 429, REASON_ADDRESS_CROWDED);
        return true;
    }
    request->is_counted = request->connection->is_proxy;
    if (!request->connection->is_reserve)
        return false;
    acceptor_note_refused(request->server->acceptor);
    refuse_for_now(request, 503, REASON_SERVER_CROWDED);
    return true;
}

/* Finds the route, and refuses what it need not hear of. */
static void route(struct http_request *request)
{
    const struct http_settings *settings = &request->server->settings;
    request->asked_method = find_asked_method(request);
    const char *fault = target_parse(request);
    if (fault) {
        http_answer_reason(request, 400, REASON_REQUEST_MALFORMED, fault);
        return;
    }
    if (!routes_enter(request))
        return;
    routes_match(request->server->routes, request);
    if (request->answer.code || refuse_crowd(request))
        return;
    if (!request->chunked && request->content_length > settings->max_body) {
        answer_problem(request, 413, body_limit(request));
        return;
    }
    if (settings->admit)
        settings->admit(request, request->route);
    if (!request->answer.code && request->route->check)
        request->route->check(request);
}

static void begin(struct http_request *request)
{
    const struct http_route *route = request->route;
    if (route->needs_caller != HTTP_CALLER_NO)
        request->server->settings.identify(request, route);
    if (request->answer.code)
        return;
    request->begun = true;
    if (route->begin)
        route->begin(request);
}

/* An answer that does not wait for the body. */
static bool answers_at_once(const struct http_request *request)
{
    if (!request->answer.code || !has_body(request))
        return false;
    return request->expects_continue
           || (!request->chunked && request->content_length / DROP_FACTOR > request->server->settings.max_body);
}

/* ---- The pool ---- */

static void resume(struct http_request *request)
{
    MHD_resume_connection(request->connection->handle); /* from here on it may be gone */
}

static void begin_on_pool(void *data)
{
    begin(data);
    resume(data);
}

static void handle_on_pool(void *data)
{
    struct http_request *request = data;
    request->route->handle(request);
    assert(request->answer.code); /* a handler must answer */
    resume(request);
}

/* What operators look at waits for its turn in any crowd; and so does what had its turn already, for an earlier
 * step. */
static bool submit(struct http_request *request)
{
    struct pool *pool = request->server->pool;
    bool is_sure = request->is_taken || routes_is_vital(request->server, request->pattern);
    request->is_taken = true;
    if (!is_sure)
        return pool_submit(pool, &request->job);
    pool_add(pool, &request->job);
    return true;
}

/* Afterwards libmicrohttpd calls in again, for what it has called in now. */
static enum MHD_Result hand_to_pool(struct http_request *request, struct MHD_Connection *handle, enum stage stage,
                                    void (*run)(void *data))
{
    request->stage = stage;
    request->job = (struct pool_job){.run = run, .data = request};
    MHD_suspend_connection(handle);
    /* From here on the pool may have the request, and the loop with a new call, at any moment. */
    if (submit(request))
        return MHD_YES;
    refuse_for_now(request, 503, REASON_SERVER_BUSY);
    resume(request);
    return MHD_YES;
}

static bool runs_on_pool(const struct http_request *request, enum http_step step)
{
    return http_runs_on_pool(request->route->run, step, request->server->settings.is_remote);
}

static bool begins_on_pool(const struct http_request *request)
{
    bool has_to = request->route->begin || request->route->needs_caller != HTTP_CALLER_NO;
    return has_to && runs_on_pool(request, HTTP_BEGIN);
}

/* ---- The header is in ---- */

static enum MHD_Result go_on_with_body(struct http_request *request, struct MHD_Connection *handle)
{
    request->stage = STAGE_BODY;
    if (has_body(request))
        connection_enter(request->connection, PHASE_BODY, clock_monotonic_ns());
    if (!answers_at_once(request))
        return MHD_YES;
    request->must_close = request->connection->linger = true;
    return answer_queue(request, handle);
}

static enum MHD_Result take_header(struct http_request *request, struct MHD_Connection *handle, const char *method,
                                   const char *version)
{
    request->method = method;
    request->stage = STAGE_BODY;
    request->started_ns = clock_monotonic_ns();
    const char *fault = strict_check(request, handle, version);
    if (!request->id[0])
        make_id(request);
    if (fault)
        return refuse_malformed(request, fault);
    if (request->is_too_large)
        return refusal_answer(request, 431, reason_sentence(REASON_HEADER_TOO_LARGE));
    request->must_close = request->connection->is_reserve;
    if (request->connection->is_proxy)
        who_asks_read(request);
    connection_enter(request->connection, PHASE_HANDLING, request->started_ns);
    route(request);
    if (!request->answer.code && begins_on_pool(request))
        return hand_to_pool(request, handle, STAGE_BEGUN, begin_on_pool);
    if (!request->answer.code)
        begin(request);
    return go_on_with_body(request, handle);
}

/* ---- The body ---- */

static enum MHD_Result take_piece(struct http_request *request, const char *data, size_t size)
{
    uint64_t limit = request->server->settings.max_body;
    const char *fault = request->chunked ? strict_check_chunk(request, data) : NULL;
    if (fault)
        return refuse_malformed(request, fault);
    request->body_in += size;
    atomic_store_explicit(&request->connection->bytes, request->body_in, memory_order_relaxed);
    if (!request->answer.code && request->body_in > limit)
        answer_problem(request, 413, body_limit(request));
    if (request->answer.code && request->body_in / DROP_FACTOR > limit)
        return refusal_answer(request, 413, body_limit(request));
    if (request->answer.code)
        return MHD_YES;
    if (request->route->body)
        request->route->body(request, data, size);
    return MHD_YES;
}

/* ---- The handler ---- */

static enum MHD_Result take_end(struct http_request *request, struct MHD_Connection *handle)
{
    if (!request->answer.code) {
        assert(request->stage != STAGE_POOLED);
        const char *fault = request->chunked ? strict_check_last_chunk(request) : NULL;
        if (fault)
            return refuse_malformed(request, fault);
        if (has_body(request))
            connection_enter(request->connection, PHASE_HANDLING, clock_monotonic_ns());
        if (runs_on_pool(request, HTTP_HANDLE))
            return hand_to_pool(request, handle, STAGE_POOLED, handle_on_pool);
        request->route->handle(request);
        assert(request->answer.code); /* a handler must answer */
    }
    return answer_queue(request, handle);
}

enum MHD_Result request_on_part(void *context, struct MHD_Connection *handle, const char *url, const char *method,
                                const char *version, const char *data, size_t *size, void **request_context)
{
    struct http_request *request = *request_context;
    (void)context, (void)url;
    if (request->stage == STAGE_LINE)
        return take_header(request, handle, method, version);
    if (request->stage == STAGE_BEGUN)
        return go_on_with_body(request, handle);
    if (!*size)
        return take_end(request, handle);
    size_t taken = *size;
    *size = 0;
    return take_piece(request, data, taken);
}

/* ---- The end ---- */

static void report(struct http_request *request, bool sent, unsigned code, int64_t now_ns)
{
    const struct http_settings *settings = &request->server->settings;
    if (!settings->done)
        return;
    uint64_t out = request->answer.stream ? stream_bytes(request->answer.stream) : request->answer.size;
    struct http_done done = {
        .id = request->id,
        .method = request->asked_method[0] ? request->asked_method : request->method,
        .path = request->path - request->base_path_length,
        .client = request->client,
        .route = request->pattern,
        .code = sent ? code : 0,
        .body_bytes_in = request->body_in,
        .body_bytes_out = sent && http_sends_body(request) ? out : 0,
        .duration_ns = now_ns - request->started_ns,
    };
    settings->done(settings->context, &done);
}

struct ending {
    struct pool_job job;
    struct arena arena;
    void (*end)(void *data);
    void *data;
};

static void end_on_pool(void *data)
{
    struct ending *ending = data;
    ending->end(ending->data);
    arena_release(&ending->arena);
    free(ending);
}

/* Nobody waits for the end, so on the pool it is on its own, and what is in the arena goes with it. */
static void end(struct http_request *request)
{
    if (!request->begun || !request->route->end)
        return;
    if (!runs_on_pool(request, HTTP_END)) {
        request->route->end(request->data);
        return;
    }
    struct ending *ending = NEW(struct ending);
    *ending = (struct ending){.job = {.run = end_on_pool, .data = ending},
                              .arena = request->arena,
                              .end = request->route->end,
                              .data = request->data};
    request->arena = (struct arena){0};
    pool_add(request->server->pool, &ending->job);
}

void request_on_end(void *context, struct MHD_Connection *handle, void **request_context,
                    enum MHD_RequestTerminationCode termination)
{
    struct http_request *request = *request_context;
    if (!request) /* a connection that said nothing */
        return;
    struct connection *connection = request->connection;
    bool sent = termination == MHD_REQUEST_TERMINATED_COMPLETED_OK || request->stage == STAGE_REFUSED;
    unsigned code = request->answer.code;
    int64_t now_ns = clock_monotonic_ns();
    (void)context;
    if (request->stage < STAGE_QUEUED) { /* libmicrohttpd itself has refused, or the client went away */
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_HTTP_STATUS);
        code = info ? info->http_status : 0;
        sent = connection->linger = code != 0;
    }
    if (!request->id[0])
        make_id(request);
    if (request->answer.stream)
        acceptor_unwatch(connection->server->acceptor, connection);
    report(request, sent, code, now_ns);
    stream_free(request->answer.stream);
    if (request->answer.response)
        MHD_destroy_response(request->answer.response);
    held_give_back(connection);
    if (request->is_counted)
        acceptor_leave_request(connection->server->acceptor, request->client);
    end(request);
    arena_release(&request->arena);
    *request_context = NULL;
    connection_enter(connection, PHASE_IDLE, now_ns);
}
