/* No event loop waits for a back end: every route of the API is asked while the store is slow, and the only loop
 * answers somebody else meanwhile. */
#include "../unit/loopback.h"
#include "api.h"
#include "blob_ops.h"
#include "store_fixture.h"
#include "store_gate.h"

#define UPLOAD_PIECE "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 0\r\n\r\n"
#define OTHER        "00000000000000000000000000000000"

/* What is asked of a route; "%s" is the id of a published photo. Of those without a row, the pattern. */
static const struct request {
    const char *method, *pattern, *target, *rest; /* of the header, and the body */
} requests[] = {
    {"GET", "/users", "/users?username=ann", "\r\n"},
    {"GET", "/users/{name}", "/users/ann", "\r\n"},
    {"GET", "/users/{name}/photos/sha256/{hex}", "/users/ann/photos/sha256/" OTHER OTHER, "\r\n"},
    {"GET", "/photos", "/photos", "\r\n"},
    {"POST", "/photos", "/photos", "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n"},
    {"GET", "/photos/{id}", "/photos/%s", "\r\n"},
    {"PATCH", "/photos/{id}", "/photos/" OTHER, "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
    {"DELETE", "/photos/{id}", "/photos/" OTHER, "\r\n"},
    {"GET", "/uploadStatus/{id}", "/uploadStatus/%s", "\r\n"},
    {"GET", "/events", "/events?photo=%s", "\r\n"},
    {"POST", "/uploads", "/uploads", "Upload-Length: 9\r\nContent-Length: 0\r\n\r\n"},
    {"POST", "/uploads/presigned", "/uploads/presigned?bytes=9", "Content-Length: 0\r\n\r\n"},
    {"HEAD", "/uploads/{id}", "/uploads/" OTHER, "\r\n"},
    {"DELETE", "/uploads/{id}", "/uploads/" OTHER, "\r\n"},
    {"PATCH", "/uploads/{id}", "/uploads/" OTHER, UPLOAD_PIECE},
    {"GET", "/buckets/{bucket}/{key*}", "/buckets/photos/key", "\r\n"},
    {"GET", "/healthcheck", "/healthcheck", "\r\n"},
    {"GET", "/metrics", "/metrics", "\r\n"},
    {"GET", "/oembed", "/oembed?url=http://a/photo/%s", "\r\n"},
    {"GET", "/", "/", "\r\n"},
    {"GET", "/@{name}", "/@ann", "\r\n"},
    {"GET", "/photo/{id}", "/photo/%s", "\r\n"},
};

static const struct request *find_request(const struct http_route *route)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (strcmp(requests[i].method, route->method) == 0 && strcmp(requests[i].pattern, route->pattern) == 0)
            return &requests[i];
    return NULL;
}

static void write_request(const struct http_route *route, const char *photo, struct text *out)
{
    const struct request *request = find_request(route);
    const char *target = request ? request->target : route->pattern, *mark = strstr(target, "%s");
    text_addf(out, "%s ", strcmp(route->method, "*") == 0 ? "PUT" : route->method);
    if (mark)
        text_addf(out, "%.*s%s", (int)(mark - target), target, photo);
    else /* as a pattern it has braces, which stand for themselves */
        text_add(out, target);
    text_addf(out, " HTTP/1.1\r\nHost: a\r\nAuthorization: ann\r\nTus-Resumable: 1.0.0\r\n%s",
              request ? request->rest : "\r\n");
}

/* Whether all that the test waits for is there: an answer, or the end of a stream. */
static bool is_answered(const struct client *client, const struct http_route *route)
{
    bool is_stream = strcmp(route->pattern, "/events") == 0 && strcmp(route->method, "GET") == 0;
    const char *end = is_stream ? "event: end" : "\r\n\r\n";
    return strstr(text_get(&client->received), end) != NULL;
}

/* Asks, and counts the calls that wait at the gate until there is an answer. While each waits, somebody else is
 * served. */
static unsigned ask(const struct http_server *server, const struct http_route *route, const char *photo)
{
    TEXT_CLEANUP struct text request = {0};
    struct client slow = client_open(server), other = client_open(server);
    unsigned calls = 0;
    write_request(route, photo, &request);
    CHECK(client_send(&slow, text_get(&request)));
    while (!is_answered(&slow, route)) {
        struct pollfd waiting[] = {{.fd = store_gate_fd(), .events = POLLIN}, {.fd = slow.fd, .events = POLLIN}};
        if (!CHECK(poll(waiting, 2, 10000) > 0))
            break;
        if (waiting[0].revents && CHECK(store_gate_take())) {
            ANSWER_CLEANUP struct answer answer = client_ask(&other, "GET /assets/a.js HTTP/1.1\r\nHost: a\r\n\r\n");
            CHECK_INT(answer.code, 200);
            calls++;
            store_gate_pass();
        } else if (!CHECK(client_receive(&slow))) {
            break;
        }
    }
    client_close(&slow);
    client_close(&other);
    return calls;
}

static void check_route(const struct http_server *server, const struct http_route *route, const char *photo)
{
    const struct request *request = find_request(route);
    check_case("%s %s", route->method, route->pattern);
    unsigned calls = ask(server, route, photo);
    CHECK(route->run == HTTP_INLINE || request != NULL);
    bool asks = route->run != HTTP_INLINE && request;
    CHECK((calls > 0) == asks);
}

/* ---- The service around it ---- */

struct service {
    struct store *store;
    struct blob *blob;
    const struct blob_ops *blob_ops;
    struct darkroom *darkroom;
    struct moderator *moderator;
    struct photos *photos;
    struct uploads *uploads;
    struct api *api;
    struct http_server *server;
    struct text why;
};
static struct service service;

static enum status get_at_gate(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                               struct text *why)
{
    store_gate_wait();
    return service.blob_ops->get(blob, bucket, key, ret_object, why);
}

static void open_back_ends(void)
{
    static struct blob_ops gated;
    char address[200];
    const struct darkroom_settings darkroom = {
        .program = DARKROOM_PROGRAM, .processes = 1, .timeout_ms = 20000, .memory_bytes = 512 << 20};
    (void)snprintf(address, sizeof address, "sqlite:%s/photos.db", check_folder());
    CHECK_INT(store_open(address, &service.store, &service.why), STATUS_OK);
    (void)snprintf(address, sizeof address, "file:%s/buckets", check_folder());
    CHECK_INT(blob_open(address, BLOB_OWN, &service.blob, &service.why), STATUS_OK);
    CHECK_INT(moderator_open("none", &(struct moderation_settings){0}, &service.moderator, &service.why), STATUS_OK);
    CHECK_INT(darkroom_open(&darkroom, &service.darkroom, &service.why), STATUS_OK);
    gated = *service.blob->ops;
    gated.get = get_at_gate;
    service.blob_ops = service.blob->ops;
    service.blob->ops = &gated;
}

/* Without a pipeline nobody else calls the store. */
static void open_photos(void)
{
    const struct uploads_settings settings = {.store = service.store,
                                              .blob = service.blob,
                                              .max_upload = 1 << 20,
                                              .max_partials = 8,
                                              .max_partials_bytes = 1 << 30,
                                              .max_pending = 8};
    service.photos = photos_new(service.store, service.blob);
    CHECK_INT(uploads_open(&settings, &service.uploads, &service.why), STATUS_OK);
}

static void open_server(void)
{
    static const struct site_file files[] = {{"/index.html", "\"i\"", "<title></title></head>", 22, NULL, 0},
                                             {"/assets/a.js", "\"a\"", "1", 1, NULL, 0}};
    static const struct site site = {files, 2};
    const struct api_settings api = {.photos = service.photos,
                                     .uploads = service.uploads,
                                     .darkroom = service.darkroom,
                                     .moderator = service.moderator,
                                     .site = &site};
    service.api = api_open(&api);
    const struct http_settings http = {.listen = "127.0.0.1:0",
                                       .event_threads = 1,
                                       .pool_threads = 4,
                                       .is_remote = photos_are_remote(service.photos),
                                       .max_body = 1 << 20,
                                       .tables = api_tables,
                                       .missing = &api_missing,
                                       .context = service.api,
                                       .admit = api_admit,
                                       .identify = api_identify};
    CHECK_INT(http_server_open(&http, &service.server, &service.why), STATUS_OK);
}

static void close_service(void)
{
    store_gate_open();
    http_server_close(service.server);
    api_close(service.api);
    uploads_close(service.uploads);
    photos_free(service.photos);
    darkroom_close(service.darkroom);
    moderator_close(service.moderator);
    blob_close(service.blob);
    store_close(service.store);
    CHECK_STR(text_get(&service.why), "");
    text_release(&service.why);
}

static void test_routes(void)
{
    char photo[ID_TEXT_SIZE];
    open_back_ends();
    CHECK(!store_is_remote(service.store) && blob_has_files(service.blob)); /* without the gate they are here */
    struct photo published = add_published(service.store, "ann", 1700000000000);
    id_format(&published.id, photo);
    store_gate_close(service.store, GATE_REQUESTS);
    open_photos();
    open_server();
    for (const struct http_route *const *table = api_tables; *table; table++)
        for (const struct http_route *route = *table; route->method; route++)
            check_route(service.server, route, photo);
    check_route(service.server, &(struct http_route){.method = "GET", .pattern = "/nothing/here"}, photo);
    close_service();
}

CHECK_MAIN({"a back end elsewhere holds up nobody but who asks it", test_routes})
