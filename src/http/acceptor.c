/* The acceptor: one thread that accepts connections, keeps count of them, and ends those that are too slow, so that
 * slow, stuck and greedy clients cannot starve the rest. It sleeps until a client comes, a stream's client goes, or it
 * is time to look round again (timeouts.c). A socket is shut down under the lock alone, and libmicrohttpd closes one
 * only after it took that lock in acceptor_remove: so the acceptor can't hit a descriptor that already belongs to
 * somebody else. */
#include "acceptor.h"

#include "clock.h"
#include "memory.h"
#include "proxies.h"
#include "quota.h"
#include "reasons.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, ACCEPTS_MAX = 64 };
#define NS_PER_MS INT64_C(1000000)

static void lock(struct acceptor *acceptor)
{
    (void)pthread_mutex_lock(&acceptor->lock);
}

static void unlock(struct acceptor *acceptor)
{
    (void)pthread_mutex_unlock(&acceptor->lock);
}

static void wake(struct acceptor *acceptor)
{
    uint64_t one = 1;
    ssize_t written = write(acceptor->wake, &one, sizeof one);
    (void)written; /* fails when it has already been woken 2^64 times */
}

/* ---- Accepting ---- */

unsigned acceptor_reserve(const struct http_server *server)
{
    enum { SHARE = 16, LEAST = 4 };
    unsigned part = server->settings.connections / SHARE;
    return part < LEAST ? LEAST : part > RESERVE_MAX ? RESERVE_MAX : part;
}

void acceptor_note_refused(struct acceptor *acceptor)
{
    lock(acceptor);
    acceptor->refused++;
    unlock(acceptor);
}

static void refuse(const struct acceptor *acceptor, int fd, unsigned code, const char *sentence)
{
    (void)refusal_send(acceptor->server, fd, NULL, code, sentence);
    (void)close(fd);
}

static bool is_limited_by_address(const struct acceptor *acceptor)
{
    return acceptor->server->settings.connections_each < acceptor->server->settings.connections;
}

/* Under the lock. */
static bool take_place(struct acceptor *acceptor, const char *network)
{
    return !is_limited_by_address(acceptor)
           || quota_take(acceptor->addresses, network, 1, acceptor->server->settings.connections_each, UINT64_MAX)
                  == QUOTA_TAKEN;
}

static void leave_place(struct acceptor *acceptor, const char *network)
{
    if (is_limited_by_address(acceptor))
        quota_give_back(acceptor->addresses, network, 1);
}

bool acceptor_take_request(struct acceptor *acceptor, const char *client)
{
    char network[INET6_ADDRSTRLEN];
    network_of(client, network);
    lock(acceptor);
    bool is_taken = take_place(acceptor, network);
    unlock(acceptor);
    return is_taken;
}

void acceptor_leave_request(struct acceptor *acceptor, const char *client)
{
    char network[INET6_ADDRSTRLEN];
    network_of(client, network);
    lock(acceptor);
    leave_place(acceptor, network);
    unlock(acceptor);
}

/* From nine tenths of the limit on, each new connection ends an old one that is idle. Where none is, there is still the
 * reserve: nobody stays long in it. */
static bool make_room(struct acceptor *acceptor)
{
    uint64_t limit = acceptor->server->settings.connections, threshold = limit - limit / 10;
    uint64_t with_reserve = limit + acceptor_reserve(acceptor->server);
    if (acceptor->live - acceptor->shut >= threshold)
        timeouts_reap(acceptor, acceptor->live - acceptor->shut - threshold + 1 + limit / 128, false);
    if (acceptor->live - acceptor->shut >= with_reserve)
        timeouts_reap(acceptor, acceptor->live - acceptor->shut - with_reserve + 1, true);
    return acceptor->live - acceptor->shut < with_reserve;
}

static void admit(struct acceptor *acceptor, int fd, const struct sockaddr *address, socklen_t size)
{
    char client[INET6_ADDRSTRLEN] = "", network[INET6_ADDRSTRLEN];
    struct in6_addr peer;
    address_of_socket(address, &peer);
    address_write(&peer, client);
    network_of(client, network);
    bool is_proxy = proxy_list_has(acceptor->server->settings.proxies, &peer);
    lock(acceptor);
    bool is_few = is_proxy || take_place(acceptor, network), room = is_few && make_room(acceptor);
    if (is_few && !room && !is_proxy)
        leave_place(acceptor, network);
    acceptor->live += room;
    acceptor->most_live = acceptor->live > acceptor->most_live ? acceptor->live : acceptor->most_live;
    acceptor->refused += !room;
    unlock(acceptor);
    if (!room) {
        refuse(acceptor, fd, is_few ? 503 : 429,
               reason_sentence(is_few ? REASON_SERVER_CROWDED : REASON_ADDRESS_CROWDED));
        return;
    }
    struct MHD_Daemon *loop = acceptor->server->loops[acceptor->next_loop++ % acceptor->server->loop_count];
    if (MHD_add_connection(loop, fd, address, size) != MHD_YES) { /* it has closed the descriptor */
        lock(acceptor);
        acceptor->live--;
        acceptor->refused++;
        if (!is_proxy)
            leave_place(acceptor, network);
        (void)pthread_cond_broadcast(&acceptor->closed);
        unlock(acceptor);
    }
}

static void listen_again(struct acceptor *acceptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_LISTENER};
    if (acceptor->listener >= 0 && !acceptor->listening)
        acceptor->listening = epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, acceptor->listener, &event) == 0;
}

static void stop_listening(struct acceptor *acceptor)
{
    if (acceptor->listening)
        (void)epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, acceptor->listener, NULL);
    acceptor->listening = false;
}

/* False when there is nobody left to accept, or no descriptor for one: then the listener rests until the next round. */
static bool accept_one(struct acceptor *acceptor)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept4(acceptor->listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        admit(acceptor, fd, (struct sockaddr *)&address, size);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        stop_listening(acceptor);
    return fd >= 0 || errno == ECONNABORTED || errno == EINTR;
}

static void accept_some(struct acceptor *acceptor)
{
    for (int i = 0; i < ACCEPTS_MAX && accept_one(acceptor); i++)
        ;
}

/* ---- The thread ---- */

/* Takes whom the kernel has already accepted, then nobody any more. */
static void begin_drain(struct acceptor *acceptor)
{
    while (accept_one(acceptor))
        ;
    stop_listening(acceptor);
    (void)close(acceptor->listener);
    acceptor->listener = -1;
    lock(acceptor);
    acceptor->drained_ns = clock_monotonic_ns();
    for (struct connection *connection = acceptor->first; connection; connection = connection->next)
        if (connection->stream)
            stream_signal(connection->stream, STREAM_END);
    (void)pthread_cond_broadcast(&acceptor->closed);
    unlock(acceptor);
}

static void signal_gone(struct acceptor *acceptor, uint64_t number)
{
    lock(acceptor);
    for (struct connection *connection = acceptor->first; connection; connection = connection->next)
        if (connection->number == number && connection->stream)
            stream_signal(connection->stream, STREAM_GONE);
    unlock(acceptor);
}

static void on_event(struct acceptor *acceptor, uint64_t tag)
{
    uint64_t count;
    if (tag & TAG_LINGER) {
        linger_on_event(acceptor->lingering, tag);
    } else if (tag == TAG_LISTENER) {
        accept_some(acceptor);
    } else if (tag == TAG_WAKE) {
        ssize_t taken = read(acceptor->wake, &count, sizeof count);
        (void)taken;
    } else {
        signal_gone(acceptor, tag);
    }
}

/* After a rush the C library would keep what it has got of the kernel, for ever. */
static void give_memory_back(struct acceptor *acceptor)
{
    enum { RUSH_CONNECTIONS = 256, RUSH_BYTES = 8 << 20 };
    struct http_server *server = acceptor->server;
    uint64_t held = atomic_load_explicit(&server->held, memory_order_relaxed);
    uint64_t most_held = atomic_load_explicit(&server->most_held, memory_order_relaxed);
    lock(acceptor);
    bool is_over = (acceptor->most_live > RUSH_CONNECTIONS && acceptor->live < acceptor->most_live / 2)
                   || (most_held > RUSH_BYTES && held < most_held / 2);
    if (is_over)
        acceptor->most_live = acceptor->live;
    unlock(acceptor);
    if (!is_over)
        return;
    atomic_store_explicit(&server->most_held, held, memory_order_relaxed);
    (void)malloc_trim(0);
}

/* True while there is anything to look at again. */
static bool check_again(struct acceptor *acceptor, int64_t now_ns)
{
    bool is_lingering = linger_expire(acceptor->lingering, now_ns) > 0;
    listen_again(acceptor);
    lock(acceptor);
    timeouts_check(acceptor, now_ns);
    bool more = acceptor->live > 0;
    unlock(acceptor);
    give_memory_back(acceptor);
    return more || is_lingering;
}

static void *run(void *context)
{
    struct acceptor *acceptor = context;
    struct epoll_event events[EVENTS_MAX];
    int64_t checked_ns = clock_monotonic_ns();
    bool busy = false;
    while (!atomic_load(&acceptor->stopping)) {
        int64_t left_ns = checked_ns + timeouts_interval_ns(acceptor) - clock_monotonic_ns();
        int timeout_ms = left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0;
        int count = epoll_wait(acceptor->epoll, events, EVENTS_MAX, busy ? timeout_ms : -1);
        for (int i = 0; i < count; i++)
            on_event(acceptor, events[i].data.u64);
        if (atomic_load(&acceptor->server->draining) && acceptor->listener >= 0)
            begin_drain(acceptor);
        int64_t now_ns = clock_monotonic_ns();
        if (busy && now_ns - checked_ns < timeouts_interval_ns(acceptor))
            continue;
        busy = check_again(acceptor, now_ns);
        checked_ns = now_ns;
    }
    return NULL;
}

/* ---- For the event loops ---- */

void acceptor_add(struct acceptor *acceptor, struct connection *connection)
{
    lock(acceptor);
    connection->number = acceptor->next_number++;
    connection->next = acceptor->first;
    if (acceptor->first)
        acceptor->first->previous = connection;
    acceptor->first = connection;
    connection->is_reserve = acceptor->live - acceptor->shut > acceptor->server->settings.connections;
    if (acceptor->cutting)
        (void)shutdown(connection->fd, SHUT_RDWR);
    unlock(acceptor);
}

void acceptor_remove(struct acceptor *acceptor, struct connection *connection)
{
    if (connection->linger)
        linger_add(acceptor->lingering, connection->fd);
    char network[INET6_ADDRSTRLEN];
    network_of(connection->client, network);
    lock(acceptor);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        acceptor->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    acceptor->live--;
    if (!connection->is_proxy)
        leave_place(acceptor, network);
    acceptor->shut -= connection->shut_ns != 0;
    (void)pthread_cond_broadcast(&acceptor->closed);
    unlock(acceptor);
}

void acceptor_watch(struct acceptor *acceptor, struct connection *connection, struct http_stream *stream)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.u64 = connection->number};
    lock(acceptor);
    connection->stream = stream;
    (void)epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, connection->fd, &event);
    unlock(acceptor);
}

void acceptor_unwatch(struct acceptor *acceptor, struct connection *connection)
{
    lock(acceptor);
    connection->stream = NULL;
    (void)epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    unlock(acceptor);
}

/* ---- For the server ---- */

struct acceptor *acceptor_new(struct http_server *server, int listener)
{
    struct acceptor *acceptor = NEW(struct acceptor);
    acceptor->server = server;
    acceptor->listener = listener;
    acceptor->epoll = epoll_create1(EPOLL_CLOEXEC);
    acceptor->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    acceptor->next_number = TAG_FIRST_CONNECTION;
    acceptor->addresses = quota_new();
    acceptor->lingering = linger_new(acceptor->epoll);
    (void)pthread_mutex_init(&acceptor->lock, NULL);
    (void)pthread_cond_init(&acceptor->closed, NULL);
    return acceptor;
}

bool acceptor_start(struct acceptor *acceptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_WAKE};
    if (epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, acceptor->wake, &event) != 0)
        return false;
    listen_again(acceptor);
    acceptor->started = acceptor->listening && pthread_create(&acceptor->thread, NULL, run, acceptor) == 0;
    return acceptor->started;
}

bool acceptor_let_go(struct acceptor *acceptor, uint64_t size)
{
    lock(acceptor);
    bool enough = timeouts_reap_unread(acceptor, size) >= size;
    unlock(acceptor);
    return enough;
}

unsigned acceptor_drain(struct acceptor *acceptor, int64_t timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + timeout_ms * NS_PER_MS;
    wake(acceptor);
    lock(acceptor);
    while (!acceptor->drained_ns || acceptor->live)
        if (!clock_wait(&acceptor->closed, &acceptor->lock, until_ns))
            break;
    unsigned left = (unsigned)acceptor->live;
    unlock(acceptor);
    return left;
}

void acceptor_stop(struct acceptor *acceptor)
{
    atomic_store(&acceptor->stopping, true);
    wake(acceptor);
    if (acceptor->started)
        (void)pthread_join(acceptor->thread, NULL);
    acceptor->started = false;
    lock(acceptor);
    acceptor->cutting = true;
    for (struct connection *connection = acceptor->first; connection; connection = connection->next) {
        (void)shutdown(connection->fd, SHUT_RDWR);
        if (connection->stream)
            stream_signal(connection->stream, STREAM_GONE);
    }
    while (acceptor->live)
        (void)pthread_cond_wait(&acceptor->closed, &acceptor->lock);
    unlock(acceptor);
}

void acceptor_free(struct acceptor *acceptor)
{
    if (!acceptor)
        return;
    linger_free(acceptor->lingering);
    quota_free(acceptor->addresses);
    (void)close(acceptor->epoll);
    (void)close(acceptor->wake);
    if (acceptor->listener >= 0)
        (void)close(acceptor->listener);
    (void)pthread_cond_destroy(&acceptor->closed);
    (void)pthread_mutex_destroy(&acceptor->lock);
    free(acceptor);
}

void acceptor_get_stats(struct acceptor *acceptor, struct http_stats *ret_stats)
{
    struct http_stats stats = {0};
    lock(acceptor);
    stats.connections = acceptor->live;
    stats.connections_refused = acceptor->refused;
    stats.connections_reaped = acceptor->reaped;
    for (const struct connection *connection = acceptor->first; connection; connection = connection->next)
        stats.requests_in_flight += atomic_load_explicit(&connection->phase, memory_order_relaxed) != PHASE_IDLE;
    unlock(acceptor);
    *ret_stats = stats;
}
