/* Ambiguous requests. Where two readers could take the same bytes for two different requests, an attacker hides one
 * request inside another ("request smuggling"): what the balancer takes for a body, the server takes for a request. So
 * whatever RFC 9112 leaves room to repair is refused with 400, and the connection is closed.
 *
 * libmicrohttpd 0.9.75 repairs more than we like: a line may end in a bare LF, lines that begin with a blank are joined
 * to the one before, a line that begins with NUL ends the header. It gives no option against that, but it leaves
 * traces. It parses in place, in one piece of memory: each CR and each LF that ends a line, and the colon after each
 * header's name, becomes a NUL. From the version to the end of the header (of which it tells the size) there stands, if
 * all was well:
 *
 *      HTTP/1.1 00 00 Host 00 ' ' example 00 00 … 00 00 00 00
 *
 * A bare LF leaves one NUL where two belong, a folded line has no NUL where the colon belongs, and a NUL of the
 * client's own moves everything behind it. check_lines walks over that. libmicrohttpd 0.9.77 and later refuse all this
 * themselves, and parse in another way: there http_server_open asks for it, by their level 1, and the walk is left out.
 * (Level 2 refuses the empty line before a request, too, which RFC 9112 2.2 wants skipped.) */
#include "server.h"

#include "clock.h"
#include "origin.h"

#include <string.h>
#include <strings.h>

static const char repeated_length[] = "it has more than one Content-Length";
static const char bad_line_end[] = "a line of its header doesn't end in CR LF, or contains a NUL";

static bool is_made_of(const char *text, size_t length, const char *punctuation)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_alphanumeric = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (!is_alphanumeric && !(c && strchr(punctuation, c)))
            return false;
    }
    return true;
}

/* RFC 9110 5.6.2 */
static bool is_token(const char *text, size_t length)
{
    return length > 0 && is_made_of(text, length, "-_!#$%&'*+.^`|~");
}

/* Steps over two NULs, CR and LF that were. */
static bool step_over_line_end(const char **position, const char *end)
{
    if (end - *position < 2 || (*position)[0] || (*position)[1])
        return false;
    *position += 2;
    return true;
}

/* From behind the version to the end of the header. */
static const char *check_lines(const char *position, const char *end)
{
    if (position >= end || end[-1] || !step_over_line_end(&position, end))
        return bad_line_end;
    while (position < end) {
        if (!*position) /* the empty line, which must be the last */
            return step_over_line_end(&position, end) && position == end ? NULL : bad_line_end;
        if (*position == ' ' || *position == '\t')
            return "a line of its header is folded";
        position += strlen(position) + 1; /* the name and its colon */
        if (position >= end)
            return bad_line_end;
        position += strlen(position);
        if (!step_over_line_end(&position, end))
            return bad_line_end;
    }
    return bad_line_end;
}

/* "METHOD target HTTP/1.x" with one space between each. */
static const char *check_request_line(const struct http_request *request, struct MHD_Connection *handle,
                                      const char *version)
{
    size_t method_length = strlen(request->method);
    if (!is_token(request->method, method_length))
        return "its method contains a character that isn't allowed";
    for (const char *c = request->target; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127)
            return "its target contains a space or a control character";
#if MHD_VERSION < 0x00097700
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!info || request->line_target != request->method + method_length + 1
        || version != request->line_target + request->line_target_length + 1)
        return "its request line isn't three parts with one space between each";
    return check_lines(version + strlen(version), request->method + info->header_size);
#else
    (void)handle, (void)version, (void)check_lines;
    return NULL;
#endif
}

/* ---- The headers that decide where the request ends, and whom it is for ---- */

struct framing {
    struct http_request *request;
    unsigned lengths, encodings, hosts;
    bool ends_in_blank;          /* the value that is seen, before it is trimmed */
    size_t records, cookie_size; /* what they take of memory: refusal.c */
    const char *sentence;        /* of the first refusal */
};

/* A blank behind the number is refused, because libmicrohttpd takes it for no number. */
static const char *see_length(struct framing *framing, const char *value, size_t length)
{
    if (framing->lengths++)
        return repeated_length;
    if (framing->ends_in_blank || !content_length_read(value, length, &framing->request->content_length))
        return "its Content-Length isn't a number of bytes";
    return NULL;
}

/* libmicrohttpd takes "chunked" with a blank behind it for another coding, and waits for a body without an end. */
static const char *see_encoding(struct framing *framing, const char *value, size_t length)
{
    if (framing->encodings++ || framing->ends_in_blank || length != strlen("chunked")
        || strncasecmp(value, "chunked", length) != 0)
        return "its Transfer-Encoding isn't just chunked";
    framing->request->chunked = true;
    return NULL;
}

static const char *see_host(struct framing *framing, const char *value, size_t length)
{
    if (framing->hosts++)
        return "it has more than one Host";
    return is_made_of(value, length, ".:-_[]!$%&'()*+;=~") ? NULL : "its Host isn't the name of a host";
}

static const char *see_expectation(struct framing *framing, const char *value, size_t length)
{
    framing->request->expects_continue =
        length == strlen("100-continue") && strncasecmp(value, "100-continue", length) == 0;
    return NULL;
}

static const char *see_origin(struct framing *framing, const char *value, size_t length)
{
    (void)value;
    framing->request->names_origin = length > 0;
    return NULL;
}

static const char *see_id(struct framing *framing, const char *value, size_t length)
{
    if (length == 0 || length >= ID_ROOM || !is_made_of(value, length, "._-"))
        return NULL;
    memcpy(framing->request->id, value, length);
    framing->request->id[length] = '\0';
    return NULL;
}

static const char *see_cookie(struct framing *framing, const char *value, size_t length)
{
    (void)value;
    framing->cookie_size += length;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*see)(struct framing *framing, const char *value, size_t length);
} seen[] = {
    {"content-length", see_length},
    {"transfer-encoding", see_encoding},
    {"host", see_host},
    {"expect", see_expectation},
    {"origin", see_origin},
    {"cookie", see_cookie},
    {"x-request-id", see_id},
};

static bool is_name(const char *lower, const char *name, size_t length)
{
    return (name[0] | 32) == lower[0] && strncasecmp(lower, name, length) == 0 && !lower[length];
}

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t length)
{
    struct framing *framing = context;
    framing->records++;
    if (kind != MHD_HEADER_KIND)
        return MHD_YES;
    if (!is_token(name, name_length))
        framing->sentence = "the name of a header contains a character that isn't allowed";
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 127)
            framing->sentence = "the value of a header contains a control character";
    size_t whole = length;
    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    framing->ends_in_blank = length < whole;
    for (size_t i = 0; i < sizeof seen / sizeof seen[0] && !framing->sentence; i++)
        if (is_name(seen[i].name, name, name_length))
            framing->sentence = seen[i].see(framing, value, length);
    return framing->sentence ? MHD_NO : MHD_YES;
}

/* ---- Chunks ---- */

/* libmicrohttpd 0.9.75 takes a bare LF in the lines between chunks, too. It reads to one place, again and again, and
 * gives a chunk from there: so the lines before a chunk can be seen, unless a read ended between them and the chunk.
 * What this misses does no harm, since a chunked request is the last on its connection (answer_queue): nothing can hide
 * behind it. */
static const char bad_chunk_end[] = "a line between the chunks of its body doesn't end in CR LF";

static bool follows_line_end(const char *start, const char *position)
{
    return position - start >= 2 && position[-2] == '\r' && position[-1] == '\n';
}

const char *strict_check_chunk(const struct http_request *request, const char *data)
{
#if MHD_VERSION < 0x00097700
    const char *start = request->body_memory;
    if (data == start) /* more of a chunk, or its size came with an earlier read */
        return NULL;
    if (!follows_line_end(start, data))
        return bad_chunk_end;
    const char *line = data - 2;
    while (line > start && line[-1] != '\n')
        line--;
    return line == start || follows_line_end(start, line) ? NULL : bad_chunk_end;
#else
    (void)request, (void)data, (void)bad_chunk_end, (void)follows_line_end;
    return NULL;
#endif
}

/* The empty line behind the last chunk, or the first of the trailer, is read to the same place, and its end turned to
 * NULs. */
const char *strict_check_last_chunk(const struct http_request *request)
{
#if MHD_VERSION < 0x00097700
    return !request->body_memory[0] && request->body_memory[1] ? bad_chunk_end : NULL;
#else
    (void)request;
    return NULL;
#endif
}

/* ---- The whole ---- */

/* A target may name its host, too ("absolute form", RFC 9112 3.2.2). Servers go by that, many proxies by Host: so both
 * must agree. */
static const char *check_target_host(const struct http_request *request)
{
    static const char *const schemes[] = {"http", "https"};
    const char *host = http_header(request, "Host"), *target = request->target;
    for (size_t i = 0; host && i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) != 0 || strncmp(target + length, "://", 3) != 0)
            continue;
        const char *start = target + length + 3;
        char *authority = request_copy(&request->connection->request, start, strcspn(start, "/?"));
        if (!origin_is_same_host(schemes[i], authority, host))
            return "its target names a different host than its Host";
    }
    return NULL;
}

const char *strict_check(struct http_request *request, struct MHD_Connection *handle, const char *version)
{
    struct framing framing = {.request = request};
    request->is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    const char *sentence = check_request_line(request, handle, version);
    if (sentence)
        return sentence;
    (void)MHD_get_connection_values_n(handle, MHD_HEADER_KIND | MHD_COOKIE_KIND, see_header, &framing);
    if (framing.sentence)
        return framing.sentence;
    if (framing.encodings && (framing.lengths || request->is_1_0))
        return "it has a Transfer-Encoding together with a Content-Length, or in HTTP/1.0";
    if (!framing.hosts && !request->is_1_0)
        return "it has no Host";
    sentence = check_target_host(request);
    if (sentence)
        return sentence;
    if (request->chunked)
        request->content_length = UINT64_MAX;
    request->expects_continue &= !request->is_1_0;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    request->body_memory = request->method + (info ? info->header_size : 0);
    request->is_too_large = refusal_is_needed(info ? info->header_size : 0, framing.records, framing.cookie_size);
    return NULL;
}
