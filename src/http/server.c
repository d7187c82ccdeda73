/* Opening, draining and closing. Each event loop is a libmicrohttpd of its own, without a listening socket: the
 * acceptor accepts and hands connections over. (libmicrohttpd's own way out, MHD_quiesce_daemon, may abort the process
 * when a loop looks at its listener in the same moment.) */
#include "server.h"

#include "clock.h"
#include "memory.h"
#include "proxies.h"
#include "quota.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

enum { SPARE_DESCRIPTORS = 512 }; /* for what else the process does; src/cmd/descriptors.c sees to them first */

/* ---- Connections ---- */

void connection_enter(struct connection *connection, enum phase phase, int64_t now_ns)
{
    if (phase == PHASE_BODY)
        atomic_store_explicit(&connection->bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&connection->since_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&connection->phase, phase, memory_order_release);
}

void connection_on_change(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct connection *connection = *socket_context;
        acceptor_remove(server->acceptor, connection);
        free(connection);
        return;
    }
    struct connection *connection = NEW(struct connection);
    connection->server = server;
    connection->handle = handle;
    connection->fd = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *socket = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    address_of_socket(socket, &connection->peer);
    address_write(&connection->peer, connection->client);
    connection->is_proxy = proxy_list_has(server->settings.proxies, &connection->peer);
    connection_enter(connection, PHASE_IDLE, clock_monotonic_ns());
    acceptor_add(server->acceptor, connection);
    (void)snprintf(connection->id, sizeof connection->id, "%016" PRIx64 "-%" PRIx64 "-", server->seed,
                   connection->number);
    *socket_context = connection;
}

/* ---- Opening ---- */

/* Asks for as many descriptors as the connections need, each with a file that it reads or writes; when there are less,
 * there are that many fewer connections. */
static unsigned secure_descriptors(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = 2 * (rlim_t)connections + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return connections;
    struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return connections;
    raised = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit.rlim_cur = limit.rlim_max;
    rlim_t room = limit.rlim_cur / 9 * 8; /* at the least one in eight needs a file */
    return room < connections ? (unsigned)room : connections;
}

/* The target is decoded by us: strictly, and not in place. */
static size_t keep_escapes(void *context, struct MHD_Connection *handle, char *text)
{
    (void)context, (void)handle;
    return strlen(text);
}

static struct MHD_Daemon *start_loop(struct http_server *server)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC
                     | MHD_USE_NO_LISTEN_SOCKET;
    /* A net below the acceptor's, for readers of streams that stand still. */
    unsigned timeout_s = (unsigned)(server->settings.idle_timeout_ms / 1000 + 60);
    return MHD_start_daemon(flags, 0, NULL, NULL, request_on_part, server, MHD_OPTION_URI_LOG_CALLBACK, request_on_line,
                            server, MHD_OPTION_NOTIFY_COMPLETED, request_on_end, server, MHD_OPTION_NOTIFY_CONNECTION,
                            connection_on_change, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_LIMIT,
                            server->settings.connections * 2 + SPARE_DESCRIPTORS, /* the acceptor's is the lower one */
#if MHD_VERSION >= 0x00097700
                            MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, /* see strict.c */
#endif
                            MHD_OPTION_END);
}

static bool start_loops(struct http_server *server)
{
    unsigned wanted = server->settings.event_threads ? server->settings.event_threads : 1;
    server->loops = NEW_ARRAY(wanted, struct MHD_Daemon *);
    while (server->loop_count < wanted) {
        struct MHD_Daemon *loop = start_loop(server);
        if (!loop)
            return false;
        server->loops[server->loop_count++] = loop;
    }
    return true;
}

static struct http_settings with_defaults(const struct http_settings *given)
{
    struct http_settings settings = *given;
    settings.connections = settings.connections ? settings.connections : 1024;
    settings.connections_each = settings.connections_each ? settings.connections_each : UINT_MAX;
    settings.base_path = settings.base_path ? settings.base_path : "";
    settings.idle_timeout_ms = settings.idle_timeout_ms ? settings.idle_timeout_ms : 30000;
    settings.header_timeout_ms = settings.header_timeout_ms ? settings.header_timeout_ms : 10000;
    settings.answers_memory = settings.answers_memory ? settings.answers_memory : 64 << 20;
    settings.body_grace_ms = settings.body_grace_ms ? settings.body_grace_ms : 10000;
    settings.body_bytes_per_second = settings.body_bytes_per_second ? settings.body_bytes_per_second : 4096;
    return settings;
}

static void bound_streams(struct http_settings *settings)
{
    enum { SHARE = 4 };
    settings->streams = settings->streams ? settings->streams : settings->connections / SHARE + 1;
    settings->streams_each = settings->streams_each ? settings->streams_each : settings->streams / SHARE + 1;
}

enum status http_server_open(const struct http_settings *settings, struct http_server **ret_server, struct text *why)
{
    int listener;
    char *address;
    enum status status = listen_open(settings->listen, &listener, &address, why);
    if (status != STATUS_OK)
        return status;
    struct http_server *server = NEW(struct http_server);
    server->settings = with_defaults(settings);
    server->address = address;
    server->settings.connections = secure_descriptors(server->settings.connections);
    bound_streams(&server->settings);
    server->streams = quota_new();
    (void)pthread_mutex_init(&server->streams_lock, NULL);
    if (getrandom(&server->seed, sizeof server->seed, 0) != sizeof server->seed)
        abort(); /* never fails for so few bytes: getrandom(2) */
    server->routes = routes_new(settings->tables);
    server->pool = pool_new(settings->pool_threads);
    server->acceptor = acceptor_new(server, listener);
    if (!start_loops(server) || !acceptor_start(server->acceptor)) {
        text_setf(why, "The threads of the HTTP server can't be started.");
        http_server_close(server);
        return STATUS_UNAVAILABLE;
    }
    *ret_server = server;
    return STATUS_OK;
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

/* ---- Closing ---- */

unsigned http_server_drain(struct http_server *server, int64_t timeout_ms)
{
    atomic_store(&server->draining, true);
    return acceptor_drain(server->acceptor, timeout_ms);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    atomic_store(&server->draining, true);
    acceptor_stop(server->acceptor);
    /* No connection is left, so none is suspended, which libmicrohttpd would not forgive. The pool goes first: one of
     * its threads may still be on its way back from a resume. */
    pool_free(server->pool);
    for (unsigned i = 0; i < server->loop_count; i++)
        MHD_stop_daemon(server->loops[i]);
    routes_free(server->routes);
    acceptor_free(server->acceptor);
    quota_free(server->streams);
    (void)pthread_mutex_destroy(&server->streams_lock);
    free(server->loops);
    free(server->address);
    free(server);
}

void http_server_get_stats(const struct http_server *server, struct http_stats *ret_stats)
{
    acceptor_get_stats(server->acceptor, ret_stats);
}
