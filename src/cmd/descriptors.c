#include "descriptors.h"

#include <sys/resource.h>
#include <unistd.h>

enum {
    OF_PROCESS = 48, /* the log, the listener, the data folder's, those that are open for a moment */
    OF_LOOP = 2,     /* an epoll and an eventfd */
    OF_WORKER = 6,   /* an original, pictures, what is written */
    OF_HELPER = 3,   /* a darkroom or moderator process */
    OF_READER = 2,   /* of the database: it and its log */
    READERS = 2,     /* of a core, and no fewer than: */
    READERS_LEAST = 4,
    OF_CONNECTION = 2,
    CONNECTIONS_LEAST = 16,
    SPARE = 512, /* as src/http/server.c wants, where there is enough */
};

static rlim_t count_fixed(const struct descriptor_needs *needs)
{
    long cores = sysconf(_SC_NPROCESSORS_CONF);
    rlim_t readers = cores * READERS < READERS_LEAST ? READERS_LEAST : (rlim_t)cores * READERS;
    return OF_PROCESS + (rlim_t)needs->event_threads * OF_LOOP + (rlim_t)needs->workers * OF_WORKER
           + (rlim_t)(needs->darkrooms + needs->moderators) * OF_HELPER + readers * OF_READER;
}

/* As high as wanted, or as allowed. */
static rlim_t raise_limit(rlim_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return wanted;
    rlim_t most =
        limit.rlim_max > wanted ? limit.rlim_max : wanted; /* a privileged process may go beyond the hard limit */
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = wanted, .rlim_max = most}) == 0)
        return wanted;
    return setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max}) == 0
               ? limit.rlim_max
               : limit.rlim_cur;
}

enum status descriptors_secure(const struct descriptor_needs *needs, unsigned *ret_connections, struct text *why)
{
    rlim_t fixed = count_fixed(needs), wanted = fixed + SPARE + (rlim_t)needs->connections * OF_CONNECTION;
    rlim_t least = fixed + CONNECTIONS_LEAST * OF_CONNECTION, allowed = raise_limit(wanted);
    if (allowed < least) {
        text_setf(
            why,
            "this process can open %llu files at a time, but needs at least %llu: %llu for the database, its "
            "threads and the processes that it starts, and %d for each of %d connections. Raise the limit (ulimit -n "
            "%llu; in a systemd unit, LimitNOFILE=), or lower --darkrooms, --moderators or --event-threads.",
            (unsigned long long)allowed, (unsigned long long)least, (unsigned long long)fixed, (int)OF_CONNECTION,
            (int)CONNECTIONS_LEAST, (unsigned long long)wanted);
        return STATUS_UNAVAILABLE;
    }
    rlim_t room =
        (allowed - fixed) / 9 * 8; /* most connections are idle: a file beside one in eight is enough to serve at all */
    *ret_connections = room < needs->connections ? (unsigned)room : needs->connections;
    return STATUS_OK;
}
