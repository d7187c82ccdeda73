#include "http_client.h"

#include "clock.h"
#include "file_at.h"
#include "memory.h"

#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEAD_BYTES_MAX = 64 << 10, UPLOAD_BUFFER_BYTES = 256 << 10 };

/* An easy handle keeps its connections: the one used last is taken first, so that these are warm. */
struct http_client {
    struct http_client_settings settings;
    char *ca_file;        /* or NULL */
    pthread_mutex_t lock; /* guards what follows */
    CURL **idle;
    size_t idle_count;
};

enum status http_client_open(const struct http_client_settings *settings, struct http_client **ret_client,
                             struct text *why)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) { /* counts; safe from any thread since libcurl 7.84 */
        text_setf(why, "The HTTP client can't be started.");
        return STATUS_BUSY;
    }
    struct http_client *client = NEW(struct http_client);
    client->settings = *settings;
    client->ca_file = settings->ca_file ? memory_copy_string(settings->ca_file) : NULL;
    client->idle = NEW_ARRAY(settings->idle_connections + 1, CURL *);
    pthread_mutex_init(&client->lock, NULL);
    *ret_client = client;
    return STATUS_OK;
}

void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->idle_count; i++)
        curl_easy_cleanup(client->idle[i]);
    pthread_mutex_destroy(&client->lock);
    free(client->idle);
    free(client->ca_file);
    free(client);
    curl_global_cleanup();
}

static CURL *take_handle(struct http_client *client)
{
    pthread_mutex_lock(&client->lock);
    CURL *handle = client->idle_count ? client->idle[--client->idle_count] : NULL;
    pthread_mutex_unlock(&client->lock);
    if (!handle)
        handle = curl_easy_init();
    assert(handle); /* without memory nothing goes on (memory.h) */
    return handle;
}

static void give_back_handle(struct http_client *client, CURL *handle)
{
    curl_easy_reset(handle); /* the options; connections stay */
    pthread_mutex_lock(&client->lock);
    bool has_room = client->idle_count < client->settings.idle_connections;
    if (has_room)
        client->idle[client->idle_count++] = handle;
    pthread_mutex_unlock(&client->lock);
    if (!has_room)
        curl_easy_cleanup(handle);
}

/* ---- One call ---- */

void http_call_add(struct http_call *call, const char *name, const char *value)
{
    assert(call->field_count < HTTP_FIELDS_MAX);
    call->fields[call->field_count++] = (struct http_field){name, value};
}

struct exchange {
    const struct http_call *call;
    CURL *handle;
    struct http_reply reply;
    uint64_t sent, taken; /* bytes of the bodies */
    curl_off_t moved;     /* bytes both ways, when some moved last, which was then: */
    int64_t moved_ns;
    bool is_too_large, is_too_short, is_ended, is_connected, is_stalled;
    char cause[CURL_ERROR_SIZE];
};

static bool is_for_taker(const struct exchange *exchange)
{
    long code = 0;
    (void)curl_easy_getinfo(exchange->handle, CURLINFO_RESPONSE_CODE, &code);
    return exchange->call->take && (code == 200 || code == 206);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const struct http_call *call = exchange->call;
    size_t length = size * count;
    bool goes_to_taker = is_for_taker(exchange);
    exchange->is_too_large = goes_to_taker ? length > call->take_max - exchange->taken
                                           : length > call->answer_max - exchange->reply.body.length;
    if (exchange->is_too_large)
        return 0;
    if (!goes_to_taker) {
        text_append(&exchange->reply.body, data, length);
        return length;
    }
    exchange->taken += length;
    exchange->is_ended = !call->take(call->context, data, length);
    return exchange->is_ended ? 0 : length;
}

/* ---- A body from a file ---- */

static size_t send_file(char *ret_data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const struct http_file *file = exchange->call->file;
    uint64_t left = file->size - exchange->sent;
    size_t wanted = size * count < left ? size * count : (size_t)left;
    size_t have = file_read_at(file->fd, ret_data, wanted, file->offset + exchange->sent);
    exchange->is_too_short = have < wanted;
    exchange->sent += have;
    return exchange->is_too_short ? CURL_READFUNC_ABORT : have;
}

/* For sending it again, when a connection that was kept turns out to be closed. */
static int seek_file(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->call->file->size)
        return CURL_SEEKFUNC_CANTSEEK;
    exchange->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* ---- The answer's head ---- */

/* A new status line begins: what came before was an interim answer (RFC 9110 15.2). */
static size_t take_head(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct text *head = &exchange->reply.head;
    size_t length = size * count;
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        text_clear(head);
        return length;
    }
    exchange->is_too_large = length > HEAD_BYTES_MAX - head->length;
    if (exchange->is_too_large)
        return 0;
    while (length && (data[length - 1] == '\n' || data[length - 1] == '\r'))
        length--;
    if (length) {
        text_append(head, data, length);
        text_addc(head, '\n');
    }
    return size * count;
}

/* An empty value is written "Name;", and a name without one, "Name:", keeps curl from sending a field of its own. */
static enum status list_fields(const struct http_call *call, struct curl_slist **ret_list, struct text *why)
{
    static const char *const silenced[] = {"Expect:", "Content-Type:"};
    struct curl_slist *list = NULL;
    TEXT_CLEANUP struct text line = {0};
    for (size_t i = 0; i < sizeof silenced / sizeof silenced[0]; i++)
        list = curl_slist_append(list, silenced[i]);
    for (size_t i = 0; i < call->field_count; i++) {
        const struct http_field *field = &call->fields[i];
        if (strpbrk(field->name, "\r\n:;") || strpbrk(field->value, "\r\n")) {
            text_setf(why, "Field %zu of the request to %s contains a line break.", i + 1, call->url);
            curl_slist_free_all(list);
            return STATUS_INVALID;
        }
        text_setf(&line, *field->value ? "%s: %s" : "%s;", field->name, field->value);
        list = curl_slist_append(list, text_get(&line));
    }
    *ret_list = list;
    return STATUS_OK;
}

/* Some servers answer 411 to these without a Content-Length, also where there is no body (RFC 9110 8.6). */
static bool says_length(const struct http_call *call)
{
    return call->body || strcmp(call->method, "PUT") == 0 || strcmp(call->method, "POST") == 0;
}

/* The method last: it is what goes out, whatever curl would call a request with such a body. */
static void set_body(CURL *handle, struct exchange *exchange)
{
    const struct http_call *call = exchange->call;
    if (call->file) {
        (void)curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->file->size);
        (void)curl_easy_setopt(handle, CURLOPT_READFUNCTION, send_file);
        (void)curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
        (void)curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_file);
        (void)curl_easy_setopt(handle, CURLOPT_SEEKDATA, exchange);
        (void)curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    } else if (says_length(call)) {
        (void)curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(call->body ? call->body_size : 0));
        (void)curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call->body ? call->body : ""); /* not copied */
    }
    if (strcmp(call->method, "HEAD") == 0)
        (void)curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    else
        (void)curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call->method);
}

/* Asked by curl once a second at least. Its own limit (CURLOPT_LOW_SPEED_TIME) goes by an average of some seconds, and
 * so finds an end after twice the time. */
static int look_for_stall(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    struct exchange *exchange = context;
    int64_t now_ns = clock_monotonic_ns();
    (void)down_all, (void)up_all;
    if (down + up != exchange->moved || !exchange->moved_ns) {
        exchange->moved = down + up;
        exchange->moved_ns = now_ns;
    }
    exchange->is_stalled = now_ns - exchange->moved_ns > exchange->call->stall_timeout_ms * 1000000;
    return exchange->is_stalled;
}

static void set_limits(const struct http_client *client, CURL *handle, struct exchange *exchange)
{
    const struct http_call *call = exchange->call;
    (void)curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    (void)curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)client->settings.connect_timeout_ms);
    if (call->stall_timeout_ms) {
        (void)curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        (void)curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_for_stall);
        (void)curl_easy_setopt(handle, CURLOPT_XFERINFODATA, exchange);
    }
}

static void set_options(const struct http_client *client, CURL *handle, struct exchange *exchange,
                        struct curl_slist *fields)
{
    const struct http_call *call = exchange->call;
    (void)curl_easy_setopt(handle, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    (void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L); /* signals belong to the process, and there are threads */
    (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_head);
    (void)curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange);
    (void)curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, exchange->cause);
    if (call->goes_direct)
        (void)curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    if (client->ca_file)
        (void)curl_easy_setopt(handle, CURLOPT_CAINFO, client->ca_file);
    set_limits(client, handle, exchange);
    set_body(handle, exchange);
}

/* What is not listed is the other side's or the network's: UNAVAILABLE. */
static enum status status_of(CURLcode code, const struct exchange *exchange)
{
    if (exchange->is_too_large)
        return STATUS_TOO_LARGE;
    if (exchange->is_too_short)
        return STATUS_UNPROCESSABLE;
    if (exchange->is_stalled)
        return exchange->is_connected ? STATUS_TIMEOUT : STATUS_UNAVAILABLE;
    switch (code) {
    case CURLE_OK:
        return STATUS_OK;
    case CURLE_OPERATION_TIMEDOUT: /* nothing was sent where there was no connection */
        return exchange->is_connected ? STATUS_TIMEOUT : STATUS_UNAVAILABLE;
    case CURLE_URL_MALFORMAT:
        return STATUS_INVALID;
    default:
        return STATUS_UNAVAILABLE;
    }
}

static enum status explain(CURLcode code, const struct exchange *exchange, const char *host, struct text *why)
{
    enum status status = status_of(code, exchange);
    if (status == STATUS_TOO_LARGE)
        text_setf(why, "%s: the response is larger than %" PRIu64 " bytes", host,
                  is_for_taker(exchange) ? exchange->call->take_max : exchange->call->answer_max);
    else if (status == STATUS_UNPROCESSABLE)
        text_setf(why, "%s: the file to send is shorter than %" PRIu64 " bytes", host, exchange->call->file->size);
    else if (exchange->is_stalled)
        text_setf(why, "%s: no byte came or went for %" PRId64 " s", host, exchange->call->stall_timeout_ms / 1000);
    else if (exchange->is_ended)
        text_setf(why, "%s: the request was called off", host);
    else if (status != STATUS_OK)
        text_setf(why, "%s: %s", host, exchange->cause[0] ? exchange->cause : curl_easy_strerror(code));
    return status;
}

enum status http_client_ask(struct http_client *client, const struct http_call *call, struct http_reply *ret_reply,
                            struct text *why)
{
    struct exchange exchange = {.call = call};
    struct curl_slist *fields = NULL;
    TEXT_CLEANUP struct text host = {0};
    const char *target;
    if (!http_url_split(call->url, &host, &target)) {
        text_setf(why, "\"%s\" isn't an http or https URL", call->url);
        return STATUS_INVALID;
    }
    enum status status = list_fields(call, &fields, why);
    if (status != STATUS_OK)
        return status;
    CURL *handle = take_handle(client);
    exchange.handle = handle;
    set_options(client, handle, &exchange, fields);
    CURLcode code = curl_easy_perform(handle);
    long answered = 0;
    curl_off_t connected_us = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    exchange.is_connected = connected_us > 0;
    (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answered);
    exchange.reply.code = (unsigned)answered;
    status = explain(code, &exchange, text_get(&host), why);
    give_back_handle(client, handle);
    curl_slist_free_all(fields);
    if (status == STATUS_OK)
        *ret_reply = exchange.reply;
    else
        http_reply_release(&exchange.reply);
    return status;
}

/* ---- The answer ---- */

void http_reply_release(struct http_reply *reply)
{
    text_release(&reply->head);
    text_release(&reply->body);
}

bool http_reply_field(const struct http_reply *reply, const char *name, struct text *ret_value)
{
    size_t length = strlen(name);
    for (const char *line = text_get(&reply->head); *line; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \t");
        text_clear(ret_value);
        text_append(ret_value, value, strcspn(value, "\n"));
        return true;
    }
    return false;
}

bool http_url_split(const char *url, struct text *ret_authority, const char **ret_target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(url, schemes[i], length) != 0)
            continue;
        const char *authority = url + length, *end = authority + strcspn(authority, "/?#");
        for (const char *at = authority; at < end; at++)
            if (*at == '@')
                authority = at + 1;
        text_clear(ret_authority);
        text_append(ret_authority, authority, (size_t)(end - authority));
        *ret_target = end;
        return end > authority;
    }
    return false;
}
