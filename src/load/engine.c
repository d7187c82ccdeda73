#include "engine.h"

#include "answer_reader.h"
#include "clock.h"
#include "memory.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER_SIZE = 64 << 10, SPIN_NS = 20000 };

enum connection_state { CONNECTION_CONNECTING, CONNECTION_BUSY, CONNECTION_IDLE, CONNECTION_CLOSED };

struct connection {
    struct connection *previous, *next; /* in the list of its state */
    enum connection_state state;
    int fd;
    unsigned place;
    const struct request *request;
    void *data;
    size_t sent;
    int64_t planned_ns, sent_ns;
    uint64_t bytes;
    struct answer_reader reader;
    struct text body; /* of the answer, where bodies are kept */
};

struct connection_list {
    struct connection *first, *last;
};

struct engine {
    struct engine_settings settings;
    int epoll_fd;
    unsigned busy_count, open_count;
    struct connection_list busy;   /* oldest planned start first: they time out in this order */
    struct connection_list *idle;  /* a list a place, the one used last first */
    struct connection_list closed; /* events of this round may still name them */
    struct connection_list spare;  /* for reuse */
    char buffer[BUFFER_SIZE];
};

/* ---- Lists ---- */

static void unlink_connection(struct connection_list *list, struct connection *connection)
{
    *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
    *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
    connection->previous = connection->next = NULL;
}

static void push_first(struct connection_list *list, struct connection *connection)
{
    connection->next = list->first;
    *(list->first ? &list->first->previous : &list->last) = connection;
    list->first = connection;
}

/* Callers start requests in the order in which they were planned, or nearly so. */
static void push_by_plan(struct connection_list *list, struct connection *connection)
{
    struct connection *before = list->last;
    while (before && before->planned_ns > connection->planned_ns)
        before = before->previous;
    connection->previous = before;
    connection->next = before ? before->next : list->first;
    *(before ? &before->next : &list->first) = connection;
    *(connection->next ? &connection->next->previous : &list->last) = connection;
}

static struct connection_list *list_of(struct engine *engine, const struct connection *connection)
{
    return connection->state == CONNECTION_IDLE     ? &engine->idle[connection->place]
           : connection->state == CONNECTION_CLOSED ? &engine->closed
                                                    : &engine->busy;
}

/* ---- Connections ---- */

static void close_connection(struct engine *engine, struct connection *connection)
{
    unlink_connection(list_of(engine, connection), connection);
    (void)close(connection->fd);
    connection->fd = -1;
    connection->state = CONNECTION_CLOSED;
    push_first(&engine->closed, connection);
    engine->open_count--;
}

static void free_list(struct connection_list *list)
{
    for (struct connection *one = list->first, *next; one; one = next) {
        next = one->next;
        if (one->fd >= 0)
            (void)close(one->fd);
        answer_reader_release(&one->reader);
        text_release(&one->body);
        free(one);
    }
}

struct engine *engine_new(const struct engine_settings *settings)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return NULL;
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    struct engine *engine = NEW(struct engine);
    engine->settings = *settings;
    engine->epoll_fd = epoll_fd;
    engine->idle = NEW_ARRAY(settings->places, struct connection_list);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    free_list(&engine->busy);
    free_list(&engine->closed);
    free_list(&engine->spare);
    for (unsigned i = 0; i < engine->settings.places; i++)
        free_list(&engine->idle[i]);
    free(engine->idle);
    (void)close(engine->epoll_fd);
    free(engine);
}

unsigned engine_busy(const struct engine *engine)
{
    return engine->busy_count;
}

bool engine_is_full(const struct engine *engine)
{
    return engine->busy_count >= engine->settings.connections;
}

/* When all connections are open, one that waits at another place makes room. */
static bool make_room(struct engine *engine)
{
    if (engine->open_count < engine->settings.connections)
        return true;
    for (unsigned i = 0; i < engine->settings.places; i++)
        if (engine->idle[i].last) {
            close_connection(engine, engine->idle[i].last);
            return true;
        }
    return false;
}

static struct connection *take_spare(struct engine *engine)
{
    struct connection *connection = engine->spare.first;
    if (!connection)
        return NEW(struct connection);
    unlink_connection(&engine->spare, connection);
    return connection;
}

static void spare_closed(struct engine *engine)
{
    for (struct connection *one; (one = engine->closed.first);) {
        unlink_connection(&engine->closed, one);
        push_first(&engine->spare, one);
    }
}

/* A connection under way. On failure *ret_errno says why: the target's fault or the system's. */
static struct connection *connect_to(struct engine *engine, const struct load_target *target, int *ret_errno)
{
    int one = 1;
    int fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *ret_errno = errno;
    if (fd < 0)
        return NULL;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&target->address, target->address_length) != 0 && errno != EINPROGRESS) {
        *ret_errno = errno;
        (void)close(fd);
        return NULL;
    }
    struct connection *connection = take_spare(engine);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    connection->fd = fd;
    connection->state = CONNECTION_CONNECTING;
    engine->open_count++;
    if (epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        abort(); /* only without kernel memory */
    return connection;
}

/* ---- Ends of requests ---- */

static void finish(struct engine *engine, struct connection *connection, enum outcome outcome, bool may_stay)
{
    const struct request_result result = {
        .outcome = outcome,
        .code = connection->reader.code,
        .planned_ns = connection->planned_ns,
        .sent_ns = connection->sent_ns,
        .done_ns = clock_monotonic_ns(),
        .bytes = connection->bytes,
    };
    void *data = connection->data;
    struct text body = connection->body; /* handed over: the callee may start a request here */
    connection->body = (struct text){0};
    engine->busy_count--;
    if (may_stay && !engine->settings.closes_each && !connection->reader.closes) {
        unlink_connection(&engine->busy, connection);
        connection->state = CONNECTION_IDLE;
        push_first(&engine->idle[connection->place], connection);
    } else {
        close_connection(engine, connection);
    }
    engine->settings.done(engine->settings.context, data, &result, &body);
    text_release(&body);
}

/* False if the request has ended. */
static bool receive(struct engine *engine, struct connection *connection, bool has_ended)
{
    for (;;) {
        ssize_t got = recv(connection->fd, engine->buffer, sizeof engine->buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (got < 0) {
            finish(engine, connection, OUTCOME_RESET, false);
            return false;
        }
        if (got == 0) {
            bool is_whole = answer_reader_end(&connection->reader);
            enum outcome whole = connection->reader.code == 200 ? OUTCOME_OK : OUTCOME_STATUS;
            finish(engine, connection, is_whole ? whole : OUTCOME_CUT, false);
            return false;
        }
        connection->bytes += (uint64_t)got;
        size_t took = answer_reader_feed(&connection->reader, engine->buffer, (size_t)got);
        if (connection->reader.part == ANSWER_WHOLE || connection->reader.part == ANSWER_BROKEN) {
            const struct request *request = connection->request;
            bool may_stay = took == (size_t)got && connection->sent == request->head_length + request->body_length;
            enum outcome whole = connection->reader.code == 200 ? OUTCOME_OK : OUTCOME_STATUS;
            finish(engine, connection, connection->reader.part == ANSWER_WHOLE ? whole : OUTCOME_GARBLED,
                   may_stay && !has_ended);
            return false;
        }
        if ((size_t)got < sizeof engine->buffer && !has_ended)
            return true;
    }
}

/* As much as the socket takes. After a broken pipe the answer may still be there to be read: a refusal that did not
 * wait for the body. False if the request has ended. */
static bool send_rest(struct engine *engine, struct connection *connection)
{
    const struct request *request = connection->request;
    while (connection->sent < request->head_length + request->body_length) {
        size_t sent = connection->sent, head_sent = sent < request->head_length ? sent : request->head_length;
        struct iovec pieces[2] = {
            {.iov_base = (void *)(uintptr_t)(request->head + head_sent), .iov_len = request->head_length - head_sent},
            {.iov_base = (void *)(uintptr_t)(request->body + (sent - head_sent)),
             .iov_len = request->body_length - (sent - head_sent)},
        };
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = request->body_length ? 2 : 1};
        ssize_t count = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (count < 0)
            return receive(engine, connection, true);
        connection->sent += (size_t)count;
    }
    return true;
}

/* ---- Events ---- */

/* False if the request has ended. */
static bool handle_connected(struct engine *engine, struct connection *connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        finish(engine, connection, OUTCOME_CONNECT, false);
        return false;
    }
    connection->state = CONNECTION_BUSY;
    return true;
}

static void handle_event(struct engine *engine, struct connection *connection, uint32_t events)
{
    bool can_read = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (connection->state == CONNECTION_CONNECTING && !handle_connected(engine, connection))
        return;
    if (connection->state == CONNECTION_IDLE && can_read) {
        close_connection(engine, connection);
        return;
    }
    if (connection->state != CONNECTION_BUSY)
        return;
    if ((events & EPOLLOUT) && !send_rest(engine, connection))
        return;
    if (can_read)
        (void)receive(engine, connection, has_ended);
}

static void end_late_ones(struct engine *engine)
{
    int64_t now = clock_monotonic_ns();
    while (engine->busy.first && now - engine->busy.first->planned_ns >= engine->settings.timeout_ns)
        finish(engine, engine->busy.first, OUTCOME_TIMEOUT, false);
}

static struct timespec time_left(const struct engine *engine, int64_t until_ns)
{
    if (engine->busy.first && engine->busy.first->planned_ns + engine->settings.timeout_ns < until_ns)
        until_ns = engine->busy.first->planned_ns + engine->settings.timeout_ns;
    int64_t left = until_ns - clock_monotonic_ns();
    if (left < SPIN_NS) /* the kernel's timers are later than that */
        left = 0;
    return (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
}

void engine_wait(struct engine *engine, int64_t until_ns)
{
    struct epoll_event events[EVENTS];
    struct timespec left = time_left(engine, until_ns);
    spare_closed(engine);
    int count = epoll_pwait2(engine->epoll_fd, events, EVENTS, &left, NULL);
    for (int i = 0; i < count; i++)
        handle_event(engine, events[i].data.ptr, events[i].events);
    end_late_ones(engine);
}

/* ---- Starting ---- */

static bool is_systems_fault(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL
           || error == EAGAIN;
}

static void begin_request(struct engine *engine, struct connection *connection, const struct request *request,
                          int64_t planned_ns, int64_t sent_ns, void *data)
{
    connection->place = request->place;
    connection->request = request;
    connection->data = data;
    connection->sent = 0;
    connection->bytes = 0;
    connection->planned_ns = planned_ns;
    connection->sent_ns = sent_ns;
    answer_reader_begin(&connection->reader, request->is_head,
                        engine->settings.keeps_bodies ? &connection->body : NULL);
    push_by_plan(&engine->busy, connection);
    engine->busy_count++;
}

enum status engine_start(struct engine *engine, const struct request *request, int64_t planned_ns, void *data,
                         int64_t *ret_sent_ns)
{
    assert(request->place < engine->settings.places);
    struct connection *idle = engine->idle[request->place].first;
    int64_t now = clock_monotonic_ns();
    int error = 0;
    if (idle) {
        unlink_connection(&engine->idle[request->place], idle);
        idle->state = CONNECTION_BUSY;
        begin_request(engine, idle, request, planned_ns, now, data);
        *ret_sent_ns = now;
        (void)send_rest(engine, idle);
        return STATUS_OK;
    }
    if (!make_room(engine))
        return STATUS_BUSY;
    struct connection *fresh = connect_to(engine, request->target, &error);
    if (!fresh && is_systems_fault(error))
        return STATUS_BUSY;
    *ret_sent_ns = now;
    if (fresh) {
        begin_request(engine, fresh, request, planned_ns, now, data);
        return STATUS_OK;
    }
    const struct request_result refused = {
        .outcome = OUTCOME_CONNECT, .planned_ns = planned_ns, .sent_ns = now, .done_ns = clock_monotonic_ns()};
    engine->settings.done(engine->settings.context, data, &refused, &(const struct text){0});
    return STATUS_OK;
}
