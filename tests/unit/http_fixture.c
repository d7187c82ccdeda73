#include "http_fixture.h"

#include <fcntl.h>

struct fixture shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
sem_t gate;

static void count(unsigned *counter)
{
    (void)pthread_mutex_lock(&shared.lock);
    (*counter)++;
    (void)pthread_cond_broadcast(&shared.changed);
    (void)pthread_mutex_unlock(&shared.lock);
}

bool wait_for(const unsigned *counter, unsigned value)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    int error = 0;
    (void)pthread_mutex_lock(&shared.lock);
    while (*counter < value && !error)
        error = pthread_cond_timedwait(&shared.changed, &shared.lock, &until);
    bool reached = *counter >= value;
    (void)pthread_mutex_unlock(&shared.lock);
    return reached;
}

static void on_done(void *context, const struct http_done *done)
{
    (void)context;
    (void)pthread_mutex_lock(&shared.lock);
    if (shared.done_count < DONES_MAX) {
        unsigned i = shared.done_count++;
        (void)snprintf(shared.dones[i].id, sizeof shared.dones[i].id, "%s", done->id);
        (void)snprintf(shared.dones[i].method, sizeof shared.dones[i].method, "%s", done->method);
        (void)snprintf(shared.dones[i].path, sizeof shared.dones[i].path, "%s", done->path);
        (void)snprintf(shared.dones[i].route, sizeof shared.dones[i].route, "%s", done->route);
        shared.dones[i].code = done->code;
        shared.dones[i].in = done->body_bytes_in;
        shared.dones[i].out = done->body_bytes_out;
        shared.dones[i].duration_ns = done->duration_ns;
    }
    (void)pthread_cond_broadcast(&shared.changed);
    (void)pthread_mutex_unlock(&shared.lock);
}

/* ---- Handlers ---- */

static void answer_string(struct http_request *request, const char *string)
{
    http_answer(request, 200, "text/plain", string, strlen(string));
}

static void handle_hello(struct http_request *request)
{
    answer_string(request, "hello");
}

static void handle_name(struct http_request *request)
{
    struct text text = {0};
    text_addf(&text, "%s|%s|%s|%s", http_path(request), http_parameter(request, "name"), http_parameter(request, "key"),
              http_parameter(request, "other"));
    http_answer_text(request, 200, "text/plain", &text);
}

static void handle_me(struct http_request *request)
{
    answer_string(request, "me");
}

static void handle_query(struct http_request *request)
{
    struct text text = {0};
    TEXT_CLEANUP struct text why = {0};
    const char *value = http_query(request, "a");
    int64_t number = -1;
    enum status status = http_query_integer(request, "n", 1, 100, 20, &number, &why);
    text_addf(&text, "%s|%s|%lld|%s", value ? value : "(null)", status_name(status), (long long)number, text_get(&why));
    http_answer_text(request, 200, "text/plain", &text);
}

static void handle_headers(struct http_request *request)
{
    const char *value = http_header(request, "x-TEST");
    http_add_header(request, "X-Test", value ? value : "none");
    http_add_header(request, "X-Split", "a\r\nInjected: b");
    http_answer(request, 201, NULL, NULL, 0);
}

static void handle_file(struct http_request *request)
{
    http_answer_file(request, 206, "text/plain", open(http_context(request), O_RDONLY | O_CLOEXEC), 2, 5);
}

static void handle_wait(struct http_request *request)
{
    count(&shared.begun);
    (void)sem_wait(&gate);
    answer_string(request, "waited");
}

/* ---- Steps that wait where the request says so: ?at=begin ---- */

static void wait_at(const char *asked, const char *step)
{
    if (!asked || strcmp(asked, step) != 0)
        return;
    count(&shared.begun);
    (void)sem_wait(&gate);
}

static void identify(struct http_request *request, const struct http_route *route)
{
    const char *name = http_header(request, "X-Name");
    wait_at(http_query(request, "at"), "identify");
    if (name)
        http_set_caller(request, name);
    else if (route->needs_caller == HTTP_CALLER_REQUIRED)
        http_answer_reason(request, 401, REASON_NAME_MISSING);
}

static void check_steps(struct http_request *request)
{
    if (http_header(request, "X-Refused"))
        http_answer_reason(request, 415, REASON_WORDS_TYPE);
}

static void begin_steps(struct http_request *request)
{
    http_set_data(request, arena_copy_string(http_arena(request), http_query(request, "at")));
    wait_at(http_query(request, "at"), "begin");
}

static void handle_steps(struct http_request *request)
{
    const char *name = http_caller(request);
    wait_at(http_query(request, "at"), "handle");
    answer_string(request, name ? name : "nobody");
}

static void end_steps(void *data)
{
    wait_at(data, "end");
    count(&shared.ended);
}

static bool next_steps(void *data, struct text *out)
{
    (void)data;
    count(&shared.begun);
    (void)sem_wait(&gate);
    text_add(out, "data: waited\n\n");
    return false;
}

static void close_steps(void *data)
{
    (void)data;
    count(&shared.stream_closed);
}

static void handle_stream_steps(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_steps, close_steps};
    (void)http_answer_stream(request, "text/event-stream", &ops, NULL);
}

struct upload {
    uint64_t size, sum;
};

static void begin_upload(struct http_request *request)
{
    count(&shared.begun);
    http_set_data(request, arena_new(http_arena(request), sizeof(struct upload)));
}

static void take_upload(struct http_request *request, const char *data, size_t size)
{
    struct upload *upload = http_data(request);
    upload->size += size;
    for (size_t i = 0; i < size; i++)
        upload->sum += (unsigned char)data[i];
}

static void handle_upload(struct http_request *request)
{
    const struct upload *upload = http_data(request);
    struct text text = {0};
    text_addf(&text, "%llu %llu", (unsigned long long)upload->size, (unsigned long long)upload->sum);
    http_answer_text(request, 200, "text/plain", &text);
}

static void end_upload(void *data)
{
    (void)data;
    count(&shared.ended);
}

static void begin_refused(struct http_request *request)
{
    begin_upload(request);
    http_answer_reason(request, 403, REASON_PHOTO_NOT_YOURS);
}

static void take_refused(struct http_request *request, const char *data, size_t size)
{
    (void)data, (void)size;
    http_answer_reason(request, 415, REASON_WORDS_TYPE);
}

/* A stream that sends what the test has put into it. */
static struct {
    pthread_mutex_t lock;
    struct text pending;
    bool over;
    struct http_stream *stream;
} events = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool next_event(void *data, struct text *out)
{
    (void)data;
    (void)pthread_mutex_lock(&events.lock);
    text_append(out, text_get(&events.pending), events.pending.length);
    text_clear(&events.pending);
    bool goes_on = !events.over;
    (void)pthread_mutex_unlock(&events.lock);
    return goes_on;
}

static void close_events(void *data)
{
    (void)data;
    (void)pthread_mutex_lock(&events.lock);
    events.stream = NULL;
    (void)pthread_mutex_unlock(&events.lock);
    count(&shared.stream_closed);
}

static void handle_events(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_event, close_events};
    (void)pthread_mutex_lock(&events.lock);
    events.stream = http_answer_stream(request, "text/event-stream", &ops, NULL);
    (void)pthread_mutex_unlock(&events.lock);
}

void send_event(const char *text, bool over)
{
    (void)pthread_mutex_lock(&events.lock);
    text_add(&events.pending, text);
    events.over = over;
    if (events.stream)
        http_stream_wake(events.stream);
    (void)pthread_mutex_unlock(&events.lock);
}

void forget_events(void)
{
    text_release(&events.pending);
    events.over = false;
}

/* Wakes itself while it says that there is nothing: as somebody else may, at just that moment. */
static bool next_woken(void *data, struct text *out)
{
    if (!*(bool *)data) {
        *(bool *)data = true;
        http_stream_wake(events.stream);
        return true;
    }
    text_add(out, "data: woken\n\n");
    return false;
}

static void handle_woken(struct http_request *request)
{
    static const struct http_stream_ops ops = {next_woken, close_events};
    static bool woken;
    woken = false;
    events.stream = http_answer_stream(request, "text/event-stream", &ops, &woken);
}

static const struct http_route users[] = {
    {.method = "GET", .pattern = "/users/{name}", .run = HTTP_POOL, .handle = handle_name},
    {.method = "GET", .pattern = "/users/{name}/{other}", .run = HTTP_INLINE, .handle = handle_name},
    {.method = "GET", .pattern = "/users/me", .run = HTTP_INLINE, .handle = handle_me},
    {.method = "GET", .pattern = "/objects/{name}/{key*}", .run = HTTP_INLINE, .handle = handle_name},
    {0},
};
static const struct http_route others[] = {
    {.method = "GET", .pattern = "/", .run = HTTP_INLINE, .handle = handle_hello},
    {.method = "GET", .pattern = "/query", .run = HTTP_INLINE, .handle = handle_query},
    {.method = "GET", .pattern = "/headers", .run = HTTP_INLINE, .handle = handle_headers},
    {.method = "GET", .pattern = "/file", .run = HTTP_POOL, .handle = handle_file},
    {.method = "GET", .pattern = "/wait", .run = HTTP_POOL, .handle = handle_wait},
    {.method = "*", .pattern = "/any", .run = HTTP_INLINE, .handle = handle_me},
    {.method = "POST", .pattern = "/any", .run = HTTP_INLINE, .handle = handle_hello},
    {.method = "POST", .pattern = "/ignored", .run = HTTP_POOL, .handle = handle_hello},
    {.method = "POST",
     .pattern = "/upload",
     .run = HTTP_POOL,
     .begin = begin_upload,
     .body = take_upload,
     .handle = handle_upload,
     .end = end_upload},
    {.method = "POST",
     .pattern = "/refused",
     .run = HTTP_INLINE,
     .begin = begin_refused,
     .body = take_upload,
     .handle = handle_upload,
     .end = end_upload},
    {.method = "POST",
     .pattern = "/midway",
     .run = HTTP_INLINE,
     .begin = begin_upload,
     .body = take_refused,
     .handle = handle_upload,
     .end = end_upload},
    {.method = "GET", .pattern = "/events", .run = HTTP_INLINE, .handle = handle_events},
    {.method = "GET", .pattern = "/woken", .run = HTTP_READ, .handle = handle_woken},
    {.method = "POST",
     .pattern = "/steps",
     .run = HTTP_READ,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .check = check_steps,
     .begin = begin_steps,
     .handle = handle_steps,
     .end = end_steps},
    {.method = "GET",
     .pattern = "/steps",
     .run = HTTP_READ,
     .needs_caller = HTTP_CALLER_OPTIONAL,
     .handle = handle_steps},
    {.method = "GET", .pattern = "/steps/anybody", .run = HTTP_READ, .handle = handle_steps},
    {.method = "GET", .pattern = "/steps/events", .run = HTTP_READ, .handle = handle_stream_steps},
    {.method = "GET", .pattern = "/pooled-events", .run = HTTP_POOL, .handle = handle_events},
    {0},
};

const struct http_route *const fixture_tables[] = {users, others, NULL};

struct http_server *open_server(unsigned pool_threads)
{
    return open_server_of(pool_threads, false);
}

struct http_server *open_server_of(unsigned pool_threads, bool is_remote)
{
    static const char *const headers[] = {"X-Always", "yes", NULL};
    struct http_server *server = NULL;
    TEXT_CLEANUP struct text why = {0};
    static char path[128];
    if (!path[0]) {
        (void)snprintf(path, sizeof path, "%s/letters", check_folder());
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK_INT(write(fd, "abcdefghij", 10), 10);
        (void)close(fd);
    }
    struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .event_threads = is_remote ? 1 : 2,
        .is_remote = is_remote,
        .pool_threads = pool_threads,
        .connections = 2000,
        .header_timeout_ms = 3000, /* a client that goes away may be noticed no sooner */
        .body_grace_ms = 3000,
        .max_body = FIXTURE_MAX_BODY,
        .tables = fixture_tables,
        .headers = headers,
        .context = path,
        .identify = identify,
        .done = on_done,
    };
    CHECK_INT(http_server_open(&settings, &server, &why), STATUS_OK);
    (void)pthread_mutex_lock(&shared.lock);
    shared.done_count = shared.begun = shared.ended = shared.stream_closed = 0;
    (void)pthread_mutex_unlock(&shared.lock);
    return server;
}
