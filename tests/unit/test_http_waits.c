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

static void test_wake_is_kept(void)
{
    struct http_server *server = open_server(1);
    struct client client = client_open(server);
    CHECK(client_send(&client, ASK("GET", "/woken") END));
    CHECK(client_wait_for(&client, "data: woken\n\n"));
    client_close(&client);
    http_server_close(server);
}

CHECK_MAIN({"handlers may block on the pool", test_pool}, {"a full pool refuses", test_pool_overflow},
           {"streams send when they are woken", test_streams},
           {"a wake between two reads of a stream is kept", test_wake_is_kept})
