#include "aws_signature.h"

#include "base64.h"
#include "digest.h"
#include "file_at.h"
#include "memory.h"

#include <assert.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUM_BYTES = 32, SUM_TEXT_SIZE = 2 * SUM_BYTES + 1, DATE_SIZE = 17 /* 20150830T123600Z */, DAY_LENGTH = 8 };
enum { MD5_BYTES = 16, BLOCK_BYTES = 64 << 10 };

static void write_hex(const uint8_t sum[static SUM_BYTES], char ret_hex[static SUM_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SUM_BYTES; i++) {
        ret_hex[2 * i] = digits[sum[i] >> 4];
        ret_hex[2 * i + 1] = digits[sum[i] & 15];
    }
    ret_hex[SUM_TEXT_SIZE - 1] = '\0';
}

static void sum_hex(const void *data, size_t size, char ret_hex[static SUM_TEXT_SIZE])
{
    uint8_t sum[SUM_BYTES];
    int done = EVP_Digest(data, size, sum, NULL, EVP_sha256(), NULL);
    assert(done == 1);
    write_hex(sum, ret_hex);
}

static void authenticate(const void *key, size_t key_size, const char *message, uint8_t ret_sum[static SUM_BYTES])
{
    const uint8_t *done =
        HMAC(EVP_sha256(), key, (int)key_size, (const uint8_t *)message, strlen(message), ret_sum, NULL);
    assert(done);
}

void aws_encode(struct text *out, const char *part, size_t length, bool keeps_slashes)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)part[i];
        bool is_plain = (byte < 0x80 && isalnum(byte)) || (byte && strchr("-._~", byte));
        if (is_plain || (keeps_slashes && byte == '/'))
            text_addc(out, (char)byte);
        else
            text_addf(out, "%%%02X", byte);
    }
}

/* ---- The canonical request: what both sides sign, whatever a proxy made of its layout ---- */

/* A parameter of the query. */
struct parameter {
    const char *name, *value;
};

/* By name, then by value. */
static int compare_parameters(const void *one, const void *other)
{
    const struct parameter *a = one, *b = other;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->value, b->value);
}

static void add_path(struct text *out, const char *target, bool is_s3)
{
    size_t length = strcspn(target, "?#");
    if (length == 0)
        text_addc(out, '/');
    else if (is_s3)
        text_append(out, target, length);
    else
        aws_encode(out, target, length, true); /* once more: a %20 becomes %2520 */
    text_addc(out, '\n');
}

static void add_query(struct text *out, const char *target, struct arena *arena)
{
    const char *query = target + strcspn(target, "?#");
    size_t count = 1;
    char *rest = arena_copy(arena, *query == '?' ? query + 1 : "", *query == '?' ? strcspn(query + 1, "#") : 0);
    for (const char *at = rest; *at; at++)
        count += *at == '&';
    struct parameter *parameters = arena_new(arena, count * sizeof *parameters);
    count = 0;
    for (char *part; (part = strsep(&rest, "&"));) {
        char *name = strsep(&part, "=");
        if (*name || part)
            parameters[count++] = (struct parameter){name, part ? part : ""};
    }
    qsort(parameters, count, sizeof *parameters, compare_parameters);
    for (size_t i = 0; i < count; i++)
        text_addf(out, "%s%s=%s", i ? "&" : "", parameters[i].name, parameters[i].value);
    text_addc(out, '\n');
}

static const char *lower(const char *name, struct arena *arena)
{
    char *copy = arena_copy_string(arena, name);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

/* Without white space around it, and with one space where there were several. */
static void add_value(struct text *out, const char *value)
{
    bool follows = false;
    for (const char *at = value + strspn(value, " \t"); *at; at++) {
        bool is_space = *at == ' ' || *at == '\t';
        if (!is_space && follows)
            text_addc(out, ' ');
        if (!is_space)
            text_addc(out, *at);
        follows = is_space;
    }
}

struct sorted_field {
    const char *name; /* in lower case */
    const struct http_field *field;
};

/* By name; those of one name as they are sent. */
static int compare_fields(const void *one, const void *other)
{
    const struct sorted_field *a = one, *b = other;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->field > b->field) - (a->field < b->field);
}

/* Fields of one name become one, with all their values. */
static void add_fields(struct text *out, struct text *ret_names, const struct http_call *call, struct arena *arena)
{
    struct sorted_field sorted[HTTP_FIELDS_MAX] = {0};
    for (size_t i = 0; i < call->field_count; i++)
        sorted[i] = (struct sorted_field){lower(call->fields[i].name, arena), &call->fields[i]};
    qsort(sorted, call->field_count, sizeof sorted[0], compare_fields);
    for (size_t i = 0; i < call->field_count; i++) {
        bool continues = i && strcmp(sorted[i].name, sorted[i - 1].name) == 0;
        if (continues) {
            text_addc(out, ',');
        } else {
            text_addf(out, "%s%s:", i ? "\n" : "", sorted[i].name);
            text_addf(ret_names, "%s%s", i ? ";" : "", sorted[i].name);
        }
        add_value(out, sorted[i].field->value);
    }
    text_addf(out, "\n\n%s\n", text_get(ret_names));
}

/* ---- The signature ---- */

static void write_date(int64_t time_ms, char ret_date[static DATE_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(ret_date, DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts);
}

/* The key is good for one day, region and service. */
static void sign_text(const struct aws_signing *signing, const char *date, const char *text,
                      char ret_hex[static SUM_TEXT_SIZE])
{
    const char *const steps[] = {signing->region, signing->service, "aws4_request", text};
    uint8_t sum[SUM_BYTES], next[SUM_BYTES];
    TEXT_CLEANUP struct text key = {0}, day = {0};
    text_setf(&key, "AWS4%s", signing->credentials.secret_key);
    text_append(&day, date, DAY_LENGTH);
    authenticate(key.data, key.length, text_get(&day), sum);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        authenticate(sum, sizeof sum, steps[i], next);
        memcpy(sum, next, sizeof sum);
    }
    OPENSSL_cleanse(key.data, key.length);
    write_hex(sum, ret_hex);
}

/* All that both sides can see: "GET\n/path\nquery\nfields\n\nnames\nsum". */
static void make_canonical(struct text *out, struct text *ret_names, const struct http_call *call, const char *target,
                           bool is_s3, const char *body_sum, struct arena *arena)
{
    text_setf(out, "%s\n", call->method);
    add_path(out, target, is_s3);
    add_query(out, target, arena);
    add_fields(out, ret_names, call, arena);
    text_add(out, body_sum);
}

static void make_scope(struct text *out, const struct aws_signing *signing, const char *date)
{
    text_setf(out, "%.*s/%s/%s/aws4_request", DAY_LENGTH, date, signing->region, signing->service);
}

static void sign_canonical(const struct text *canonical, const struct aws_signing *signing, const char *date,
                           char ret_hex[static SUM_TEXT_SIZE])
{
    TEXT_CLEANUP struct text scope = {0}, text = {0};
    char sum[SUM_TEXT_SIZE];
    make_scope(&scope, signing, date);
    sum_hex(canonical->data, canonical->length, sum);
    text_setf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, text_get(&scope), sum);
    sign_text(signing, date, text_get(&text), ret_hex);
}

static enum status split_url(const char *url, struct text *ret_authority, const char **ret_target, struct text *why)
{
    if (http_url_split(url, ret_authority, ret_target))
        return STATUS_OK;
    text_setf(why, "\"%s\" isn't an http or https URL", url);
    return STATUS_INVALID;
}

/* ---- In fields ---- */

static enum status sum_file(const struct http_file *file, char ret_hex[static SUM_TEXT_SIZE], struct text *why)
{
    uint8_t sum[DIGEST_BYTES_MAX], *block = memory_new(BLOCK_BYTES);
    struct digest *digest = digest_new(DIGEST_SHA256);
    uint64_t done = 0;
    for (size_t have = 1; have && done < file->size; done += have) {
        size_t wanted = file->size - done < BLOCK_BYTES ? (size_t)(file->size - done) : BLOCK_BYTES;
        have = file_read_at(file->fd, block, wanted, file->offset + done);
        digest_add(digest, block, have);
    }
    (void)digest_finish(digest, sum);
    digest_free(digest);
    free(block);
    if (done < file->size) {
        text_setf(why, "The file to send is shorter than %llu bytes.", (unsigned long long)file->size);
        return STATUS_UNPROCESSABLE;
    }
    write_hex(sum, ret_hex);
    return STATUS_OK;
}

static enum status sum_body(const struct http_call *call, char ret_hex[static SUM_TEXT_SIZE], struct text *why)
{
    if (call->file)
        return sum_file(call->file, ret_hex, why);
    sum_hex(call->body ? call->body : "", call->body ? call->body_size : 0, ret_hex);
    return STATUS_OK;
}

static void add_own_fields(struct http_call *call, const struct aws_signing *signing, const char *authority,
                           const char *date, const char *body_sum, struct arena *arena)
{
    http_call_add(call, "Host", arena_copy_string(arena, authority));
    http_call_add(call, "X-Amz-Date", arena_copy_string(arena, date));
    if (signing->credentials.session_token)
        http_call_add(call, "X-Amz-Security-Token", signing->credentials.session_token);
    if (signing->is_s3)
        http_call_add(call, "X-Amz-Content-Sha256", arena_copy_string(arena, body_sum));
}

enum status aws_sign(struct http_call *call, const struct aws_signing *signing, struct arena *arena, struct text *why)
{
    TEXT_CLEANUP struct text authority = {0}, canonical = {0}, names = {0}, scope = {0};
    char date[DATE_SIZE], sum[SUM_TEXT_SIZE], signature[SUM_TEXT_SIZE];
    const char *target;
    enum status status = split_url(call->url, &authority, &target, why);
    if (status == STATUS_OK)
        status = sum_body(call, sum, why);
    if (status != STATUS_OK)
        return status;
    write_date(signing->time_ms, date);
    add_own_fields(call, signing, text_get(&authority), date, sum, arena);
    make_canonical(&canonical, &names, call, target, signing->is_s3, sum, arena);
    make_scope(&scope, signing, date);
    sign_canonical(&canonical, signing, date, signature);
    http_call_add(call, "Authorization",
                  arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                               signing->credentials.access_key, text_get(&scope), text_get(&names), signature));
    return STATUS_OK;
}

/* ---- In the URL ---- */

static void add_parameter(struct text *url, const char *name, const char *value)
{
    text_addf(url, "%c%s=", strchr(text_get(url), '?') ? '&' : '?', name);
    aws_encode(url, value, strlen(value), false);
}

static void add_own_parameters(struct text *url, const struct aws_signing *signing, const char *date, unsigned seconds,
                               const char *names)
{
    TEXT_CLEANUP struct text scope = {0}, credential = {0}, expires = {0};
    make_scope(&scope, signing, date);
    text_setf(&credential, "%s/%s", signing->credentials.access_key, text_get(&scope));
    text_setf(&expires, "%u", seconds);
    add_parameter(url, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    add_parameter(url, "X-Amz-Credential", text_get(&credential));
    add_parameter(url, "X-Amz-Date", date);
    add_parameter(url, "X-Amz-Expires", text_get(&expires));
    add_parameter(url, "X-Amz-SignedHeaders", names);
    if (signing->credentials.session_token)
        add_parameter(url, "X-Amz-Security-Token", signing->credentials.session_token);
}

enum status aws_presign(const struct http_call *call, const struct aws_signing *signing, unsigned seconds,
                        struct text *ret_url, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text authority = {0}, fields = {0}, names = {0}, canonical = {0}, same_names = {0};
    char date[DATE_SIZE], signature[SUM_TEXT_SIZE];
    const char *target;
    enum status status = split_url(call->url, &authority, &target, why);
    if (status != STATUS_OK)
        return status;
    struct http_call whole = *call;
    http_call_add(&whole, "Host", text_get(&authority));
    add_fields(&fields, &names, &whole, &arena);
    write_date(signing->time_ms, date);
    text_setf(ret_url, "%s", call->url);
    add_own_parameters(ret_url, signing, date, seconds, text_get(&names));
    make_canonical(&canonical, &same_names, &whole, text_get(ret_url) + (target - call->url), signing->is_s3,
                   "UNSIGNED-PAYLOAD", &arena);
    sign_canonical(&canonical, signing, date, signature);
    add_parameter(ret_url, "X-Amz-Signature", signature);
    return STATUS_OK;
}

void aws_content_md5(const void *body, size_t size, struct text *ret_sum)
{
    uint8_t sum[MD5_BYTES];
    int done = EVP_Digest(body, size, sum, NULL, EVP_md5(), NULL);
    assert(done == 1);
    text_clear(ret_sum);
    base64_add(ret_sum, sum, sizeof sum);
}
