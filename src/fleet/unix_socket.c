#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { MS_PER_S = 1000, PATIENCE_MS = 2000 };

static enum status make(const char *path, struct sockaddr_un *ret_address, int *ret_fd, struct text *why)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof ret_address->sun_path) {
        text_setf(why, "the path %s is too long for a socket; use a run folder with a shorter one", path);
        return STATUS_INVALID;
    }
    memcpy(ret_address->sun_path, path, strlen(path) + 1);
    *ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*ret_fd >= 0)
        return STATUS_OK;
    text_setf(why, "no socket can be made: %s", strerror(errno));
    return status_from_errno(errno);
}

bool unix_socket_set_patience(int fd, int ms)
{
    const struct timeval patience = {.tv_sec = ms / MS_PER_S, .tv_usec = ms % MS_PER_S * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0
           && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
}

bool unix_socket_send(int fd, const char *bytes, size_t size)
{
    for (ssize_t sent; size > 0; bytes += sent, size -= (size_t)sent) {
        sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
    }
    return true;
}

bool unix_socket_read_line(int fd, char *ret_line, size_t size)
{
    size_t length = 0;
    for (ssize_t got; length < size - 1; length += (size_t)got) {
        got = read(fd, ret_line + length, size - 1 - length);
        if (got <= 0)
            return false;
        ret_line[length + (size_t)got] = '\0';
        if (memchr(ret_line + length, '\n', (size_t)got))
            return true;
    }
    return false;
}

static bool read_all(int fd, struct text *out)
{
    char buffer[16384];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        text_append(out, buffer, (size_t)got);
    while (out->length > 0 && out->data[out->length - 1] == '\n')
        out->data[--out->length] = '\0';
    return got == 0;
}

enum status unix_socket_ask(const char *path, const char *line, struct text *ret_answer, struct text *why)
{
    struct sockaddr_un address;
    int fd;
    text_clear(ret_answer);
    enum status status = make(path, &address, &fd, why);
    if (status != STATUS_OK)
        return status;
    if (!unix_socket_set_patience(fd, PATIENCE_MS) || connect(fd, (struct sockaddr *)&address, sizeof address) != 0
        || !unix_socket_send(fd, line, strlen(line)) || !unix_socket_send(fd, "\n", 1) || !read_all(fd, ret_answer)) {
        text_setf(why, "nobody answers at %s: %s", path, strerror(errno));
        status = STATUS_UNAVAILABLE;
    }
    (void)close(fd);
    return status;
}

enum status unix_socket_listen(const char *path, int backlog, int *ret_fd, struct text *why)
{
    struct sockaddr_un address;
    int fd;
    enum status status = make(path, &address, &fd, why);
    if (status != STATUS_OK)
        return status;
    mode_t mask = umask(0177);
    bool listens = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, backlog) == 0;
    int error = errno;
    (void)umask(mask);
    if (listens) {
        *ret_fd = fd;
        return STATUS_OK;
    }
    (void)close(fd);
    text_setf(why, "the socket %s can't be made: %s", path, strerror(error));
    return STATUS_UNAVAILABLE;
}
