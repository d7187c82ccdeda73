/* What answers hold in memory until their clients have read them. A client that never reads would keep its answer for
 * as long as it may be slow, and thousands of such clients would take all memory. So there is a bound in all; at the
 * bound those who have kept their answers longest are sent away, and if nobody has kept one for long, the new answer is
 * not given. */
#include "server.h"

/* Smaller answers do not count: connections are bounded, and so these are too. */
enum { SMALL = 4096 };
/* So large a part of the bound is let go at a time, because looking for it takes long; and no more while one is on its
 * way out. */
enum { PARTS = 8 };

static bool add(struct http_server *server, uint64_t size)
{
    uint64_t held = size + atomic_fetch_add_explicit(&server->held, size, memory_order_relaxed);
    if (held > atomic_load_explicit(&server->most_held, memory_order_relaxed))
        atomic_store_explicit(&server->most_held, held, memory_order_relaxed);
    if (held <= server->settings.answers_memory)
        return true;
    (void)atomic_fetch_sub_explicit(&server->held, size, memory_order_relaxed);
    return false;
}

/* Others leave for this one. */
static bool make_room(struct http_server *server, uint64_t size)
{
    uint64_t part = server->settings.answers_memory / PARTS;
    uint64_t leaving = atomic_load_explicit(&server->leaving, memory_order_relaxed);
    return leaving <= part && acceptor_let_go(server->acceptor, size > part ? size : part);
}

bool held_take(struct connection *connection, uint64_t size)
{
    struct http_server *server = connection->server;
    if (size <= SMALL)
        return true;
    if (size > server->settings.answers_memory)
        return false;
    if (!add(server, size) && !(make_room(server, size) && add(server, size)))
        return false;
    atomic_store_explicit(&connection->held, size, memory_order_relaxed);
    return true;
}

static void move(_Atomic uint64_t *from, _Atomic uint64_t *to, uint64_t size)
{
    (void)atomic_fetch_sub_explicit(from, size, memory_order_relaxed);
    if (to)
        (void)atomic_fetch_add_explicit(to, size, memory_order_relaxed);
}

uint64_t held_let_go(struct connection *connection)
{
    struct http_server *server = connection->server;
    uint64_t size = atomic_exchange_explicit(&connection->held, 0, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&connection->leaving, size, memory_order_relaxed);
    move(&server->held, &server->leaving, size);
    return size;
}

void held_give_back(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (atomic_load_explicit(&connection->held, memory_order_relaxed))
        move(&server->held, NULL, atomic_exchange_explicit(&connection->held, 0, memory_order_relaxed));
    if (atomic_load_explicit(&connection->leaving, memory_order_relaxed))
        move(&server->leaving, NULL, atomic_exchange_explicit(&connection->leaving, 0, memory_order_relaxed));
}
