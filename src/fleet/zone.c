#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum status zone_open_network(const struct zone *zone, int *ret_fd, struct text *why)
{
    char path[64];
    *ret_fd = -1;
    if (!zone->network[0])
        return STATUS_OK;
    (void)snprintf(path, sizeof path, "/run/netns/%s", zone->network);
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*ret_fd >= 0)
        return STATUS_OK;
    text_setf(why, "the network %s of zone %s can't be used: %s", zone->network, zone->name, strerror(errno));
    return STATUS_INVALID;
}

/* The calling thread alone goes there and comes back. */
static bool visit(int network, int *ret_home)
{
    *ret_home = -1;
    if (network < 0)
        return true;
    *ret_home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return *ret_home >= 0 && setns(network, CLONE_NEWNET) == 0;
}

static bool come_back(int home)
{
    if (home < 0)
        return true;
    bool back = setns(home, CLONE_NEWNET) == 0;
    (void)close(home);
    return back;
}

static int free_port(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;
    if (fd >= 0 && bind(fd, (struct sockaddr *)address, size) == 0
        && getsockname(fd, (struct sockaddr *)address, &size) == 0)
        port = ntohs(address->sin_port);
    if (fd >= 0)
        (void)close(fd);
    return port;
}

enum status zone_find_port(const struct zone *zone, int network, char ret_address[static INSTANCE_ADDRESS_SIZE],
                           struct text *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int home = -1, port = 0;
    if (inet_pton(AF_INET, zone->address, &address.sin_addr) == 1 && visit(network, &home))
        port = free_port(&address);
    int error = errno;
    if (!come_back(home) || port == 0) {
        text_setf(why, "no port of %s (zone %s) can be used: %s", zone->address, zone->name, strerror(error));
        return STATUS_INVALID;
    }
    (void)snprintf(ret_address, INSTANCE_ADDRESS_SIZE, "%s:%d", zone->address, port);
    return STATUS_OK;
}

static bool is_name(const char *text, size_t length, size_t size)
{
    return length > 0 && length < size && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

enum status zone_parse(const char *text, struct zone *ret_zone, struct text *why)
{
    struct zone zone = {.address = "127.0.0.1"};
    struct in_addr ignored;
    size_t length = strcspn(text, "@");
    const char *address = text[length] ? text + length + 1 : zone.address;
    size_t address_length = strcspn(address, "%");
    const char *network = address[address_length] ? address + address_length + 1 : "";
    bool fits = is_name(text, length, sizeof zone.name) && address_length < sizeof zone.address
                && strlen(network) < sizeof zone.network && !strchr(network, '/')
                && (*network || !address[address_length]);
    if (fits) {
        (void)snprintf(zone.name, sizeof zone.name, "%.*s", (int)length, text);
        if (address != zone.address)
            (void)snprintf(zone.address, sizeof zone.address, "%.*s", (int)address_length, address);
        (void)snprintf(zone.network, sizeof zone.network, "%s", network);
    }
    if (!fits || inet_pton(AF_INET, zone.address, &ignored) != 1) {
        text_setf(why,
                  "\"%s\" is no zone; write NAME, NAME@ADDRESS or NAME@ADDRESS%%NETWORK, with a name of a-z, 0-9 and - "
                  "and an "
                  "IPv4 address of this machine",
                  text);
        return STATUS_INVALID;
    }
    *ret_zone = zone;
    return STATUS_OK;
}
