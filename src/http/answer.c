/* Answers: from what a handler says to a response that libmicrohttpd sends. Any thread may prepare one; only the event
 * loop hands it over. */
#include "server.h"

#include "clock.h"
#include "json.h"
#include "reasons.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

/* Control characters would end the header early, or split the answer: they become spaces. */
static char *copy_value(struct http_request *request, const char *value)
{
    char *copy = request_copy(request, value, strlen(value));
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return copy;
}

void http_add_header(struct http_request *request, const char *name, const char *value)
{
    struct header *header = request_room(request, sizeof *header);
    *header = (struct header){.name = request_copy(request, name, strlen(name)), .value = copy_value(request, value)};
    *request->last_header = header;
    request->last_header = &header->next;
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value[0]) /* libmicrohttpd takes no empty value */
        (void)MHD_add_response_header(response, name, value);
}

static void add_all(struct MHD_Response *response, const char *const *headers)
{
    for (; headers && headers[0]; headers += 2)
        add(response, headers[0], headers[1]);
}

void answer_set(struct http_request *request, unsigned code, const char *content_type, struct MHD_Response *response,
                uint64_t size)
{
    assert(!request->answer.code && response); /* one answer a request */
    if (content_type)
        add(response, "Content-Type", content_type);
    for (const struct header *header = request->headers; header; header = header->next)
        add(response, header->name, header->value);
    add_all(response, request->server->settings.headers);
    if (request->names_origin)
        add_all(response, request->server->settings.origin_headers);
    add(response, "X-Request-Id", request->id);
    request->answer.response = response;
    request->answer.size = size;
    request->answer.code = code;
}

enum MHD_Result answer_queue(struct http_request *request, struct MHD_Connection *handle)
{
    /* A chunked request is always the last of its connection: libmicrohttpd 0.9.75 takes a bare LF in the lines between
     * chunks, where others may see other borders. So no second request can be smuggled behind one. */
    if (request->must_close || request->chunked
        || atomic_load_explicit(&request->server->draining, memory_order_relaxed))
        (void)MHD_add_response_header(request->answer.response, "Connection", "close");
    connection_enter(request->connection, PHASE_SENDING, clock_monotonic_ns());
    request->stage = STAGE_QUEUED;
    enum MHD_Result queued = MHD_queue_response(handle, request->answer.code, request->answer.response);
    MHD_destroy_response(request->answer.response);
    request->answer.response = NULL;
    return queued;
}

static struct MHD_Response *empty(void)
{
    static char nothing[1];
    return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
}

void http_answer(struct http_request *request, unsigned code, const char *content_type, const char *body, size_t size)
{
    if (!content_type || !size) {
        answer_set(request, code, content_type, empty(), 0);
        return;
    }
    struct text copy = {0};
    text_append(&copy, body, size);
    http_answer_text(request, code, content_type, &copy);
}

void http_answer_static(struct http_request *request, unsigned code, const char *content_type, const char *body,
                        size_t size)
{
    answer_set(request, code, content_type,
               MHD_create_response_from_buffer(size, (char *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT), size);
}

/* What the handler wanted to say of its answer is not true of this one. */
static void answer_held_up(struct http_request *request)
{
    request->headers = NULL;
    request->last_header = &request->headers;
    http_add_header(request, "Retry-After", "1");
    http_answer_reason(request, 503, REASON_SERVER_BUSY);
}

void http_answer_text(struct http_request *request, unsigned code, const char *content_type, struct text *body)
{
    size_t size = body->length;
    if (!held_take(request->connection, size)) {
        text_release(body);
        answer_held_up(request);
        return;
    }
    answer_set(request, code, content_type,
               MHD_create_response_from_buffer(size, text_take(body), MHD_RESPMEM_MUST_FREE), size);
}

void answer_write_problem(struct text *out, unsigned code, const char *sentence)
{
    const char *title = MHD_get_reason_phrase_for(code);
    text_add(out, "{\"type\":\"about:blank\",\"title\":");
    json_add_string(out, title, strlen(title));
    text_addf(out, ",\"status\":%u,\"detail\":", code);
    json_add_string(out, sentence, strlen(sentence));
    reason_add_json(out, sentence);
    text_addc(out, '}');
}

void answer_problem(struct http_request *request, unsigned code, const char *sentence)
{
    struct text body = {0};
    answer_write_problem(&body, code, sentence);
    http_answer_text(request, code, "application/problem+json", &body);
}

void http_answer_problem(struct http_request *request, unsigned code, const struct text *sentence)
{
    answer_problem(request, code, text_get(sentence));
}

void http_answer_reason(struct http_request *request, unsigned code, enum reason reason, ...)
{
    TEXT_CLEANUP struct text sentence = {0};
    va_list values;
    va_start(values, reason);
    reason_vset(&sentence, reason, values);
    va_end(values);
    answer_problem(request, code, text_get(&sentence));
}

void http_answer_file(struct http_request *request, unsigned code, const char *content_type, int fd, uint64_t offset,
                      uint64_t size)
{
    if (!size) {
        (void)close(fd);
        answer_set(request, code, content_type, empty(), 0);
        return;
    }
    answer_set(request, code, content_type, MHD_create_response_from_fd_at_offset64(size, fd, offset), size);
}
