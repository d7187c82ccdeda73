/* Ambiguous requests over raw sockets: each is refused, the connection is closed, and what was smuggled behind it is
 * never executed. */
#include "loopback.h"

#include <microhttpd.h>
#include <stdatomic.h>

static atomic_uint victims;
static atomic_uint served;

static void handle(struct http_request *request)
{
    atomic_fetch_add(&served, 1);
    http_answer(request, 200, "text/plain", "ok", 2);
}

static void handle_victim(struct http_request *request)
{
    atomic_fetch_add(&victims, 1);
    http_answer(request, 200, "text/plain", "victim", 6);
}

static const struct http_route table[] = {
    {.method = "GET", .pattern = "/", .run = HTTP_INLINE, .handle = handle},
    {.method = "POST", .pattern = "/", .run = HTTP_INLINE, .handle = handle},
    {.method = "GET", .pattern = "/a b", .run = HTTP_INLINE, .handle = handle},
    {.method = "GET", .pattern = "/victim", .run = HTTP_INLINE, .handle = handle_victim},
    {0},
};

static struct http_server *open_server(void)
{
    static const struct http_route *const tables[] = {table, NULL};
    struct http_server *server = NULL;
    TEXT_CLEANUP struct text why = {0};
    struct http_settings settings = {
        .listen = "127.0.0.1:0", .event_threads = 1, .connections = 100, .max_body = 1000, .tables = tables};
    CHECK_INT(http_server_open(&settings, &server, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    return server;
}

#define VICTIM "GET /victim HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET    "GET / HTTP/1.1\r\n"
#define POST   "POST / HTTP/1.1\r\nHost: a\r\n"

struct row {
    const char *name;
    const char *request;
    size_t size;
    unsigned code; /* 0: closed without an answer */
};
#define ROW(name, code, request)                                                                                       \
    {                                                                                                                  \
        name, request, sizeof(request) - 1, code                                                                       \
    }

/* libmicrohttpd 1.0 refuses more by itself than 0.9.75, and some of it without an answer. Chunk extensions it takes for
 * broken. */
#define BY_LIBRARY(older, newer) (MHD_VERSION < 0x00097700 ? (older) : (newer))

/* By their status lines; the body of one of libmicrohttpd's own begins with "HTTP/1.1 request without". */
static unsigned count_answers(const char *text)
{
    unsigned count = 0;
    for (; (text = strstr(text, "HTTP/1.1 ")); text++)
        count += text[strlen("HTTP/1.1 ")] >= '0' && text[strlen("HTTP/1.1 ")] <= '9';
    return count;
}

/* Sends the row in one piece, or byte by byte, followed by a victim. */
static void send_row(const struct http_server *server, const struct row *row, bool in_pieces)
{
    struct client client = client_open(server);
    atomic_store(&victims, 0);
    atomic_store(&served, 0);
    bool open = true;
    for (size_t i = 0; in_pieces && open && i < row->size; i++)
        open = client_send_bytes(&client, row->request + i, 1);
    if (!in_pieces)
        open = client_send_bytes(&client, row->request, row->size);
    if (open)
        (void)client_send(&client, VICTIM);
    const char *received = client_receive_all(&client);
    CHECK_INT(strtoul(received + (received[0] ? strlen("HTTP/1.1 ") : 0), NULL, 10), row->code);
    CHECK(!row->code || strstr(received, "Connection: close"));
    CHECK_INT(count_answers(received), row->code ? 1 : 0);
    CHECK(!strstr(received, "\r\n\r\nok"));
    CHECK_INT(atomic_load(&victims), 0);
    CHECK_INT(atomic_load(&served), 0);
    client_close(&client);
}

static const struct row ambiguous[] = {
    /* Framing: RFC 9112 6 */
    ROW("two Content-Lengths", 400, POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    ROW("two equal Content-Lengths", 400, POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    ROW("Content-Lengths in a list", 400, POST "Content-Length: 5, 5\r\n\r\nhello"),
    ROW("Content-Length and Transfer-Encoding", 400,
        POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding and Content-Length", 400,
        POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding: gzip, chunked", 400, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding: identity", 400, POST "Transfer-Encoding: identity\r\n\r\n"),
    ROW("Transfer-Encoding: xchunked", 400, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding: chunked, chunked", 400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding: \"chunked\"", 400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
#if MHD_VERSION < 0x00097700 /* newer ones take blanks off a value, as RFC 9110 5.5 wants it, and read what is left */
    ROW("a blank behind chunked", 400, POST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"),
    ROW("a tab behind chunked", 400, POST "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n"),
#endif
    ROW("an empty Transfer-Encoding", 400, POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
    ROW("two Transfer-Encodings", 400,
        POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("Transfer-Encoding in HTTP/1.0", 400,
        "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("Content-Length: +5", 400, POST "Content-Length: +5\r\n\r\nhello"),
    ROW("Content-Length: -1", 400, POST "Content-Length: -1\r\n\r\nhello"),
    ROW("Content-Length: 0x5", 400, POST "Content-Length: 0x5\r\n\r\nhello"),
    ROW("Content-Length: 5.0", 400, POST "Content-Length: 5.0\r\n\r\nhello"),
    ROW("Content-Length: 5 5", 400, POST "Content-Length: 5 5\r\n\r\nhello"),
    ROW("an empty Content-Length", 400, POST "Content-Length:\r\n\r\nhello"),
#if MHD_VERSION < 0x00097700
    ROW("a blank behind a Content-Length", 400, POST "Content-Length: 5 \r\n\r\nhello"),
#endif
    ROW("letters as Content-Length", 400, POST "Content-Length: five\r\n\r\nhello"),
    ROW("Content-Length past 64 bits", BY_LIBRARY(400, 413), POST "Content-Length: 18446744073709551616\r\n\r\nhello"),
    ROW("Content-Length of all 64 bits", BY_LIBRARY(400, 413),
        POST "Content-Length: 18446744073709551615\r\n\r\nhello"),
    /* Line ends: RFC 9112 2.2 */
    ROW("a bare LF after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ROW("a bare LF after a header", 400, GET "Host: a\nX: b\r\n\r\n"),
    ROW("a bare LF after the last header", 400, GET "X: b\r\nHost: a\n\r\n"),
    ROW("a bare LF as the empty line", 400, GET "Host: a\r\n\n"),
    ROW("bare LFs alone", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ROW("two bare LFs after a header", 400, GET "Host: a\n\n"),
    ROW("a bare LF after an empty value", 400, GET "Host: a\r\nX:\n\r\n"),
    ROW("a bare LF hides a Content-Length", 400, POST "X: b\nContent-Length: 35\r\n\r\n"),
    ROW("a bare CR in a value", 400, GET "Host: a\r\nX: b\rY: c\r\n\r\n"),
    ROW("a bare CR after a header", 400, GET "Host: a\r\nX: b\r\r\n\r\n"),
    ROW("a bare CR in the request line", 400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a folded header", 400, GET "Host: a\r\nX: b\r\n c\r\n\r\n"),
    ROW("a folded header, by a tab", 400, GET "Host: a\r\nX: b\r\n\tc: d\r\n\r\n"),
    ROW("a folded Content-Length", 400, POST "Content-Length:\r\n 5\r\n\r\nhello"),
    ROW("a folded line first", 400, GET " Host: a\r\nHost: a\r\n\r\n"),
    /* Names and values: RFC 9112 5 */
    ROW("a blank before the colon", 400, POST "Content-Length : 5\r\n\r\nhello"),
    ROW("a tab before the colon", 400, POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
    ROW("a header without a colon", 400, GET "Host: a\r\nhello\r\n\r\n"),
    ROW("a header without a name", 400, GET "Host: a\r\n: b\r\n\r\n"),
    ROW("a name with a slash", 400, GET "Host: a\r\nX/Y: b\r\n\r\n"),
    ROW("a name with a letter that is not ASCII", 400, GET "Host: a\r\nX\xc3\xb6: b\r\n\r\n"),
    ROW("a NUL in a name", 400, GET "Host: a\r\nX\0Y: b\r\n\r\n"),
    ROW("a NUL in a value", 400, GET "Host: a\r\nX: b\0c\r\n\r\n"),
    ROW("a NUL at the end of a value", 400, GET "Host: a\r\nX: b\0\r\n\r\n"),
    ROW("a NUL at the start of a line", 400, GET "Host: a\r\n\0X: b\r\n"),
    ROW("a NUL before the empty line", 400, GET "Host: a\r\n\0\r\n\r\n"),
    ROW("a control character in a value", 400, GET "Host: a\r\nX: b\x01\r\n\r\n"),
    ROW("a DEL in a value", 400, GET "Host: a\r\nX: b\x7f\r\n\r\n"),
    /* Whom it is for: RFC 9112 3.2 */
    ROW("no Host", 400, GET "X: b\r\n\r\n"),
    ROW("no header at all", 400, GET "\r\n"),
    ROW("two Hosts", 400, GET "Host: a\r\nHost: b\r\n\r\n"),
    ROW("two equal Hosts", 400, GET "Host: a\r\nHost: a\r\n\r\n"),
    ROW("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ROW("a Host with a blank", 400, GET "Host: a b\r\n\r\n"),
    ROW("a Host with a path", 400, GET "Host: a/b\r\n\r\n"),
    ROW("a Host with a user", 400, GET "Host: u@a\r\n\r\n"),
    ROW("Hosts in a list", 400, GET "Host: a,b\r\n\r\n"),
    ROW("a target with another host", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a target with another port", 400, "GET http://a:8080/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a target with a host, and a Host without", 400, "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n"),
    ROW("a target with a user", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a target with another host in HTTP/1.0", 400, "GET http://b/ HTTP/1.0\r\nHost: a\r\n\r\n"),
    ROW("a secure target with another host", 400, "GET HTTPS://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    /* The request line: RFC 9112 3 */
    ROW("two blanks before the target", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("two blanks before the version", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a blank in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a blank after the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ROW("a tab for a blank", BY_LIBRARY(400, 0), "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a blank before the method", 0, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("no version", 400, "GET /\r\nHost: a\r\n\r\n"),
    ROW("a strange version", 400, "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"),
    ROW("HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ROW("a version in small letters", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ROW("a NUL in the method", BY_LIBRARY(400, 0), "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a NUL in the target", BY_LIBRARY(400, 0), "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a method that is no token", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
};

static void test_ambiguous(void)
{
    struct http_server *server = open_server();
    for (size_t i = 0; i < sizeof ambiguous / sizeof ambiguous[0]; i++) {
        check_case("%s", ambiguous[i].name);
        send_row(server, &ambiguous[i], false);
        send_row(server, &ambiguous[i], true);
    }
    http_server_close(server);
}

/* A chunked request may be served, but nothing that follows it: a bare LF that libmicrohttpd takes, and we can't see,
 * hides nothing. */
static void check_chunks(const struct http_server *server, const struct row *row, bool in_pieces, bool is_served)
{
    struct client client = client_open(server);
    atomic_store(&victims, 0);
    atomic_store(&served, 0);
    bool open = true;
    for (size_t i = 0; in_pieces && open && i < row->size; i++)
        open = client_send_bytes(&client, row->request + i, 1);
    if (!in_pieces)
        (void)client_send_bytes(&client, row->request, row->size);
    (void)client_send(&client, VICTIM);
    const char *received = client_receive_all(&client);
    unsigned code = (unsigned)strtoul(received + (received[0] ? strlen("HTTP/1.1 ") : 0), NULL, 10);
    CHECK(code == row->code || (in_pieces && code == 200 && row->code == 400));
    CHECK(strstr(received, "Connection: close"));
    CHECK_INT(count_answers(received), 1);
    CHECK_INT(atomic_load(&served), in_pieces ? code == 200 : is_served);
    CHECK_INT(atomic_load(&victims), 0);
    client_close(&client);
}

static void test_chunked(void)
{
    static const struct {
        struct row row;
        bool is_served;
    } rows[] = {
        {ROW("chunks", 200, POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), true},
        {ROW("in capitals", 200, POST "TRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), true},
        {ROW("a chunk extension", BY_LIBRARY(200, 400),
             POST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n"),
         BY_LIBRARY(true, false)},
        {ROW("a trailer", 200, POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"), true},
        {ROW("many chunks", 200,
             POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n2\r\n\r\n\r\n0\r\n\r\n"),
         true},
        {ROW("a bare LF after a size", 400, POST "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"), false},
        {ROW("a bare LF after a chunk", 400, POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n1\r\na\r\n0\r\n\r\n"),
         false},
        {ROW("a bare LF in an extension", 400, POST "Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n"), false},
        {ROW("a bare LF as the empty line", 400, POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\n"),
         false},
        {ROW("a bare LF after the last chunk", BY_LIBRARY(200, 400),
             POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"),
         BY_LIBRARY(true, false)},
        {ROW("a size in 0x", 400, POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"), false},
        {ROW("a signed size", 400, POST "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"), false},
        {ROW("a blank before a size", 400, POST "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n"), false},
        {ROW("a blank after a size", 400, POST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"), false},
        {ROW("an empty size", 400, POST "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"), false},
        {ROW("a size past 64 bits", 413, POST "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n"),
         false},
        {ROW("more data than its size", 400, POST "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"), false},
    };
    struct http_server *server = open_server();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].row.name);
        check_chunks(server, &rows[i].row, false, rows[i].is_served);
        check_chunks(server, &rows[i].row, true, rows[i].is_served);
    }
    http_server_close(server);
}

/* Nothing is wrong with these: the connection goes on. */
static void test_unambiguous(void)
{
    static const struct row rows[] = {
        ROW("a plain request", 200, GET "Host: a\r\n\r\n"),
        ROW("an empty Host", 200, GET "Host:\r\n\r\n"),
        ROW("a Host with a port", 200, GET "Host: a.example:8080\r\n\r\n"),
        ROW("a Host in IPv6", 200, GET "Host: [::1]:8080\r\n\r\n"),
        ROW("an empty value", 200, GET "Host: a\r\nX:\r\nY: \r\n\r\n"),
        ROW("an empty value last", 200, GET "Host: a\r\nX:\r\n\r\n"),
        ROW("blanks about a value", 200, GET "Host: \t a \t \r\n\r\n"),
        ROW("a colon in a value", 200, GET "Host: a\r\nX: b:c\r\n\r\n"),
        ROW("a tab in a value", 200, GET "Host: a\r\nX: b\tc\r\n\r\n"),
        ROW("a value in UTF-8", 200, GET "Host: a\r\nX: \xc3\xb6\r\n\r\n"),
        ROW("an empty line before the request", 200, "\r\n" GET "Host: a\r\n\r\n"),
        ROW("a body", 200, POST "Content-Length: 5\r\n\r\nhello"),
        ROW("a body of nothing", 200, POST "Content-Length: 0\r\n\r\n"),
        ROW("a Content-Length with zeros before it", 200, POST "Content-Length: 005\r\n\r\nhello"),
        ROW("a body with a GET", 200, GET "Host: a\r\nContent-Length: 5\r\n\r\nhello"),
        ROW("a body that looks like a request", 200, POST "Content-Length: 33\r\n\r\n" VICTIM),
        ROW("an absolute target", 200, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an absolute target in other letters", 200, "GET http://A:80/?b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("blanks before a Content-Length", 200, POST "Content-Length: \t 5\r\n\r\nhello"),
        ROW("an escaped target", 200, "GET /a%20b?x=%c3%b6+y HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("nothing at this address", 404, "GET /../victim HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("dots are not resolved", 404, "GET /x/../victim HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an asterisk", 404, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("a method that is not allowed", 405, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an unknown method", 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("methods are told apart by case", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("a bad escape", 400, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("half an escape", 400, "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an escaped NUL", 400, "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an escaped NUL in the query", 400, "GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("a fragment", 400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("a relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an authority as target", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("an absolute target without a path", 400, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ROW("another scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    };
    struct http_server *server = open_server();
    struct client client = client_open(server);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        atomic_store(&victims, 0);
        CHECK(client_send_bytes(&client, rows[i].request, rows[i].size));
        ANSWER_CLEANUP struct answer answer = client_read_answer(&client, true);
        CHECK_INT(answer.code, rows[i].code);
        CHECK_STR(answer_header(&answer, "Connection"), "");
        CHECK_INT(atomic_load(&victims), 0);
    }
    client_close(&client);
    http_server_close(server);
}

CHECK_MAIN({"an ambiguous request is refused and the connection closed", test_ambiguous},
           {"a chunked request is the last on its connection", test_chunked},
           {"an unambiguous request leaves the connection open", test_unambiguous})
