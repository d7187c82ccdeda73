/* The HTTP server over real sockets: routes, bodies, answers, pool, streams, and the account it gives of each request. */
#include "loopback.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* ---- What the handlers share with the tests ---- */

enum { DONES_MAX = 2048, OVERFLOW = 1100 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        char id[80], method[16], path[64], route[32];
        unsigned code;
        uint64_t in, out;
        int64_t duration_ns;
    } dones[DONES_MAX];
    unsigned done_count, begun, ended, stream_closed;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static sem_t gate; /* /wait passes once for each post */

static void count(unsigned *counter)
{
    (void)pthread_mutex_lock(&shared.lock);
    (*counter)++;
    (void)pthread_cond_broadcast(&shared.changed);
    (void)pthread_mutex_unlock(&shared.lock);
}

/* Waits until the counter has come that far; ten seconds at most. */
static bool wait_for(const unsigned *counter, unsigned value)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    int error = 0;
    (void)pthread_mutex_lock(&shared.lock);
    while (*counter < value && !error)
        error = pthread_cond_timedwait(&shared.changed, &shared.lock, &until);
    bool reached = *counter >= value;
    (void)pthread_mutex_unlock(&shared.lock);
    return reached;
}

static void on_done(void *context, const struct http_done *done)
{
    (void)context;
    (void)pthread_mutex_lock(&shared.lock);
    if (shared.done_count < DONES_MAX) {
        unsigned i = shared.done_count++;
        (void)snprintf(shared.dones[i].id, sizeof shared.dones[i].id, "%s", done->id);
        (void)snprintf(shared.dones[i].method, sizeof shared.dones[i].method, "%s", done->method);
        (void)snprintf(shared.dones[i].path, sizeof shared.dones[i].path, "%s", done->path);
        (void)snprintf(shared.dones[i].route, sizeof shared.dones[i].route, "%s", done->route);
        shared.dones[i].code = done->code;
        shared.dones[i].in = done->body_bytes_in;
        shared.dones[i].out = done->body_bytes_out;
        shared.dones[i].duration_ns = done->duration_ns;
    }
    (void)pthread_cond_broadcast(&shared.changed);
    (void)pthread_mutex_unlock(&shared.lock);
}

/* ---- Handlers ---- */

static void answer_string(struct http_request *request, const char *string)
{
    http_answer(request, 200, "text/plain", string, strlen(string));
}

static void handle_hello(struct http_request *request)
{
    answer_string(request, "hello");
}

static void handle_name(struct http_request *request)
{
    struct text text = {0};
    text_addf(&text, "%s|%s|%s|%s", http_path(request), http_parameter(request, "name"), http_parameter(request, "key"),
              http_parameter(request, "other"));
    http_answer_text(request, 200, "text/plain", &text);
}

static void handle_me(struct http_request *request)
{
    answer_string(request, "me");
}

static void handle_query(struct http_request *request)
{
    struct text text = {0};
    TEXT_CLEANUP struct text why = {0};
    const char *value = http_query(request, "a");
    int64_t number = -1;
    enum status status = http_query_integer(request, "n", 1, 100, 20, &number, &why);
    text_addf(&text, "%s|%s|%lld|%s", value ? value : "(null)", status_name(status), (long long)number, text_get(&why));
    http_answer_text(request, 200, "text/plain", &text);
}

static void handle_headers(struct http_request *request)
{
    const char *value = http_header(request, "x-TEST");
    http_add_header(request, "X-Test", value ? value : "none");
    http_add_header(request, "X-Split", "a\r\nInjected: b");
    http_answer(request, 201, NULL, NULL, 0);
}

static void handle_file(struct http_request *request)
{
    http_answer_file(request, 206, "text/plain", open(http_context(request), O_RDONLY | O_CLOEXEC), 2, 5);
}

static void handle_wait(struct http_request *request)
{
    count(&shared.begun);
    (void)sem_wait(&gate);
    answer_string(request, "waited");
}

struct upload {
    uint64_t size, sum;
};

static void begin_upload(struct http_request *request)
{
    count(&shared.begun);
    http_set_data(request, arena_new(http_arena(request), sizeof(struct upload)));
}

static void take_upload(struct http_request *request, const char *data, size_t size)
{
    struct upload *upload = http_data(request);
    upload->size += size;
    for (size_t i = 0; i < size; i++)
        upload->sum += (unsigned char)data[i];
}

static void handle_upload(struct http_request *request)
{
    const struct upload *upload = http_data(request);
    struct text text = {0};
    text_addf(&text, "%llu %llu", (unsigned long long)upload->size, (unsigned long long)upload->sum);
    http_answer_text(request, 200, "text/plain", &text);
}

static void end_upload(struct http_request *request)
{
    (void)request;
    count(&shared.ended);
}

static void begin_refused(struct http_request *request)
{
    begin_upload(request);
    http_answer_problem(request, 403, "Not you.");
}

static void take_refused(struct http_request *request, const char *data, size_t size)
{
    (void)data, (void)size;
    http_answer_problem(request, 415, "Not that.");
}

/* A stream that sends what the test has put into it. */
static struct {
    pthread_mutex_t lock;
    struct text pending;
    bool over;
    struct http_stream *stream;
} events = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool next_event(void *data, struct text *out)
{
    (void)data;
    (void)pthread_mutex_lock(&events.lock);
    text_append(out, text_get(&events.pending), events.pending.length);
    text_clear(&events.pending);
    bool goes_on = !events.over;
    (void)pthread_mutex_unlock(&events.lock);
    return goes_on;
}

static void close_events(void *data)
{
    (void)data;
    (void)pthread_mutex_lock(&events.lock);
    events.stream = NULL;
    (void)pthread_mutex_unlock(&events.lock);
    count(&shared.stream_closed);
}

static void handle_events(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_event, close_events};
    (void)pthread_mutex_lock(&events.lock);
    events.stream = http_answer_stream(request, "text/event-stream", &ops, NULL);
    (void)pthread_mutex_unlock(&events.lock);
}

static void send_event(const char *text, bool over)
{
    (void)pthread_mutex_lock(&events.lock);
    text_add(&events.pending, text);
    events.over = over;
    if (events.stream)
        http_stream_wake(events.stream);
    (void)pthread_mutex_unlock(&events.lock);
}

/* Wakes itself while it says that there is nothing: as somebody else may, at just that moment. */
static bool next_woken(void *data, struct text *out)
{
    if (!*(bool *)data) {
        *(bool *)data = true;
        http_stream_wake(events.stream);
        return true;
    }
    text_add(out, "data: woken\n\n");
    return false;
}

static void handle_woken(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_woken, close_events};
    static bool woken;
    woken = false;
    events.stream = http_answer_stream(request, "text/event-stream", &ops, &woken);
}

static const struct http_route users[] = {
    {"GET", "/users/{name}", HTTP_POOL, NULL, NULL, handle_name, NULL},
    {"GET", "/users/{name}/{other}", HTTP_INLINE, NULL, NULL, handle_name, NULL},
    {"GET", "/users/me", HTTP_INLINE, NULL, NULL, handle_me, NULL},
    {"GET", "/objects/{name}/{key*}", HTTP_INLINE, NULL, NULL, handle_name, NULL},
    {0},
};
static const struct http_route others[] = {
    {"GET", "/", HTTP_INLINE, NULL, NULL, handle_hello, NULL},
    {"GET", "/query", HTTP_INLINE, NULL, NULL, handle_query, NULL},
    {"GET", "/headers", HTTP_INLINE, NULL, NULL, handle_headers, NULL},
    {"GET", "/file", HTTP_POOL, NULL, NULL, handle_file, NULL},
    {"GET", "/wait", HTTP_POOL, NULL, NULL, handle_wait, NULL},
    {"*", "/any", HTTP_INLINE, NULL, NULL, handle_me, NULL},
    {"POST", "/any", HTTP_INLINE, NULL, NULL, handle_hello, NULL},
    {"POST", "/ignored", HTTP_POOL, NULL, NULL, handle_hello, NULL},
    {"POST", "/upload", HTTP_POOL, begin_upload, take_upload, handle_upload, end_upload},
    {"POST", "/refused", HTTP_INLINE, begin_refused, take_upload, handle_upload, end_upload},
    {"POST", "/midway", HTTP_INLINE, begin_upload, take_refused, handle_upload, end_upload},
    {"GET", "/events", HTTP_INLINE, NULL, NULL, handle_events, NULL},
    {"GET", "/woken", HTTP_INLINE, NULL, NULL, handle_woken, NULL},
    {"GET", "/pooled-events", HTTP_POOL, NULL, NULL, handle_events, NULL},
    {0},
};

static struct http_server *open_server(unsigned pool_threads)
{
    static const struct http_route *const tables[] = {users, others, NULL};
    static const char *const headers[] = {"X-Always", "yes", NULL};
    struct http_server *server = NULL;
    TEXT_CLEANUP struct text why = {0};
    static char path[128];
    if (!path[0]) {
        (void)snprintf(path, sizeof path, "%s/letters", check_folder());
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK_INT(write(fd, "abcdefghij", 10), 10);
        (void)close(fd);
    }
    struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .event_threads = 2,
        .pool_threads = pool_threads,
        .connections = 2000,
        .header_timeout_ms = 3000, /* a client that goes away may be noticed no sooner */
        .body_grace_ms = 3000,
        .max_body = 1 << 20,
        .tables = tables,
        .headers = headers,
        .context = path,
        .done = on_done,
    };
    CHECK_INT(http_server_open(&settings, &server, &why), STATUS_OK);
    (void)pthread_mutex_lock(&shared.lock);
    shared.done_count = shared.begun = shared.ended = shared.stream_closed = 0;
    (void)pthread_mutex_unlock(&shared.lock);
    return server;
}

#define ASK(method, target) method " " target " HTTP/1.1\r\nHost: a\r\n"
#define END                 "\r\n"

/* ---- Tests ---- */

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
        {"the first of two", ASK("GET", "/query?a=1&a=2") END, 200, "1|ok|20|"},
        {"a name without a value", ASK("GET", "/query?a&n=7") END, 200, "|ok|7|"},
        {"empty pairs", ASK("GET", "/query?&&a=&&") END, 200, "|ok|20|"},
        {"a number too large", ASK("GET", "/query?n=101") END, 200,
         "(null)|invalid|-1|n must be a whole number from 1 to 100."},
        {"no number", ASK("GET", "/query?n=7x") END, 200, "(null)|invalid|-1|n must be a whole number from 1 to 100."},
        {"a blank before a number", ASK("GET", "/query?n=+7") END, 200,
         "(null)|invalid|-1|n must be a whole number from 1 to 100."},
        {"a part of a file", ASK("GET", "/file") END, 206, "cdefg"},
        {"HEAD of a file", ASK("HEAD", "/file") END, 206, ""},
        {"a body nobody wants", ASK("POST", "/ignored") "Content-Length: 5\r\n" END "hello", 200, "hello"},
        {"nothing at this address", ASK("GET", "/nothing") END, 404,
         "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
         "\"detail\":\"There is nothing at this address.\"}"},
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
        {"nothing there", ASK("GET", "/nothing") END, 404, 0, 100, "/nothing", ""},
        {"ambiguous", ASK("GET", "/") "Host: a\r\n" END, 400, 0, 104, "", ""},
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

static void test_pool(void)
{
    struct http_server *server = open_server(2);
    (void)sem_init(&gate, 0, 0);
    struct client first = client_open(server), second = client_open(server), third = client_open(server);
    check_case("inline handlers go on while the pool waits");
    CHECK(client_send(&first, ASK("GET", "/wait") END));
    CHECK(client_send(&second, ASK("GET", "/wait") END));
    for (int i = 0; i < 10; i++) {
        ANSWER_CLEANUP struct answer answer = client_ask(&third, ASK("GET", "/") END);
        CHECK_INT(answer.code, 200);
    }
    check_case("what waits is in flight");
    struct http_stats stats;
    http_server_get_stats(server, &stats);
    CHECK_INT(stats.connections, 3);
    CHECK(stats.requests_in_flight >= 2);
    check_case("handlers end when they may");
    (void)sem_post(&gate);
    (void)sem_post(&gate);
    ANSWER_CLEANUP struct answer one = client_read_answer(&first, true), two = client_read_answer(&second, true);
    CHECK_STR(text_get(&one.body), "waited");
    CHECK_STR(text_get(&two.body), "waited");
    check_case("a client that leaves its handler alone");
    CHECK(client_send(&first, ASK("GET", "/wait") END));
    client_close(&first);
    (void)sem_post(&gate);
    CHECK(wait_for(&shared.done_count, 13));
    client_close(&second);
    client_close(&third);
    http_server_close(server);
    (void)sem_destroy(&gate);
}

/* Takes the answers that come until `count` have; each must have that code. Marks their clients as answered. */
static void take_answers(struct client *clients, bool *answered, size_t size, size_t count, unsigned code)
{
    static struct pollfd waiting[OVERFLOW];
    while (count) {
        for (size_t i = 0; i < size; i++)
            waiting[i] = (struct pollfd){.fd = answered[i] ? -1 : clients[i].fd, .events = POLLIN};
        if (!CHECK(poll(waiting, size, 10000) > 0))
            return;
        for (size_t i = 0; i < size && count; i++) {
            if (!waiting[i].revents)
                continue;
            ANSWER_CLEANUP struct answer answer = client_read_answer(&clients[i], true);
            CHECK_INT(answer.code, code);
            CHECK_STR(answer_header(&answer, "Retry-After"), code == 503 ? "1" : "");
            answered[i] = true;
            count--;
        }
    }
}

/* One works, 1,024 wait for it; who comes then is told to come again. */
static void test_pool_overflow(void)
{
    enum { REFUSED = OVERFLOW - 1 - 1024 };
    static struct client clients[OVERFLOW];
    static bool answered[OVERFLOW];
    struct http_server *server = open_server(1);
    (void)sem_init(&gate, 0, 0);
    clients[0] = client_open(server);
    CHECK(client_send(&clients[0], ASK("GET", "/wait") END));
    CHECK(wait_for(&shared.begun, 1)); /* the one thread is at work */
    for (size_t i = 1; i < OVERFLOW; i++) {
        clients[i] = client_open(server);
        CHECK(client_send(&clients[i], ASK("GET", "/wait") END));
    }
    take_answers(clients, answered, OVERFLOW, REFUSED, 503);
    for (size_t i = 0; i < OVERFLOW; i++)
        (void)sem_post(&gate);
    take_answers(clients, answered, OVERFLOW, OVERFLOW - REFUSED, 200);
    for (size_t i = 0; i < OVERFLOW; i++)
        client_close(&clients[i]);
    http_server_close(server);
    (void)sem_destroy(&gate);
}

static void test_streams(void)
{
    static const char *const targets[] = {ASK("GET", "/events") END, ASK("GET", "/pooled-events") END};
    for (size_t i = 0; i < 2; i++) {
        struct http_server *server = open_server(1);
        events.over = false;
        struct client client = client_open(server);
        check_case("what is sent before the first byte is asked for, %zu", i);
        send_event("data: early\n\n", false);
        CHECK(client_send(&client, targets[i]));
        CHECK(client_wait_for(&client, "data: early\n\n"));
        CHECK(strstr(text_get(&client.received), "Content-Type: text/event-stream"));
        check_case("each event as it happens, %zu", i);
        for (int event = 0; event < 100; event++) {
            char text[32];
            (void)snprintf(text, sizeof text, "data: %d\n\n", event);
            send_event(text, false);
            if (event % 3)
                CHECK(client_wait_for(&client, text));
        }
        check_case("the end, %zu", i);
        send_event("data: last\n\n", true);
        CHECK(client_wait_for(&client, "data: last\n\n"));
        CHECK(client_wait_for(&client, "\r\n0\r\n\r\n"));
        CHECK(wait_for(&shared.stream_closed, 1));
        CHECK(wait_for(&shared.done_count, 1));
        CHECK_INT(shared.dones[0].code, 200);
        CHECK(shared.dones[0].out > 900);
        check_case("a client that goes away is noticed, %zu", i);
        client_close(&client);
        client = client_open(server);
        events.over = false;
        send_event("data: again\n\n", false);
        CHECK(client_send(&client, targets[i]));
        CHECK(client_wait_for(&client, "data: again\n\n"));
        client_close(&client);
        CHECK(wait_for(&shared.stream_closed, 2));
        check_case("closing the server ends streams, %zu", i);
        client = client_open(server);
        send_event("data: more\n\n", false);
        CHECK(client_send(&client, targets[i]));
        CHECK(client_wait_for(&client, "data: more\n\n"));
        http_server_close(server);
        CHECK_INT(shared.stream_closed, 3);
        client_close(&client);
        text_release(&events.pending);
    }
}

static void test_wake_is_kept(void)
{
    struct http_server *server = open_server(1);
    struct client client = client_open(server);
    CHECK(client_send(&client, ASK("GET", "/woken") END));
    CHECK(client_wait_for(&client, "data: woken\n\n"));
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
    static const struct http_route *const tables[] = {others, NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("\"%s\"", rows[i].address);
        TEXT_CLEANUP struct text why = {0};
        struct http_server *server = NULL;
        struct http_settings settings = {.listen = rows[i].address, .event_threads = 1, .tables = tables};
        CHECK_INT(http_server_open(&settings, &server, &why), rows[i].status);
        CHECK((rows[i].status == STATUS_OK) == (why.length == 0));
        CHECK(!server || !strstr(http_server_address(server), ":0"));
        http_server_close(server);
    }
    check_case("an address that is taken");
    TEXT_CLEANUP struct text why = {0};
    struct http_server *server = open_server(1), *second = NULL;
    struct http_settings settings = {.listen = http_server_address(server), .event_threads = 1, .tables = tables};
    CHECK_INT(http_server_open(&settings, &second, &why), STATUS_UNAVAILABLE);
    CHECK(strstr(text_get(&why), "Address already in use"));
    http_server_close(server);
}

CHECK_MAIN({"requests find their routes and get their answers", test_answers}, {"headers go in and out", test_headers},
           {"long headers are taken, too long ones refused", test_header_sizes},
           {"connections are kept", test_keep_alive}, {"bodies are read, or read and dropped", test_bodies},
           {"an answer that can't wait for the body does not", test_early_answers},
           {"each request is reported once", test_done}, {"handlers may block on the pool", test_pool},
           {"a full pool refuses", test_pool_overflow}, {"streams send when they are woken", test_streams},
           {"a wake between two reads of a stream is kept", test_wake_is_kept},
           {"addresses are taken or refused in words", test_addresses})
