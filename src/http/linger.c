/* Closing without losing the answer. When a socket is closed while bytes of the client are unread, the kernel sends a
 * reset, and the client may lose an answer that it has not read yet: so after a refusal. There the connection is kept
 * for a moment, its writing side closed, and what still comes is read and dropped. Few at a time: it is a courtesy. */
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

struct lingering {
    int epoll;
    pthread_mutex_t lock;
    unsigned count;
    struct {
        int fd; /* -1: free */
        int64_t until_ns;
    } slots[LINGERING_MAX];
};

struct lingering *linger_new(int epoll)
{
    struct lingering *lingering = NEW(struct lingering);
    lingering->epoll = epoll;
    (void)pthread_mutex_init(&lingering->lock, NULL);
    for (size_t i = 0; i < LINGERING_MAX; i++)
        lingering->slots[i].fd = -1;
    return lingering;
}

static void close_slot(struct lingering *lingering, size_t slot)
{
    (void)epoll_ctl(lingering->epoll, EPOLL_CTL_DEL, lingering->slots[slot].fd, NULL);
    (void)close(lingering->slots[slot].fd);
    lingering->slots[slot].fd = -1;
    lingering->count--;
}

void linger_add(struct lingering *lingering, int fd)
{
    size_t slot = 0;
    (void)pthread_mutex_lock(&lingering->lock);
    while (slot < LINGERING_MAX && lingering->slots[slot].fd >= 0)
        slot++;
    int copy = slot < LINGERING_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy >= 0) {
        (void)shutdown(copy, SHUT_WR);
        lingering->slots[slot].fd = copy;
        lingering->slots[slot].until_ns = clock_monotonic_ns() + LINGER_NS;
        lingering->count++;
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = TAG_LINGER | slot};
        if (epoll_ctl(lingering->epoll, EPOLL_CTL_ADD, copy, &event) != 0)
            close_slot(lingering, slot);
    }
    (void)pthread_mutex_unlock(&lingering->lock);
}

void linger_on_event(struct lingering *lingering, uint64_t tag)
{
    size_t slot = (size_t)(tag & ~TAG_LINGER);
    char dropped[4096];
    (void)pthread_mutex_lock(&lingering->lock);
    int fd = lingering->slots[slot].fd;
    ssize_t size = fd < 0 ? -1 : 1;
    for (int i = 0; i < READS_MAX && size > 0; i++)
        size = recv(fd, dropped, sizeof dropped, MSG_DONTWAIT);
    if (fd >= 0 && size == 0)
        close_slot(lingering, slot);
    (void)pthread_mutex_unlock(&lingering->lock);
}

unsigned linger_expire(struct lingering *lingering, int64_t now_ns)
{
    (void)pthread_mutex_lock(&lingering->lock);
    for (size_t i = 0; i < LINGERING_MAX && lingering->count; i++)
        if (lingering->slots[i].fd >= 0 && lingering->slots[i].until_ns < now_ns)
            close_slot(lingering, i);
    unsigned left = lingering->count;
    (void)pthread_mutex_unlock(&lingering->lock);
    return left;
}

void linger_free(struct lingering *lingering)
{
    if (!lingering)
        return;
    for (size_t i = 0; i < LINGERING_MAX; i++)
        if (lingering->slots[i].fd >= 0)
            close_slot(lingering, i);
    (void)pthread_mutex_destroy(&lingering->lock);
    free(lingering);
}
