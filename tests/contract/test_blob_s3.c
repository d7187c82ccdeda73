/* The promises of blob.h on a real S3 server, which checks signatures; and what only S3 can do. */
#include "blob_cases.h"
#include "s3_server.h"

#include "http_client.h"

#include <stdlib.h>
#include <unistd.h>

static void test_promises(void)
{
    TEXT_CLEANUP struct text address = {0};
    if (s3_server_make_buckets("promises", &address))
        blob_run_cases("s3", text_get(&address));
}

static void test_refused(void)
{
    struct blob *blob;
    TEXT_CLEANUP struct text address = {0}, why = {0}, nowhere = {0};
    if (!s3_server_make_buckets("refused", &address))
        return;
    check_case("buckets that aren't there");
    text_setf(&nowhere, "s3://nowhere?endpoint=%s&path-style=yes", s3_server_endpoint());
    CHECK_STR(status_name(blob_open(text_get(&nowhere), BLOB_OWN, &blob, &why)), "not-found");
    CHECK(strstr(text_get(&why), "There is no bucket nowhere-originals at 127.0.0.1:"));
    check_case("a wrong secret");
    const char *found = getenv("AWS_SECRET_ACCESS_KEY");
    char *secret = strdup(found ? found : "");
    (void)setenv("AWS_SECRET_ACCESS_KEY", "wrong", 1);
    CHECK_STR(status_name(blob_open(text_get(&address), BLOB_OWN, &blob, &why)), "unavailable");
    CHECK(strstr(text_get(&why), " answers 403"));
    (void)setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
    free(secret);
    check_case("a server that isn't there");
    CHECK_STR(status_name(blob_open("s3://a?endpoint=http://127.0.0.1:1", BLOB_OWN, &blob, &why)), "unavailable");
    CHECK(strstr(text_get(&why), "The buckets at 127.0.0.1:1 can't be used: "));
}

/* ---- Whoever has a presigned URL ---- */

static unsigned ask(const char *method, const char *url, const char *body, struct text *ret_body)
{
    static struct http_client *client;
    const struct http_client_settings settings = {.connect_timeout_ms = 10000, .idle_connections = 1};
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    if (!client && !CHECK_INT(http_client_open(&settings, &client, NULL), STATUS_OK))
        return 0;
    const struct http_call call = {.method = method,
                                   .url = url,
                                   .body = body,
                                   .body_size = body ? strlen(body) : 0,
                                   .timeout_ms = 60000,
                                   .answer_max = 1 << 16};
    if (!CHECK_INT(http_client_ask(client, &call, &reply, NULL), STATUS_OK))
        return 0;
    text_setf(ret_body, "%s", text_get(&reply.body));
    return reply.code;
}

static void test_presigned(void)
{
    struct blob *blob;
    TEXT_CLEANUP struct text address = {0}, url = {0}, body = {0};
    if (!s3_server_make_buckets("presigned", &address))
        return;
    /* With the bucket in the host's name, for once: libcurl finds all names below localhost on the loopback. */
    text_setf(&address, "s3://presigned?endpoint=http://localhost%s", strrchr(s3_server_endpoint(), ':'));
    if (!CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK))
        return;
    const struct blob_presigned put = {.method = BLOB_METHOD_PUT, .seconds = 60};
    const struct blob_presigned get = {.method = BLOB_METHOD_GET, .seconds = 60};
    CHECK_OK(blob_presign(blob, BUCKET_ORIGINALS, "a/key", &put, &url, why));
    CHECK_INT(ask("GET", text_get(&url), NULL, &body), 403);
    CHECK_INT(ask("PUT", text_get(&url), "content", &body), 200);
    CHECK_STR(content_of(blob, BUCKET_ORIGINALS, "a/key", &body), "content");
    CHECK_OK(blob_presign(blob, BUCKET_ORIGINALS, "a/key", &get, &url, why));
    CHECK_INT(ask("GET", text_get(&url), NULL, &body), 200);
    CHECK_STR(text_get(&body), "content");
    url.data[url.length - 1] ^= 1;
    CHECK_INT(ask("GET", text_get(&url), NULL, &body), 403);
    CHECK_STATUS(blob_presign(blob, BUCKET_ORIGINALS, "/key", &get, &url, why), STATUS_INVALID);
    text_setf(&url, "%s/presigned-originals/a/key", s3_server_endpoint());
    CHECK_INT(ask("GET", text_get(&url), NULL, &body), 403);
    blob_close(blob);
}

/* ---- What fails in the middle ---- */

static bool count_parts(void *context, const char *key, const char *id, int64_t begun_s)
{
    (void)key, (void)id, (void)begun_s;
    ++*(size_t *)context;
    return true;
}

/* The file ends within the second part. */
static void test_aborted(void)
{
    TEXT_CLEANUP struct text address = {0};
    struct blob *blob;
    size_t parts = 0;
    if (!s3_server_make_buckets("aborted", &address)
        || !CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK))
        return;
    int fd = make_file(20 << 20);
    CHECK_STATUS(blob_put(blob, BUCKET_ORIGINALS, "big", fd, 0, 30 << 20, why), STATUS_UNPROCESSABLE);
    CHECK_OK(blob_parts_list(blob, BUCKET_ORIGINALS, count_parts, &parts, why));
    CHECK_INT(parts, 0);
    CHECK_INT(count_keys(blob, BUCKET_ORIGINALS), 0);
    CHECK_OK(blob_put(blob, BUCKET_ORIGINALS, "big", fd, 1, (20 << 20) - 1, why));
    CHECK_INT(count_keys(blob, BUCKET_ORIGINALS), 1);
    (void)close(fd);
    blob_close(blob);
}

CHECK_MAIN({"buckets", test_promises}, {"S3 buckets are refused", test_refused},
           {"a presigned URL is good for its method and key alone", test_presigned},
           {"parts of an object that can't be put are aborted", test_aborted})
