/* The table of the S3 back end: opening, and single objects. */
#include "blob_s3.h"

#include "clock.h"
#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_MS = 2000, IDLE_CONNECTIONS = 32 };

/* ---- Opening ---- */

/* They are made with their policies by whoever runs the service. */
static enum status check_bucket(struct blob_s3 *s3, enum bucket bucket, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    const struct s3_request request = {.method = "HEAD", .bucket = bucket};
    enum status status = s3_ask(s3, &request, &reply, why);
    if (status == STATUS_NOT_FOUND)
        text_setf(why,
                  "There is no bucket %s-%s at %s. Make the buckets with `cloudphotos admin buckets create`, with the "
                  "same --buckets, or correct the prefix.",
                  s3->prefix, bucket_policies[bucket].name, s3->host);
    return status;
}

static void s3_close(struct blob *blob)
{
    struct blob_s3 *s3 = (struct blob_s3 *)blob;
    outage_release(&s3->outage);
    aws_identity_free(s3->identity);
    http_client_close(s3->client);
    arena_release(&s3->arena);
    free(s3);
}

enum status s3_connect(const char *rest, struct blob_s3 **ret_s3, struct text *why)
{
    struct blob_s3 *s3 = NEW(struct blob_s3);
    s3->blob.ops = &blob_s3_ops;
    outage_init(&s3->outage, S3_PATIENCE_MS);
    enum status status = s3_address_parse(rest, s3, why);
    const struct http_client_settings client = {
        .connect_timeout_ms = CONNECT_TIMEOUT_MS, .idle_connections = IDLE_CONNECTIONS, .ca_file = s3->ca_file};
    if (status == STATUS_OK)
        status = http_client_open(&client, &s3->client, why);
    if (status == STATUS_OK) {
        s3->identity = aws_identity_new(s3->client);
        *ret_s3 = s3;
    } else {
        s3_close(&s3->blob);
    }
    return status;
}

/* Owners, readers and those beside are all the same: what S3 keeps needs no lock. */
static enum status s3_open(const char *rest, enum blob_use use, struct blob **ret_blob, struct text *why)
{
    struct blob_s3 *s3;
    (void)use;
    enum status status = s3_connect(rest, &s3, why);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; status == STATUS_OK && i < BUCKETS; i++)
        status = check_bucket(s3, (enum bucket)i, why);
    if (status == STATUS_OK)
        *ret_blob = &s3->blob;
    else
        s3_close(&s3->blob);
    return status;
}

/* ---- Reading ---- */

struct reader {
    enum bucket bucket;
    char key[BLOB_KEY_MAX + 1];
};

static enum status read_head(const struct http_reply *reply, struct blob_object *ret_object, struct text *why)
{
    TEXT_CLEANUP struct text size = {0}, etag = {0}, modified = {0};
    bool has_all = http_reply_field(reply, "Content-Length", &size) && http_reply_field(reply, "ETag", &etag)
                   && http_reply_field(reply, "Last-Modified", &modified);
    if (!has_all || etag.length >= BLOB_ETAG_SIZE) {
        text_setf(why, "The answer about an object has no usable Content-Length, ETag and Last-Modified.");
        return STATUS_UNAVAILABLE;
    }
    ret_object->size = strtoull(text_get(&size), NULL, 10);
    ret_object->modified_s = clock_parse_http_date(text_get(&modified));
    memcpy(ret_object->etag, text_get(&etag), etag.length + 1);
    return STATUS_OK;
}

static enum status s3_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                          struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    const struct s3_request request = {.method = "HEAD", .bucket = bucket, .key = key};
    struct blob_object object = {.fd = -1};
    enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
    if (status == STATUS_OK)
        status = read_head(&reply, &object, why);
    if (status != STATUS_OK)
        return status;
    struct reader *reader = NEW(struct reader);
    reader->bucket = bucket;
    memcpy(reader->key, key, strlen(key) + 1);
    object.reader = reader;
    *ret_object = object;
    return STATUS_OK;
}

static void s3_release(struct blob_object *object)
{
    free(object->reader);
}

static enum status s3_stream(struct blob_object *object, uint64_t offset, uint64_t size, blob_take *take, void *context,
                             struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    const struct reader *reader = object->reader;
    struct s3_request request = {.method = "GET",
                                 .bucket = reader->bucket,
                                 .key = reader->key,
                                 .take = take,
                                 .context = context,
                                 .take_max = size};
    s3_request_add(&request, "If-Match", object->etag);
    s3_request_add(&request, "Range", arena_printf(&arena, "bytes=%" PRIu64 "-%" PRIu64, offset, offset + size - 1));
    enum status status = s3_ask((struct blob_s3 *)object->blob, &request, &reply, why);
    if (status == STATUS_OK && reply.code != 206 && size != object->size) {
        text_setf(why, "The object %s was asked for a range and came as a whole.", reader->key);
        return STATUS_UNAVAILABLE;
    }
    return status;
}

/* ---- Copying ---- */

/* S3 may find after its 200 that it can't: then the body is an error. */
static enum status s3_copy(struct blob *blob, enum bucket from, const char *key, enum bucket to, const char *to_key,
                           struct text *why)
{
    struct blob_s3 *s3 = (struct blob_s3 *)blob;
    ARENA_CLEANUP struct arena arena = {0};
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text word = {0};
    struct s3_request request = {.method = "PUT", .bucket = to, .key = to_key, .is_work = true};
    s3_request_add(&request, "X-Amz-Copy-Source",
                   arena_printf(&arena, "/%s-%s/%s", s3->prefix, bucket_policies[from].name, key));
    enum status status = s3_ask(s3, &request, &reply, why);
    if (status != STATUS_OK || !s3_xml_find(text_get(&reply.body), "Code", &word))
        return status;
    text_setf(why, "The object %s could not be copied: %s.", key, text_get(&word));
    return s3_status(text_get(&word), reply.code);
}

enum status s3_presign(struct blob *blob, enum bucket bucket, const char *key, const struct blob_presigned *wanted,
                       struct text *ret_url, struct text *why)
{
    struct blob_s3 *s3 = (struct blob_s3 *)blob;
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text url = {0};
    struct aws_signing signing = {.region = s3->region, .service = "s3", .is_s3 = true, .time_ms = clock_now_ms()};
    enum status status = aws_identity_get(s3->identity, &arena, &signing.credentials, why);
    if (status != STATUS_OK)
        return STATUS_UNAVAILABLE;
    s3_url(s3, bucket, key, &url);
    struct http_call call = {.method = wanted->method == BLOB_METHOD_PUT ? "PUT" : "GET", .url = text_get(&url)};
    if (wanted->content_type) {
        http_call_add(&call, "Content-Length", arena_printf(&arena, "%" PRIu64, wanted->size));
        http_call_add(&call, "Content-Type", wanted->content_type);
    }
    return aws_presign(&call, &signing, wanted->seconds, ret_url, why);
}

static void s3_public_url(struct blob *blob, enum bucket bucket, struct text *ret_url)
{
    s3_url((const struct blob_s3 *)blob, bucket, NULL, ret_url);
    if (ret_url->length && ret_url->data[ret_url->length - 1] == '/')
        ret_url->data[--ret_url->length] = '\0';
}

const struct blob_ops blob_s3_ops = {
    .scheme = "s3",
    .open = s3_open,
    .close = s3_close,
    .get = s3_get,
    .stream = s3_stream,
    .release = s3_release,
    .put = s3_put,
    .copy = s3_copy,
    .delete = s3_delete,
    .list = s3_list,
    .presign = s3_presign,
    .public_url = s3_public_url,
    .setup = s3_setup,
    .parts_begin = s3_parts_begin,
    .parts_put = s3_parts_put,
    .parts_complete = s3_parts_complete,
    .parts_abort = s3_parts_abort,
    .parts_list = s3_parts_list,
};
