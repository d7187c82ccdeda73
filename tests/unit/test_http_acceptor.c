/* Slow, stuck and greedy clients, and the drain. Time-outs are short here; a client that waits for one waits for the
 * server to close its connection, not for a while. */
/* long: one server is stuck, slow or greedy in each case, and all cases share its fixture */
#include "clock.h"
#include "loopback.h"

#include <microhttpd.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static atomic_uint handled;
static sem_t entered, gate;
static _Atomic(struct http_stream *) stream;

static void handle(struct http_request *request)
{
    atomic_fetch_add(&handled, 1);
    http_answer(request, 200, "text/plain", "hello", 5);
}

static void handle_wait(struct http_request *request)
{
    atomic_fetch_add(&handled, 1);
    (void)sem_post(&entered);
    (void)sem_wait(&gate);
    http_answer(request, 200, "text/plain", "waited", 6);
}

static void handle_large(struct http_request *request)
{
    struct text text = {0};
    text_reserve(&text, 64 << 20);
    memset(text.data, 'a', 64 << 20);
    text.length = 64 << 20;
    http_answer_text(request, 200, "text/plain", &text);
}

static bool next_event(void *data, struct text *out)
{
    if (atomic_fetch_add((atomic_uint *)data, 1) == 0)
        text_add(out, "data: first\n\n");
    return true;
}

static void close_stream(void *data)
{
    (void)data;
    atomic_store(&stream, NULL);
}

static void handle_stream(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_event, close_stream};
    static atomic_uint calls;
    atomic_store(&calls, 0);
    atomic_store(&stream, http_answer_stream(request, "text/event-stream", &ops, &calls));
}

static const struct http_route table[] = {
    {.method = "GET", .pattern = "/", .run = HTTP_INLINE, .handle = handle},
    {.method = "POST", .pattern = "/", .run = HTTP_POOL, .handle = handle},
    {.method = "GET", .pattern = "/pool", .run = HTTP_POOL, .handle = handle},
    {.method = "GET", .pattern = "/wait", .run = HTTP_POOL, .handle = handle_wait},
    {.method = "GET", .pattern = "/large", .run = HTTP_INLINE, .handle = handle_large},
    {.method = "GET", .pattern = "/stream", .run = HTTP_INLINE, .handle = handle_stream},
    {.method = "GET", .pattern = "/vital", .run = HTTP_INLINE, .handle = handle},
    {0},
};

static struct http_server *open_with(struct http_settings settings)
{
    static const struct http_route *const tables[] = {table, NULL};
    static const char *const vital[] = {"/vital", NULL};
    struct http_server *server = NULL;
    TEXT_CLEANUP struct text why = {0};
    settings.listen = "127.0.0.1:0";
    settings.event_threads = 2;
    settings.pool_threads = 16;
    settings.body_bytes_per_second = 10000;
    settings.max_body = 10 << 20;
    settings.tables = tables;
    settings.vital = vital;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    atomic_store(&handled, 0);
    CHECK_INT(http_server_open(&settings, &server, &why), STATUS_OK);
    return server;
}

static struct http_server *open_server(unsigned connections, int64_t header_ms, int64_t idle_ms, int64_t grace_ms)
{
    return open_with((struct http_settings){
        .connections = connections,
        .header_timeout_ms = header_ms,
        .idle_timeout_ms = idle_ms,
        .body_grace_ms = grace_ms,
    });
}

static uint64_t reaped(const struct http_server *server)
{
    struct http_stats stats;
    http_server_get_stats(server, &stats);
    return stats.connections_reaped;
}

#define GET  "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define WAIT "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n"

/* Sends one more piece every 20 ms until the server has had enough, for ten seconds at most. Returns the
 * milliseconds. */
static int64_t trickle(struct client *client, const char *piece)
{
    struct pollfd closed = {.fd = client->fd, .events = POLLIN | POLLRDHUP};
    int64_t start_ns = clock_monotonic_ns(), ms = 0;
    while (ms < 10000 && poll(&closed, 1, 20) == 0) {
        (void)client_send(client, piece);
        ms = (clock_monotonic_ns() - start_ns) / 1000000;
    }
    return (clock_monotonic_ns() - start_ns) / 1000000;
}

static void test_slow(void)
{
    static const struct {
        const char *name, *request, *piece;
        int at_least_ms;
    } rows[] = {
        {"nothing is sent", "", "", 150},
#if MHD_VERSION < 0x00097700 /* newer ones end it by themselves at the second line */
        {"empty lines without end", "", "\r\n", 150},
#endif
        {"a request line without end", "GET /", "a", 150},
        {"a header without end", "GET / HTTP/1.1\r\nHost: a\r\n", "X: b\r\n", 150},
        {"a header that stops", "GET / HTTP/1.1\r\nHost: a\r\n", "", 150},
        {"a kept connection that stays idle", GET, "", 350},
        {"a kept connection, and a slow second request line", GET "GE", "T", 350},
        {"a kept connection, and a slow second header", GET "GET / HTTP/1.1\r\n", "X: b\r\n", 150},
        {"a body that stops", POST "abc", "", 250},
        {"a body in drops", POST, "abc", 250},
        {"a refused body in drops", "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n", "abc",
         250},
    };
    struct http_server *server = open_server(100, 200, 400, 300);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        uint64_t before = reaped(server);
        struct client client = client_open(server);
        (void)client_send(&client, rows[i].request);
        if (strncmp(rows[i].request, GET, strlen(GET)) == 0) {
            ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
            CHECK_INT(answer.code, 200);
        }
        int64_t ms = trickle(&client, rows[i].piece);
        CHECK(ms >= rows[i].at_least_ms);
        CHECK(ms < 5000);
        CHECK(client_is_closed(&client));
        CHECK_INT(reaped(server), before + 1);
        client_close(&client);
    }
    http_server_close(server);
}

/* 20,000 bytes a second, for much longer than any time-out. These are long for a test, because a busy machine may stop
 * us for a while. */
static void test_steady(void)
{
    enum { TIMEOUT_MS = 800, PIECES = 120 };
    static char piece[401];
    struct http_server *server = open_server(100, TIMEOUT_MS, TIMEOUT_MS, TIMEOUT_MS);
    struct client client = client_open(server);
    memset(piece, 'a', sizeof piece - 1);
    CHECK(client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 48000\r\n\r\n"));
    for (int i = 0; i < PIECES; i++) {
        struct pollfd closed = {.fd = client.fd, .events = POLLIN | POLLRDHUP};
        if (!CHECK_INT(poll(&closed, 1, 20), 0))
            break;
        CHECK(client_send(&client, piece));
    }
    ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
    CHECK_INT(answer.code, 200);
    client_close(&client);
    http_server_close(server);
}

static void test_stuck_reader(void)
{
    struct http_server *server = open_server(100, 200, 200, 300);
    check_case("a client that never reads its answer");
    struct client client = client_open(server);
    CHECK(client_send(&client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct pollfd closed = {.fd = client.fd, .events = POLLRDHUP};
    CHECK(poll(&closed, 1, 10000) > 0);
    CHECK_INT(reaped(server), 1);
    client_close(&client);
    http_server_close(server);
    check_case("a client that reads its answer"); /* with more grace: both ends share what the machine has left */
    server = open_server(100, 200, 200, 3000);
    client = client_open(server);
    ANSWER_CLEANUP struct answer answer = client_ask(&client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(answer.code, 200);
    CHECK_INT(answer.body.length, 64 << 20);
    client_close(&client);
    http_server_close(server);
}

/* One such answer takes all the memory that answers may take. */
static void test_unread_memory(void)
{
    static const char large[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_server *server = open_server(100, 10000, 10000, 60000);
    struct client deaf = client_open(server), next = client_open(server);
    CHECK(client_send(&deaf, large));
    CHECK(client_wait_for(&deaf, "\r\n\r\n"));
    check_case("the next one is told to try again, until who does not read has had its time");
    int64_t start_ns = clock_monotonic_ns();
    unsigned code = 503, refused = 0;
    while (code == 503 && clock_monotonic_ns() - start_ns < INT64_C(10000000000)) {
        ANSWER_CLEANUP struct answer answer = client_ask(&next, large);
        code = answer.code;
        refused += code == 503;
        if (code == 503)
            CHECK_STR(answer_header(&answer, "Retry-After"), "1");
        ANSWER_CLEANUP struct answer small = client_ask(&next, GET);
        CHECK_INT(small.code, 200);
    }
    CHECK(refused > 0);
    CHECK_INT(code, 200);
    CHECK_INT(reaped(server), 1);
    while (client_receive(&deaf)) /* what had arrived before it was sent away */
        ;
    CHECK(deaf.received.length < 64 << 20);
    client_close(&deaf);
    client_close(&next);
    http_server_close(server);
}

/* What takes long on our side is not the client's fault. */
static void test_patience(void)
{
    struct http_server *server = open_server(100, 50, 50, 50);
    struct client waiting = client_open(server), streaming = client_open(server);
    CHECK(client_send(&waiting, WAIT));
    CHECK(client_send(&streaming, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client_wait_for(&streaming, "data: first\n\n"));
    struct pollfd closed[2] = {{.fd = waiting.fd, .events = POLLIN}, {.fd = streaming.fd, .events = POLLIN}};
    CHECK_INT(poll(closed, 2, 1000), 0);
    (void)sem_post(&gate);
    ANSWER_CLEANUP struct answer answer = client_read_answer(&waiting, true);
    CHECK_STR(text_get(&answer.body), "waited");
    client_close(&waiting);
    client_close(&streaming);
    http_server_close(server);
}

static void test_flood(void)
{
    enum { LIMIT = 100, FLOOD = 1000 };
    static struct client idle[FLOOD];
    struct http_server *server = open_server(LIMIT, 60000, 60000, 60000);
    struct client busy = client_open(server), kept = client_open(server);
    CHECK(client_send(&busy, WAIT));
    (void)sem_wait(&entered);
    check_case("others are served while the idle ones come");
    for (size_t i = 0; i < FLOOD; i++) {
        idle[i] = client_open(server);
        CHECK(idle[i].fd >= 0);
        (void)client_send(&idle[i], i % 2 ? "" : "GET / HTTP/1.1\r\nHost:");
        if (i % 10 == 0) {
            ANSWER_CLEANUP struct answer answer = client_ask(&kept, GET);
            CHECK_INT(answer.code, 200);
            struct client fresh = client_open(server);
            ANSWER_CLEANUP struct answer other = client_ask(&fresh, GET);
            CHECK_INT(other.code, 200);
            client_close(&fresh);
        }
    }
    check_case("the limit holds, and the oldest went");
    struct http_stats stats;
    http_server_get_stats(server, &stats);
    CHECK(stats.connections <= LIMIT + LIMIT / 4);
    CHECK(stats.connections_reaped >= FLOOD - LIMIT);
    CHECK(client_is_closed(&idle[0]));
    check_case("work under way was not touched");
    (void)sem_post(&gate);
    ANSWER_CLEANUP struct answer answer = client_read_answer(&busy, true);
    CHECK_STR(text_get(&answer.body), "waited");
    for (size_t i = 0; i < FLOOD; i++)
        client_close(&idle[i]);
    client_close(&busy);
    client_close(&kept);
    http_server_close(server);
}

static void wait_for_connections(const struct http_server *server, uint64_t count)
{
    struct http_stats stats;
    int64_t until_ns = clock_monotonic_ns() + INT64_C(10000000000);
    do
        http_server_get_stats(server, &stats);
    while (stats.connections != count && clock_monotonic_ns() < until_ns);
    CHECK_INT(stats.connections, count);
}

static void test_all_busy(void)
{
    enum { LIMIT = 10, SILENT = 20 };
    struct client clients[LIMIT];
    struct http_server *server = open_server(LIMIT, 60000, 60000, 60000);
    for (size_t i = 0; i < LIMIT; i++) {
        clients[i] = client_open(server);
        CHECK(client_send(&clients[i], WAIT));
        (void)sem_wait(&entered);
    }
    check_case("one too many is told to come again");
    struct client more = client_open(server);
    ANSWER_CLEANUP struct answer refused = client_ask(&more, GET);
    CHECK_INT(refused.code, 503);
    CHECK_STR(answer_header(&refused, "Retry-After"), "1");
    CHECK(client_is_closed(&more));
    client_close(&more);
    check_case("what operators look at is served, once, however many silent ones come");
    struct client silent[SILENT];
    for (size_t i = 0; i < SILENT; i++) {
        silent[i] = client_open(server);
        struct client operator= client_open(server);
        ANSWER_CLEANUP struct answer answer = client_ask(&operator, "GET /vital HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK_INT(answer.code, 200);
        CHECK(client_is_closed(&operator));
        client_close(&operator);
    }
    CHECK(client_is_closed(&silent[0]));
    for (size_t i = 0; i < SILENT; i++)
        client_close(&silent[i]);
    wait_for_connections(server, LIMIT);
    struct http_stats stats;
    http_server_get_stats(server, &stats);
    CHECK_INT(stats.connections, LIMIT);
    CHECK_INT(stats.connections_refused, 1);
    CHECK_INT(stats.requests_in_flight, LIMIT);
    check_case("the others are served");
    for (size_t i = 0; i < LIMIT; i++)
        (void)sem_post(&gate);
    for (size_t i = 0; i < LIMIT; i++) {
        ANSWER_CLEANUP struct answer answer = client_read_answer(&clients[i], true);
        CHECK_INT(answer.code, 200);
        client_close(&clients[i]);
    }
    http_server_close(server);
}

/* A client of another address of the loopback. */
static struct client client_open_from(const struct http_server *server, uint32_t address)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(server_port(server))};
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct timeval limit = {.tv_sec = 10};
    (void)setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    CHECK_INT(bind(client.fd, (struct sockaddr *)&from, sizeof from), 0);
    CHECK_INT(connect(client.fd, (struct sockaddr *)&to, sizeof to), 0);
    return client;
}

static void test_streams(void)
{
    static const struct {
        const char *says;
        uint32_t address;
        unsigned code;
    } rows[] = {
        {"the first of an address", INADDR_LOOPBACK + 1, 200},
        {"its second", INADDR_LOOPBACK + 1, 200},
        {"its third", INADDR_LOOPBACK + 1, 429},
        {"another address", INADDR_LOOPBACK + 2, 200},
        {"no more in all", INADDR_LOOPBACK + 2, 503},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static const char ask[] = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
    struct client clients[ROWS];
    struct http_server *server = open_with((struct http_settings){.connections = 100, .streams = 3, .streams_each = 2});
    for (size_t i = 0; i < ROWS; i++) {
        check_case("%s", rows[i].says);
        clients[i] = client_open_from(server, rows[i].address);
        CHECK(client_send(&clients[i], ask));
        if (rows[i].code == 200) {
            CHECK(client_wait_for(&clients[i], "HTTP/1.1 200"));
            continue;
        }
        ANSWER_CLEANUP struct answer refused = client_read_answer(&clients[i], true);
        CHECK_INT(refused.code, rows[i].code);
        CHECK_STR(answer_header(&refused, "Retry-After"), "5");
        CHECK(strstr(text_get(&refused.body), "event streams open"));
        ANSWER_CLEANUP struct answer other =
            client_ask(&clients[i], GET); /* all else is served, on the same connection */
        CHECK_INT(other.code, 200);
    }
    check_case("who leaves makes room");
    client_close(&clients[0]);
    wait_for_connections(server, ROWS - 1);
    CHECK(client_send(&clients[4], ask));
    CHECK(client_wait_for(&clients[4], "HTTP/1.1 200"));
    for (size_t i = 1; i < ROWS; i++)
        client_close(&clients[i]);
    http_server_close(server);
}

static void test_connections_of_one(void)
{
    enum { EACH = 3 };
    struct client clients[EACH + 2];
    struct http_server *server = open_with((struct http_settings){.connections = 100, .connections_each = EACH});
    for (size_t i = 0; i < EACH + 2; i++) {
        bool is_over = i == EACH;
        check_case("%s", is_over ? "one too many" : i < EACH ? "few enough" : "another address");
        clients[i] = client_open_from(server, INADDR_LOOPBACK + 1 + (i > EACH));
        if (!is_over)
            CHECK(client_send(&clients[i], GET));
        ANSWER_CLEANUP struct answer answer = client_read_answer(&clients[i], true);
        CHECK_INT(answer.code, is_over ? 429 : 200);
        CHECK_STR(answer_header(&answer, "Retry-After"), is_over ? "1" : "");
    }
    check_case("who leaves makes room");
    client_close(&clients[0]);
    client_close(&clients[EACH]);
    wait_for_connections(server, EACH);
    clients[0] = client_open_from(server, INADDR_LOOPBACK + 1);
    ANSWER_CLEANUP struct answer answer = client_ask(&clients[0], GET);
    CHECK_INT(answer.code, 200);
    for (size_t i = 0; i < EACH + 2; i++)
        client_close(&clients[i]);
    http_server_close(server);
}

/* ---- The drain ---- */

static void test_drain(void)
{
    enum { CLIENTS = 500 }; /* many, so that some are still in the kernel's queue */
    static struct client clients[CLIENTS];
    struct http_server *server = open_server(1000, 60000, 60000, 60000);
    struct client idle = client_open(server), waiting = client_open(server), streaming = client_open(server);
    ANSWER_CLEANUP struct answer first = client_ask(&idle, GET);
    CHECK_INT(first.code, 200);
    CHECK(client_send(&waiting, WAIT));
    (void)sem_wait(&entered);
    CHECK(client_send(&streaming, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client_wait_for(&streaming, "data: first\n\n"));
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        CHECK(client_send(&clients[i], i % 2 ? GET : "GET /pool HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    check_case("it waits for a handler, up to its time");
    CHECK_INT(http_server_drain(server, 1000), 1);
    check_case("who was accepted is served, and told that it is the end");
    for (size_t i = 0; i < CLIENTS; i++) {
        ANSWER_CLEANUP struct answer answer = client_read_answer(&clients[i], true);
        CHECK_INT(answer.code, 200);
        CHECK(client_is_closed(&clients[i]));
        client_close(&clients[i]);
    }
    check_case("idle connections and streams end");
    CHECK(client_is_closed(&idle));
    CHECK(client_wait_for(&streaming, "\r\n0\r\n\r\n"));
    CHECK(client_is_closed(&streaming));
    check_case("nobody else comes in");
    struct client late = client_open(server);
    CHECK_INT(late.fd, -1);
    check_case("the handler ends, and the drain with it");
    (void)sem_post(&gate);
    CHECK_INT(http_server_drain(server, 10000), 0);
    ANSWER_CLEANUP struct answer answer = client_read_answer(&waiting, true);
    CHECK_STR(text_get(&answer.body), "waited");
    CHECK_STR(answer_header(&answer, "Connection"), "close");
    client_close(&waiting);
    client_close(&streaming);
    client_close(&idle);
    http_server_close(server);
}

/* A client under load: it asks again and again, on a connection for as long as the server keeps it. */
struct load {
    pthread_t thread;
    uint16_t port;
    const char *request;
    unsigned answered, cut;
};

static void *run_load(void *context)
{
    struct load *load = context;
    for (;;) {
        struct client client = client_open_port(load->port);
        bool open = client.fd >= 0, fresh = true;
        if (!open)
            return NULL;
        while (open) {
            ANSWER_CLEANUP struct answer answer = client_ask(&client, load->request);
            load->answered += answer.code == 200;
            /* A connection that ends before anything was answered on it was never accepted. */
            load->cut += answer.code != 200 && !fresh;
            open = answer.code == 200 && !answer_header(&answer, "Connection")[0];
            fresh = false;
        }
        client_close(&client);
    }
}

enum { LOADS = 8, ROUNDS = 10 };

static void start_loads(struct load *loads, const struct http_server *server)
{
    for (size_t i = 0; i < LOADS; i++) {
        loads[i] = (struct load){.port = server_port(server),
                                 .request = i % 2 ? GET : "GET /pool HTTP/1.1\r\nHost: a\r\n\r\n"};
        CHECK_INT(pthread_create(&loads[i].thread, NULL, run_load, &loads[i]), 0);
    }
    while (atomic_load(&handled) < 1000)
        (void)sched_yield();
}

static void test_drain_under_load(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct http_server *server = open_server(1000, 60000, 60000, 60000);
        struct load loads[LOADS];
        check_case("round %d", round);
        start_loads(loads, server);
        CHECK_INT(http_server_drain(server, 10000), 0);
        unsigned answered = 0;
        for (size_t i = 0; i < LOADS; i++) {
            (void)pthread_join(loads[i].thread, NULL);
            CHECK_INT(loads[i].cut, 0);
            answered += loads[i].answered;
        }
        CHECK_INT(answered, atomic_load(&handled));
        http_server_close(server);
    }
}

static void test_close_under_load(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct http_server *server = open_server(1000, 60000, 60000, 60000);
        struct load loads[LOADS];
        check_case("round %d", round);
        start_loads(loads, server);
        http_server_close(server);
        for (size_t i = 0; i < LOADS; i++)
            (void)pthread_join(loads[i].thread, NULL);
    }
}

CHECK_MAIN({"slow clients are cut", test_slow}, {"a steady client is not", test_steady},
           {"stuck readers are cut", test_stuck_reader},
           {"answers that nobody reads are bounded in memory", test_unread_memory},
           {"long work is waited for", test_patience}, {"idle connections make room", test_flood},
           {"a server at its limit refuses", test_all_busy},
           {"streams are few, of each address and in all", test_streams},
           {"connections of one address can be limited", test_connections_of_one},
           {"a drain serves whom it accepted", test_drain}, {"a drain under load cuts nothing", test_drain_under_load},
           {"a server can be closed under load", test_close_under_load})
