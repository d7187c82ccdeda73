#include "aws_credentials.h"

#include "aws_profile.h"
#include "clock.h"
#include "json.h"
#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    METADATA_TIMEOUT_MS = 2000,
    METADATA_ANSWER_MAX = 64 << 10,
    ASK_EARLY_MS = 5 * 60 * 1000, /* before they expire */
    ASK_AGAIN_MS = 30 * 1000,     /* where nobody had better ones */
    ARRIVES_IN_MS = 10 * 1000,    /* a call that was signed just before they expire must still arrive */
};
static const char instance_address[] = "http://169.254.169.254", container_address[] = "http://169.254.170.2";

/* What a place said. */
struct found {
    struct arena arena; /* of the strings */
    struct aws_credentials credentials;
    int64_t expires_ms; /* 0: they are not kept */
    size_t place;       /* in the table below */
};

struct aws_identity {
    struct http_client *client;
    pthread_mutex_t lock; /* guards what follows; held while somebody asks, because the others want the same answer */
    struct found found;
    int64_t ask_at_ms; /* 0: at once */
};

struct aws_identity *aws_identity_new(struct http_client *client)
{
    struct aws_identity *identity = NEW(struct aws_identity);
    identity->client = client;
    pthread_mutex_init(&identity->lock, NULL);
    return identity;
}

void aws_identity_free(struct aws_identity *identity)
{
    if (!identity)
        return;
    arena_release(&identity->found.arena);
    pthread_mutex_destroy(&identity->lock);
    free(identity);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* ---- Places that are read every time ---- */

static bool read_environment(struct aws_identity *identity, struct text *why)
{
    identity->found.credentials = (struct aws_credentials){
        .access_key = variable("AWS_ACCESS_KEY_ID"),
        .secret_key = variable("AWS_SECRET_ACCESS_KEY"),
        .session_token = variable("AWS_SESSION_TOKEN"),
    };
    text_setf(why, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set");
    return identity->found.credentials.access_key && identity->found.credentials.secret_key;
}

static bool read_file(struct aws_identity *identity, struct text *why)
{
    struct arena *arena = &identity->found.arena;
    identity->found.credentials = (struct aws_credentials){
        .access_key = aws_profile_get(AWS_FILE_CREDENTIALS, "aws_access_key_id", arena, why),
        .session_token = aws_profile_get(AWS_FILE_CREDENTIALS, "aws_session_token", arena, NULL),
    };
    if (identity->found.credentials.access_key)
        identity->found.credentials.secret_key =
            aws_profile_get(AWS_FILE_CREDENTIALS, "aws_secret_access_key", arena, why);
    return identity->found.credentials.secret_key != NULL;
}

/* ---- Places that are asked ---- */

/* "2026-11-23T01:02:03Z", 0 if it is none. */
static int64_t parse_expiration(const char *text)
{
    struct tm parts = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
    return end ? (int64_t)timegm(&parts) * 1000 : 0;
}

static bool read_answer(struct aws_identity *identity, const struct text *body, struct text *why)
{
    JSON_CLEANUP json_t *root = NULL;
    if (json_parse(text_get(body), body->length, &root, why) != STATUS_OK)
        return false;
    const char *access_key = json_string_value(json_object_get(root, "AccessKeyId"));
    const char *secret_key = json_string_value(json_object_get(root, "SecretAccessKey"));
    const char *expiration = json_string_value(json_object_get(root, "Expiration"));
    if (!access_key || !secret_key) {
        text_setf(why, "the answer has no AccessKeyId and SecretAccessKey");
        return false;
    }
    identity->found.credentials = (struct aws_credentials){
        .access_key = arena_copy_string(&identity->found.arena, access_key),
        .secret_key = arena_copy_string(&identity->found.arena, secret_key),
        .session_token = arena_copy_string(&identity->found.arena, json_string_value(json_object_get(root, "Token"))),
    };
    identity->found.expires_ms = parse_expiration(expiration);
    return true;
}

/* Metadata services are on this machine or beside it: never behind a proxy. */
static bool ask(struct aws_identity *identity, const char *method, const char *url, const struct http_field *field,
                struct http_reply *ret_reply, struct text *why)
{
    struct http_call call = {.method = method,
                             .url = url,
                             .timeout_ms = METADATA_TIMEOUT_MS,
                             .answer_max = METADATA_ANSWER_MAX,
                             .goes_direct = true};
    if (field->value)
        http_call_add(&call, field->name, field->value);
    if (http_client_ask(identity->client, &call, ret_reply, why) != STATUS_OK)
        return false;
    if (ret_reply->code == 200)
        return true;
    text_setf(why, "%s responds with %u", url, ret_reply->code);
    http_reply_release(ret_reply);
    return false;
}

static bool ask_for_credentials(struct aws_identity *identity, const char *url, const struct http_field *field,
                                struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    return ask(identity, "GET", url, field, &reply, why) && read_answer(identity, &reply.body, why);
}

/* The first line of a small file. NULL when there is none. */
static const char *read_line(const char *path, struct arena *arena)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = path ? fopen(path, "re") : NULL;
    ssize_t length = file ? getline(&line, &capacity, file) : -1;
    const char *copy = length > 0 ? arena_copy(arena, line, strcspn(line, "\r\n")) : NULL;
    if (file)
        (void)fclose(file);
    free(line);
    return copy;
}

static bool ask_container(struct aws_identity *identity, struct text *why)
{
    const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative)
        url = arena_printf(&identity->found.arena, "%s%s", container_address, relative);
    if (!url) {
        text_setf(why, "this isn't one");
        return false;
    }
    const char *token = read_line(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), &identity->found.arena);
    const struct http_field field = {"Authorization", token ? token : variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")};
    return ask_for_credentials(identity, url, &field, why);
}

/* Version 2 of the service: a token first, then the role's name, then its credentials. */
static bool ask_instance(struct aws_identity *identity, struct text *why)
{
    static const char place[] = "/latest/meta-data/iam/security-credentials/";
    static const struct http_field lifetime = {"X-aws-ec2-metadata-token-ttl-seconds", "300"};
    const char *address = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
               *disabled = variable("AWS_EC2_METADATA_DISABLED");
    HTTP_REPLY_CLEANUP struct http_reply token = {0}, role = {0};
    struct arena *arena = &identity->found.arena;
    if (disabled && strcasecmp(disabled, "true") == 0) {
        text_setf(why, "AWS_EC2_METADATA_DISABLED is set");
        return false;
    }
    address = address ? address : instance_address;
    int length = (int)strlen(address) - (address[strlen(address) - 1] == '/');
    const char *token_url = arena_printf(arena, "%.*s/latest/api/token", length, address);
    if (!ask(identity, "PUT", token_url, &lifetime, &token, why))
        return false;
    const struct http_field field = {"X-aws-ec2-metadata-token", text_get(&token.body)};
    const char *list_url = arena_printf(arena, "%.*s%s", length, address, place);
    if (!ask(identity, "GET", list_url, &field, &role, why))
        return false;
    const char *name = text_get(&role.body);
    const char *url = arena_printf(arena, "%s%.*s", list_url, (int)strcspn(name, "\r\n"), name);
    return ask_for_credentials(identity, url, &field, why);
}

/* ---- All of them ---- */

static const struct {
    const char *name;
    bool (*find)(struct aws_identity *identity, struct text *why);
} places[] = {
    {"environment", read_environment},
    {"file", read_file},
    {"container", ask_container},
    {"instance", ask_instance},
};

enum { PLACES = sizeof places / sizeof places[0] };

static enum status ask_all(struct aws_identity *identity, size_t count, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    text_setf(why, "There are no AWS credentials.");
    for (size_t i = 0; i < count; i++) {
        identity->found.place = i;
        if (places[i].find(identity, &reason))
            return STATUS_OK;
        if (why)
            text_addf(why, " %s: %s.", places[i].name, text_get(&reason));
    }
    return STATUS_UNAUTHENTICATED;
}

static int64_t next_ask_ms(int64_t expires_ms, int64_t now_ms)
{
    int64_t early_ms = expires_ms - ASK_EARLY_MS, latest_ms = expires_ms - ARRIVES_IN_MS;
    if (early_ms >= now_ms + ASK_AGAIN_MS)
        return early_ms;
    return latest_ms < now_ms + ASK_AGAIN_MS ? latest_ms : now_ms + ASK_AGAIN_MS;
}

/* Credentials that are still good outlast a place that says nothing for a moment, and aren't replaced by those of
 * another place that is looked at after it. */
static enum status look(struct aws_identity *identity, struct text *why)
{
    int64_t now_ms = clock_now_ms();
    if (now_ms < identity->ask_at_ms)
        return STATUS_OK;
    struct found former = identity->found;
    bool is_good = now_ms < former.expires_ms - ARRIVES_IN_MS;
    identity->found = (struct found){0};
    enum status status = ask_all(identity, is_good ? former.place + 1 : PLACES, why);
    if (status != STATUS_OK && is_good) {
        struct found nothing = identity->found;
        identity->found = former;
        former = nothing;
        status = STATUS_OK;
    }
    arena_release(&former.arena);
    identity->ask_at_ms = next_ask_ms(identity->found.expires_ms, now_ms);
    return status;
}

enum status aws_identity_get(struct aws_identity *identity, struct arena *arena,
                             struct aws_credentials *ret_credentials, struct text *why)
{
    pthread_mutex_lock(&identity->lock);
    enum status status = look(identity, why);
    if (status == STATUS_OK)
        *ret_credentials = (struct aws_credentials){
            .access_key = arena_copy_string(arena, identity->found.credentials.access_key),
            .secret_key = arena_copy_string(arena, identity->found.credentials.secret_key),
            .session_token = arena_copy_string(arena, identity->found.credentials.session_token),
        };
    pthread_mutex_unlock(&identity->lock);
    return status;
}

void aws_identity_forget(struct aws_identity *identity)
{
    pthread_mutex_lock(&identity->lock);
    identity->ask_at_ms = 0;
    pthread_mutex_unlock(&identity->lock);
}

const char *aws_find_region(struct arena *arena)
{
    const char *region = variable("AWS_REGION");
    if (!region)
        region = variable("AWS_DEFAULT_REGION");
    return region ? region : aws_profile_get(AWS_FILE_CONFIG, "region", arena, NULL);
}
