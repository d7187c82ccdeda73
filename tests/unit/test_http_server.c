/* The HTTP server over real sockets: routes, headers, kept connections, addresses. */
#include "http_fixture.h"

static void test_answers(void)
{
    static const struct {
        const char *name, *request;
        unsigned code;
        const char *body;
    } rows[] = {
        {"the root", ASK("GET", "/") END, 200, "hello"},
        {"HEAD by the row of GET", ASK("HEAD", "/") END, 200, ""},
        {"a parameter, on the pool", ASK("GET", "/users/alice") END, 200, "/users/alice|alice||"},
        {"a literal before a parameter", ASK("GET", "/users/me") END, 200, "me"},
        {"two parameters", ASK("GET", "/users/a/b") END, 200, "/users/a/b|a||b"},
        {"an escaped parameter", ASK("GET", "/users/a%2Fb%C3%B6") END, 200, "/users/a/b\xc3\xb6|a/b\xc3\xb6||"},
        {"an escaped literal", ASK("GET", "/u%73ers/me") END, 200, "me"},
        {"a plus is a plus in a path", ASK("GET", "/users/a+b") END, 200, "/users/a+b|a+b||"},
        {"no empty parameter", ASK("GET", "/users/") END, 404, NULL},
        {"one part too many", ASK("GET", "/users/a/b/c") END, 404, NULL},
        {"the rest", ASK("GET", "/objects/a/b/c%2Fd//e") END, 200, "/objects/a/b/c/d//e|a|b/c/d//e|"},
        {"the rest is long", ASK("GET", "/objects/a/1/2/3/4/5/6/7/8/9/10/11") END, 200,
         "/objects/a/1/2/3/4/5/6/7/8/9/10/11|a|1/2/3/4/5/6/7/8/9/10/11|"},
        {"the rest is empty", ASK("GET", "/objects/a/") END, 200, "/objects/a/|a||"},
        {"no rest", ASK("GET", "/objects/a") END, 404, NULL},
        {"a star row", ASK("PUT", "/any") END, 200, "me"},
        {"a star row takes unknown methods", ASK("BREW", "/any") END, 200, "me"},
        {"a named row goes before a star", ASK("POST", "/any") "Content-Length: 0\r\n" END, 200, "hello"},
        {"no query", ASK("GET", "/query") END, 200, "(null)|ok|20|"},
        {"a query", ASK("GET", "/query?b=1&a=x%20y+z&n=7") END, 200, "x y z|ok|7|"},
        {"an escaped name in a query", ASK("GET", "/query?%61=%26%3d") END, 200, "&=|ok|20|"},
        {"a name that the other begins with", ASK("GET", "/query?ab=1&nn=2") END, 200, "(null)|ok|20|"},
        {"the first of two", ASK("GET", "/query?a=1&a=2") END, 200, "1|ok|20|"},
        {"a name without a value", ASK("GET", "/query?a&n=7") END, 200, "|ok|7|"},
        {"empty pairs", ASK("GET", "/query?&&a=&&") END, 200, "|ok|20|"},
        {"a number too large", ASK("GET", "/query?n=101") END, 200,
         "(null)|invalid|-1|The parameter n isn't a whole number from 1 to 100. Fix it."},
        {"no number", ASK("GET", "/query?n=7x") END, 200,
         "(null)|invalid|-1|The parameter n isn't a whole number from 1 to 100. Fix it."},
        {"a blank before a number", ASK("GET", "/query?n=+7") END, 200,
         "(null)|invalid|-1|The parameter n isn't a whole number from 1 to 100. Fix it."},
        {"a part of a file", ASK("GET", "/file") END, 206, "cdefg"},
        {"HEAD of a file", ASK("HEAD", "/file") END, 206, ""},
        {"a body nobody wants", ASK("POST", "/ignored") "Content-Length: 5\r\n" END "hello", 200, "hello"},
        {"nothing at this address", ASK("GET", "/nothing") END, 404,
         "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
         "\"detail\":\"There is nothing at this address. Check it for typing "
         "errors.\",\"error_code\":\"address-unknown\",\"error_values\":[]}"},
    };
    struct http_server *server = open_server(2);
    struct client client = client_open(server);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        ANSWER_CLEANUP struct answer answer = client_ask(&client, rows[i].request);
        CHECK_INT(answer.code, rows[i].code);
        if (rows[i].body)
            CHECK_STR(text_get(&answer.body), rows[i].body);
        CHECK_STR(answer_header(&answer, "X-Always"), "yes");
        CHECK(answer_header(&answer, "X-Request-Id")[0]);
    }
    client_close(&client);
    http_server_close(server);
}

static void test_headers(void)
{
    struct http_server *server = open_server(1);
    struct client client = client_open(server);
    {
        check_case("a header goes in and out");
        ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("GET", "/headers") "X-Test: a b \t\r\n" END);
        CHECK_INT(answer.code, 201);
        CHECK_STR(answer_header(&answer, "X-Test"), "a b");
        CHECK_STR(answer_header(&answer, "Content-Length"), "0");
        CHECK_STR(answer_header(&answer, "Content-Type"), "");
        check_case("a header can't split the answer");
        CHECK_STR(answer_header(&answer, "Injected"), "");
        CHECK_STR(answer_header(&answer, "X-Split"), "a  Injected: b");
    }
    {
        check_case("405 names the methods");
        ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("DELETE", "/users/a") END);
        CHECK_INT(answer.code, 405);
        CHECK_STR(answer_header(&answer, "Allow"), "GET, HEAD");
        CHECK_STR(answer_header(&answer, "Content-Type"), "application/problem+json");
    }
    {
        check_case("HEAD tells the length");
        ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("HEAD", "/") END);
        CHECK_STR(answer_header(&answer, "Content-Length"), "5");
    }
    {
        check_case("a sane request id is kept");
        ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("GET", "/") "X-Request-ID: a-B_9.z\r\n" END);
        CHECK_STR(answer_header(&answer, "X-Request-Id"), "a-B_9.z");
    }
    {
        check_case("another is replaced");
        ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("GET", "/") "X-Request-Id: a\"b\r\n" END);
        CHECK(!strchr(answer_header(&answer, "X-Request-Id"), '"'));
        CHECK(answer_header(&answer, "X-Request-Id")[0]);
    }
    client_close(&client);
    http_server_close(server);
}

static void test_header_sizes(void)
{
    static const struct {
        const char *name;
        size_t size;
        unsigned code;
    } rows[] = {
        {"8,000 bytes in one header", 8000, 200},
        {"20,000 bytes in one header", 20000, 431},
    };
    struct http_server *server = open_server(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        TEXT_CLEANUP struct text request = {0};
        text_add(&request, ASK("GET", "/") "X-Long: ");
        for (size_t j = 0; j < rows[i].size; j++)
            text_addc(&request, 'a');
        text_add(&request, "\r\n\r\n");
        struct client client = client_open(server);
        ANSWER_CLEANUP struct answer answer = client_ask(&client, text_get(&request));
        CHECK_INT(answer.code, rows[i].code);
        client_close(&client);
    }
    check_case("a target of 7,000 bytes");
    TEXT_CLEANUP struct text request = {0};
    text_add(&request, "GET /users/");
    for (size_t j = 0; j < 7000; j++)
        text_addc(&request, 'a');
    text_add(&request, " HTTP/1.1\r\nHost: a\r\n\r\n");
    struct client client = client_open(server);
    ANSWER_CLEANUP struct answer answer = client_ask(&client, text_get(&request));
    CHECK_INT(answer.code, 200);
    CHECK_INT(answer.body.length, 7 + 7000 + 1 + 7000 + 2);
    client_close(&client);
    http_server_close(server);
}

static void test_keep_alive(void)
{
    struct http_server *server = open_server(1);
    struct client client = client_open(server);
    check_case("many requests on one connection");
    for (int i = 0; i < 100; i++) {
        ANSWER_CLEANUP struct answer answer =
            client_ask(&client, i % 2 ? ASK("GET", "/users/a") END : ASK("GET", "/") END);
        CHECK_INT(answer.code, 200);
    }
    check_case("requests in one go are answered in order");
    CHECK(client_send(&client, ASK("GET", "/users/1") END ASK("GET", "/users/me") END ASK("HEAD", "/") END ASK(
                                   "POST", "/upload") "Content-Length: 3\r\n" END "abc" ASK("GET", "/users/2") END));
    static const char *const bodies[] = {"/users/1|1||", "me", "", "3 294", "/users/2|2||"};
    for (size_t i = 0; i < 5; i++) {
        ANSWER_CLEANUP struct answer answer = client_read_answer(&client, i != 2);
        CHECK_INT(answer.code, 200);
        CHECK_STR(text_get(&answer.body), bodies[i]);
    }
    check_case("Connection: close is obeyed");
    ANSWER_CLEANUP struct answer answer = client_ask(&client, ASK("GET", "/") "Connection: close\r\n" END);
    CHECK_INT(answer.code, 200);
    CHECK(client_is_closed(&client));
    client_close(&client);
    check_case("HTTP/1.0 closes");
    client = client_open(server);
    ANSWER_CLEANUP struct answer old = client_ask(&client, "GET / HTTP/1.0\r\n\r\n");
    CHECK_INT(old.code, 200);
    CHECK(client_is_closed(&client));
    client_close(&client);
    http_server_close(server);
}

static void test_addresses(void)
{
    static const struct {
        const char *address;
        enum status status;
    } rows[] = {
        {"127.0.0.1:0", STATUS_OK},
        {"[::1]:0", STATUS_OK},
        {"localhost:0", STATUS_OK},
        {"127.0.0.1", STATUS_INVALID},
        {"", STATUS_INVALID},
        {":", STATUS_INVALID},
        {":8080", STATUS_INVALID},
        {"127.0.0.1:", STATUS_INVALID},
        {"127.0.0.1:http", STATUS_INVALID},
        {"127.0.0.1:99999", STATUS_INVALID},
        {"::1:8080", STATUS_INVALID},
        {"[::1]", STATUS_INVALID},
        {"127.0.0.1:-1", STATUS_INVALID},
        {"256.0.0.1:0", STATUS_INVALID},
        {"192.0.2.1:0", STATUS_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("\"%s\"", rows[i].address);
        TEXT_CLEANUP struct text why = {0};
        struct http_server *server = NULL;
        struct http_settings settings = {.listen = rows[i].address, .event_threads = 1, .tables = fixture_tables};
        CHECK_INT(http_server_open(&settings, &server, &why), rows[i].status);
        CHECK((rows[i].status == STATUS_OK) == (why.length == 0));
        CHECK(!server || !strstr(http_server_address(server), ":0"));
        http_server_close(server);
    }
    check_case("an address that is taken");
    TEXT_CLEANUP struct text why = {0};
    struct http_server *server = open_server(1), *second = NULL;
    struct http_settings settings = {
        .listen = http_server_address(server), .event_threads = 1, .tables = fixture_tables};
    CHECK_INT(http_server_open(&settings, &second, &why), STATUS_UNAVAILABLE);
    CHECK(strstr(text_get(&why), "Address already in use"));
    http_server_close(server);
}

CHECK_MAIN({"requests find their routes and get their answers", test_answers}, {"headers go in and out", test_headers},
           {"long headers are taken, too long ones refused", test_header_sizes},
           {"connections are kept", test_keep_alive}, {"addresses are taken or refused in words", test_addresses})
