/* Waiting for answers, but not for ever: a server that stands still, or is behind a network that swallows all, never
 * says that it won't answer. */
#include "postgres_store.h"

#include "clock.h"

#include <poll.h>

enum { MS_NS = 1000000 };

static bool wait_for(const PGconn *pg, bool is_to_send, int64_t asked_ns)
{
    struct pollfd poller = {.fd = PQsocket(pg), .events = is_to_send ? POLLIN | POLLOUT : POLLIN};
    int64_t left_ms = PATIENCE_MS - (clock_monotonic_ns() - asked_ns) / MS_NS;
    return left_ms > 0 && poll(&poller, 1, (int)left_ms) != 0;
}

bool postgres_await(PGconn *pg, int64_t asked_ns)
{
    bool is_open = true;
    for (;;) {
        int unsent = PQflush(pg);
        if (!is_open || unsent < 0 || (unsent == 0 && !PQisBusy(pg)))
            return true;
        if (!wait_for(pg, unsent > 0, asked_ns))
            return false;
        is_open = PQconsumeInput(pg);
    }
}

PGresult *postgres_ask(PGconn *pg, const char *sql)
{
    int64_t asked_ns = clock_monotonic_ns();
    PGresult *last = NULL, *next = NULL;
    bool is_there = PQsendQuery(pg, sql);
    do {
        PQclear(last);
        last = next;
        is_there = is_there && postgres_await(pg, asked_ns);
        next = is_there ? PQgetResult(pg) : NULL;
    } while (next);
    if (is_there)
        return last;
    PQclear(last);
    return NULL;
}
