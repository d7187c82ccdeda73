/* Whom an operator names as a proxy, and what is believed of what one says about its clients. */
#include "check.h"
#include "forwarded.h"

#include <string.h>

static void test_lists(void)
{
    static const struct {
        const char *words, *address;
        bool has;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
        {"::ffff:192.0.2.7", "192.0.2.7", true},
        {"2001:db8::7", "2001:DB8:0::7", true},
        {"2001:db8::7", "2001:db8::8", false},
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/8", "a00::1", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.7/32", "192.0.2.7", true},
        {"0.0.0.0/0", "203.0.113.5", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.5", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {" 192.0.2.7 ,\t10.0.0.0/8 ", "10.1.2.3", true},
        {"loopback", "127.8.0.1", true},
        {"loopback", "::1", true},
        {"loopback", "10.0.0.1", false},
        {"private", "10.0.0.1", true},
        {"private", "172.31.255.255", true},
        {"private", "172.32.0.0", false},
        {"private", "192.168.3.4", true},
        {"private", "fd00::1", true},
        {"private", "fe80::1", true},
        {"private", "127.0.0.1", false},
        {"loopback, private", "127.0.0.1", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s in %s", rows[i].address, rows[i].words);
        struct proxy_list list = {0};
        struct in6_addr address;
        CHECK_INT(proxy_list_add(&list, rows[i].words, NULL), STATUS_OK);
        CHECK(address_read(rows[i].address, strlen(rows[i].address), &address));
        CHECK_INT(proxy_list_has(&list, &address), rows[i].has);
    }
    CHECK(!proxy_list_has(NULL, &in6addr_loopback));
}

static void test_no_lists(void)
{
    static const struct {
        const char *words, *fault;
    } rows[] = {
        {"", "\"\" is not an address"},
        {"proxy.example", "\"proxy.example\" is not an address"},
        {"10.0.0.1,", "\"\" is not an address"},
        {"10.0.0.1 10.0.0.2", "is not an address"},
        {"10.0.0.1:80", "is not an address"},
        {"[::1]", "is not an address"},
        {"10.0.0", "is not an address"},
        {"Loopback", "is not an address"},
        {"*", "is not an address"},
        {"10.0.0.0/", "from 0 to 32"},
        {"10.0.0.0/33", "from 0 to 32"},
        {"10.0.0.0/+8", "from 0 to 32"},
        {"10.0.0.0/8x", "from 0 to 32"},
        {"10.0.0.0/0008", "from 0 to 32"},
        {"10.0.0.0/-1", "from 0 to 32"},
        {"fd00::/129", "from 0 to 128"},
        {"10.0.0.5/8", "has bits set after its prefix"},
        {"fd00::1/8", "has bits set after its prefix"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("\"%s\"", rows[i].words);
        struct proxy_list list = {0};
        TEXT_CLEANUP struct text why = {0};
        CHECK_INT(proxy_list_add(&list, rows[i].words, &why), STATUS_INVALID);
        CHECK(strstr(text_get(&why), rows[i].fault));
    }
    struct proxy_list full = {0};
    TEXT_CLEANUP struct text why = {0};
    for (int i = 0; i < PROXIES_MAX; i++)
        CHECK_INT(proxy_list_add(&full, "10.0.0.1", &why), STATUS_OK);
    CHECK_INT(proxy_list_add(&full, "10.0.0.1", &why), STATUS_INVALID);
    CHECK(strstr(text_get(&why), "at most 64"));
}

/* The peer is 10.0.0.1, and all of 10.0.0.0/8 and fd00::/8 are named. */
static void read(const char *addresses, const char *schemes, const char *hosts, struct forwarded *ret_forwarded)
{
    struct proxy_list list = {0};
    struct forwarded_evidence evidence = {.addresses = addresses, .schemes = schemes, .hosts = hosts};
    CHECK_INT(proxy_list_add(&list, "10.0.0.0/8,fd00::/8", NULL), STATUS_OK);
    CHECK(address_read("10.0.0.1", strlen("10.0.0.1"), &evidence.peer));
    forwarded_read(&list, &evidence, ret_forwarded);
}

static void test_clients(void)
{
    static const struct {
        const char *name, *addresses, *client;
    } rows[] = {
        {"nothing is said", NULL, "10.0.0.1"},
        {"an empty header", "", "10.0.0.1"},
        {"an address", "203.0.113.5", "203.0.113.5"},
        {"with blanks around", " \t203.0.113.5 ", "203.0.113.5"},
        {"with its port", "203.0.113.5:41000", "203.0.113.5"},
        {"of IPv6", "2001:db8::5", "2001:db8::5"},
        {"of IPv6, in its shortest form", "2001:0DB8:0:0::0005", "2001:db8::5"},
        {"of IPv6, in brackets", "[2001:db8::5]", "2001:db8::5"},
        {"of IPv6, with its port", "[2001:db8::5]:41000", "2001:db8::5"},
        {"of IPv4, mapped", "::ffff:203.0.113.5", "203.0.113.5"},
        {"the last that is no proxy's", "198.51.100.9, 203.0.113.5", "203.0.113.5"},
        {"through two proxies", "203.0.113.5, 10.0.0.2", "203.0.113.5"},
        {"through three, one over IPv6", "203.0.113.5, fd00::2,10.0.0.3", "203.0.113.5"},
        {"what the client made up stands before", "127.0.0.1, 10.0.0.9, 203.0.113.5, 10.0.0.2", "203.0.113.5"},
        {"a client that is a proxy", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        {"unknown", "unknown", "10.0.0.1"},
        {"what comes before what is no address may be made up", "203.0.113.5, unknown", "10.0.0.1"},
        {"a proxy's client is none", "203.0.113.5, unknown, 10.0.0.2", "10.0.0.2"},
        {"nothing behind the comma", "203.0.113.5,", "10.0.0.1"},
        {"commas alone", ",,,", "10.0.0.1"},
        {"a name", "localhost", "10.0.0.1"},
        {"an address and more", "203.0.113.5x", "10.0.0.1"},
        {"two addresses without a comma", "203.0.113.5 203.0.113.6", "10.0.0.1"},
        {"a port that is none", "203.0.113.5:http", "10.0.0.1"},
        {"no port behind the colon", "203.0.113.5:", "10.0.0.1"},
        {"a port that is too long", "203.0.113.5:123456", "10.0.0.1"},
        {"brackets around IPv4", "[203.0.113.5]", "10.0.0.1"},
        {"a bracket without the other", "[2001:db8::5", "10.0.0.1"},
        {"more behind the bracket", "[2001:db8::5]x", "10.0.0.1"},
        {"an empty bracket", "[]", "10.0.0.1"},
        {"a bracket alone", "[", "10.0.0.1"},
        {"the address of an interface", "fe80::1%eth0", "10.0.0.1"},
        {"in quotes", "\"203.0.113.5\"", "10.0.0.1"},
        {"as the other header writes it", "for=203.0.113.5", "10.0.0.1"},
        {"longer than any address", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "10.0.0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct forwarded forwarded;
        char client[INET6_ADDRSTRLEN];
        read(rows[i].addresses, NULL, NULL, &forwarded);
        address_write(&forwarded.client, client);
        CHECK_STR(client, rows[i].client);
        CHECK(!forwarded.scheme && !forwarded.host);
    }
}

static void test_schemes_and_hosts(void)
{
    static const char one[] = "203.0.113.5", two[] = "203.0.113.5, 10.0.0.2";
    static const struct {
        const char *name, *addresses, *schemes, *hosts, *scheme, *host;
    } rows[] = {
        {"both", one, "https", "photos.example", "https", "photos.example"},
        {"http, and a port", one, "http", "photos.example:8080", "http", "photos.example:8080"},
        {"in capitals", one, "HTTPS", "Photos.Example", "https", "Photos.Example"},
        {"an address of IPv6", one, NULL, "[2001:db8::1]:8443", NULL, "[2001:db8::1]:8443"},
        {"the last, when one proxy has added to what the client said", one, "http, https", "evil.example, a.example",
         "https", "a.example"},
        {"that of the first proxy, when each of two has added one", two, "ftp, https, http", "e.example,a.example,b",
         "https", "a.example"},
        {"the only one, when the second of two has left it or replaced it", two, "https", "a.example", "https",
         "a.example"},
        {"without addresses the last", NULL, "http, https", "evil.example, a.example", "https", "a.example"},
        {"another scheme", one, "ftp", NULL, NULL, NULL},
        {"a scheme and more", one, "https://", NULL, NULL, NULL},
        {"nothing behind the comma", one, "https,", "a.example,", NULL, NULL},
        {"empty", one, "", "", NULL, NULL},
        {"a host with a path", one, NULL, "a.example/x", NULL, NULL},
        {"a host with a user", one, NULL, "me@a.example", NULL, NULL},
        {"a host with a port that is none", one, NULL, "a.example:0", NULL, NULL},
        {"markup", one, NULL, "\"><script>", NULL, NULL},
        {"markup in brackets", one, NULL, "[\"><script>]", NULL, NULL},
        {"half an address", one, NULL, "[::1", NULL, NULL},
        {"two hosts without a comma", one, NULL, "a.example b.example", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct forwarded forwarded;
        char host[64] = "";
        read(rows[i].addresses, rows[i].schemes, rows[i].hosts, &forwarded);
        CHECK_STR(forwarded.scheme ? forwarded.scheme : "", rows[i].scheme ? rows[i].scheme : "");
        CHECK(forwarded.host_length < sizeof host);
        if (forwarded.host)
            memcpy(host, forwarded.host, forwarded.host_length);
        CHECK_STR(host, rows[i].host ? rows[i].host : "");
    }
    char long_host[400];
    struct forwarded forwarded;
    memset(long_host, 'a', sizeof long_host - 1);
    long_host[sizeof long_host - 1] = '\0';
    read(one, NULL, long_host, &forwarded);
    CHECK(!forwarded.host);
}

CHECK_MAIN({"a proxy is named by its address, its network, or a word", test_lists},
           {"what names no proxy is refused in words", test_no_lists},
           {"the client is the last that no named proxy is", test_clients},
           {"scheme and host are those that the client's proxy was asked for", test_schemes_and_hosts})
