/* Which connections are late. A client may wait, but not for ever; it may be slow, but must get on:
 *
 *      phase      ends after
 *      idle       header_timeout_ms on a fresh connection, idle_timeout_ms on a kept one; in a drain a moment of grace
 *      header     header_timeout_ms from the request line
 *      body       body_grace_ms, if less than body_bytes_per_second came on average
 *      handling   never: that is our time
 *      sending    body_grace_ms without that rate acknowledged by the client; streams never
 */
#include "acceptor.h"

#include "clock.h"

#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 1000 /* with readers whose memory others want */ };
enum { PING_MS = 15000, STUBBORN_MS = 500, DRAIN_GRACE_MS = 300, DRAIN_INTERVAL_MS = 20, VICTIMS_MAX = 64 };
#define NS_PER_MS INT64_C(1000000)

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t timeouts_interval_ns(const struct acceptor *acceptor)
{
    const struct http_settings *settings = &acceptor->server->settings;
    int64_t shortest_ms = least(settings->header_timeout_ms, least(settings->idle_timeout_ms, settings->body_grace_ms));
    int64_t interval_ms = least(1000, shortest_ms / 4 + 1);
    if (atomic_load_explicit(&acceptor->server->draining, memory_order_relaxed))
        interval_ms = least(interval_ms, DRAIN_INTERVAL_MS);
    return interval_ms * NS_PER_MS;
}

static void note_shut(struct acceptor *acceptor, struct connection *connection, int64_t now_ns)
{
    acceptor->shut += !connection->shut_ns;
    connection->shut_ns = connection->shut_ns ? connection->shut_ns : now_ns;
}

/* The client loses nothing that it sent before: what has arrived is still read and served, then comes the end. */
static void end_reading(struct acceptor *acceptor, struct connection *connection, int64_t now_ns)
{
    (void)shutdown(connection->fd, SHUT_RD);
    note_shut(acceptor, connection, now_ns);
}

static void cut(struct acceptor *acceptor, struct connection *connection, int64_t now_ns)
{
    /* Who does not read its answer would not see the end behind it either: a reset throws both away. */
    struct linger reset = {.l_onoff = 1};
    if (atomic_load_explicit(&connection->phase, memory_order_relaxed) == PHASE_SENDING)
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    (void)shutdown(connection->fd, SHUT_RDWR);
    connection->cut = true;
    note_shut(acceptor, connection, now_ns);
}

static uint64_t acknowledged_bytes(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

static bool is_below_rate(const struct acceptor *acceptor, uint64_t bytes, int64_t elapsed_ns)
{
    int64_t elapsed_ms = elapsed_ns / NS_PER_MS;
    return (int64_t)bytes < acceptor->server->settings.body_bytes_per_second * elapsed_ms / 1000;
}

static bool reads_too_slowly(const struct acceptor *acceptor, struct connection *connection, int64_t since_ns,
                             int64_t now_ns)
{
    int64_t grace_ns = acceptor->server->settings.body_grace_ms * NS_PER_MS;
    if (connection->stream || now_ns - since_ns < grace_ns)
        return false;
    bool is_first = connection->sample_ns < since_ns;
    if (!is_first && now_ns - connection->sample_ns < grace_ns)
        return false;
    uint64_t acknowledged = acknowledged_bytes(connection->fd);
    bool late =
        !is_first && is_below_rate(acceptor, acknowledged - connection->acknowledged, now_ns - connection->sample_ns);
    connection->acknowledged = acknowledged;
    connection->sample_ns = now_ns;
    return late;
}

/* The phase is read before its time: when the connection goes on in between, it looks younger than it is, never
 * older. */
static bool is_late(const struct acceptor *acceptor, struct connection *connection, int64_t now_ns)
{
    const struct http_settings *settings = &acceptor->server->settings;
    enum phase phase = atomic_load_explicit(&connection->phase, memory_order_acquire);
    uint64_t bytes = atomic_load_explicit(&connection->bytes, memory_order_acquire);
    int64_t since_ns = atomic_load_explicit(&connection->since_ns, memory_order_relaxed);
    int64_t elapsed_ns = now_ns - since_ns;
    bool is_fresh = atomic_load_explicit(&connection->requests, memory_order_relaxed) == 0;
    switch (phase) {
    case PHASE_IDLE:
        if (acceptor->drained_ns)
            return least(elapsed_ns, now_ns - acceptor->drained_ns) > DRAIN_GRACE_MS * NS_PER_MS;
        return elapsed_ns > (is_fresh ? settings->header_timeout_ms : settings->idle_timeout_ms) * NS_PER_MS;
    case PHASE_HEADER:
        return elapsed_ns > settings->header_timeout_ms * NS_PER_MS;
    case PHASE_BODY:
        return elapsed_ns > settings->body_grace_ms * NS_PER_MS && is_below_rate(acceptor, bytes, elapsed_ns);
    case PHASE_SENDING:
        return reads_too_slowly(acceptor, connection, since_ns, now_ns);
    case PHASE_HANDLING:
        return false;
    }
    return false;
}

static bool is_idle(const struct connection *connection)
{
    return atomic_load_explicit(&connection->phase, memory_order_relaxed) == PHASE_IDLE;
}

/* What has arrived, and the event loop has not come to: it is not the client who is late. */
static bool has_unread(const struct connection *connection)
{
    int bytes = 0;
    return ioctl(connection->fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

static void check_connection(struct acceptor *acceptor, struct connection *connection, int64_t now_ns)
{
    bool quiet = connection->stream && now_ns - stream_quiet_since(connection->stream) > PING_MS * NS_PER_MS;
    if (quiet)
        stream_signal(connection->stream, STREAM_PING);
    if (connection->cut || !is_late(acceptor, connection, now_ns) || (is_idle(connection) && has_unread(connection)))
        return;
    if (connection->shut_ns) { /* it goes on sending, so that libmicrohttpd does not come to see the end */
        if (now_ns - connection->shut_ns > STUBBORN_MS * NS_PER_MS)
            cut(acceptor, connection, now_ns);
        return;
    }
    acceptor->reaped += !acceptor->drained_ns;
    if (is_idle(connection))
        end_reading(acceptor, connection, now_ns);
    else
        cut(acceptor, connection, now_ns);
}

void timeouts_check(struct acceptor *acceptor, int64_t now_ns)
{
    for (struct connection *connection = acceptor->first; connection; connection = connection->next)
        check_connection(acceptor, connection, now_ns);
}

/* ---- Making room ---- */

struct victim {
    struct connection *connection;
    int64_t since_ns;
};

/* Keeps the oldest, sorted, oldest first. */
static void note_victim(struct victim *victims, size_t *count, size_t room, struct victim victim)
{
    if (*count == room && victims[room - 1].since_ns <= victim.since_ns)
        return;
    size_t place = *count < room ? (*count)++ : room - 1;
    for (; place && victims[place - 1].since_ns > victim.since_ns; place--)
        victims[place] = victims[place - 1];
    victims[place] = victim;
}

void timeouts_reap(struct acceptor *acceptor, uint64_t count, bool of_reserve)
{
    struct victim victims[VICTIMS_MAX];
    int64_t now_ns = clock_monotonic_ns();
    size_t found = 0, room = count < VICTIMS_MAX ? (size_t)count : VICTIMS_MAX;
    for (struct connection *connection = acceptor->first; connection && room; connection = connection->next) {
        int phase = atomic_load_explicit(&connection->phase, memory_order_acquire);
        int64_t since_ns = atomic_load_explicit(&connection->since_ns, memory_order_relaxed);
        if (!connection->shut_ns && connection->is_reserve == of_reserve
            && (phase == PHASE_IDLE || phase == PHASE_HEADER))
            note_victim(victims, &found, room, (struct victim){connection, since_ns});
    }
    for (size_t i = 0; i < found; i++) {
        if (is_idle(victims[i].connection))
            end_reading(acceptor, victims[i].connection, now_ns);
        else
            cut(acceptor, victims[i].connection, now_ns);
        acceptor->reaped++;
    }
}

uint64_t timeouts_reap_unread(struct acceptor *acceptor, uint64_t size)
{
    struct victim victims[VICTIMS_MAX];
    int64_t now_ns = clock_monotonic_ns();
    size_t found = 0;
    for (struct connection *connection = acceptor->first; connection; connection = connection->next) {
        int phase = atomic_load_explicit(&connection->phase, memory_order_acquire);
        int64_t since_ns = atomic_load_explicit(&connection->since_ns, memory_order_relaxed);
        if (!connection->cut && phase == PHASE_SENDING && now_ns - since_ns > PATIENCE_MS * NS_PER_MS
            && atomic_load_explicit(&connection->held, memory_order_relaxed))
            note_victim(victims, &found, VICTIMS_MAX, (struct victim){connection, since_ns});
    }
    uint64_t freed = 0;
    for (size_t i = 0; i < found && freed < size; i++) {
        freed += held_let_go(victims[i].connection);
        cut(acceptor, victims[i].connection, now_ns);
        acceptor->reaped++;
    }
    return freed;
}
