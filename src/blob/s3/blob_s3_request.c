/* One request to S3: signed anew each time, asked again when it failed for a moment, and what S3 says in our words. */
#include "blob_s3.h"

#include "clock.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { TRIES = 4, FIRST_PAUSE_MS = 50 };
/* All of a request of 16 MB, even where the network is slow; what stands still is given up before, so that clients get
 * an answer and others their turn. */
enum { TIMEOUT_MS = 10 * 60 * 1000, STALL_TIMEOUT_MS = 5 * 1000, WORK_TIMEOUT_MS = 30 * 1000 };
/* Between two times that a refusal without a word makes us ask for other credentials. */
enum { ASK_ANEW_MS = 60 * 1000 };

void s3_request_add(struct s3_request *request, const char *name, const char *value)
{
    assert(request->field_count < sizeof request->fields / sizeof request->fields[0]);
    request->fields[request->field_count++] = (struct http_field){name, value};
}

void s3_query_add(struct text *query, const char *name, const char *value)
{
    text_addf(query, "%s%s=", query->length ? "&" : "", name);
    aws_encode(query, value, strlen(value), false);
}

void s3_url(const struct blob_s3 *s3, enum bucket bucket, const char *key, struct text *ret_url)
{
    const char *name = bucket_policies[bucket].name;
    if (s3->has_path_style)
        text_setf(ret_url, "%s%s/%s-%s%s", s3->scheme, s3->host, s3->prefix, name, key ? "/" : "");
    else
        text_setf(ret_url, "%s%s-%s.%s/", s3->scheme, s3->prefix, name, s3->host);
    if (key)
        aws_encode(ret_url, key, strlen(key), true);
}

/* ---- What S3 says ---- */

/* docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
static const struct {
    const char *word;
    enum status status;
} words[] = {
    {"NoSuchKey", STATUS_NOT_FOUND},    {"NoSuchUpload", STATUS_NOT_FOUND},   {"PreconditionFailed", STATUS_CONFLICT},
    {"InvalidPart", STATUS_INVALID},    {"InvalidPartOrder", STATUS_INVALID}, {"EntityTooSmall", STATUS_INVALID},
    {"SlowDown", STATUS_BUSY},          {"ServiceUnavailable", STATUS_BUSY},  {"TooManyRequests", STATUS_BUSY},
    {"QuotaExceeded", STATUS_NO_SPACE}, {"NoSuchBucket", STATUS_UNAVAILABLE},
};

/* An answer to HEAD has no word. */
enum status s3_status(const char *word, unsigned code)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].status;
    switch (code) {
    case 404:
        return *word ? STATUS_UNAVAILABLE : STATUS_NOT_FOUND;
    case 412:
        return STATUS_CONFLICT;
    case 429:
    case 503:
        return STATUS_BUSY;
    case 507:
        return STATUS_NO_SPACE;
    default:
        return STATUS_UNAVAILABLE;
    }
}

/* Refusals that may pass, and those after which other credentials may do. */
static const char *const passing[] = {"RequestTimeout", NULL};
static const char *const about_who_asks[] = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired",
                                             "InvalidAccessKeyId", NULL};

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

static int64_t steady_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

/* An answer to HEAD doesn't say whether it is about who asks, and if it isn't, other credentials change nothing: they
 * are asked for now and then. What was signed before that is signed again. */
static bool has_newer_credentials(struct blob_s3 *s3, int64_t signed_ms)
{
    int64_t asked_ms = atomic_load(&s3->asked_anew_ms), now_ms = steady_ms();
    if (asked_ms && now_ms - asked_ms < ASK_ANEW_MS)
        return signed_ms < asked_ms;
    if (atomic_compare_exchange_strong(&s3->asked_anew_ms, &asked_ms, now_ms))
        aws_identity_forget(s3->identity);
    return true;
}

static bool may_pass(struct blob_s3 *s3, const struct s3_request *request, unsigned code, const char *word,
                     int64_t signed_ms)
{
    if (is_one_of(word, about_who_asks)) {
        aws_identity_forget(s3->identity);
        return true;
    }
    if ((code == 400 || code == 403) && strcmp(request->method, "HEAD") == 0)
        return has_newer_credentials(s3, signed_ms);
    return code >= 500 || code == 429 || is_one_of(word, passing);
}

static enum status take_error(struct blob_s3 *s3, const struct s3_request *request, const struct http_reply *reply,
                              int64_t signed_ms, bool *ret_may_pass, struct text *why)
{
    TEXT_CLEANUP struct text word = {0}, message = {0};
    (void)s3_xml_find(text_get(&reply->body), "Code", &word);
    (void)s3_xml_find(text_get(&reply->body), "Message", &message);
    if (request->word)
        text_setf(request->word, "%s", text_get(&word));
    *ret_may_pass = may_pass(s3, request, reply->code, text_get(&word), signed_ms);
    text_setf(why, "The bucket %s-%s at %s answers %u%s%s%s%s%s%s.", s3->prefix, bucket_policies[request->bucket].name,
              s3->host, reply->code, word.length ? " " : "", text_get(&word), message.length ? ": " : "",
              text_get(&message), request->key ? ", for " : "", request->key ? request->key : "");
    return s3_status(text_get(&word), reply->code);
}

/* ---- Asking ---- */

static enum status sign(struct blob_s3 *s3, struct http_call *call, struct arena *arena, struct text *why)
{
    struct aws_signing signing = {.region = s3->region, .service = "s3", .is_s3 = true, .time_ms = clock_now_ms()};
    enum status status = aws_identity_get(s3->identity, arena, &signing.credentials, why);
    if (status != STATUS_OK)
        return STATUS_UNAVAILABLE;
    return aws_sign(call, &signing, arena, why);
}

/* What a request's taker gets, counted: after the first byte it can't be asked again. */
struct counted {
    const struct s3_request *request;
    uint64_t taken;
};

static bool take_counted(void *context, const void *bytes, size_t size)
{
    struct counted *counted = context;
    counted->taken += size;
    return counted->request->take(counted->request->context, bytes, size);
}

static struct http_call make_call(const struct s3_request *request, const char *url, struct counted *counted)
{
    struct http_call call = {
        .method = request->method,
        .url = url,
        .body = request->body ? text_get(request->body) : NULL,
        .body_size = request->body ? request->body->length : 0,
        .file = request->file,
        .take = request->take ? take_counted : NULL,
        .context = counted,
        .take_max = request->take_max,
        .answer_max = S3_ANSWER_MAX,
        .timeout_ms = TIMEOUT_MS,
        .stall_timeout_ms = request->is_work ? WORK_TIMEOUT_MS : STALL_TIMEOUT_MS,
    };
    for (size_t i = 0; i < request->field_count; i++)
        http_call_add(&call, request->fields[i].name, request->fields[i].value);
    return call;
}

/* A server, or who stands between, may send a shorter range than the one that it was asked for. */
static enum status check_taken(const struct blob_s3 *s3, const struct counted *counted, struct text *why)
{
    const struct s3_request *request = counted->request;
    if (!request->take || counted->taken == request->take_max)
        return STATUS_OK;
    text_setf(why, "The bucket %s-%s at %s sent %" PRIu64 " of %" PRIu64 " bytes of %s.", s3->prefix,
              bucket_policies[request->bucket].name, s3->host, counted->taken, request->take_max, request->key);
    return STATUS_UNAVAILABLE;
}

/* Unless S3 gave no answer to anybody for so long that one request at a time is enough to see when it does. */
static enum status send(struct blob_s3 *s3, const struct http_call *call, struct http_reply *ret_reply,
                        struct text *why)
{
    int64_t began_ns = clock_monotonic_ns();
    bool is_probe;
    if (!outage_may_try(&s3->outage, &is_probe)) {
        text_setf(why, "it has given no answer for more than %d s", S3_PATIENCE_MS / 1000);
        return STATUS_UNAVAILABLE;
    }
    enum status status = http_client_ask(s3->client, call, ret_reply, why);
    outage_note(&s3->outage, status != STATUS_UNAVAILABLE && status != STATUS_TIMEOUT, is_probe, began_ns);
    return status;
}

/* *ret_may_pass: it may do better when it is asked again. */
static enum status ask_once(struct blob_s3 *s3, const struct s3_request *request, const char *url,
                            struct http_reply *ret_reply, bool *ret_may_pass, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text reason = {0};
    struct counted counted = {.request = request};
    struct http_call call = make_call(request, url, &counted);
    struct http_reply reply = {0};
    int64_t signed_ms = steady_ms();
    *ret_may_pass = false;
    enum status status = sign(s3, &call, &arena, &reason);
    bool is_signed = status == STATUS_OK;
    if (is_signed)
        status = send(s3, &call, &reply, &reason);
    if (status != STATUS_OK) {
        *ret_may_pass = is_signed && status == STATUS_UNAVAILABLE && counted.taken == 0;
        text_setf(why, "The buckets at %s can't be used: %s.", s3->host, text_get(&reason));
        return status == STATUS_INVALID || status == STATUS_TOO_LARGE ? STATUS_UNAVAILABLE : status;
    }
    status = reply.code / 100 == 2 ? check_taken(s3, &counted, why)
                                   : take_error(s3, request, &reply, signed_ms, ret_may_pass, why);
    if (status == STATUS_OK)
        *ret_reply = reply;
    else
        http_reply_release(&reply);
    return status;
}

/* Longer each time, and not all at the same moment. */
static void pause_before(unsigned next)
{
    int64_t most_ms = (int64_t)FIRST_PAUSE_MS << next;
    int64_t pause_ns = (most_ms / 2 + clock_monotonic_ns() / 1000 % (most_ms / 2)) * 1000000;
    (void)nanosleep(&(struct timespec){.tv_sec = pause_ns / 1000000000, .tv_nsec = pause_ns % 1000000000}, NULL);
}

enum status s3_ask(struct blob_s3 *s3, const struct s3_request *request, struct http_reply *ret_reply, struct text *why)
{
    TEXT_CLEANUP struct text url = {0};
    s3_url(s3, request->bucket, request->key, &url);
    if (request->query)
        text_addf(&url, "?%s", request->query);
    int64_t until_ns = outage_patience(&s3->outage);
    for (unsigned i = 1;; i++) {
        bool goes_on;
        enum status status = ask_once(s3, request, text_get(&url), ret_reply, &goes_on, why);
        if (status == STATUS_OK || !goes_on || request->is_once || i == TRIES || clock_monotonic_ns() > until_ns)
            return status;
        pause_before(i);
    }
}
