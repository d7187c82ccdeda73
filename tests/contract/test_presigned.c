/* Uploads that go straight to the buckets of a real S3 server, which checks signatures: presigned.h. */
#include "blob_cases.h"
#include "presigned.h"
#include "s3_server.h"
#include "uploads.h"

#include "clock.h"
#include "http_client.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A PNG of one pixel, and something else of its size. */
static const char photo[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDAT"
    "\x78\x9c\x63\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x56\xc7\x2f\x0d\0\0\0\0IEND\xae\x42\x60\x82";
enum { LENGTH = sizeof photo - 1, PATIENCE_S = 20 };
static char other[LENGTH];

struct service {
    struct store *store;
    struct blob *blob;
    struct uploads *uploads;
    struct resumables *resumables;
    struct http_client *client;
};

static bool open_service(struct service *service, const char *prefix)
{
    TEXT_CLEANUP struct text store = {0}, buckets = {0}, why = {0};
    const struct http_client_settings client = {.connect_timeout_ms = 10000, .idle_connections = 4};
    if (!s3_server_make_buckets(prefix, &buckets))
        return false;
    text_addf(&store, "sqlite:%s/%s.db", check_folder(), prefix);
    *service = (struct service){0};
    enum status status = store_open(text_get(&store), &service->store, &why);
    if (status == STATUS_OK)
        status = blob_open(text_get(&buckets), BLOB_OWN, &service->blob, &why);
    struct uploads_settings settings = {.store = service->store,
                                        .blob = service->blob,
                                        .max_upload = 1 << 20,
                                        .max_partials = 4,
                                        .max_partials_bytes = 1 << 30,
                                        .disk_reserve = 1,
                                        .limits = {.pixels = 100, .side = 10, .frames = 1}};
    if (status == STATUS_OK)
        status = uploads_open(&settings, &service->uploads, &why);
    if (status == STATUS_OK)
        status = http_client_open(&client, &service->client, &why);
    if (status == STATUS_OK)
        service->resumables = uploads_resumables(service->uploads);
    else
        printf("# %s\n", text_get(&why));
    memset(other, 'x', sizeof other);
    return CHECK_INT(status, STATUS_OK);
}

static void close_service(struct service *service)
{
    uploads_close(service->uploads);
    blob_close(service->blob);
    store_close(service->store);
    http_client_close(service->client);
}

static unsigned ask(const struct service *service, const char *method, const char *url, const char *type,
                    const char *body, size_t size)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text why = {0};
    struct http_call call = {
        .method = method, .url = url, .body = body, .body_size = size, .timeout_ms = 60000, .answer_max = 1 << 16};
    if (type)
        http_call_add(&call, "Content-Type", type);
    if (!CHECK_INT(http_client_ask(service->client, &call, &reply, &why), STATUS_OK))
        printf("# %s\n", text_get(&why));
    return reply.code;
}

static struct presigned create(const struct service *service, struct text *ret_url)
{
    struct presigned presigned = {.author = "ann", .content_type = "image/png", .length = LENGTH};
    CHECK_OK(presigned_create(service->resumables, &presigned, ret_url, why));
    return presigned;
}

static unsigned put_photo(const struct service *service, const struct text *url)
{
    return ask(service, "PUT", text_get(url), "image/png", photo, LENGTH);
}

static enum status take(const struct service *service, const char *author, const char *key, struct id *ret_photo)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    const struct photo_description description = {0};
    struct photo made;
    enum status status = presigned_take(service->resumables, key, author, &description, &arena, &made, &why);
    if (status == STATUS_OK)
        *ret_photo = made.id;
    CHECK(status == STATUS_OK || why.length);
    return status;
}

static bool is_original(const struct service *service, const struct id *id)
{
    char key[OBJECT_KEY_SIZE], content[LENGTH + 1] = "";
    struct blob_object object;
    size_t count = 0;
    photos_original_key(id, key);
    if (!CHECK_INT(blob_get(service->blob, BUCKET_ORIGINALS, key, &object, NULL), STATUS_OK))
        return false;
    CHECK_INT(blob_object_read(&object, 0, content, sizeof content, &count, NULL), STATUS_OK);
    blob_object_release(&object);
    return count == LENGTH && memcmp(content, photo, LENGTH) == 0;
}

/* ---- */

static void test_bound(void)
{
    struct service service;
    TEXT_CLEANUP struct text url = {0}, wrong = {0};
    if (!open_service(&service, "bound"))
        return;
    struct presigned presigned = create(&service, &url);
    const char *mark = strstr(text_get(&url), presigned.key);
    if (!CHECK(mark))
        return;
    text_append(&wrong, url.data, (size_t)(mark - url.data));
    text_addf(&wrong, "%sx%s", presigned.key, mark + strlen(presigned.key));
    const struct {
        const char *name, *method, *url, *type;
        size_t size;
    } rows[] = {
        {"another key", "PUT", text_get(&wrong), "image/png", LENGTH},
        {"another method", "GET", text_get(&url), NULL, 0},
        {"deleting", "DELETE", text_get(&url), NULL, 0},
        {"another size", "PUT", text_get(&url), "image/png", LENGTH - 1},
        {"another type", "PUT", text_get(&url), "text/html", LENGTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("an address for an upload is refused for %s", rows[i].name);
        CHECK_INT(ask(&service, rows[i].method, rows[i].url, rows[i].type, rows[i].size ? photo : NULL, rows[i].size),
                  403);
    }
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 0);
    check_case("an address for an upload is good for what it was made for");
    CHECK_INT(put_photo(&service, &url), 200);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 1);

    check_case("an address for an upload expires");
    const struct blob_presigned soon = {
        .method = BLOB_METHOD_PUT, .seconds = 1, .content_type = "image/png", .size = LENGTH};
    CHECK_OK(blob_presign(service.blob, BUCKET_ORIGINALS, "incoming/soon", &soon, &url, why));
    unsigned code = 200;
    for (time_t end = time(NULL) + PATIENCE_S; code == 200 && time(NULL) < end;)
        code = put_photo(&service, &url);
    CHECK_INT(code, 403);
    close_service(&service);
}

/* What is sent to the same address later changes nothing. */
static void test_taken(void)
{
    struct service service;
    TEXT_CLEANUP struct text url = {0};
    struct id made = {0}, again = {0};
    if (!open_service(&service, "taken"))
        return;
    struct presigned presigned = create(&service, &url);
    CHECK_INT(take(&service, "ann", presigned.key, &made), STATUS_NOT_FOUND); /* nothing is there yet */
    CHECK_INT(put_photo(&service, &url), 200);
    CHECK_INT(take(&service, "bob", presigned.key, &made), STATUS_FORBIDDEN);
    CHECK_INT(take(&service, "ann", presigned.key, &made), STATUS_OK);
    CHECK(is_original(&service, &made));
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 1);
    CHECK_INT(ask(&service, "PUT", text_get(&url), "image/png", other, LENGTH), 200);
    CHECK(is_original(&service, &made));
    CHECK_INT(take(&service, "ann", presigned.key, &again), STATUS_OK);
    CHECK(id_equal(&made, &again));
    CHECK(is_original(&service, &made));
    CHECK(take(&service, "bob", presigned.key, &again) != STATUS_OK);
    CHECK_INT(take(&service, "ann", "incoming/0123456789abcdef0123456789abcdef", &again), STATUS_NOT_FOUND);
    CHECK_INT(take(&service, "ann", "0123456789abcdef0123456789abcdef", &again), STATUS_NOT_FOUND);
    close_service(&service);
}

/* Nothing of it is left, nor can be had once more. */
static void test_refused(void)
{
    struct service service;
    TEXT_CLEANUP struct text url = {0};
    struct id made;
    if (!open_service(&service, "no-photo"))
        return;
    struct presigned presigned = create(&service, &url);
    CHECK_INT(ask(&service, "PUT", text_get(&url), "image/png", other, LENGTH), 200);
    CHECK_INT(take(&service, "ann", presigned.key, &made), STATUS_UNSUPPORTED);
    CHECK_INT(take(&service, "ann", presigned.key, &made), STATUS_NOT_FOUND);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 0);

    check_case("an upload of another size than announced, where S3 took it");
    presigned = create(&service, &url);
    int fd = make_file(LENGTH + 1);
    CHECK_OK(blob_put(service.blob, BUCKET_ORIGINALS, presigned.key, fd, 0, LENGTH + 1, why));
    CHECK_INT(take(&service, "ann", presigned.key, &made), STATUS_INVALID);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 0);

    check_case("limits of uploads straight to the buckets");
    struct presigned large = {.author = "ann", .content_type = "image/png", .length = (1 << 20) + 1};
    CHECK_STATUS(presigned_create(service.resumables, &large, &url, why), STATUS_TOO_LARGE);
    large.length = 0;
    CHECK_STATUS(presigned_create(service.resumables, &large, &url, why), STATUS_INVALID);
    for (int i = 0; i < 4; i++)
        (void)create(&service, &url);
    large.length = 1;
    CHECK_STATUS(presigned_create(service.resumables, &large, &url, why), STATUS_NO_SPACE);
    large.author = "bob";
    CHECK_STATUS(presigned_create(service.resumables, &large, &url, why), STATUS_OK);
    close_service(&service);
}

/* A session of another kind is no upload in pieces. */
static void test_kinds(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct service service;
    TEXT_CLEANUP struct text url = {0}, key = {0};
    struct resumable_piece *piece;
    struct id id, made;
    char text[ID_TEXT_SIZE];
    if (!open_service(&service, "kinds"))
        return;
    struct presigned presigned = create(&service, &url);
    CHECK(id_parse(presigned.key + strlen(BLOB_INCOMING), ID_TEXT_SIZE - 1, &id));
    struct resumable resumable = {.author = "ann", .length = LENGTH};
    CHECK_STATUS(resumable_look(service.resumables, &id, "ann", &arena, &resumable, why), STATUS_NOT_FOUND);
    CHECK_STATUS(resumable_piece_begin(service.resumables, &id, "ann", 0, LENGTH, &piece, why), STATUS_NOT_FOUND);
    resumable = (struct resumable){.author = "ann", .length = LENGTH};
    CHECK_OK(resumable_create(service.resumables, &resumable, why));
    id_format(&resumable.id, text);
    text_addf(&key, "%s%s", BLOB_INCOMING, text);
    CHECK_INT(take(&service, "ann", text_get(&key), &made), STATUS_NOT_FOUND);
    CHECK_INT(put_photo(&service, &url), 200);
    CHECK_OK(resumable_remove(service.resumables, &id, "ann", why));
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 0);
    close_service(&service);
}

static int64_t later(void *context)
{
    return *(int64_t *)context;
}

/* With its session after a day; and what came after that, or for a photo that is made, by its age. */
static void test_swept(void)
{
    struct service service;
    TEXT_CLEANUP struct text one = {0}, two = {0};
    struct id made;
    if (!open_service(&service, "swept"))
        return;
    int64_t begun_ms = store_now_ms(service.store), now_ms = begun_ms;
    (void)create(&service, &one);
    struct presigned taken = create(&service, &two);
    CHECK_INT(put_photo(&service, &one), 200);
    CHECK_INT(put_photo(&service, &two), 200);
    CHECK_INT(take(&service, "ann", taken.key, &made), STATUS_OK);
    CHECK_INT(put_photo(&service, &two), 200);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 3);
    store_set_clock(service.store, later, &now_ms);
    now_ms = begun_ms + RESUMABLE_LIFE_MS - 60000;
    resumables_sweep(service.resumables, NULL);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 3);
    now_ms = begun_ms + RESUMABLE_LIFE_MS + 60000;
    resumables_sweep(service.resumables, NULL);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 2); /* the original, and what was sent after it */
    now_ms = begun_ms + PRESIGNED_STRAY_S * INT64_C(1000) + 60000;
    resumables_sweep(service.resumables, NULL);
    CHECK_INT(count_keys(service.blob, BUCKET_ORIGINALS), 1);
    CHECK(is_original(&service, &made));
    close_service(&service);
}

CHECK_MAIN({"an address for an upload is good for one key, method, size and type", test_bound},
           {"what was put becomes one photo, of its author", test_taken},
           {"what is no photo is refused, and goes", test_refused},
           {"an upload straight to a bucket is none in pieces", test_kinds},
           {"what was put and not taken goes", test_swept})
