/* Random requests, signed, for aws_signature_botocore.py to sign again: a line of JSON each. */
#include "aws_signature.h"
#include "json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { REQUESTS = 500 };

static unsigned draw(uint64_t *seed, unsigned below)
{
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(*seed >> 33) % below;
}

static char *draw_word(uint64_t *seed, const char *letters, unsigned longest, struct arena *arena)
{
    TEXT_CLEANUP struct text word = {0};
    for (unsigned left = draw(seed, longest + 1); left; left--)
        text_addc(&word, letters[draw(seed, (unsigned)strlen(letters))]);
    return arena_copy_string(arena, text_get(&word));
}

static const char *draw_url(uint64_t *seed, bool is_s3, struct arena *arena)
{
    static const char bytes[] = "abXY09-._~ +&=/%$\xc3\xa9";
    TEXT_CLEANUP struct text url = {0};
    text_setf(&url, "https://%s.example.org%s/", draw(seed, 2) ? "rekognition" : "b", draw(seed, 2) ? ":8443" : "");
    for (unsigned parts = draw(seed, 3); parts; parts--) {
        const char *part = draw_word(seed, bytes, 8, arena);
        text_addc(&url, 'p'); /* never empty, "." or ".." */
        aws_encode(&url, part, strlen(part), is_s3);
        text_add(&url, parts > 1 ? "/" : "");
    }
    for (unsigned i = 0, count = draw(seed, 5); i < count; i++) {
        const char *name = draw_word(seed, "aA-b.2", 3, arena), *value = draw_word(seed, bytes, 6, arena);
        text_addf(&url, "%sq", i ? "&" : "?");
        aws_encode(&url, name, strlen(name), false);
        text_addc(&url, '=');
        aws_encode(&url, value, strlen(value), false);
    }
    return arena_copy_string(arena, text_get(&url));
}

/* A line of JSON: the request as it was before, how it was to be signed, and what came out. */
static void write_request(uint64_t *seed)
{
    ARENA_CLEANUP struct arena arena = {0};
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD"};
    struct aws_signing signing = {
        .credentials = {"AKID", draw_word(seed, "abc/+=XYZ", 40, &arena), draw(seed, 2) ? "token/+==" : NULL},
        .region = draw(seed, 2) ? "eu-west-1" : "us-east-2",
        .time_ms = (int64_t)draw(seed, 2000000000) * 1000,
        .is_s3 = draw(seed, 2),
    };
    signing.service = signing.is_s3 ? "s3" : "rekognition";
    struct http_call call = {.method = methods[draw(seed, 5)], .url = draw_url(seed, signing.is_s3, &arena)};
    call.body = draw(seed, 2) ? draw_word(seed, "{}:\"abc", 200, &arena) : NULL;
    call.body_size = call.body ? strlen(call.body) : 0;
    for (unsigned i = 0, count = draw(seed, 4); i < count; i++)
        http_call_add(&call, arena_printf(&arena, "X-Amz-%u%s", i, draw(seed, 2) ? "a" : "Z"),
                      arena_printf(&arena, "v%sv", draw_word(seed, " ab,", 6, &arena)));
    JSON_CLEANUP json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:I, s:{}}", "method", call.method, "url", call.url,
                  "body", call.body ? (const char *)call.body : "", "access_key", signing.credentials.access_key,
                  "secret_key", signing.credentials.secret_key, "token", signing.credentials.session_token, "region",
                  signing.region, "service", signing.service, "time", (json_int_t)(signing.time_ms / 1000), "fields");
    for (size_t i = 0; i < call.field_count; i++)
        json_object_set_new(json_object_get(line, "fields"), call.fields[i].name, json_string(call.fields[i].value));
    enum status status = aws_sign(&call, &signing, &arena, NULL);
    assert(status == STATUS_OK);
    json_object_set_new(line, "authorization", json_string(call.fields[call.field_count - 1].value));
    TEXT_CLEANUP struct text text = {0};
    json_add(&text, line);
    (void)puts(text_get(&text));
}

int main(void)
{
    uint64_t seed = 20150830;
    for (int i = 0; i < REQUESTS; i++)
        write_request(&seed);
    return 0;
}
