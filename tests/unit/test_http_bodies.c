/* Bodies of requests, taken and refused, and the account that the server gives of each request. */
#include "http_fixture.h"

/* Sends `size` bytes of 'a' as a body. */
static bool send_body(struct client *client, size_t size)
{
    static char piece[10000];
    memset(piece, 'a', sizeof piece);
    for (; size >= sizeof piece; size -= sizeof piece)
        if (!client_send_bytes(client, piece, sizeof piece))
            return false;
    return client_send_bytes(client, piece, size);
}

static void test_bodies(void)
{
    static const struct {
        const char *name, *target;
        bool chunked;
        size_t size;
        unsigned code;
        bool stays_open;
    } rows[] = {
        {"a small body", "/upload", false, 1, 200, true},
        {"a body as large as allowed", "/upload", false, 1 << 20, 200, true},
        {"a body one byte too large", "/upload", false, (1 << 20) + 1, 413, true},
        {"a body four times too large", "/upload", false, 4 << 20, 413, true},
        {"a chunked body", "/upload", true, 1000000, 200, false},
        {"a chunked body that is too large", "/upload", true, 2000000, 413, false},
        {"refused before the body", "/refused", false, 1000000, 403, true},
        {"refused before the body, chunked", "/refused", true, 1000000, 403, false},
        {"refused within the body", "/midway", false, 1000000, 415, true},
        {"to nobody", "/nothing", false, 1000000, 404, true},
    };
    struct http_server *server = open_server(2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct client client = client_open(server);
        TEXT_CLEANUP struct text head = {0};
        text_addf(&head, "POST %s HTTP/1.1\r\nHost: a\r\n", rows[i].target);
        if (rows[i].chunked)
            text_addf(&head, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", rows[i].size);
        else
            text_addf(&head, "Content-Length: %zu\r\n\r\n", rows[i].size);
        CHECK(client_send(&client, text_get(&head)));
        CHECK(send_body(&client, rows[i].size));
        CHECK(!rows[i].chunked || client_send(&client, "\r\n0\r\n\r\n"));
        ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
        CHECK_INT(answer.code, rows[i].code);
        if (rows[i].code == 200) {
            char expected[64];
            (void)snprintf(expected, sizeof expected, "%zu %zu", rows[i].size, rows[i].size * 'a');
            CHECK_STR(text_get(&answer.body), expected);
        }
        if (rows[i].stays_open) {
            ANSWER_CLEANUP struct answer again = client_ask(&client, ASK("GET", "/") END);
            CHECK_INT(again.code, 200);
        } else {
            CHECK(client_is_closed(&client));
        }
        client_close(&client);
    }
    check_case("each begin has its end");
    CHECK(wait_for(&shared.ended, shared.begun));
    http_server_close(server);
    CHECK_INT(shared.ended, shared.begun);
}

static void test_early_answers(void)
{
    static const struct {
        const char *name, *request;
        unsigned code;
    } rows[] = {
        {"refused while the client waits",
         ASK("POST", "/refused") "Content-Length: 1000\r\nExpect: 100-continue\r\n" END, 403},
        {"too large while the client waits",
         ASK("POST", "/upload") "Content-Length: 2000000\r\nExpect: 100-continue\r\n" END, 413},
        {"too large to be read at all", ASK("POST", "/upload") "Content-Length: 99999999999\r\n" END, 413},
    };
    struct http_server *server = open_server(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct client client = client_open(server);
        ANSWER_CLEANUP struct answer answer = client_ask(&client, rows[i].request);
        CHECK_INT(answer.code, rows[i].code);
        CHECK_STR(answer_header(&answer, "Connection"), "close");
        CHECK(client_is_closed(&client));
        client_close(&client);
    }
    check_case("a client that goes on sending is not reset");
    struct client stubborn = client_open(server);
    CHECK(client_send(&stubborn, ASK("POST", "/upload") "Content-Length: 99999999999\r\n" END));
    ANSWER_CLEANUP struct answer late = client_read_answer(&stubborn, true);
    CHECK_INT(late.code, 413);
    CHECK(send_body(&stubborn, 300000)); /* a reset would end it, and may overtake the answer on a real network */
    client_close(&stubborn);
    check_case("100 Continue when nothing is against it");
    struct client client = client_open(server);
    CHECK(client_send(&client, ASK("POST", "/upload") "Content-Length: 3\r\nExpect: 100-continue\r\n" END));
    CHECK(client_wait_for(&client, "HTTP/1.1 100 Continue\r\n\r\n"));
    client_drop(&client, strlen("HTTP/1.1 100 Continue\r\n\r\n"));
    ANSWER_CLEANUP struct answer answer = client_ask(&client, "abc");
    CHECK_INT(answer.code, 200);
    client_close(&client);
    http_server_close(server);
}

static void test_done(void)
{
    static const struct {
        const char *name, *request;
        unsigned code;
        uint64_t in, out;
        const char *path, *route;
    } rows[] = {
        {"an answer", ASK("GET", "/users/me") END, 200, 0, 2, "/users/me", "/users/me"},
        {"HEAD has no body", ASK("HEAD", "/") END, 200, 0, 0, "/", "/"},
        {"a pattern stands for its addresses", ASK("GET", "/users/%61") END, 200, 0, 12, "/users/a", "/users/{name}"},
        {"a body", ASK("POST", "/upload") "Content-Length: 5\r\n" END "hello", 200, 5, 5, "/upload", "/upload"},
        {"nothing there", ASK("GET", "/nothing") END, 404, 0, 177, "/nothing", ""},
        {"ambiguous", ASK("GET", "/") "Host: a\r\n" END, 400, 0, 249, "", ""},
        {"a bad escape in the path", ASK("GET", "/a/long/path%zz") END, 400, 0, 279, "", ""},
        {"a bad escape in the query", ASK("GET", "/a?b=long%zz") END, 400, 0, 279, "", ""},
        {"what libmicrohttpd refuses itself", ASK("GET", "/") "no colon\r\n" END, 400, 0, 0, "", ""},
        {"a client that goes away within its body", ASK("POST", "/upload") "Content-Length: 5\r\n" END "he", 0, 2, 0,
         "/upload", "/upload"},
        {"a client that goes away within its header", ASK("GET", "/"), 0, 0, 0, "", ""},
    };
    struct http_server *server = open_server(1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        struct client client = client_open(server);
        CHECK(client_send(&client, rows[i].request));
        if (rows[i].code) {
            ANSWER_CLEANUP struct answer answer = client_read_answer(&client, strncmp(rows[i].request, "HEAD", 4) != 0);
            CHECK_INT(answer.code, rows[i].code);
        }
        client_close(&client);
        if (!CHECK(wait_for(&shared.done_count, i + 1)))
            break;
        CHECK_INT(shared.dones[i].code, rows[i].code);
        CHECK_INT(shared.dones[i].in, rows[i].in);
        CHECK_INT(shared.dones[i].out, rows[i].out);
        CHECK_STR(shared.dones[i].path, rows[i].path);
        CHECK_STR(shared.dones[i].route, rows[i].route);
        CHECK(shared.dones[i].id[0]);
        CHECK(shared.dones[i].duration_ns >= 0);
    }
    http_server_close(server);
    check_case("once a request");
    CHECK_INT(shared.done_count, sizeof rows / sizeof rows[0]);
    CHECK_INT(shared.ended, shared.begun);
}

CHECK_MAIN({"bodies are read, or read and dropped", test_bodies},
           {"an answer that can't wait for the body does not", test_early_answers},
           {"each request is reported once", test_done})
