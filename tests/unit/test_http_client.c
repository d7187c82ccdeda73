/* The HTTP client, against our own server, and against one that says what it is told, byte for byte. */
/* long: every call goes to one of two servers, whose fixtures all cases share */
#include "check.h"
#include "clock.h"
#include "http.h"
#include "http_client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 20000, ANSWER_MAX = 1 << 20, THREADS = 8, CALLS = 50 };

/* ---- A server that understands ---- */

struct received {
    struct text body;
};

static void begin_echo(struct http_request *request)
{
    http_set_data(request, calloc(1, sizeof(struct received)));
}

static void take_echo(struct http_request *request, const char *data, size_t size)
{
    struct received *received = http_data(request);
    text_append(&received->body, data, size);
}

static void answer_echo(struct http_request *request)
{
    static const char *const names[] = {"X-One", "X-Empty", "Content-Type", "Expect", "Content-Length"};
    struct received *received = http_data(request);
    struct text text = {0};
    text_addf(&text, "%s %s|", http_method(request), http_path(request));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = http_header(request, names[i]);
        text_addf(&text, "%s|", value ? value : "-");
    }
    text_append(&text, text_get(&received->body), received->body.length);
    http_answer_text(request, 200, "text/plain", &text);
}

static void end_echo(void *data)
{
    struct received *received = data;
    text_release(&received->body);
    free(received);
}

static void answer_redirect(struct http_request *request)
{
    http_add_header(request, "Location", "/echo");
    http_answer(request, 302, "text/plain", "elsewhere", 9);
}

static const struct http_route routes[] = {
    {.method = "*",
     .pattern = "/echo",
     .run = HTTP_INLINE,
     .begin = begin_echo,
     .body = take_echo,
     .handle = answer_echo,
     .end = end_echo},
    {.method = "GET", .pattern = "/redirect", .run = HTTP_INLINE, .handle = answer_redirect},
    {0},
};

struct bench {
    struct http_server *server;
    struct http_client *client;
    char url[64];
};

static struct http_client *new_client(void)
{
    const struct http_client_settings settings = {.connect_timeout_ms = TIMEOUT_MS, .idle_connections = THREADS};
    struct http_client *client = NULL;
    CHECK_INT(http_client_open(&settings, &client, NULL), STATUS_OK);
    return client;
}

static void bench_open(struct bench *bench)
{
    static const struct http_route *const tables[] = {routes, NULL};
    const struct http_settings settings = {.listen = "127.0.0.1:0",
                                           .event_threads = 1,
                                           .pool_threads = 1,
                                           .connections = 64,
                                           .idle_timeout_ms = TIMEOUT_MS,
                                           .header_timeout_ms = TIMEOUT_MS,
                                           .body_bytes_per_second = 1,
                                           .body_grace_ms = TIMEOUT_MS,
                                           .max_body = 1 << 20,
                                           .tables = tables};
    CHECK_INT(http_server_open(&settings, &bench->server, NULL), STATUS_OK);
    bench->client = new_client();
    (void)snprintf(bench->url, sizeof bench->url, "http://%s", http_server_address(bench->server));
}

static void bench_close(struct bench *bench)
{
    http_client_close(bench->client);
    http_server_close(bench->server);
}

/* ---- A server that says what it is told ---- */

struct parrot {
    const char *says; /* once it got a whole request header; then it waits for the client to go */
    bool cuts;        /* or ends the connection itself */
    int socket;
    uint16_t port;
    pthread_t thread;
};

static void *parrot_run(void *context)
{
    struct parrot *parrot = context;
    char heard[4096] = "";
    size_t length = 0;
    int fd = accept(parrot->socket, NULL, NULL);
    for (ssize_t count = 1; count > 0 && !strstr(heard, "\r\n\r\n");) {
        count = recv(fd, heard + length, sizeof heard - 1 - length, 0);
        length += count > 0 ? (size_t)count : 0;
        heard[length] = '\0';
    }
    (void)!write(fd, parrot->says, strlen(parrot->says));
    while (!parrot->cuts && recv(fd, heard, sizeof heard, 0) > 0)
        ;
    close(fd);
    return NULL;
}

static void parrot_start(struct parrot *parrot)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    parrot->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(parrot->socket, (struct sockaddr *)&address, size), 0);
    CHECK_INT(listen(parrot->socket, 4), 0);
    CHECK_INT(getsockname(parrot->socket, (struct sockaddr *)&address, &size), 0);
    parrot->port = ntohs(address.sin_port);
    CHECK_INT(pthread_create(&parrot->thread, NULL, parrot_run, parrot), 0);
}

static void parrot_end(struct parrot *parrot)
{
    (void)pthread_join(parrot->thread, NULL);
    close(parrot->socket);
}

/* ---- Asking ---- */

static struct http_call call_of(const char *method, const char *url)
{
    return (struct http_call){
        .method = method, .url = url, .timeout_ms = TIMEOUT_MS, .answer_max = ANSWER_MAX, .goes_direct = true};
}

static void test_methods(void)
{
    static const struct {
        const char *method, *body, *expected;
    } rows[] = {
        {"GET", NULL, "GET /echo|one||-|-|-|"},           {"POST", "a body", "POST /echo|one||-|-|6|a body"},
        {"PUT", "a body", "PUT /echo|one||-|-|6|a body"}, {"POST", "", "POST /echo|one||-|-|0|"},
        {"PUT", NULL, "PUT /echo|one||-|-|0|"},           {"POST", NULL, "POST /echo|one||-|-|0|"},
        {"DELETE", NULL, "DELETE /echo|one||-|-|-|"},     {"HEAD", NULL, ""},
    };
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text url = {0}, type = {0};
        check_case("%s%s", rows[i].method, rows[i].body ? " with a body" : "");
        text_setf(&url, "%s/echo", bench.url);
        struct http_call call = call_of(rows[i].method, text_get(&url));
        call.body = rows[i].body;
        call.body_size = rows[i].body ? strlen(rows[i].body) : 0;
        http_call_add(&call, "X-One", "one");
        http_call_add(&call, "X-Empty", "");
        CHECK_INT(http_client_ask(bench.client, &call, &reply, NULL), STATUS_OK);
        CHECK_INT(reply.code, 200);
        CHECK_STR(text_get(&reply.body), rows[i].expected);
        CHECK(http_reply_field(&reply, "content-TYPE", &type));
        CHECK_STR(text_get(&type), "text/plain");
    }
    bench_close(&bench);
}

static void test_paths(void)
{
    struct bench bench;
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text url = {0}, place = {0};
    bench_open(&bench);
    text_setf(&url, "%s/redirect", bench.url);
    struct http_call call = call_of("GET", text_get(&url));
    CHECK_INT(http_client_ask(bench.client, &call, &reply, NULL), STATUS_OK);
    CHECK_INT(reply.code, 302);
    CHECK_STR(text_get(&reply.body), "elsewhere");
    CHECK(http_reply_field(&reply, "Location", &place));
    CHECK_STR(text_get(&place), "/echo");
    CHECK(!http_reply_field(&reply, "Locatio", &place));
    bench_close(&bench);
}

static void test_reuse(void)
{
    struct bench bench;
    struct http_stats stats;
    TEXT_CLEANUP struct text url = {0};
    bench_open(&bench);
    text_setf(&url, "%s/echo", bench.url);
    for (int i = 0; i < 5; i++) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        struct http_call call = call_of(i % 2 ? "GET" : "POST", text_get(&url));
        call.body = i % 2 ? NULL : "x";
        call.body_size = 1;
        CHECK_INT(http_client_ask(bench.client, &call, &reply, NULL), STATUS_OK);
    }
    http_server_get_stats(bench.server, &stats);
    CHECK_INT(stats.connections, 1);
    bench_close(&bench);
}

struct caller {
    struct bench *bench;
    unsigned number, wrong;
    pthread_t thread;
};

static void *call_often(void *context)
{
    struct caller *caller = context;
    TEXT_CLEANUP struct text url = {0}, body = {0}, expected = {0};
    text_setf(&url, "%s/echo", caller->bench->url);
    for (unsigned i = 0; i < CALLS; i++) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        struct http_call call = call_of("POST", text_get(&url));
        text_setf(&body, "%u of %u", i, caller->number);
        text_setf(&expected, "POST /echo|-|-|-|-|%zu|%s", body.length, text_get(&body));
        call.body = text_get(&body);
        call.body_size = body.length;
        bool answered = http_client_ask(caller->bench->client, &call, &reply, NULL) == STATUS_OK;
        caller->wrong += !answered || strcmp(text_get(&reply.body), text_get(&expected)) != 0;
    }
    return NULL;
}

static void test_threads(void)
{
    struct bench bench;
    struct caller callers[THREADS] = {0};
    bench_open(&bench);
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.bench = &bench, .number = i};
        CHECK_INT(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(callers[i].thread, NULL);
        CHECK_INT(callers[i].wrong, 0);
    }
    bench_close(&bench);
}

/* The rest is curl's to word. */
static const char *beginning(struct text *why, size_t length)
{
    if (why->length > length)
        why->data[length] = '\0';
    return text_get(why);
}

/* ---- Bodies that don't go through memory ---- */

static int new_file(const char *content)
{
    int fd = memfd_create("body", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    return fd;
}

static void test_files(void)
{
    static const struct {
        const char *method;
        uint64_t offset, size;
        enum status status;
        const char *expected; /* the body, or how the reason ends */
    } rows[] = {
        {"PUT", 0, 10, STATUS_OK, "PUT /echo|-|-|-|-|10|0123456789"},
        {"PUT", 3, 4, STATUS_OK, "PUT /echo|-|-|-|-|4|3456"},
        {"POST", 9, 1, STATUS_OK, "POST /echo|-|-|-|-|1|9"},
        {"PUT", 0, 0, STATUS_OK, "PUT /echo|-|-|-|-|0|"},
        {"PUT", 3, 8, STATUS_UNPROCESSABLE, ": the file to send is shorter than 8 bytes"},
        {"PUT", 30, 1, STATUS_UNPROCESSABLE, ": the file to send is shorter than 1 bytes"},
    };
    struct bench bench;
    int fd = new_file("0123456789");
    bench_open(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text url = {0}, why = {0};
        check_case("%s of %d bytes from %d on", rows[i].method, (int)rows[i].size, (int)rows[i].offset);
        text_setf(&url, "%s/echo", bench.url);
        struct http_call call = call_of(rows[i].method, text_get(&url));
        const struct http_file file = {fd, rows[i].offset, rows[i].size};
        call.file = &file;
        CHECK_INT(http_client_ask(bench.client, &call, &reply, &why), rows[i].status);
        const char *said = rows[i].status
                               ? strchr(text_get(&why), ':') + strcspn(strchr(text_get(&why), ':') + 1, ":") + 1
                               : text_get(&reply.body);
        CHECK_STR(said, rows[i].expected);
    }
    bench_close(&bench);
    (void)close(fd);
}

struct taken {
    struct text bytes;
    size_t most; /* ends the call */
};

static bool take_piece(void *context, const void *bytes, size_t size)
{
    struct taken *taken = context;
    text_append(&taken->bytes, bytes, size);
    return taken->bytes.length < taken->most;
}

static void test_takers(void)
{
    static const struct {
        const char *name, *says;
        size_t most;
        uint64_t take_max;
        enum status status;
        const char *taken, *body, *why;
    } rows[] = {
        {"a 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes", 100, 5, STATUS_OK, "bytes", "", ""},
        {"a 206", "HTTP/1.1 206 Part\r\nContent-Length: 5\r\n\r\nbytes", 100, 100, STATUS_OK, "bytes", "", ""},
        {"nothing of a 404", "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nwords", 100, 0, STATUS_OK, "", "words", ""},
        {"nothing of a 503", "HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nwords", 100, 0, STATUS_OK, "", "words", ""},
        {"no more than it wants", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbytes", 5, 100, STATUS_UNAVAILABLE,
         "bytes", "", ": the request was called off"},
        {"no more than is allowed", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes", 100, 4, STATUS_TOO_LARGE, "",
         "", ": the response is larger than 4 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parrot parrot = {.says = rows[i].says};
        struct taken taken = {.most = rows[i].most};
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text url = {0}, why = {0}, expected = {0};
        check_case("a taker gets %s", rows[i].name);
        parrot_start(&parrot);
        text_setf(&url, "http://127.0.0.1:%u/path", parrot.port);
        struct http_call call = call_of("GET", text_get(&url));
        call.take = take_piece;
        call.context = &taken;
        call.take_max = rows[i].take_max;
        struct http_client *client = new_client();
        CHECK_INT(http_client_ask(client, &call, &reply, &why), rows[i].status);
        CHECK_STR(text_get(&taken.bytes), rows[i].taken);
        CHECK_STR(text_get(&reply.body), rows[i].body);
        if (rows[i].status)
            text_setf(&expected, "127.0.0.1:%u%s", parrot.port, rows[i].why);
        CHECK_STR(text_get(&why), text_get(&expected));
        http_client_close(client);
        parrot_end(&parrot);
        text_release(&taken.bytes);
    }
}

/* Of a server that says half of its answer, or nothing to a body that it has taken, and then waits. It is noticed soon,
 * also when much was sent just before. */
static void test_silence(void)
{
    static const struct {
        const char *name, *method, *says;
        size_t body_size;
    } rows[] = {
        {"half an answer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 0},
        {"none to a large body", "PUT", "", 1 << 20},
    };
    char *body = calloc(1, rows[1].body_size);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parrot parrot = {.says = rows[i].says};
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text url = {0}, why = {0}, expected = {0};
        check_case("%s", rows[i].name);
        parrot_start(&parrot);
        text_setf(&url, "http://127.0.0.1:%u/path", parrot.port);
        struct http_call call = call_of(rows[i].method, text_get(&url));
        call.stall_timeout_ms = 1000;
        call.body = rows[i].body_size ? body : NULL;
        call.body_size = rows[i].body_size;
        struct http_client *client = new_client();
        int64_t begun_ns = clock_monotonic_ns();
        CHECK_STR(status_name(http_client_ask(client, &call, &reply, &why)), "timeout");
        CHECK((clock_monotonic_ns() - begun_ns) / 1000000 < 4000);
        text_setf(&expected, "127.0.0.1:%u: no byte came or went for 1 s", parrot.port);
        CHECK_STR(text_get(&why), text_get(&expected));
        http_client_close(client);
        parrot_end(&parrot);
    }
    free(body);
}

/* Of a server that accepts no connection: those before wait for it, and there is no room for another. */
static void test_no_connection(void)
{
    enum { BEFORE = 4 };
    const struct http_client_settings settings = {.connect_timeout_ms = 300, .idle_connections = 1};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int before[BEFORE], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text url = {0}, why = {0};
    struct http_client *client = NULL;
    CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 0) == 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (int i = 0; i < BEFORE; i++) {
        before[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(before[i], (struct sockaddr *)&address, size);
    }
    text_setf(&url, "http://127.0.0.1:%u/path", ntohs(address.sin_port));
    const struct http_call call = call_of("GET", text_get(&url));
    CHECK_INT(http_client_open(&settings, &client, NULL), STATUS_OK);
    CHECK_STR(status_name(http_client_ask(client, &call, &reply, &why)), "unavailable");
    if (!CHECK(strstr(text_get(&why), "imed out") || strstr(text_get(&why), "Timeout")))
        printf("# %s\n", text_get(&why));
    http_client_close(client);
    for (int i = 0; i < BEFORE; i++)
        (void)close(before[i]);
    (void)close(listener);
}

/* ---- What can go wrong ---- */

static void test_servers(void)
{
    static const struct {
        const char *name, *says;
        bool cuts;
        size_t answer_max;
        int64_t timeout_ms;
        enum status status;
        unsigned code;
        const char *text; /* the body, or what the reason says after the host */
    } rows[] = {
        {"an interim answer comes first",
         "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 100, TIMEOUT_MS,
         STATUS_OK, 200, "ok"},
        {"a server error is an answer", "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nlate", false, 100, TIMEOUT_MS,
         STATUS_OK, 503, "late"},
        {"an answer of the largest size", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234", false, 4, TIMEOUT_MS,
         STATUS_OK, 200, "1234"},
        {"an answer that says it is too large", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", false, 4,
         TIMEOUT_MS, STATUS_TOO_LARGE, 0, ": the response is larger than 4 bytes"},
        {"an answer that is too large without saying so", "HTTP/1.1 200 OK\r\n\r\n12345", true, 4, TIMEOUT_MS,
         STATUS_TOO_LARGE, 0, ": the response is larger than 4 bytes"},
        {"no answer", "", false, 100, 50, STATUS_TIMEOUT, 0, ": Operation timed out"},
        {"half an answer, and silence", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", false, 100, 50,
         STATUS_TIMEOUT, 0, ": Operation timed out"},
        {"half an answer, cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true, 100, TIMEOUT_MS,
         STATUS_UNAVAILABLE, 0, ": "}, /* then in words of libcurl's that change */
        {"an end without a word", "", true, 100, TIMEOUT_MS, STATUS_UNAVAILABLE, 0, ": Empty reply"},
        {"something that is not HTTP", "220 mail.example.org ready\r\n", true, 100, TIMEOUT_MS, STATUS_UNAVAILABLE, 0,
         ": "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parrot parrot = {.says = rows[i].says, .cuts = rows[i].cuts};
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text url = {0}, why = {0}, expected = {0};
        check_case("%s", rows[i].name);
        parrot_start(&parrot);
        text_setf(&url, "http://127.0.0.1:%u/path", parrot.port);
        struct http_call call = call_of("GET", text_get(&url));
        call.answer_max = rows[i].answer_max;
        call.timeout_ms = rows[i].timeout_ms;
        struct http_client *client = new_client();
        CHECK_INT(http_client_ask(client, &call, &reply, &why), rows[i].status);
        CHECK_INT(reply.code, rows[i].code);
        text_setf(&expected, "127.0.0.1:%u%s", parrot.port, rows[i].text);
        if (rows[i].status == STATUS_OK)
            CHECK_STR(text_get(&reply.body), rows[i].text);
        else
            CHECK_STR(beginning(&why, expected.length), text_get(&expected));
        http_client_close(client);
        parrot_end(&parrot);
    }
}

static void test_addresses(void)
{
    static const struct {
        const char *url, *value;
        enum status status;
        const char *why;
    } rows[] = {
        {"http://nobody.invalid/", "", STATUS_UNAVAILABLE, "nobody.invalid: Could not resolve host: nobody.invalid"},
        {"http://127.0.0.1:1/", "", STATUS_UNAVAILABLE, "127.0.0.1:1: Failed to connect to 127.0.0.1 port 1"},
        {"file:///etc/passwd", "", STATUS_INVALID, "\"file:///etc/passwd\" isn't an http or https URL"},
        {"http://", "", STATUS_INVALID, "\"http://\" isn't an http or https URL"},
        {"http://127.0.0.1:99999/", "", STATUS_INVALID, "127.0.0.1:99999: "},
        {"http://127.0.0.1:1/", "a\r\nInjected: b", STATUS_INVALID,
         "Field 1 of the request to http://127.0.0.1:1/ contains a line break."},
    };
    struct http_client *client = new_client();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        TEXT_CLEANUP struct text why = {0};
        check_case("%s %s", rows[i].url, *rows[i].value ? "with a line break in a field" : "");
        struct http_call call = call_of("GET", rows[i].url);
        http_call_add(&call, "X-One", rows[i].value);
        CHECK_INT(http_client_ask(client, &call, &reply, &why), rows[i].status);
        CHECK_STR(beginning(&why, strlen(rows[i].why)), rows[i].why);
    }
    http_client_close(client);
}

static void test_urls(void)
{
    static const struct {
        const char *url, *authority, *target; /* NULL: none */
    } rows[] = {
        {"http://example.org", "example.org", ""},
        {"HTTPS://example.org:8443/a?b#c", "example.org:8443", "/a?b#c"},
        {"http://ann:secret@example.org?q", "example.org", "?q"},
        {"http://[::1]:80/", "[::1]:80", "/"},
        {"http:///a", NULL, NULL},
        {"ftp://example.org/", NULL, NULL},
        {"example.org", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text authority = {0};
        const char *target = NULL;
        check_case("%s", rows[i].url);
        CHECK_INT(http_url_split(rows[i].url, &authority, &target), rows[i].authority != NULL);
        if (rows[i].authority) {
            CHECK_STR(text_get(&authority), rows[i].authority);
            CHECK_STR(target, rows[i].target);
        }
    }
}

CHECK_MAIN({"sends what it is told, and nothing of its own", test_methods}, {"follows no redirect", test_paths},
           {"uses a connection again", test_reuse}, {"serves many threads at once", test_threads},
           {"sends a body from a file", test_files}, {"hands an answer on", test_takers},
           {"doesn't wait for ever", test_silence}, {"doesn't wait for ever for a connection", test_no_connection},
           {"takes or refuses an answer", test_servers}, {"names host and cause", test_addresses},
           {"splits an address", test_urls})
