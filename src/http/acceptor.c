/* The guard: one thread that accepts connections, keeps count of them, and ends those that are too slow, so that slow,
 * stuck and greedy clients cannot starve the rest. It sleeps until a client comes, a stream's client goes, or it is time to
 * look round again (sweep.c). A socket is shut down under the lock alone, and libmicrohttpd closes one only after it took
 * that lock in guard_remove: so the guard can't hit a descriptor that already belongs to somebody else. */
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

static void lock(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->lock);
}

static void unlock(struct guard *guard)
{
    (void)pthread_mutex_unlock(&guard->lock);
}

static void wake(struct guard *guard)
{
    uint64_t one = 1;
    ssize_t written = write(guard->wake, &one, sizeof one);
    (void)written; /* fails when it has already been woken 2^64 times */
}

/* ---- Accepting ---- */

unsigned guard_reserve(const struct http_server *server)
{
    enum { SHARE = 16, LEAST = 4 };
    unsigned part = server->settings.connections / SHARE;
    return part < LEAST ? LEAST : part > RESERVE_MAX ? RESERVE_MAX : part;
}

void guard_note_refused(struct guard *guard)
{
    lock(guard);
    guard->refused++;
    unlock(guard);
}

static void refuse(const struct guard *guard, int fd, unsigned code, const char *sentence)
{
    (void)refusal_send(guard->server, fd, NULL, code, sentence);
    (void)close(fd);
}

static bool is_limited_by_address(const struct guard *guard)
{
    return guard->server->settings.connections_each < guard->server->settings.connections;
}

/* Under the lock. */
static bool take_place(struct guard *guard, const char *network)
{
    return !is_limited_by_address(guard)
           || quota_take(guard->addresses, network, 1, guard->server->settings.connections_each, UINT64_MAX)
                  == QUOTA_TAKEN;
}

static void leave_place(struct guard *guard, const char *network)
{
    if (is_limited_by_address(guard))
        quota_give_back(guard->addresses, network, 1);
}

bool guard_take_request(struct guard *guard, const char *client)
{
    char network[INET6_ADDRSTRLEN];
    network_of(client, network);
    lock(guard);
    bool is_taken = take_place(guard, network);
    unlock(guard);
    return is_taken;
}

void guard_leave_request(struct guard *guard, const char *client)
{
    char network[INET6_ADDRSTRLEN];
    network_of(client, network);
    lock(guard);
    leave_place(guard, network);
    unlock(guard);
}

/* From nine tenths of the limit on, each new connection ends an old one that is idle. Where none is, there is still the reserve:
 * nobody stays long in it. */
static bool make_room(struct guard *guard)
{
    uint64_t limit = guard->server->settings.connections, threshold = limit - limit / 10;
    uint64_t with_reserve = limit + guard_reserve(guard->server);
    if (guard->live - guard->shut >= threshold)
        sweep_reap(guard, guard->live - guard->shut - threshold + 1 + limit / 128, false);
    if (guard->live - guard->shut >= with_reserve)
        sweep_reap(guard, guard->live - guard->shut - with_reserve + 1, true);
    return guard->live - guard->shut < with_reserve;
}

static void admit(struct guard *guard, int fd, const struct sockaddr *address, socklen_t size)
{
    char client[INET6_ADDRSTRLEN] = "", network[INET6_ADDRSTRLEN];
    struct in6_addr peer;
    address_of_socket(address, &peer);
    address_write(&peer, client);
    network_of(client, network);
    bool is_proxy = proxy_list_has(guard->server->settings.proxies, &peer);
    lock(guard);
    bool is_few = is_proxy || take_place(guard, network), room = is_few && make_room(guard);
    if (is_few && !room && !is_proxy)
        leave_place(guard, network);
    guard->live += room;
    guard->most_live = guard->live > guard->most_live ? guard->live : guard->most_live;
    guard->refused += !room;
    unlock(guard);
    if (!room) {
        refuse(guard, fd, is_few ? 503 : 429, reason_sentence(is_few ? REASON_SERVER_CROWDED : REASON_ADDRESS_CROWDED));
        return;
    }
    struct MHD_Daemon *loop = guard->server->loops[guard->next_loop++ % guard->server->loop_count];
    if (MHD_add_connection(loop, fd, address, size) != MHD_YES) { /* it has closed the descriptor */
        lock(guard);
        guard->live--;
        guard->refused++;
        if (!is_proxy)
            leave_place(guard, network);
        (void)pthread_cond_broadcast(&guard->closed);
        unlock(guard);
    }
}

static void listen_again(struct guard *guard)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_LISTENER};
    if (guard->listener >= 0 && !guard->listening)
        guard->listening = epoll_ctl(guard->epoll, EPOLL_CTL_ADD, guard->listener, &event) == 0;
}

static void stop_listening(struct guard *guard)
{
    if (guard->listening)
        (void)epoll_ctl(guard->epoll, EPOLL_CTL_DEL, guard->listener, NULL);
    guard->listening = false;
}

/* False when there is nobody left to accept, or no descriptor for one: then the listener rests until the next sweep. */
static bool accept_one(struct guard *guard)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept4(guard->listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        admit(guard, fd, (struct sockaddr *)&address, size);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        stop_listening(guard);
    return fd >= 0 || errno == ECONNABORTED || errno == EINTR;
}

static void accept_some(struct guard *guard)
{
    for (int i = 0; i < ACCEPTS_MAX && accept_one(guard); i++)
        ;
}

/* ---- The thread ---- */

/* Takes whom the kernel has already accepted, then nobody any more. */
static void begin_drain(struct guard *guard)
{
    while (accept_one(guard))
        ;
    stop_listening(guard);
    (void)close(guard->listener);
    guard->listener = -1;
    lock(guard);
    guard->drained_ns = clock_monotonic_ns();
    for (struct connection *connection = guard->first; connection; connection = connection->next)
        if (connection->stream)
            stream_signal(connection->stream, STREAM_END);
    (void)pthread_cond_broadcast(&guard->closed);
    unlock(guard);
}

static void tell_stream(struct guard *guard, uint64_t number)
{
    lock(guard);
    for (struct connection *connection = guard->first; connection; connection = connection->next)
        if (connection->number == number && connection->stream)
            stream_signal(connection->stream, STREAM_GONE);
    unlock(guard);
}

static void on_event(struct guard *guard, uint64_t tag)
{
    uint64_t count;
    if (tag & TAG_FAREWELL) {
        farewell_on_event(guard->farewell, tag);
    } else if (tag == TAG_LISTENER) {
        accept_some(guard);
    } else if (tag == TAG_WAKE) {
        ssize_t taken = read(guard->wake, &count, sizeof count);
        (void)taken;
    } else {
        tell_stream(guard, tag);
    }
}

/* After a rush the C library would keep what it has got of the kernel, for ever. */
static void give_memory_back(struct guard *guard)
{
    enum { RUSH_CONNECTIONS = 256, RUSH_BYTES = 8 << 20 };
    struct http_server *server = guard->server;
    uint64_t held = atomic_load_explicit(&server->held, memory_order_relaxed);
    uint64_t most_held = atomic_load_explicit(&server->most_held, memory_order_relaxed);
    lock(guard);
    bool is_over = (guard->most_live > RUSH_CONNECTIONS && guard->live < guard->most_live / 2)
                   || (most_held > RUSH_BYTES && held < most_held / 2);
    if (is_over)
        guard->most_live = guard->live;
    unlock(guard);
    if (!is_over)
        return;
    atomic_store_explicit(&server->most_held, held, memory_order_relaxed);
    (void)malloc_trim(0);
}

/* True while there is anything to look at again. */
static bool sweep(struct guard *guard, int64_t now_ns)
{
    bool lingering = farewell_sweep(guard->farewell, now_ns) > 0;
    listen_again(guard);
    lock(guard);
    sweep_connections(guard, now_ns);
    bool more = guard->live > 0;
    unlock(guard);
    give_memory_back(guard);
    return more || lingering;
}

static void *run(void *context)
{
    struct guard *guard = context;
    struct epoll_event events[EVENTS_MAX];
    int64_t swept_ns = clock_monotonic_ns();
    bool busy = false;
    while (!atomic_load(&guard->stopping)) {
        int64_t left_ns = swept_ns + sweep_interval_ns(guard) - clock_monotonic_ns();
        int timeout_ms = left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0;
        int count = epoll_wait(guard->epoll, events, EVENTS_MAX, busy ? timeout_ms : -1);
        for (int i = 0; i < count; i++)
            on_event(guard, events[i].data.u64);
        if (atomic_load(&guard->server->draining) && guard->listener >= 0)
            begin_drain(guard);
        int64_t now_ns = clock_monotonic_ns();
        if (busy && now_ns - swept_ns < sweep_interval_ns(guard))
            continue;
        busy = sweep(guard, now_ns);
        swept_ns = now_ns;
    }
    return NULL;
}

/* ---- For the event loops ---- */

void guard_add(struct guard *guard, struct connection *connection)
{
    lock(guard);
    connection->number = guard->next_number++;
    connection->next = guard->first;
    if (guard->first)
        guard->first->previous = connection;
    guard->first = connection;
    connection->is_reserve = guard->live - guard->shut > guard->server->settings.connections;
    if (guard->cutting)
        (void)shutdown(connection->fd, SHUT_RDWR);
    unlock(guard);
}

void guard_remove(struct guard *guard, struct connection *connection)
{
    if (connection->linger)
        farewell_add(guard->farewell, connection->fd);
    char network[INET6_ADDRSTRLEN];
    network_of(connection->client, network);
    lock(guard);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        guard->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    guard->live--;
    if (!connection->is_proxy)
        leave_place(guard, network);
    guard->shut -= connection->shut_ns != 0;
    (void)pthread_cond_broadcast(&guard->closed);
    unlock(guard);
}

void guard_watch(struct guard *guard, struct connection *connection, struct http_stream *stream)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.u64 = connection->number};
    lock(guard);
    connection->stream = stream;
    (void)epoll_ctl(guard->epoll, EPOLL_CTL_ADD, connection->fd, &event);
    unlock(guard);
}

void guard_unwatch(struct guard *guard, struct connection *connection)
{
    lock(guard);
    connection->stream = NULL;
    (void)epoll_ctl(guard->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    unlock(guard);
}

/* ---- For the server ---- */

struct guard *guard_new(struct http_server *server, int listener)
{
    struct guard *guard = NEW(struct guard);
    pthread_condattr_t attributes;
    guard->server = server;
    guard->listener = listener;
    guard->epoll = epoll_create1(EPOLL_CLOEXEC);
    guard->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    guard->next_number = TAG_FIRST_CONNECTION;
    guard->addresses = quota_new();
    guard->farewell = farewell_new(guard->epoll);
    (void)pthread_mutex_init(&guard->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&guard->closed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return guard;
}

bool guard_start(struct guard *guard)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_WAKE};
    if (epoll_ctl(guard->epoll, EPOLL_CTL_ADD, guard->wake, &event) != 0)
        return false;
    listen_again(guard);
    guard->started = guard->listening && pthread_create(&guard->thread, NULL, run, guard) == 0;
    return guard->started;
}

bool guard_let_go(struct guard *guard, uint64_t size)
{
    lock(guard);
    bool enough = sweep_unread(guard, size) >= size;
    unlock(guard);
    return enough;
}

unsigned guard_drain(struct guard *guard, int64_t timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + timeout_ms * NS_PER_MS;
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    wake(guard);
    lock(guard);
    while (!guard->drained_ns || guard->live)
        if (pthread_cond_timedwait(&guard->closed, &guard->lock, &until) == ETIMEDOUT)
            break;
    unsigned left = (unsigned)guard->live;
    unlock(guard);
    return left;
}

void guard_stop(struct guard *guard)
{
    atomic_store(&guard->stopping, true);
    wake(guard);
    if (guard->started)
        (void)pthread_join(guard->thread, NULL);
    guard->started = false;
    lock(guard);
    guard->cutting = true;
    for (struct connection *connection = guard->first; connection; connection = connection->next) {
        (void)shutdown(connection->fd, SHUT_RDWR);
        if (connection->stream)
            stream_signal(connection->stream, STREAM_GONE);
    }
    while (guard->live)
        (void)pthread_cond_wait(&guard->closed, &guard->lock);
    unlock(guard);
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    farewell_free(guard->farewell);
    quota_free(guard->addresses);
    (void)close(guard->epoll);
    (void)close(guard->wake);
    if (guard->listener >= 0)
        (void)close(guard->listener);
    (void)pthread_cond_destroy(&guard->closed);
    (void)pthread_mutex_destroy(&guard->lock);
    free(guard);
}

void guard_get_stats(struct guard *guard, struct http_stats *ret_stats)
{
    struct http_stats stats = {0};
    lock(guard);
    stats.connections = guard->live;
    stats.connections_refused = guard->refused;
    stats.connections_reaped = guard->reaped;
    for (const struct connection *connection = guard->first; connection; connection = connection->next)
        stats.requests_in_flight += atomic_load_explicit(&connection->phase, memory_order_relaxed) != PHASE_IDLE;
    unlock(guard);
    *ret_stats = stats;
}
