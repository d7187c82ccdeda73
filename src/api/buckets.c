/* The buckets, as a public S3 bucket answers that may be read and not listed (docs.aws.amazon.com/AmazonS3/latest/API):
 * whoever may not list can't tell a missing key from a forbidden one, so both are 403. Errors are S3's XML. */
#include "api_private.h"
#include "clock.h"
#include "conditional.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static void add_cors_headers(struct http_request *request)
{
    http_add_header(request, "Access-Control-Allow-Methods", "GET, HEAD");
    http_add_header(request, "Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

static void answer_error(struct http_request *request, unsigned http_code, const char *code, const char *message)
{
    struct text body = {0};
    text_addf(&body,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<Error><Code>%s</Code><Message>%s</Message><RequestId>%s</RequestId></Error>",
              code, message, http_request_id(request));
    http_answer_text(request, http_code, "application/xml", &body);
}

static void deny(struct http_request *request)
{
    answer_error(request, 403, "AccessDenied", "Access Denied");
}

static int find_bucket(struct http_request *request)
{
    const char *name = http_parameter(request, "bucket");
    int bucket = bucket_from_name(name, strlen(name));
    if (bucket < 0)
        answer_error(request, 404, "NoSuchBucket", "The specified bucket does not exist");
    return bucket;
}

static struct conditional_answer decide(struct http_request *request, const struct blob_object *object)
{
    struct conditional_request conditions = {
        .if_match = http_header(request, "If-Match"),
        .if_none_match = http_header(request, "If-None-Match"),
        .if_modified_since = http_header(request, "If-Modified-Since"),
        .if_unmodified_since = http_header(request, "If-Unmodified-Since"),
        .range = http_header(request, "Range"),
        .if_range = http_header(request, "If-Range"),
    };
    struct conditional_object facts = {.etag = object->etag, .modified_s = object->modified_s, .size = object->size};
    return conditional_decide(&conditions, &facts);
}

static void add_object_headers(struct http_request *request, enum bucket bucket, const struct blob_object *object)
{
    char modified[CLOCK_HTTP_DATE_SIZE];
    clock_format_http_date(object->modified_s, modified);
    http_add_header(request, "ETag", object->etag);
    http_add_header(request, "Last-Modified", modified);
    http_add_header(request, "Accept-Ranges", "bytes");
    http_add_header(request, "Cache-Control", bucket_policies[bucket].cache_control);
    if (http_header(request, "Origin"))
        add_cors_headers(request);
}

static void answer_failure(struct http_request *request, enum status status)
{
    if (status == STATUS_CONFLICT) /* replaced while it was fetched: the next request gets the new one */
        status = STATUS_BUSY;
    if (api_code(status) == 503)
        http_add_header(request, "Retry-After", "1");
    answer_error(request, api_code(status), status == STATUS_BUSY ? "SlowDown" : "InternalError",
                 "The object can't be read now; try again.");
}

/* What comes from elsewhere is here as a whole before the answer begins: so a fault is an answer of its own instead of
 * half an image, and a slow client holds no connection to the back end. For HEAD nothing comes. */
static enum status take_bytes(const struct http_request *request, struct blob_object *object,
                              const struct conditional_answer *range, int *ret_fd, uint64_t *ret_offset)
{
    if (object->fd < 0) {
        *ret_offset = 0;
        return blob_object_copy_out(object, range->offset, http_sends_body(request) ? range->size : 0, ret_fd, NULL);
    }
    *ret_fd = object->fd;
    *ret_offset = range->offset;
    object->fd = -1;
    return STATUS_OK;
}

static void answer_bytes(struct http_request *request, enum bucket bucket, struct blob_object *object,
                         const struct conditional_answer *answer)
{
    int fd;
    uint64_t offset;
    enum status status = take_bytes(request, object, answer, &fd, &offset);
    if (status != STATUS_OK) {
        answer_failure(request, status);
        return;
    }
    add_object_headers(request, bucket, object);
    if (answer->code == 206)
        http_add_header(request, "Content-Range",
                        arena_printf(http_arena(request), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, answer->offset,
                                     answer->offset + answer->size - 1, object->size));
    http_answer_file(request, answer->code, object->content_type, fd, offset, answer->size);
}

static void answer_object(struct http_request *request, enum bucket bucket, struct blob_object *object)
{
    struct conditional_answer answer = decide(request, object);
    switch (answer.code) {
    case 412:
        answer_error(request, 412, "PreconditionFailed",
                     "At least one of the preconditions you specified did not hold.");
        break;
    case 416:
        http_add_header(request, "Content-Range", arena_printf(http_arena(request), "bytes */%" PRIu64, object->size));
        answer_error(request, 416, "InvalidRange", "The requested range is not satisfiable");
        break;
    case 304:
        add_object_headers(request, bucket, object);
        http_answer(request, 304, NULL, NULL, 0);
        break;
    default:
        answer_bytes(request, bucket, object, &answer);
    }
    blob_object_release(object);
}

/* Whoever asks for it to save it is served here, because a page can't name a file of another origin. So is a CDN that
 * gets images from here and says so (RFC 8586): it would be sent back to itself. */
static bool is_redirected(struct http_request *request, enum bucket bucket, const char *key)
{
    const struct api *api = http_context(request);
    return api->settings.redirects_images && bucket_policies[bucket].public_read && blob_key_is_valid(key, strlen(key))
           && !http_header(request, "CDN-Loop") && !http_query(request, "download");
}

/* The image never changes, but where the operator keeps it may. 307, so that HEAD stays what it is; conditions and
 * ranges go along. */
static void redirect(struct http_request *request, enum bucket bucket, const char *key)
{
    const char *root = images_root(http_context(request), bucket);
    http_add_header(request, "Location", arena_printf(http_arena(request), "%s/%s", root, key));
    http_add_header(request, "Cache-Control", "public, max-age=3600");
    http_add_header(request, "Vary", "CDN-Loop");
    http_answer(request, 307, NULL, NULL, 0);
}

static void get_object(struct http_request *request)
{
    struct api *api = http_context(request);
    int bucket = find_bucket(request);
    if (bucket < 0)
        return;
    const char *key = http_parameter(request, "key");
    if (is_redirected(request, (enum bucket)bucket, key)) {
        redirect(request, (enum bucket)bucket, key);
        return;
    }
    struct blob_object object;
    TEXT_CLEANUP struct text why = {0};
    enum status status = photos_get_object(api->settings.photos, (enum bucket)bucket, key, &object, &why);
    if (status == STATUS_OK)
        answer_object(request, (enum bucket)bucket, &object);
    else if (status == STATUS_NOT_FOUND)
        deny(request);
    else
        answer_failure(request, status);
}

/* Listing (GET without a key), and every method that writes: nobody may. */
static void refuse(struct http_request *request)
{
    if (find_bucket(request) >= 0)
        deny(request);
}

/* A preflight (fetch.spec.whatwg.org, 4.8), as S3 answers it. */
static void preflight(struct http_request *request)
{
    const char *method = http_header(request, "Access-Control-Request-Method");
    const char *headers = api_read_requested_headers(request);
    int bucket = find_bucket(request);
    if (bucket < 0)
        return;
    if (!http_header(request, "Origin")) {
        answer_error(request, 400, "BadRequest", "Insufficient information. Origin request header needed.");
    } else if (!method) {
        answer_error(request, 400, "BadRequest", "Invalid Access-Control-Request-Method: null");
    } else if (!headers) {
        answer_error(request, 400, "BadRequest", reason_sentence(REASON_PREFLIGHT_TOO_LONG));
    } else if (!bucket_policies[bucket].public_read || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        answer_error(request, 403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.");
    } else {
        add_cors_headers(request);
        if (headers[0])
            http_add_header(request, "Access-Control-Allow-Headers", headers);
        http_add_header(request, "Access-Control-Max-Age", "3000");
        http_answer(request, 200, NULL, NULL, 0);
    }
}

const struct http_route bucket_routes[] = {
    {.method = "GET", .pattern = "/buckets/{bucket}/{key*}", .run = HTTP_READ, .handle = get_object},
    {.method = "OPTIONS", .pattern = "/buckets/{bucket}/{key*}", .run = HTTP_INLINE, .handle = preflight},
    {.method = "*", .pattern = "/buckets/{bucket}/{key*}", .run = HTTP_INLINE, .handle = refuse},
    {.method = "OPTIONS", .pattern = "/buckets/{bucket}", .run = HTTP_INLINE, .handle = preflight},
    {.method = "*", .pattern = "/buckets/{bucket}", .run = HTTP_INLINE, .handle = refuse},
    {0},
};
