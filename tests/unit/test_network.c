#include "check.h"
#include "server.h"

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

CHECK_MAIN({"an IPv6 client counts by its network", test_networks})
