/* Clients that come through a named proxy: each counts by itself, however many connections the proxy has. */
#include "loopback.h"
#include "proxies.h"
#include "server.h"

#include <semaphore.h>

static sem_t entered, gate;

static void handle_who(struct http_request *request)
{
    struct text text = {0};
    const char *scheme = http_scheme(request), *host = http_host(request);
    text_addf(&text, "%s %s %s", http_network(request), scheme ? scheme : "-", host ? host : "-");
    http_answer_text(request, 200, "text/plain", &text);
}

static void handle_wait(struct http_request *request)
{
    (void)sem_post(&entered);
    (void)sem_wait(&gate);
    http_answer(request, 200, "text/plain", "waited", 6);
}

static bool next_event(void *data, struct text *out)
{
    bool *is_told = data;
    text_add(out, *is_told ? "" : "data: first\n\n");
    return *is_told = true;
}

static void close_stream(void *data)
{
    free(data);
}

static void handle_stream(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_event, close_stream};
    (void)http_answer_stream(request, "text/event-stream", &ops, calloc(1, sizeof(bool)));
}

static void end_nothing(void *data)
{
    (void)data;
}

static const struct http_route table[] = {
    {.method = "GET", .pattern = "/", .run = HTTP_INLINE, .handle = handle_who},
    {.method = "GET", .pattern = "/ends", .run = HTTP_WHOLE, .handle = handle_who, .end = end_nothing},
    {.method = "GET", .pattern = "/wait", .run = HTTP_POOL, .handle = handle_wait},
    {.method = "GET", .pattern = "/stream", .run = HTTP_INLINE, .handle = handle_stream},
    {.method = "GET", .pattern = "/vital", .run = HTTP_INLINE, .handle = handle_who},
    {0},
};

/* 127.0.0.1, from which clients here connect, is named; so is 10.0.0.0/8. */
static struct http_server *open_with_threads(unsigned pool_threads, struct http_settings settings, const char *named)
{
    static const struct http_route *const tables[] = {table, NULL};
    static const char *const vital[] = {"/vital", NULL};
    static struct proxy_list proxies;
    struct http_server *server = NULL;
    TEXT_CLEANUP struct text why = {0};
    proxies.count = 0;
    CHECK_INT(proxy_list_add(&proxies, named, &why), STATUS_OK);
    settings.listen = settings.listen ? settings.listen : "127.0.0.1:0";
    settings.event_threads = 2;
    settings.pool_threads = pool_threads;
    settings.tables = tables;
    settings.vital = vital;
    settings.proxies = &proxies;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    CHECK_INT(http_server_open(&settings, &server, &why), STATUS_OK);
    return server;
}

static struct http_server *open_with(struct http_settings settings, const char *named)
{
    return open_with_threads(8, settings, named);
}

static struct client ask_as(const struct http_server *server, const char *path, const char *address)
{
    TEXT_CLEANUP struct text text = {0};
    struct client client = client_open(server);
    text_addf(&text, "GET %s HTTP/1.1\r\nHost: a\r\n", path);
    if (address)
        text_addf(&text, "X-Forwarded-For: %s\r\n", address);
    text_add(&text, "\r\n");
    CHECK(client_send(&client, text_get(&text)));
    return client;
}

static void test_believed(void)
{
    static const struct {
        const char *says, *named, *headers, *body;
    } rows[] = {
        {"nothing", "127.0.0.1", "", "127.0.0.1 - a"},
        {"all", "127.0.0.1",
         "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: photos.example:8443\r\n",
         "203.0.113.5 https photos.example:8443"},
        {"in small letters, and twice", "127.0.0.1,10.0.0.0/8",
         "x-forwarded-for: 198.51.100.1\r\nx-forwarded-for: 203.0.113.5, 10.0.0.2\r\nx-forwarded-proto: https\r\n",
         "203.0.113.5 https a"},
        {"an address of IPv6, which counts by its network", "127.0.0.1", "X-Forwarded-For: 2001:db8:1:2:3::4\r\n",
         "2001:db8:1:2:: - a"},
        {"nonsense", "127.0.0.1", "X-Forwarded-For: x\r\nX-Forwarded-Proto: y\r\nX-Forwarded-Host: z/\r\n",
         "127.0.0.1 - a"},
        {"all, and is not named", "10.0.0.0/8",
         "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: photos.example\r\n",
         "127.0.0.1 - a"},
        {"that it is a named one, and is not", "10.0.0.0/8", "X-Forwarded-For: 203.0.113.5, 10.0.0.1\r\n",
         "127.0.0.1 - a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("a proxy that says %s", rows[i].says);
        struct http_server *server = open_with((struct http_settings){.connections = 100}, rows[i].named);
        struct client client = client_open(server);
        TEXT_CLEANUP struct text ask = {0};
        text_addf(&ask, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", rows[i].headers);
        ANSWER_CLEANUP struct answer answer = client_ask(&client, text_get(&ask));
        CHECK_STR(text_get(&answer.body), rows[i].body);
        ANSWER_CLEANUP struct answer next = client_ask(&client, "GET / HTTP/1.1\r\nHost: b\r\n\r\n");
        CHECK_STR(text_get(&next.body), "127.0.0.1 - b"); /* each request by itself */
        client_close(&client);
        http_server_close(server);
    }
}

/* On a listener of IPv6, a client of IPv4 comes from a mapped address: it must count as the same client there and
 * behind a proxy. */
static void test_mapped(void)
{
    static const struct {
        const char *says, *named, *headers, *body;
    } rows[] = {
        {"a client of IPv4", "10.0.0.0/8", "", "127.0.0.1 - a"},
        {"a client of IPv4, by a proxy of IPv4", "127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7 - a"},
        {"the same, mapped", "127.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.7\r\n", "192.0.2.7 - a"},
        {"a proxy of IPv4 itself", "127.0.0.1", "", "127.0.0.1 - a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        struct http_server *server =
            open_with((struct http_settings){.listen = "[::]:0", .connections = 100}, rows[i].named);
        struct client client = client_open(server);
        TEXT_CLEANUP struct text ask = {0};
        text_addf(&ask, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", rows[i].headers);
        ANSWER_CLEANUP struct answer answer = client_ask(&client, text_get(&ask));
        CHECK_STR(text_get(&answer.body), rows[i].body);
        client_close(&client);
        http_server_close(server);
    }
}

static void test_streams(void)
{
    static const struct {
        const char *says, *address;
        unsigned code;
    } rows[] = {
        {"the first of a client", "203.0.113.5", 200},
        {"its second", "203.0.113.5", 200},
        {"its third", "203.0.113.5", 429},
        {"another client", "203.0.113.6", 200},
        {"the proxy itself", NULL, 200},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct client clients[ROWS];
    struct http_server *server =
        open_with((struct http_settings){.connections = 100, .streams = 10, .streams_each = 2}, "127.0.0.1");
    for (size_t i = 0; i < ROWS; i++) {
        check_case("%s", rows[i].says);
        clients[i] = ask_as(server, "/stream", rows[i].address);
        CHECK(client_wait_for(&clients[i], rows[i].code == 200 ? "HTTP/1.1 200" : "HTTP/1.1 429"));
    }
    for (size_t i = 0; i < ROWS; i++)
        client_close(&clients[i]);
    http_server_close(server);
}

static void test_requests(void)
{
    enum { EACH = 3 };
    struct client waiting[EACH];
    struct http_server *server =
        open_with((struct http_settings){.connections = 100, .connections_each = EACH}, "127.0.0.1");
    for (size_t i = 0; i < EACH; i++) {
        waiting[i] = ask_as(server, "/wait", "203.0.113.5");
        (void)sem_wait(&entered);
    }
    static const struct {
        const char *says, *path, *address, *line;
    } rows[] = {
        {"one too many of a client", "/", "203.0.113.5", "HTTP/1.1 429"},
        {"that is vital", "/vital", "203.0.113.5", "HTTP/1.1 200"},
        {"another client", "/", "203.0.113.6", "HTTP/1.1 200"},
        {"the proxy itself", "/", NULL, "HTTP/1.1 200"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        struct client client = ask_as(server, rows[i].path, rows[i].address);
        CHECK(client_wait_for(&client, rows[i].line));
        client_close(&client);
    }
    check_case("what has ended makes room");
    for (size_t i = 0; i < EACH; i++)
        (void)sem_post(&gate);
    for (size_t i = 0; i < EACH; i++) {
        CHECK(client_wait_for(&waiting[i], "waited"));
        client_close(&waiting[i]);
    }
    for (size_t i = 0; i < EACH + 2;
         i++) { /* connections of the proxy are many, and their requests one after the other */
        struct client client = ask_as(server, "/", "203.0.113.5");
        CHECK(client_wait_for(&client, "HTTP/1.1 200"));
        client_close(&client);
    }
    http_server_close(server);
}

/* The memory of a request goes with its end. Without threads in the pool the end is over at once; with a target that
 * leaves no room beside itself, the address of the client is in that memory. */
static void test_ends(void)
{
    struct http_server *server =
        open_with_threads(0, (struct http_settings){.connections = 100, .connections_each = 1}, "127.0.0.1");
    TEXT_CLEANUP struct text target = {0};
    text_add(&target, "/ends?");
    while (target.length < TARGET_ROOM - 1)
        text_addc(&target, 'a');
    struct client client = ask_as(server, text_get(&target), "203.0.113.5");
    CHECK(client_wait_for(&client, "HTTP/1.1 503")); /* the pool has nobody for its handler */
    client_close(&client);
    http_server_close(server);
}

static void test_connections(void)
{
    enum { EACH = 2, CLIENTS = 8 };
    struct client clients[CLIENTS];
    struct http_server *server =
        open_with((struct http_settings){.connections = 100, .connections_each = EACH}, "loopback");
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = ask_as(server, "/", "203.0.113.5");
        CHECK(client_wait_for(&clients[i], "HTTP/1.1 200"));
    }
    for (size_t i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    http_server_close(server);
    check_case("of a proxy that is not named");
    server = open_with((struct http_settings){.connections = 100, .connections_each = EACH}, "10.0.0.1");
    for (size_t i = 0; i <= EACH; i++) {
        clients[i] = ask_as(server, "/", "203.0.113.5");
        CHECK(client_wait_for(&clients[i], i < EACH ? "HTTP/1.1 200" : "HTTP/1.1 429"));
    }
    for (size_t i = 0; i <= EACH; i++)
        client_close(&clients[i]);
    http_server_close(server);
}

CHECK_MAIN({"a named proxy is believed about its clients, and no other", test_believed},
           {"a client of IPv4 is the same one on a listener of IPv6", test_mapped},
           {"streams of events count by the client", test_streams},
           {"requests of a client are limited as its connections would be", test_requests},
           {"a client is known until its request has ended", test_ends},
           {"connections of a named proxy don't count for its address", test_connections})
