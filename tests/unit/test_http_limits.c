/* Headers of every size and shape: each request gets a whole answer, be it that its header is too large. */
#include "http_fixture.h"

/* What a header is made of; all in numbers, so that it can grow step by step. */
struct shape {
    size_t fields;                               /* short ones */
    size_t cookies;                              /* short ones, in one field */
    size_t arguments;                            /* of the query */
    size_t long_cookie, long_field, long_target; /* bytes */
    size_t pipelined;                            /* requests that follow at once */
};

static void write_many(struct text *out, size_t count, const char *piece)
{
    for (size_t i = 0; i < count; i++)
        text_add(out, piece);
}

static void write_request(const struct shape *shape, struct text *out)
{
    text_add(out, "GET /query?n=1");
    write_many(out, shape->long_target, "t");
    write_many(out, shape->arguments, "&b");
    text_add(out, " HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n");
    if (shape->cookies || shape->long_cookie)
        text_add(out, "Cookie: a=");
    write_many(out, shape->long_cookie, "c");
    write_many(out, shape->cookies, "; a=b");
    if (shape->cookies || shape->long_cookie)
        text_add(out, "\r\n");
    write_many(out, shape->fields, "A: b\r\n");
    if (shape->long_field)
        text_add(out, "Long: ");
    write_many(out, shape->long_field, "f");
    text_add(out, shape->long_field ? "\r\n\r\n" : "\r\n");
    write_many(out, shape->pipelined, ASK("GET", "/") END);
}

/* The code of the answer, which must be whole. */
static unsigned ask(const struct http_server *server, const struct shape *shape)
{
    TEXT_CLEANUP struct text request = {0};
    write_request(shape, &request);
    struct client client = client_open(server);
    (void)client_send(&client, text_get(&request));
    ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
    CHECK(answer.body.length > 0);
    CHECK_INT(answer.body.length, strtoul(answer_header(&answer, "Content-Length"), NULL, 10));
    if (answer.code != 200)
        CHECK_STR(answer_header(&answer, "Connection"), "close");
    client_close(&client);
    return answer.code;
}

static struct shape grow(struct shape shape, const struct shape *step, size_t times)
{
    size_t *grown = (size_t *)&shape;
    for (size_t i = 0; i < sizeof shape / sizeof *grown; i++)
        grown[i] += ((const size_t *)step)[i] * times;
    return shape;
}

static void test_growing(void)
{
    static const struct {
        const char *name;
        struct shape from, step;
        size_t steps;
    } rows[] = {
        {"one long field", {.long_field = 7000}, {.long_field = 37}, 200},
        {"one long field, and requests behind it", {.long_field = 3000, .pipelined = 400}, {.long_field = 97}, 100},
        {"short fields", {.fields = 1}, {.fields = 3}, 100},
        {"short fields, and requests behind them", {.fields = 1, .pipelined = 400}, {.fields = 3}, 100},
        {"short fields and a long one", {.fields = 30, .long_field = 4000}, {.fields = 1, .long_field = 50}, 100},
        {"arguments", {.arguments = 1}, {.arguments = 67}, 100},
        {"a long target", {.long_target = 7000}, {.long_target = 61}, 150},
        {"cookies", {.cookies = 1}, {.cookies = 3}, 100},
        {"a long cookie", {.long_cookie = 2000}, {.long_cookie = 37}, 150},
        {"all of it", {.long_field = 100}, {2, 1, 1, 50, 50, 50, 1}, 60},
    };
    struct http_server *server = open_server(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        unsigned last = 0;
        for (size_t step = 0; step < rows[i].steps; step++) {
            struct shape shape = grow(rows[i].from, &rows[i].step, step);
            unsigned code = ask(server, &shape);
            bool is_right = code == 200 ? last == 0 || last == 200 : last && (code == 431 || code == 414);
            if (!CHECK(is_right)) {
                printf("# step %zu: %u after %u\n", step, code, last);
                break;
            }
            last = code;
        }
        CHECK(last == 431 || last == 414);
    }
    http_server_close(server);
}

/* docs/operations.md says so. */
static void test_promised(void)
{
    static const struct {
        const char *name;
        struct shape shape;
    } rows[] = {
        {"8 KB in one field", {.long_field = 8192 - 60}},
        {"8 KB in 35 fields", {.fields = 33, .long_field = 8192 - 60 - 32 * 6}},
        {"8 KB in 35 fields, and requests behind them", {33, 0, 0, 0, 8192 - 60 - 32 * 6, 0, 400}},
        {"a cookie of 3 KB and 20 fields", {.fields = 17, .long_cookie = 3072}},
    };
    struct http_server *server = open_server(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(ask(server, &rows[i].shape), 200);
    }
    http_server_close(server);
}

static void test_sentence(void)
{
    static const struct {
        const char *name, *method;
        bool has_body;
    } rows[] = {{"GET", "GET", true}, {"HEAD", "HEAD", false}, {"POST", "POST", true}};
    struct http_server *server = open_server(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        TEXT_CLEANUP struct text request = {0};
        text_addf(&request, "%s / HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nLong: ", rows[i].method);
        write_many(&request, 10500, "f");
        text_add(&request, "\r\nContent-Length: 5\r\n\r\nhello" ASK("GET", "/") END);
        struct client client = client_open(server);
        CHECK(client_send(&client, text_get(&request)));
        ANSWER_CLEANUP struct answer answer = client_read_answer(&client, rows[i].has_body);
        CHECK_INT(answer.code, 431);
        CHECK_STR(answer_header(&answer, "X-Request-Id"), "mine");
        CHECK_STR(answer_header(&answer, "X-Always"), "yes");
        CHECK_STR(answer_header(&answer, "Content-Type"), "application/problem+json");
        CHECK(!rows[i].has_body || strstr(text_get(&answer.body), "8 KB in at most 35 fields"));
        CHECK(client_is_closed(&client));
        client_close(&client);
        CHECK(wait_for(&shared.done_count, (unsigned)i + 1));
        CHECK_INT(shared.dones[i].code, 431);
        CHECK_STR(shared.dones[i].id, "mine");
    }
    http_server_close(server);
}

CHECK_MAIN({"a header that grows is taken, then refused, and never without an answer", test_growing},
           {"headers as large as promised are taken", test_promised},
           {"who sends too large a header is told what is taken", test_sentence})
