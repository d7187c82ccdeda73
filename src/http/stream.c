/* Open-ended answers. libmicrohttpd asks for bytes when it can send; when there are none, the connection is suspended
 * until somebody wakes the stream. A wake that comes while the stream is being read is remembered, never lost. Where
 * `next` may have to wait, the connection is suspended while the pool calls it. */
#include "server.h"

#include "clock.h"
#include "memory.h"
#include "quota.h"
#include "reasons.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 };

struct http_stream {
    struct http_request *request;
    const struct http_stream_ops *ops;
    void *data;
    bool pings; /* the format has comments */
    /* Of the event loop; of the pool while it fills the stream. */
    struct pool_job job;
    bool ended;       /* `next` said so, or nobody reads on */
    struct text text; /* what `next` gave; sent up to `sent` */
    size_t sent;
    uint64_t bytes;
    _Atomic int64_t quiet_since_ns;
    pthread_mutex_t lock; /* for what follows */
    bool woken, suspended, ping, end, gone;
};

static void wake_locked(struct http_stream *stream)
{
    stream->woken = true;
    if (stream->suspended) {
        stream->suspended = false;
        MHD_resume_connection(stream->request->connection->handle);
    }
}

void http_stream_wake(struct http_stream *stream)
{
    (void)pthread_mutex_lock(&stream->lock);
    wake_locked(stream);
    (void)pthread_mutex_unlock(&stream->lock);
}

void stream_signal(struct http_stream *stream, enum stream_signal signal)
{
    (void)pthread_mutex_lock(&stream->lock);
    stream->end |= signal == STREAM_END;
    stream->gone |= signal == STREAM_GONE;
    stream->ping |= signal == STREAM_PING;
    wake_locked(stream);
    (void)pthread_mutex_unlock(&stream->lock);
}

int64_t stream_quiet_since(struct http_stream *stream)
{
    return atomic_load_explicit(&stream->quiet_since_ns, memory_order_relaxed);
}

uint64_t stream_bytes(const struct http_stream *stream)
{
    return stream->bytes;
}

/* Suspends the connection, unless a wake came in the meantime: then false. */
static bool sleep_until_woken(struct http_stream *stream)
{
    (void)pthread_mutex_lock(&stream->lock);
    bool sleeps = !stream->woken;
    if (sleeps) {
        stream->suspended = true;
        MHD_suspend_connection(stream->request->connection->handle);
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return sleeps;
}

/* Asks `next` for more. True when there is something to send or the stream is over. */
static bool refill(struct http_stream *stream)
{
    (void)pthread_mutex_lock(&stream->lock);
    bool ping = stream->ping && stream->pings;
    stream->ended |= stream->end || stream->gone || atomic_load(&stream->request->server->draining);
    stream->woken = stream->ping = false;
    (void)pthread_mutex_unlock(&stream->lock);

    text_clear(&stream->text);
    stream->sent = 0;
    if (!stream->ended)
        stream->ended = !stream->ops->next(stream->data, &stream->text);
    if (ping && !stream->text.length && !stream->ended)
        text_add(&stream->text, ":\n\n");
    return stream->text.length || stream->ended;
}

/* Whether there is nothing to do until somebody wakes the stream, who then resumes it. */
static bool stays_suspended(struct http_stream *stream)
{
    (void)pthread_mutex_lock(&stream->lock);
    bool stays = !stream->woken;
    stream->suspended = stays;
    (void)pthread_mutex_unlock(&stream->lock);
    return stays;
}

static void fill_on_pool(void *data)
{
    struct http_stream *stream = data;
    struct MHD_Connection *handle = stream->request->connection->handle;
    while (!refill(stream))
        if (stays_suspended(stream))
            return;
    MHD_resume_connection(handle); /* from here on the stream may be gone */
}

static bool fills_on_pool(const struct http_stream *stream)
{
    const struct http_request *request = stream->request;
    return http_runs_on_pool(request->route->run, HTTP_STREAM, request->server->settings.is_remote);
}

/* There are no more streams than the server allows, so there are no more of these jobs. */
static ssize_t hand_to_pool(struct http_stream *stream)
{
    stream->job = (struct pool_job){.run = fill_on_pool, .data = stream};
    MHD_suspend_connection(stream->request->connection->handle);
    pool_add(stream->request->server->pool, &stream->job);
    return 0;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t room)
{
    struct http_stream *stream = context;
    (void)position;
    while (stream->sent == stream->text.length) {
        /* Also for a client that has gone, because libmicrohttpd 0.9.75 may keep its connection until the loop's next
         * event when it hears END_WITH_ERROR. */
        if (stream->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (fills_on_pool(stream))
            return hand_to_pool(stream);
        if (!refill(stream) && sleep_until_woken(stream))
            return 0;
    }
    size_t left = stream->text.length - stream->sent, size = left < room ? left : room;
    memcpy(buffer, stream->text.data + stream->sent, size);
    stream->sent += size;
    stream->bytes += size;
    atomic_store_explicit(&stream->quiet_since_ns, clock_monotonic_ns(), memory_order_relaxed);
    return (ssize_t)size;
}

/* ---- Few enough ---- */

static enum quota_verdict take_place(struct http_request *request)
{
    struct http_server *server = request->server;
    char network[INET6_ADDRSTRLEN];
    network_of(request->client, network);
    (void)pthread_mutex_lock(&server->streams_lock);
    enum quota_verdict verdict =
        quota_take(server->streams, network, 1, server->settings.streams_each, server->settings.streams);
    (void)pthread_mutex_unlock(&server->streams_lock);
    return verdict;
}

static void leave_place(struct http_request *request)
{
    struct http_server *server = request->server;
    char network[INET6_ADDRSTRLEN];
    network_of(request->client, network);
    (void)pthread_mutex_lock(&server->streams_lock);
    quota_give_back(server->streams, network, 1);
    (void)pthread_mutex_unlock(&server->streams_lock);
}

static void refuse(struct http_request *request, enum quota_verdict verdict)
{
    const struct http_settings *settings = &request->server->settings;
    bool is_own = verdict == QUOTA_EACH_FULL;
    char most[REASON_NUMBER_SIZE];
    http_add_header(request, "Retry-After", "5");
    http_answer_reason(request, is_own ? 429 : 503, is_own ? REASON_ADDRESS_STREAMS : REASON_SERVER_STREAMS,
                       reason_number(most, is_own ? settings->streams_each : settings->streams));
}

struct http_stream *http_answer_stream(struct http_request *request, const char *content_type,
                                       const struct http_stream_ops *ops, void *data)
{
    enum quota_verdict verdict = take_place(request);
    if (verdict != QUOTA_TAKEN) {
        refuse(request, verdict);
        ops->close(data);
        return NULL;
    }
    struct http_stream *stream = NEW(struct http_stream);
    stream->request = request;
    stream->ops = ops;
    stream->data = data;
    stream->pings = strncmp(content_type, "text/event-stream", strlen("text/event-stream")) == 0;
    atomic_init(&stream->quiet_since_ns, clock_monotonic_ns());
    (void)pthread_mutex_init(&stream->lock, NULL);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, NULL);
    request->answer.stream = stream;
    answer_set(request, 200, content_type, response, 0);
    acceptor_watch(request->server->acceptor, request->connection, stream);
    return stream;
}

void stream_free(struct http_stream *stream)
{
    if (!stream)
        return;
    stream->ops->close(stream->data);
    leave_place(stream->request);
    text_release(&stream->text);
    (void)pthread_mutex_destroy(&stream->lock);
    free(stream);
}
