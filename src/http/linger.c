/* Closing without losing the answer. When a socket is closed while bytes of the client are unread, the kernel sends a
 * reset, and the client may lose an answer that it has not read yet: so after a refusal. There the connection is kept for
 * a moment, its writing side closed, and what still comes is read and dropped. Few at a time: it is a courtesy. */
#include "acceptor.h"

#include "clock.h"
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGERING_MAX = 256, READS_MAX = 16 };
#define LINGER_NS INT64_C(2000000000)

struct farewell {
    int epoll;
    pthread_mutex_t lock;
    unsigned count;
    struct {
        int fd; /* -1: free */
        int64_t until_ns;
    } slots[LINGERING_MAX];
};

struct farewell *farewell_new(int epoll)
{
    struct farewell *farewell = NEW(struct farewell);
    farewell->epoll = epoll;
    (void)pthread_mutex_init(&farewell->lock, NULL);
    for (size_t i = 0; i < LINGERING_MAX; i++)
        farewell->slots[i].fd = -1;
    return farewell;
}

static void close_slot(struct farewell *farewell, size_t slot)
{
    (void)epoll_ctl(farewell->epoll, EPOLL_CTL_DEL, farewell->slots[slot].fd, NULL);
    (void)close(farewell->slots[slot].fd);
    farewell->slots[slot].fd = -1;
    farewell->count--;
}

void farewell_add(struct farewell *farewell, int fd)
{
    size_t slot = 0;
    (void)pthread_mutex_lock(&farewell->lock);
    while (slot < LINGERING_MAX && farewell->slots[slot].fd >= 0)
        slot++;
    int copy = slot < LINGERING_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy >= 0) {
        (void)shutdown(copy, SHUT_WR);
        farewell->slots[slot].fd = copy;
        farewell->slots[slot].until_ns = clock_monotonic_ns() + LINGER_NS;
        farewell->count++;
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = TAG_FAREWELL | slot};
        if (epoll_ctl(farewell->epoll, EPOLL_CTL_ADD, copy, &event) != 0)
            close_slot(farewell, slot);
    }
    (void)pthread_mutex_unlock(&farewell->lock);
}

void farewell_on_event(struct farewell *farewell, uint64_t tag)
{
    size_t slot = (size_t)(tag & ~TAG_FAREWELL);
    char dropped[4096];
    (void)pthread_mutex_lock(&farewell->lock);
    int fd = farewell->slots[slot].fd;
    ssize_t size = fd < 0 ? -1 : 1;
    for (int i = 0; i < READS_MAX && size > 0; i++)
        size = recv(fd, dropped, sizeof dropped, MSG_DONTWAIT);
    if (fd >= 0 && size == 0)
        close_slot(farewell, slot);
    (void)pthread_mutex_unlock(&farewell->lock);
}

unsigned farewell_sweep(struct farewell *farewell, int64_t now_ns)
{
    (void)pthread_mutex_lock(&farewell->lock);
    for (size_t i = 0; i < LINGERING_MAX && farewell->count; i++)
        if (farewell->slots[i].fd >= 0 && farewell->slots[i].until_ns < now_ns)
            close_slot(farewell, i);
    unsigned left = farewell->count;
    (void)pthread_mutex_unlock(&farewell->lock);
    return left;
}

void farewell_free(struct farewell *farewell)
{
    if (!farewell)
        return;
    for (size_t i = 0; i < LINGERING_MAX; i++)
        if (farewell->slots[i].fd >= 0)
            close_slot(farewell, i);
    (void)pthread_mutex_destroy(&farewell->lock);
    free(farewell);
}
