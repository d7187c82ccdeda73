/* Handlers that block on the pool, and streams that wait for something to say. */
#include "http_fixture.h"

enum { OVERFLOW = 1100 };

static void test_pool(void)
{
    struct http_server *server = open_server(2);
    (void)sem_init(&gate, 0, 0);
    struct client first = client_open(server), second = client_open(server), third = client_open(server);
    check_case("inline handlers go on while the pool waits");
    CHECK(client_send(&first, ASK("GET", "/wait") END));
    CHECK(client_send(&second, ASK("GET", "/wait") END));
    CHECK(wait_for(&shared.begun, 2));
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

static void overflow(const char *request, bool is_remote)
{
    enum { REFUSED = OVERFLOW - 1 - 1024 };
    static struct client clients[OVERFLOW];
    static bool answered[OVERFLOW];
    struct http_server *server = open_server_of(1, is_remote);
    memset(answered, 0, sizeof answered);
    (void)sem_init(&gate, 0, 0);
    clients[0] = client_open(server);
    CHECK(client_send(&clients[0], request));
    CHECK(wait_for(&shared.begun, 1)); /* the one thread is at work */
    for (size_t i = 1; i < OVERFLOW; i++) {
        clients[i] = client_open(server);
        CHECK(client_send(&clients[i], request));
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

#define STEPS(method, at) ASK(method, "/steps?at=" at) "X-Name: ann\r\nContent-Length: 0\r\n" END

/* One works, 1,024 wait for it; who comes then is told to come again. */
static void test_pool_overflow(void)
{
    check_case("requests that are whole");
    overflow(ASK("GET", "/wait") END, false);
    check_case("requests whose header is in");
    overflow(STEPS("POST", "begin"), true);
}

static void test_where(void)
{
    static const struct {
        const char *name;
        enum http_run run;
        enum http_step step;
        bool here, elsewhere; /* whether it is on the pool, by where the back ends are */
    } rows[] = {
        {"nothing to wait for: begin", HTTP_INLINE, HTTP_BEGIN, false, false},
        {"nothing to wait for: handle", HTTP_INLINE, HTTP_HANDLE, false, false},
        {"nothing to wait for: stream", HTTP_INLINE, HTTP_STREAM, false, false},
        {"nothing to wait for: end", HTTP_INLINE, HTTP_END, false, false},
        {"a look at a back end: begin", HTTP_READ, HTTP_BEGIN, false, true},
        {"a look at a back end: handle", HTTP_READ, HTTP_HANDLE, false, true},
        {"a look at a back end: stream", HTTP_READ, HTTP_STREAM, false, true},
        {"a look at a back end: end", HTTP_READ, HTTP_END, false, true},
        {"the disk: begin", HTTP_POOL, HTTP_BEGIN, false, true},
        {"the disk: handle", HTTP_POOL, HTTP_HANDLE, true, true},
        {"the disk: stream", HTTP_POOL, HTTP_STREAM, false, true},
        {"the disk: end", HTTP_POOL, HTTP_END, false, true},
        {"the disk throughout: begin", HTTP_WHOLE, HTTP_BEGIN, true, true},
        {"the disk throughout: handle", HTTP_WHOLE, HTTP_HANDLE, true, true},
        {"the disk throughout: end", HTTP_WHOLE, HTTP_END, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(http_runs_on_pool(rows[i].run, rows[i].step, false), rows[i].here);
        CHECK_INT(http_runs_on_pool(rows[i].run, rows[i].step, true), rows[i].elsewhere);
    }
}

/* The only loop serves others while a step waits. */
static void test_remote(void)
{
    static const struct {
        const char *step, *request;
        const char *expected;
        bool is_answered_first;
    } rows[] = {
        {"who asks is looked up", STEPS("POST", "identify"), "ann", false},
        {"who asks is looked up, though nobody has to", STEPS("GET", "identify"), "ann", false},
        {"the header is in", STEPS("POST", "begin"), "ann", false},
        {"with a body behind it", ASK("POST", "/steps?at=begin") "X-Name: ann\r\nContent-Length: 5\r\n" END "hello",
         "ann", false},
        {"the request is in", STEPS("POST", "handle"), "ann", false},
        {"without a caller", ASK("GET", "/steps/anybody?at=handle") END, "nobody", false},
        {"all is over", STEPS("POST", "end"), "ann", true},
    };
    struct http_server *server = open_server_of(1, true);
    (void)sem_init(&gate, 0, 0);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].step);
        struct client slow = client_open(server), other = client_open(server);
        CHECK(client_send(&slow, rows[i].request));
        if (rows[i].is_answered_first) {
            ANSWER_CLEANUP struct answer answer = client_read_answer(&slow, true);
            CHECK_STR(text_get(&answer.body), rows[i].expected);
        }
        CHECK(wait_for(&shared.begun, i + 1));
        ANSWER_CLEANUP struct answer hello = client_ask(&other, ASK("GET", "/") END);
        CHECK_INT(hello.code, 200);
        (void)sem_post(&gate);
        if (!rows[i].is_answered_first) {
            ANSWER_CLEANUP struct answer answer = client_read_answer(&slow, true);
            CHECK_STR(text_get(&answer.body), rows[i].expected);
        }
        client_close(&slow);
        client_close(&other);
    }
    http_server_close(server);
    check_case("every end has come");
    CHECK_INT(shared.ended, 5);
    (void)sem_destroy(&gate);
}

static void test_remote_bodies(void)
{
    struct http_server *server = open_server_of(1, true);
    struct client client = client_open(server), gone = client_open(server);
    (void)sem_init(&gate, 0, 0);
    check_case("a body that waits for our word");
    CHECK(client_send(&client, ASK("POST", "/steps?at=begin") "X-Name: ann\r\nContent-Length: 5\r\n"
                                                              "Expect: 100-continue\r\n" END));
    CHECK(wait_for(&shared.begun, 1));
    CHECK_STR(text_get(&client.received), "");
    (void)sem_post(&gate);
    CHECK(client_wait_for(&client, "HTTP/1.1 100 Continue\r\n\r\n"));
    text_clear(&client.received);
    CHECK(client_send(&client, "hello"));
    ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
    CHECK_INT(answer.code, 200);
    CHECK(wait_for(&shared.ended, 1));
    check_case("a client that goes away before its body was begun");
    CHECK(client_send(&gone, ASK("POST", "/steps?at=begin") "X-Name: ann\r\nContent-Length: 5\r\n" END "he"));
    CHECK(wait_for(&shared.begun, 2));
    client_close(&gone);
    (void)sem_post(&gate);
    CHECK(wait_for(&shared.ended, 2));
    CHECK(wait_for(&shared.done_count, 2));
    CHECK_INT(shared.dones[1].code, 0);
    client_close(&client);
    http_server_close(server);
    (void)sem_destroy(&gate);
}

static void test_remote_stream(void)
{
    struct http_server *server = open_server_of(1, true);
    struct client slow = client_open(server), gone = client_open(server), other = client_open(server);
    (void)sem_init(&gate, 0, 0);
    check_case("a stream that waits");
    CHECK(client_send(&slow, ASK("GET", "/steps/events") END));
    CHECK(wait_for(&shared.begun, 1));
    ANSWER_CLEANUP struct answer hello = client_ask(&other, ASK("GET", "/") END);
    CHECK_INT(hello.code, 200);
    (void)sem_post(&gate);
    CHECK(client_wait_for(&slow, "data: waited\n\n"));
    CHECK(wait_for(&shared.stream_closed, 1));
    check_case("a client that goes away meanwhile");
    CHECK(client_send(&gone, ASK("GET", "/steps/events") END));
    CHECK(wait_for(&shared.begun, 2));
    client_close(&gone);
    (void)sem_post(&gate);
    CHECK(wait_for(&shared.stream_closed, 2));
    client_close(&slow);
    client_close(&other);
    http_server_close(server);
    (void)sem_destroy(&gate);
}

static void test_streams_of(bool is_remote)
{
    static const char *const targets[] = {ASK("GET", "/events") END, ASK("GET", "/pooled-events") END};
    for (size_t i = 0; i < 2; i++) {
        struct http_server *server = open_server_of(1, is_remote);
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
        forget_events();
    }
}

static void test_streams(void)
{
    test_streams_of(false);
}

static void test_streams_on_pool(void)
{
    test_streams_of(true);
}

static void wake(bool is_remote)
{
    struct http_server *server = open_server_of(1, is_remote);
    struct client client = client_open(server);
    CHECK(client_send(&client, ASK("GET", "/woken") END));
    CHECK(client_wait_for(&client, "data: woken\n\n"));
    client_close(&client);
    http_server_close(server);
}

static void test_wake_is_kept(void)
{
    wake(false);
    wake(true);
}

static void test_callers(void)
{
    static const struct {
        const char *name, *request;
        unsigned code;
        const char *body;
    } rows[] = {
        {"required, and there", STEPS("POST", ""), 200, "ann"},
        {"required, and missing", ASK("POST", "/steps") "Content-Length: 0\r\n" END, 401, NULL},
        {"what is checked goes before who asks", ASK("POST", "/steps") "X-Refused: 1\r\nContent-Length: 0\r\n" END, 415,
         NULL},
        {"optional, and there", STEPS("GET", ""), 200, "ann"},
        {"optional, and missing", ASK("GET", "/steps") END, 200, "nobody"},
        {"not asked for", ASK("GET", "/steps/anybody") "X-Name: ann\r\n" END, 200, "nobody"},
    };
    for (int remote = 0; remote < 2; remote++) {
        struct http_server *server = open_server_of(1, remote);
        struct client client = client_open(server);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            check_case("%s, %d", rows[i].name, remote);
            ANSWER_CLEANUP struct answer answer = client_ask(&client, rows[i].request);
            CHECK_INT(answer.code, rows[i].code);
            if (rows[i].body)
                CHECK_STR(text_get(&answer.body), rows[i].body);
        }
        client_close(&client);
        http_server_close(server);
    }
}

CHECK_MAIN({"handlers may block on the pool", test_pool}, {"a full pool refuses", test_pool_overflow},
           {"only what may wait, and where it has to, runs on the pool", test_where},
           {"back ends elsewhere hold up no other request", test_remote},
           {"bodies wait until theirs has begun", test_remote_bodies},
           {"nor do they when they fill a stream", test_remote_stream},
           {"a route that has to know who asks is told", test_callers},
           {"streams send when they are woken", test_streams},
           {"streams that are filled on the pool do, too", test_streams_on_pool},
           {"a wake between two reads of a stream is kept", test_wake_is_kept})
