/* Uploads that go straight to the bucket: where to, and what they must be. POST /photos makes the photo of it. */
#include "presigned.h"
#include "api_private.h"
#include "clock.h"
#include "json.h"

#include <inttypes.h>
#include <string.h>

enum { TYPE_MAX = 100 };

/* It is bound by the signature, and goes for nothing else: the content decides what a file is. So that the bucket never
 * has what a browser would run, it is an image's or nobody's. */
static bool is_type(const char *type)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-", image[] = "image/";
    size_t length = strlen(type);
    if (strcmp(type, "application/octet-stream") == 0)
        return true;
    const char *rest = type + sizeof image - 1;
    return length <= TYPE_MAX && strncmp(type, image, sizeof image - 1) == 0 && *rest
           && strspn(rest, letters) == strlen(rest) && strcmp(rest, "svg+xml") != 0;
}

static enum status read_wish(struct http_request *request, struct presigned *presigned, struct text *why)
{
    const char *type = http_query(request, "content_type");
    int64_t bytes = -1;
    if (http_query_integer(request, "bytes", 0, INT64_MAX, -1, &bytes, NULL) != STATUS_OK || bytes < 0) {
        reason_set(why, REASON_PRESIGNED_BYTES_INVALID);
        return STATUS_INVALID;
    }
    if (type && !is_type(type)) {
        reason_set(why, REASON_PRESIGNED_TYPE_INVALID);
        return STATUS_INVALID;
    }
    presigned->length = (uint64_t)bytes;
    presigned->content_type = type ? type : "application/octet-stream";
    return STATUS_OK;
}

static void answer_address(struct http_request *request, const struct presigned *presigned, const struct text *url)
{
    char expires[CLOCK_ISO8601_SIZE];
    struct text body = {0};
    clock_format_iso8601(presigned->expires_ms, expires);
    text_addf(&body, "{\"key\":\"%s\",\"method\":\"PUT\",\"url\":", presigned->key);
    json_add_string(&body, text_get(url), url->length);
    text_addf(&body, ",\"headers\":{\"Content-Length\":\"%" PRIu64 "\",\"Content-Type\":\"%s\"},\"expires\":\"%s\"}",
              presigned->length, presigned->content_type, expires);
    http_add_header(request, "Cache-Control", "no-store");
    http_answer_text(request, 201, "application/json", &body);
}

static void presign(struct http_request *request)
{
    struct api *api = http_context(request);
    struct presigned presigned = {.author = api_caller(request)->name, .network = http_network(request)};
    TEXT_CLEANUP struct text url = {0}, why = {0};
    enum status status = read_wish(request, &presigned, &why);
    if (status == STATUS_OK)
        status = presigned_create(uploads_resumables(api->settings.uploads), &presigned, &url, &why);
    if (status == STATUS_OK)
        answer_address(request, &presigned, &url);
    else if (status == STATUS_UNSUPPORTED)
        http_answer_reason(request, 501, REASON_PRESIGNED_UNAVAILABLE);
    else
        api_answer_status(request, status, &why);
}

const struct http_route presigned_routes[] = {
    {.method = "POST",
     .pattern = "/uploads/presigned",
     .run = HTTP_POOL,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .handle = presign},
    {0},
};
