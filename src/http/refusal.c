/* Refusals that we write to the socket ourselves, past libmicrohttpd: it builds an answer in what the request's header
 * has left of the connection's memory, and closes the connection without a word when that is too little; and within a
 * body it takes no answer at all. Only where all earlier answers of the connection are with the kernel, and the
 * connection ends with this one. */
#include "server.h"

#include "clock.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

/* Most that an answer's header takes: the longest are those to preflights, which repeat what the client asked for. */
enum { ANSWER_ROOM = 1536 };
/* What libmicrohttpd 0.9.75 takes of a connection's memory: its struct MHD_HTTP_Header for each field, argument of the
 * query and cookie; at least half for reading, which it makes larger in small steps for a larger header. */
enum { RECORD_SIZE = 64, READ_ROOM = CONNECTION_MEMORY / 2, READ_STEP = 128, ALIGNMENT = 16 };

bool refusal_is_needed(size_t header_size, size_t records, size_t cookie_size)
{
    size_t read = header_size + READ_STEP < READ_ROOM ? READ_ROOM : header_size + READ_STEP;
    return read + records * RECORD_SIZE + cookie_size + ALIGNMENT * 2 + ANSWER_ROOM > CONNECTION_MEMORY;
}

static void add_headers(struct text *answer, const char *const *headers)
{
    for (; headers && headers[0]; headers += 2)
        text_addf(answer, "%s: %s\r\n", headers[0], headers[1]);
}

size_t refusal_send(const struct http_server *server, int fd, const struct http_request *request, unsigned code,
                    const char *sentence)
{
    TEXT_CLEANUP struct text body = {0};
    TEXT_CLEANUP struct text answer = {0};
    char date[CLOCK_HTTP_DATE_SIZE];
    clock_format_http_date(clock_now_ms() / 1000, date);
    answer_write_problem(&body, code, sentence);
    text_addf(&answer, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n", code, MHD_get_reason_phrase_for(code),
              date);
    text_addf(&answer, "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n", body.length);
    add_headers(&answer, server->settings.headers);
    if (!request || request->names_origin)
        add_headers(&answer, server->settings.origin_headers);
    if (code == 503 || code == 429)
        text_add(&answer, "Retry-After: 1\r\n");
    if (request)
        text_addf(&answer, "X-Request-Id: %s\r\n", request->id);
    text_add(&answer, "\r\n");
    if (!request || strcmp(request->method, "HEAD") != 0)
        text_add(&answer, text_get(&body));
    (void)send(fd, answer.data, answer.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return body.length;
}

enum MHD_Result refusal_answer(struct http_request *request, unsigned code, const char *sentence)
{
    struct connection *connection = request->connection;
    assert(request->stage != STAGE_QUEUED);
    request->answer.size = refusal_send(request->server, connection->fd, request, code, sentence);
    request->answer.code = code;
    request->stage = STAGE_REFUSED;
    connection->linger = true;
    return MHD_NO; /* which closes the connection */
}
