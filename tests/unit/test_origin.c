/* Whose page made a request, and what an operator may write about it. */
#include "check.h"
#include "origin.h"

#include <string.h>

static void test_own(void)
{
    static const struct {
        const char *name, *origin, *host, *proto, *site;
        bool is_own;
    } rows[] = {
        {"no page", NULL, "127.0.0.1:8080", NULL, NULL, true},
        {"no page and no Host, in HTTP/1.0", NULL, NULL, NULL, NULL, true},
        {"a page of this address", "http://127.0.0.1:8080", "127.0.0.1:8080", NULL, NULL, true},
        {"of this IPv6 address", "http://[::1]:8080", "[::1]:8080", NULL, NULL, true},
        {"of localhost", "http://localhost:8080", "localhost:8080", NULL, NULL, true},
        {"of a name below localhost", "http://photos.localhost", "photos.localhost", NULL, NULL, true},
        {"in capitals", "http://localhost:8080", "LocalHost:8080", NULL, NULL, true},
        {"of an address in a network", "http://192.168.1.5", "192.168.1.5:80", NULL, NULL, true},
        {"of a machine in this network", "http://nas:8080", "nas:8080", NULL, NULL, true},
        {"of its mDNS name", "http://nas.local:8080", "NAS.local:8080", NULL, NULL, true},
        {"of a name that a router gives", "http://nas.lan", "nas.lan", NULL, NULL, true},
        {"of a home network", "http://photos.home.arpa", "photos.home.arpa", NULL, NULL, true},
        {"of a name over https", "https://photos.example", "photos.example", "https", NULL, true},
        {"of a name over https, of which the proxy says nothing", "https://photos.example", "photos.example:443", NULL,
         NULL, true},
        {"the browser says so, whatever a proxy made of Host", "https://photos.example", "127.0.0.1:8080", NULL,
         "same-origin", true},
        {"a person, and no page", NULL, "photos.example", NULL, "none", true},
        {"of another site", "https://evil.example", "127.0.0.1:8080", NULL, NULL, false},
        {"of another site over http", "http://evil.example", "127.0.0.1:8080", NULL, NULL, false},
        {"of nowhere", "null", "127.0.0.1:8080", NULL, NULL, false},
        {"of nowhere, says the browser", "null", "127.0.0.1:8080", NULL, "cross-site", false},
        {"of another port", "http://127.0.0.1:3000", "127.0.0.1:8080", NULL, NULL, false},
        {"of another name for this machine", "http://localhost:8080", "127.0.0.1:8080", NULL, NULL, false},
        {"of a name that was led here", "http://evil.example:8080", "evil.example:8080", NULL, NULL, false},
        {"of a name that ends like a local one", "http://evillan.example", "evillan.example", NULL, NULL, false},
        {"of a public name below which is local", "http://nas.lan.example", "nas.lan.example", NULL, NULL, false},
        {"of a name that is only the end of a local one", "http://.lan", ".lan", NULL, NULL, false},
        {"of a name that begins like an address", "http://127.0.0.1.evil.example", "127.0.0.1.evil.example", NULL, NULL,
         false},
        {"of a name that ends like localhost", "http://evil-localhost.example", "evil-localhost.example", NULL, NULL,
         false},
        {"of a name that begins like the host's", "https://photos.example.evil.example", "photos.example", "https",
         NULL, false},
        {"of the name over http, where https was asked", "http://photos.example", "photos.example", "https", NULL,
         false},
        {"over https, where http was asked", "https://photos.example", "photos.example", "http", NULL, false},
        {"another site, says the browser", "https://evil.example", "evil.example", NULL, "cross-site", false},
        {"a sister's site, says the browser", NULL, "photos.example", NULL, "same-site", false},
        {"the browser's word in capitals is none", NULL, "photos.example", NULL, "Same-Origin", false},
        {"a user in the origin", "http://127.0.0.1:8080@evil.example", "127.0.0.1:8080", NULL, NULL, false},
        {"a path in the origin", "http://127.0.0.1:8080/", "127.0.0.1:8080", NULL, NULL, false},
        {"no Host", "http://127.0.0.1:8080", NULL, NULL, NULL, false},
        {"an empty Host", "http://127.0.0.1:8080", "", NULL, NULL, false},
        {"no scheme", "127.0.0.1:8080", "127.0.0.1:8080", NULL, NULL, false},
        {"no host", "http://", "", NULL, NULL, false},
        {"a port that is none", "http://127.0.0.1:0", "127.0.0.1:0", NULL, NULL, false},
        {"half an address", "http://[::1", "[::1", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct origin_evidence evidence = {rows[i].origin, rows[i].host, rows[i].proto, rows[i].site};
        CHECK_INT(origin_is_own(&evidence), rows[i].is_own);
    }
}

static void test_list(void)
{
    static const struct {
        const char *words, *origin;
        bool has;
    } rows[] = {
        {"https://photos.example", "https://photos.example", true},
        {"https://photos.example", "http://photos.example", false},
        {"https://photos.example", "https://photos.example:8443", false},
        {"https://photos.example", "https://a.photos.example", false},
        {"https://photos.example", "null", false},
        {"https://Photos.Example:443", "https://photos.example", true},
        {"http://nas.lan:8080", "http://nas.lan:8080", true},
        {" https://a.example , http://b.example:80", "http://b.example", true},
        {"https://a.example,capacitor://localhost", "capacitor://localhost", true},
        {"http://[::1]:3000", "http://[::1]:3000", true},
        {"*", "https://anything.example", true},
        {"*", "null", true},
        {"https://a.example,*", "null", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s, %s", rows[i].words, rows[i].origin);
        ARENA_CLEANUP struct arena arena = {0};
        struct origin_list list = {0};
        CHECK_INT(origin_list_add(&list, rows[i].words, &arena, NULL), STATUS_OK);
        CHECK_INT(origin_list_has(&list, rows[i].origin), rows[i].has);
    }
    struct origin_list nobody = {0};
    CHECK(!origin_list_has(&nobody, "https://photos.example"));
}

static void test_no_origins(void)
{
    static const char *const rows[] = {"",
                                       "photos.example",
                                       "https://photos.example/",
                                       "https://photos.example/app",
                                       "https://",
                                       "https://a.example,",
                                       "https://a example",
                                       "https://a.example:x",
                                       "null",
                                       "**",
                                       "https://*.example",
                                       "https://a.example:99999"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("\"%s\"", rows[i]);
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        struct origin_list list = {0};
        CHECK_INT(origin_list_add(&list, rows[i], &arena, &why), STATUS_INVALID);
        CHECK(strstr(text_get(&why), "is not an origin: scheme://host"));
    }
}

static void test_same_host(void)
{
    CHECK(origin_is_same_host("http", "a.example", "A.example:80"));
    CHECK(origin_is_same_host("https", "a.example:443", "a.example"));
    CHECK(!origin_is_same_host("http", "a.example", "a.example:8080"));
    CHECK(!origin_is_same_host("http", "a.example", "b.example"));
    CHECK(!origin_is_same_host("http", "u@a.example", "a.example"));
    CHECK(!origin_is_same_host("http", "", ""));
}

CHECK_MAIN({"a change comes from our pages or from no page", test_own}, {"the operator's list", test_list},
           {"what is no origin is named", test_no_origins}, {"one host in two spellings", test_same_host})
