#include "s3_server.h"

#include "aws_credentials.h"
#include "blob.h"
#include "check.h"
#include "clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct s3_server server;

static void stop(void)
{
    (void)close(server.input);
    (void)waitpid(server.pid, NULL, 0);
}

static FILE *start(void)
{
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return NULL;
    server.pid = fork();
    if (server.pid == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        (void)unsetenv("LD_PRELOAD");
        (void)execl(S3_SERVER, S3_SERVER, (char *)NULL);
        _exit(127);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    server.input = input[1];
    (void)atexit(stop);
    return fdopen(output[0], "r");
}

static bool read_ready(FILE *output)
{
    char line[512] = "", access_key[64], secret_key[128];
    bool has_line = output && fgets(line, sizeof line, output);
    line[strcspn(line, "\n")] = '\0';
    if (has_line && strncmp(line, "skip ", 5) == 0) {
        check_skip("%s", line + 5);
        return false;
    }
    if (!CHECK_INT(sscanf(line, "ready %63s %63s %127s", server.endpoint, access_key, secret_key), 3)) {
        printf("# s3-server: %s\n", line);
        return false;
    }
    (void)setenv("AWS_ACCESS_KEY_ID", access_key, 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", secret_key, 1);
    (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    (void)setenv("no_proxy", "127.0.0.1,localhost", 1);
    return true;
}

const struct s3_server *s3_server_get(void)
{
    static bool is_tried, is_there;
    if (!is_tried) {
        is_tried = true;
        is_there = read_ready(start());
    } else if (!is_there) {
        check_skip("there is no S3 server");
    }
    return is_there ? &server : NULL;
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

bool s3_server_make_buckets(const struct s3_server *to, const char *prefix, char *ret_address, size_t size)
{
    const struct http_client_settings settings = {.connect_timeout_ms = 10000, .idle_connections = 1};
    struct http_client *client;
    bool is_made = CHECK_INT(http_client_open(&settings, &client, NULL), STATUS_OK);
    struct aws_identity *identity = aws_identity_new(client);
    for (int i = 0; is_made && i < BUCKETS; i++) {
        TEXT_CLEANUP struct text url = {0};
        text_addf(&url, "%s/%s-%s", to->endpoint, prefix, bucket_policies[i].name);
        is_made = make_bucket(client, identity, text_get(&url));
    }
    aws_identity_free(identity);
    http_client_close(client);
    (void)snprintf(ret_address, size, "s3://%s?endpoint=%s&path-style=yes", prefix, to->endpoint);
    return is_made;
}
