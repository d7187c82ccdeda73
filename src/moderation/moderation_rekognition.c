/* Amazon Rekognition's DetectModerationLabels, or any service that answers as it does. It sees JPEGs that the darkroom
 * made: at most 8 of a photo, each a request. Every fault but the picture's own means that nobody looked: the photo
 * waits, and is tried again. */
#include "aws_credentials.h"
#include "base64.h"
#include "clock.h"
#include "file_at.h"
#include "json.h"
#include "memory.h"
#include "rekognition_answer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 1 << 20, CONNECT_TIMEOUT_MS = 5000, IDLE_CONNECTIONS = 64 };

/* docs.aws.amazon.com/rekognition/latest/dg/limits.html: 80 to 10,000 pixels, 5 MB. The short side is longer than for
 * the local nets: what is small in a photo is only found in enough pixels. */
static const struct moderation_input input = {
    .short_side = 768,
    .long_side = MODERATION_LONG_SIDE,
    .frames = MODERATION_FRAMES_MAX,
    .jpegs = MODERATION_JPEGS_MAX,
    .jpegs_a_frame = MODERATION_GROUP_MAX,
    .jpeg_bytes = 5242880,
    .jpeg_least_side = 80,
};

struct moderation_rekognition {
    struct moderator moderator; /* first: it is what callers hold */
    struct arena arena;         /* of the strings below */
    const char *url, *host, *region;
    struct rekognition_policy policy;
    int64_t timeout_ms;
    struct http_client *client;
    struct aws_identity *identity;
    atomic_uint_fast64_t inspected;
    atomic_uint busy;
};

/* ---- One picture ---- */

static enum status read_picture(int file, uint64_t offset, uint8_t *ret_bytes, size_t size, struct text *why)
{
    size_t have = file_read_at(file, ret_bytes, size, offset);
    if (have == size)
        return STATUS_OK;
    text_setf(why, "only %zu of %zu bytes of a picture are there for Rekognition", have, size);
    return STATUS_CRASHED; /* the darkroom said that there are more */
}

/* An image of a bucket that Amazon can read would be named here, as Image.S3Object, instead of being sent. */
static enum status write_request(const struct moderation_image *image, uint64_t offset, size_t size,
                                 struct text *ret_body, struct text *why)
{
    uint8_t *bytes = memory_new(size);
    enum status status = read_picture(image->file, offset, bytes, size, why);
    text_add(ret_body, "{\"Image\":{\"Bytes\":\"");
    base64_add(ret_body, bytes, size);
    text_addf(ret_body, "\"},\"MinConfidence\":%d}", MODERATION_REFUSE_AT);
    free(bytes);
    return status;
}

/* Signed anew for every request: a signature is good for five minutes. */
static enum status sign(struct moderation_rekognition *rekognition, struct http_call *call, struct arena *arena,
                        struct text *why)
{
    struct aws_signing signing = {.region = rekognition->region, .service = "rekognition", .time_ms = clock_now_ms()};
    http_call_add(call, "Content-Type", "application/x-amz-json-1.1");
    http_call_add(call, "X-Amz-Target", "RekognitionService.DetectModerationLabels");
    enum status status = aws_identity_get(rekognition->identity, arena, &signing.credentials, why);
    return status == STATUS_OK ? aws_sign(call, &signing, arena, why) : STATUS_UNAVAILABLE;
}

static enum status take_reply(struct moderation_rekognition *rekognition, const struct http_reply *reply,
                              struct rekognition_answer *answer, struct text *why)
{
    TEXT_CLEANUP struct text type = {0}, reason = {0};
    enum status status;
    if (reply->code == 200) {
        status = rekognition_read_answer(text_get(&reply->body), reply->body.length, answer, &reason);
    } else {
        (void)http_reply_field(reply, "X-Amzn-ErrorType", &type);
        const struct rekognition_error error =
            rekognition_read_error(reply->code, text_get(&type), text_get(&reply->body), reply->body.length, &reason);
        if (error.is_about_who_asks)
            aws_identity_forget(rekognition->identity);
        status = error.status;
    }
    if (status != STATUS_OK)
        text_setf(why, "Rekognition (%s): %s", rekognition->host, text_get(&reason));
    return status;
}

static enum status ask(struct moderation_rekognition *rekognition, const struct text *body, int64_t timeout_ms,
                       struct rekognition_answer *answer, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text reason = {0};
    struct http_call call = {.method = "POST",
                             .url = rekognition->url,
                             .body = text_get(body),
                             .body_size = body->length,
                             .timeout_ms = timeout_ms > 1 ? timeout_ms : 1,
                             .answer_max = ANSWER_BYTES_MAX};
    enum status status = sign(rekognition, &call, &arena, &reason);
    if (status == STATUS_OK)
        status = http_client_ask(rekognition->client, &call, &reply, &reason);
    if (status == STATUS_OK)
        return take_reply(rekognition, &reply, answer, why);
    text_setf(why, "Rekognition can't be reached: %s", text_get(&reason));
    return status == STATUS_TIMEOUT ? STATUS_TIMEOUT : STATUS_UNAVAILABLE; /* never the picture's fault */
}

/* ---- A photo ---- */

static enum status ask_about_all(struct moderation_rekognition *rekognition, const struct moderation_image *image,
                                 struct rekognition_answer *answer, struct text *why)
{
    int64_t until = clock_monotonic_ns() + rekognition->timeout_ms * 1000000;
    uint64_t offset = image->offset;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < image->jpegs; i++) {
        TEXT_CLEANUP struct text body = {0};
        status = write_request(image, offset, image->jpeg_bytes[i], &body, why);
        if (status == STATUS_OK)
            status = ask(rekognition, &body, (until - clock_monotonic_ns()) / 1000000, answer, why);
        offset += image->jpeg_bytes[i];
    }
    return status;
}

static void write_audit(const struct moderation_rekognition *rekognition, const struct moderation_image *image,
                        const struct rekognition_answer *answer, struct text *ret_audit)
{
    text_setf(ret_audit, "{\"moderator\":\"rekognition\",\"host\":");
    json_add_string_or_null(ret_audit, rekognition->host);
    text_add(ret_audit, ",\"region\":");
    json_add_string_or_null(ret_audit, rekognition->region);
    text_add(ret_audit, ",\"model_version\":");
    json_add_string_or_null(ret_audit, answer->model_version);
    text_addf(ret_audit, ",\"pictures\":%u,\"threshold\":%d,\"labels\":[", image->jpegs, MODERATION_REFUSE_AT);
    for (size_t i = 0; i < answer->count; i++) {
        const struct rekognition_label *label = &answer->rows[i];
        text_add(ret_audit, i ? ",{\"name\":" : "{\"name\":");
        json_add_string_or_null(ret_audit, label->name);
        text_add(ret_audit, ",\"parent\":");
        json_add_string_or_null(ret_audit, label->parent);
        text_addf(ret_audit, ",\"confidence\":%.4f}", label->confidence);
    }
    text_add(ret_audit, "]}");
}

static enum status rekognition_inspect(struct moderator *moderator, const struct moderation_image *image,
                                       struct moderation_labels *ret_labels, struct text *audit, struct text *why)
{
    struct moderation_rekognition *rekognition = (struct moderation_rekognition *)moderator;
    struct rekognition_answer *answer = NEW(struct rekognition_answer);
    atomic_fetch_add(&rekognition->busy, 1);
    enum status status = ask_about_all(rekognition, image, answer, why);
    atomic_fetch_sub(&rekognition->busy, 1);
    if (status == STATUS_OK) {
        rekognition_judge(answer, &rekognition->policy, ret_labels);
        write_audit(rekognition, image, answer, audit);
        atomic_fetch_add(&rekognition->inspected, 1);
    }
    free(answer);
    return status;
}

static void rekognition_get_stats(const struct moderator *moderator, struct moderation_stats *ret_stats)
{
    const struct moderation_rekognition *rekognition = (const struct moderation_rekognition *)moderator;
    *ret_stats = (struct moderation_stats){.inspected = atomic_load(&rekognition->inspected),
                                           .busy = atomic_load(&rekognition->busy)};
}

/* ---- Opening and closing ---- */

static bool is_region(const char *region)
{
    size_t length = strlen(region);
    return length > 0 && length < 64 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static enum status find_region(struct moderation_rekognition *rekognition, const char *setting, struct text *why)
{
    rekognition->region = setting ? setting : aws_find_region(&rekognition->arena);
    if (!rekognition->region) {
        text_setf(why,
                  "Rekognition needs a region, such as eu-west-1: set --rekognition-region, AWS_REGION, or a region in "
                  "~/.aws/config");
        return STATUS_INVALID;
    }
    if (!is_region(rekognition->region)) {
        text_setf(why, "\"%s\" isn't an AWS region, such as eu-west-1", rekognition->region);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status find_url(struct moderation_rekognition *rekognition, const char *setting, struct text *why)
{
    TEXT_CLEANUP struct text host = {0};
    const char *target, *suffix = strncmp(rekognition->region, "cn-", 3) == 0 ? ".cn" : "";
    rekognition->url = setting;
    if (!setting)
        rekognition->url =
            arena_printf(&rekognition->arena, "https://rekognition.%s.amazonaws.com%s/", rekognition->region, suffix);
    if (!http_url_split(rekognition->url, &host, &target)) {
        text_setf(why, "--rekognition-endpoint: \"%s\" isn't an http or https URL", rekognition->url);
        return STATUS_INVALID;
    }
    rekognition->host = arena_copy_string(&rekognition->arena, text_get(&host));
    return STATUS_OK;
}

static void rekognition_close(struct moderator *moderator)
{
    struct moderation_rekognition *rekognition = (struct moderation_rekognition *)moderator;
    aws_identity_free(rekognition->identity);
    http_client_close(rekognition->client);
    arena_release(&rekognition->arena);
    free(rekognition);
}

static enum status rekognition_open(const struct moderation_settings *settings, struct moderator **ret_moderator,
                                    struct text *why)
{
    struct moderation_rekognition *rekognition = NEW(struct moderation_rekognition);
    const struct http_client_settings client = {.connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                                .idle_connections = IDLE_CONNECTIONS};
    rekognition->moderator.ops = &moderation_rekognition_ops;
    rekognition->timeout_ms = settings->timeout_ms;
    rekognition->policy = (struct rekognition_policy){settings->label_only, settings->hold};
    enum status status = find_region(rekognition, settings->region, why);
    if (status == STATUS_OK)
        status = find_url(rekognition, settings->endpoint, why);
    if (status == STATUS_OK)
        status = http_client_open(&client, &rekognition->client, why);
    if (status != STATUS_OK) {
        rekognition_close(&rekognition->moderator);
        return status;
    }
    rekognition->identity = aws_identity_new(rekognition->client);
    *ret_moderator = &rekognition->moderator;
    return STATUS_OK;
}

const struct moderator_ops moderation_rekognition_ops = {
    .name = "rekognition",
    .input = &input,
    .is_remote = true,
    .open = rekognition_open,
    .close = rekognition_close,
    .inspect = rekognition_inspect,
    .get_stats = rekognition_get_stats,
};
