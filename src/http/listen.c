/* The listening socket. We make it ourselves, so that a bad address is told in words. */
#include "server.h"

#include "memory.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* UNSENT: bytes that the kernel takes from us beyond what is on its way to the client: 4 MB by default, of each that
 * reads slowly. */
enum { BACKLOG = 4096, HOST_ROOM = 256, UNSENT = 128 << 10 };

/* "HOST:PORT" or "[HOST]:PORT"; the port in digits. */
static bool split(const char *address, char ret_host[static HOST_ROOM], const char **ret_port)
{
    const char *colon = strrchr(address, ':'), *host = address;
    if (!colon || colon == address)
        return false;
    size_t length = (size_t)(colon - address);
    if (host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    } else if (memchr(host, ':', length)) {
        return false;
    }
    size_t digits = strspn(colon + 1, "0123456789");
    if (length == 0 || length >= HOST_ROOM || digits == 0 || digits > 5 || colon[1 + digits]
        || strtoul(colon + 1, NULL, 10) > UINT16_MAX)
        return false;
    memcpy(ret_host, host, length);
    ret_host[length] = '\0';
    *ret_port = colon + 1;
    return true;
}

static int bind_first(const struct addrinfo *found)
{
    for (; found; found = found->ai_next) {
        int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        int on = 1;
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        int unsent = UNSENT;
        /* Accepted sockets inherit these. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
        if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
            return fd;
        int error = errno;
        (void)close(fd);
        errno = error;
    }
    return -1;
}

static char *real_address(int fd)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
    struct text text = {0};
    if (getsockname(fd, (struct sockaddr *)&storage, &size) == 0)
        (void)getnameinfo((struct sockaddr *)&storage, size, host, sizeof host, port, sizeof port,
                          NI_NUMERICHOST | NI_NUMERICSERV);
    text_addf(&text, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    return text_take(&text);
}

enum status listen_open(const char *address, int *ret_fd, char **ret_address, struct text *why)
{
    char host[HOST_ROOM];
    const char *port;
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    if (!split(address, host, &port)) {
        text_setf(why, "The address \"%s\" isn't HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.", address);
        return STATUS_INVALID;
    }
    /* This name is this machine (RFC 6761, 6.3), also where no resolver knows it, and whatever one may say. */
    const char *place = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    int code = getaddrinfo(place, port, &hints, &found);
    if (code) {
        text_setf(why, "The server can't listen on the address \"%s\": %s.", address, gai_strerror(code));
        return STATUS_INVALID;
    }
    int fd = bind_first(found);
    int error = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        text_setf(why, "Can't listen on %s: %s.", address, strerror(error));
        return STATUS_UNAVAILABLE;
    }
    *ret_fd = fd;
    *ret_address = real_address(fd);
    return STATUS_OK;
}
