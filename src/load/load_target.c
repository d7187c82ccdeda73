#include "load_target.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static enum status refuse(const char *url, const char *reason, struct text *why)
{
    text_setf(why, "%s: %s", url, reason);
    return STATUS_INVALID;
}

/* Splits "host:port" and "[v6]:port". */
static bool split_authority(char *authority, const char **ret_host, const char **ret_port)
{
    char *port = NULL;
    *ret_host = authority;
    *ret_port = "80";
    if (*authority == '[') {
        char *end = strchr(authority, ']');
        if (!end || (end[1] != ':' && end[1] != '\0'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
        *end = '\0';
        *ret_host = authority + 1;
    } else {
        char *colon = strchr(authority, ':');
        port = colon ? colon + 1 : NULL;
        if (colon)
            *colon = '\0';
    }
    if (port)
        *ret_port = port;
    size_t digits = strspn(*ret_port, "0123456789");
    return **ret_host && digits > 0 && digits <= 5 && (*ret_port)[digits] == '\0';
}

static enum status look_up(const char *url, const char *host, const char *port, struct load_target *target,
                           struct text *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        text_setf(why, "%s: the host \"%s\" has no address: %s", url, host, gai_strerror(error));
        return STATUS_UNAVAILABLE;
    }
    memcpy(&target->address, list->ai_addr, list->ai_addrlen);
    target->address_length = list->ai_addrlen;
    freeaddrinfo(list);
    return STATUS_OK;
}

/* A space or a control character would end the request line early. */
static bool has_bad_character(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url <= ' ' || *url == 0x7f)
            return true;
    return false;
}

enum status load_target_parse(const char *url, struct arena *arena, struct load_target *ret_target, struct text *why)
{
    static const char scheme[] = "http://";
    if (strncmp(url, "https://", 8) == 0)
        return refuse(url, "https is not spoken here; load the server behind the end of TLS", why);
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return refuse(url, "a target is written http://HOST[:PORT]/PATH", why);
    if (has_bad_character(url))
        return refuse(url, "a URL has no spaces; write them %20", why);
    const char *rest = url + sizeof scheme - 1;
    size_t length = strcspn(rest, "/?#");
    char *authority = arena_copy(arena, rest, length);
    const char *host, *port;
    if (memchr(authority, '@', length))
        return refuse(url, "a URL with a user is not taken; give --header 'Authorization: …'", why);
    if (!split_authority(authority, &host, &port))
        return refuse(url, "the host or port is malformed", why);
    struct load_target target = {.url = arena_copy_string(arena, url)};
    enum status status = look_up(url, host, port, &target, why);
    if (status != STATUS_OK)
        return status;
    const char *path = rest + length;
    size_t path_length = strcspn(path, "#");
    target.path = arena_printf(arena, "%s%.*s", *path == '/' ? "" : "/", (int)path_length, path);
    bool is_v6 = strchr(host, ':') != NULL, is_80 = strcmp(port, "80") == 0;
    target.host = arena_printf(arena, "%s%s%s%s%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", is_80 ? "" : ":",
                               is_80 ? "" : port);
    *ret_target = target;
    return STATUS_OK;
}

bool load_target_is_same_place(const struct load_target *a, const struct load_target *b)
{
    return a->address_length == b->address_length && memcmp(&a->address, &b->address, a->address_length) == 0;
}

static bool is_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr
               == ((const struct sockaddr_in *)(const void *)b)->sin_addr.s_addr;
    return a->sa_family == AF_INET6
           && memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
                     &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr, sizeof(struct in6_addr))
                  == 0;
}

bool load_target_is_this_machine(const struct load_target *target)
{
    const struct sockaddr *address = (const struct sockaddr *)&target->address;
    struct ifaddrs *interfaces = NULL;
    bool found = address->sa_family == AF_INET
                 && ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (found || getifaddrs(&interfaces) != 0)
        return found;
    for (const struct ifaddrs *one = interfaces; one && !found; one = one->ifa_next)
        found = one->ifa_addr && is_same_host(one->ifa_addr, address);
    freeifaddrs(interfaces);
    return found;
}

static int connect_within(int socket_fd, const struct load_target *target, int64_t timeout_ms)
{
    struct pollfd ready = {.fd = socket_fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(socket_fd, (const struct sockaddr *)&target->address, target->address_length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    int count = poll(&ready, 1, (int)timeout_ms);
    if (count <= 0)
        return count == 0 ? ETIMEDOUT : errno;
    return getsockopt(socket_fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

enum status load_target_reach(const struct load_target *target, int64_t timeout_ms, struct text *why)
{
    int socket_fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = socket_fd < 0 ? errno : connect_within(socket_fd, target, timeout_ms);
    if (socket_fd >= 0)
        (void)close(socket_fd);
    if (error == 0)
        return STATUS_OK;
    text_setf(why, "%s can't be reached: %s", target->url, strerror(error));
    return STATUS_UNAVAILABLE;
}
