#include "s3_server.h"

#include "aws_credentials.h"
#include "blob.h"
#include "check.h"
#include "clock.h"
#include "server_script.h"

#include <stdio.h>
#include <stdlib.h>

static char endpoint[64];

const char *s3_server_endpoint(void)
{
    return endpoint;
}

static bool find_server(void)
{
    char access_key[64], secret_key[128];
    const char *words = server_script_get(S3_SERVER);
    if (!words || !CHECK_INT(sscanf(words, "%63s %63s %127s", endpoint, access_key, secret_key), 3))
        return false;
    (void)setenv("AWS_ACCESS_KEY_ID", access_key, 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", secret_key, 1);
    (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    (void)setenv("no_proxy", "127.0.0.1,localhost", 1);
    return true;
}

static bool make_bucket(struct http_client *client, struct aws_identity *identity, const char *url)
{
    ARENA_CLEANUP struct arena arena = {0};
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text why = {0};
    struct aws_signing signing = {.region = "us-east-1", .service = "s3", .is_s3 = true, .time_ms = clock_now_ms()};
    struct http_call call = {.method = "PUT", .url = url, .timeout_ms = 60000, .answer_max = 1 << 16};
    return CHECK_INT(aws_identity_get(identity, &arena, &signing.credentials, &why), STATUS_OK)
           && CHECK_INT(aws_sign(&call, &signing, &arena, &why), STATUS_OK)
           && CHECK_INT(http_client_ask(client, &call, &reply, &why), STATUS_OK) && CHECK_INT(reply.code, 200);
}

bool s3_server_make_buckets(const char *prefix, struct text *out)
{
    const struct http_client_settings settings = {.connect_timeout_ms = 10000, .idle_connections = 1};
    struct http_client *client;
    if (!find_server() || !CHECK_INT(http_client_open(&settings, &client, NULL), STATUS_OK))
        return false;
    struct aws_identity *identity = aws_identity_new(client);
    bool is_made = true;
    for (int i = 0; is_made && i < BUCKETS; i++) {
        TEXT_CLEANUP struct text url = {0};
        text_addf(&url, "%s/%s-%s", endpoint, prefix, bucket_policies[i].name);
        is_made = make_bucket(client, identity, text_get(&url));
    }
    aws_identity_free(identity);
    http_client_close(client);
    text_addf(out, "s3://%s?endpoint=%s&path-style=yes", prefix, endpoint);
    return is_made;
}
