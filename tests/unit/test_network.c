#include "check.h"
#include "proxies.h"
#include "server.h"

#include <arpa/inet.h>

static void test_networks(void)
{
    static const struct {
        const char *client, *network;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::1", "::"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"2001:db8:1:3::6", "2001:db8:1:3::"},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char network[INET6_ADDRSTRLEN];
        check_case("%s", rows[i].client);
        network_of(rows[i].client, network);
        CHECK_STR(network, rows[i].network);
    }
}

static void test_sockets(void)
{
    static const struct {
        const char *says, *address, *client;
        int family;
    } rows[] = {
        {"an IPv4 client", "192.0.2.7", "192.0.2.7", AF_INET},
        {"an IPv4 client of an IPv6 socket", "::ffff:192.0.2.7", "192.0.2.7", AF_INET6},
        {"an IPv6 client", "2001:0DB8::5", "2001:db8::5", AF_INET6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        struct sockaddr_in short_socket = {.sin_family = AF_INET};
        struct sockaddr_in6 long_socket = {.sin6_family = AF_INET6};
        bool is_long = rows[i].family == AF_INET6;
        void *place = is_long ? (void *)&long_socket.sin6_addr : (void *)&short_socket.sin_addr;
        struct in6_addr address;
        char client[INET6_ADDRSTRLEN];
        CHECK_INT(inet_pton(rows[i].family, rows[i].address, place), 1);
        address_of_socket(is_long ? (const struct sockaddr *)&long_socket : (const struct sockaddr *)&short_socket,
                          &address);
        address_write(&address, client);
        CHECK_STR(client, rows[i].client);
    }
}

CHECK_MAIN({"an IPv6 client counts by its network", test_networks},
           {"a client has one address in letters, whatever socket it comes to", test_sockets})
