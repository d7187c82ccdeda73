/* Who counts as one client: an IPv4 address, or a network of 64 bits of IPv6, of which everybody is given a whole
 * one. */
#include "server.h"

#include <arpa/inet.h>
#include <string.h>

enum { NETWORK_BYTES = 8 };

void network_of(const char *client, char ret_network[static INET6_ADDRSTRLEN])
{
    struct in6_addr address;
    bool is_long = inet_pton(AF_INET6, client, &address) == 1 && !IN6_IS_ADDR_V4MAPPED(&address);
    if (is_long) {
        memset(address.s6_addr + NETWORK_BYTES, 0, sizeof address.s6_addr - NETWORK_BYTES);
        (void)inet_ntop(AF_INET6, &address, ret_network, INET6_ADDRSTRLEN);
    } else {
        memcpy(ret_network, client, strnlen(client, INET6_ADDRSTRLEN - 1) + 1);
    }
}
