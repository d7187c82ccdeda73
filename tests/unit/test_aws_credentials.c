/* Where AWS credentials and the region are found, with metadata services of our own on the loopback. */
#include "aws_credentials.h"
#include "check.h"
#include "http.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- Metadata services ---- */

static atomic_uint asked;
static atomic_bool is_away;
static const char *expiration; /* of what they hand out */

static void answer_keys(struct http_request *request, const char *who)
{
    struct text text = {0};
    atomic_fetch_add(&asked, 1);
    if (atomic_load(&is_away)) {
        http_answer(request, 503, NULL, NULL, 0);
        return;
    }
    text_addf(&text, "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"%s\"}", who,
              expiration);
    http_answer_text(request, 200, "application/json", &text);
}

static bool has(struct http_request *request, const char *name, const char *value)
{
    const char *given = http_header(request, name);
    if (given && strcmp(given, value) == 0)
        return true;
    http_answer(request, 401, NULL, NULL, 0);
    return false;
}

static void give_token(struct http_request *request)
{
    if (has(request, "X-aws-ec2-metadata-token-ttl-seconds", "300"))
        http_answer(request, 200, "text/plain", "a token", 7);
}

static void list_roles(struct http_request *request)
{
    if (has(request, "X-aws-ec2-metadata-token", "a token"))
        http_answer(request, 200, "text/plain", "photographer\n", 13);
}

static void give_role(struct http_request *request)
{
    if (has(request, "X-aws-ec2-metadata-token", "a token"))
        answer_keys(request, http_parameter(request, "role"));
}

static void give_task(struct http_request *request)
{
    if (has(request, "Authorization", "the secret"))
        answer_keys(request, "task");
}

static void give_nonsense(struct http_request *request)
{
    http_answer(request, 200, "text/plain", "{\"AccessKeyId\":\"x\"}", 19);
}

static const struct http_route routes[] = {
    {.method = "PUT", .pattern = "/latest/api/token", .run = HTTP_INLINE, .handle = give_token},
    {.method = "GET",
     .pattern = "/latest/meta-data/iam/security-credentials/",
     .run = HTTP_INLINE,
     .handle = list_roles},
    {.method = "GET",
     .pattern = "/latest/meta-data/iam/security-credentials/{role}",
     .run = HTTP_INLINE,
     .handle = give_role},
    {.method = "GET", .pattern = "/task", .run = HTTP_INLINE, .handle = give_task},
    {.method = "GET", .pattern = "/nonsense", .run = HTTP_INLINE, .handle = give_nonsense},
    {0},
};

struct bench {
    struct http_server *server;
    struct http_client *client;
    struct aws_identity *identity;
};

static void bench_open(struct bench *bench)
{
    static const struct http_route *const tables[] = {routes, NULL};
    const struct http_settings server = {.listen = "127.0.0.1:0",
                                         .event_threads = 1,
                                         .pool_threads = 1,
                                         .connections = 64,
                                         .idle_timeout_ms = 20000,
                                         .header_timeout_ms = 20000,
                                         .body_bytes_per_second = 1,
                                         .body_grace_ms = 20000,
                                         .max_body = 1024,
                                         .tables = tables};
    const struct http_client_settings client = {.connect_timeout_ms = 20000, .idle_connections = 1};
    CHECK_INT(http_server_open(&server, &bench->server, NULL), STATUS_OK);
    CHECK_INT(http_client_open(&client, &bench->client, NULL), STATUS_OK);
    bench->identity = aws_identity_new(bench->client);
    atomic_store(&asked, 0);
    expiration = "2100-01-01T00:00:00Z";
}

static void bench_close(struct bench *bench)
{
    aws_identity_free(bench->identity);
    http_client_close(bench->client);
    http_server_close(bench->server);
}

/* ---- The surroundings of a case ---- */

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "HOME",
};

static const char *folder(void)
{
    static const char *made;
    if (!made)
        made = check_folder();
    return made;
}

static void write_file(const char *name, const char *content)
{
    TEXT_CLEANUP struct text path = {0};
    text_setf(&path, "%s/%s", folder(), name);
    FILE *file = fopen(text_get(&path), "we");
    CHECK(file != NULL);
    if (file) {
        (void)fputs(content, file);
        (void)fclose(file);
    }
}

/* "NAME=value NAME=value"; in a value, FOLDER is the test's, SERVER the address of the services. */
static void set_variables(const char *list, const struct bench *bench)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        (void)unsetenv(variables[i]);
    (void)setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
    for (const char *at = list; *at; at += strspn(at, " ")) {
        TEXT_CLEANUP struct text name = {0}, value = {0};
        text_append(&name, at, strcspn(at, "="));
        at += name.length + 1;
        const char *end = at + strcspn(at, " ");
        while (at < end) {
            bool is_folder = strncmp(at, "FOLDER", 6) == 0, is_server = strncmp(at, "SERVER", 6) == 0;
            if (is_folder)
                text_add(&value, folder());
            else if (is_server)
                text_addf(&value, "http://%s", http_server_address(bench->server));
            else
                text_addc(&value, *at);
            at += is_folder || is_server ? 6 : 1;
        }
        (void)setenv(text_get(&name), text_get(&value), 1);
    }
}

static const char credentials_file[] = "; of the tests\n"
                                       "[default]\n"
                                       "aws_access_key_id = file\n"
                                       "aws_secret_access_key=fs\n"
                                       "[ other ]\n"
                                       "aws_access_key_id=other\n"
                                       "  aws_secret_access_key=not this one\n"
                                       "aws_secret_access_key=os=\n"
                                       "aws_session_token=ot\n"
                                       "[half]\n"
                                       "aws_access_key_id=half\n";

static void test_places(void)
{
    static const struct {
        const char *name, *variables, *access_key, *secret_key, *session_token, *why;
    } rows[] = {
        {"the environment",
         "AWS_ACCESS_KEY_ID=env AWS_SECRET_ACCESS_KEY=es AWS_SHARED_CREDENTIALS_FILE=FOLDER/credentials", "env", "es",
         NULL, NULL},
        {"the environment, with a session", "AWS_ACCESS_KEY_ID=env AWS_SECRET_ACCESS_KEY=es AWS_SESSION_TOKEN=et",
         "env", "es", "et", NULL},
        {"a file", "AWS_ACCESS_KEY_ID=env AWS_SHARED_CREDENTIALS_FILE=FOLDER/credentials", "file", "fs", NULL, NULL},
        {"another profile of a file", "AWS_PROFILE=other AWS_SHARED_CREDENTIALS_FILE=FOLDER/credentials", "other",
         "os=", "ot", NULL},
        {"half a profile", "AWS_PROFILE=half AWS_SHARED_CREDENTIALS_FILE=FOLDER/credentials", NULL, NULL, NULL,
         "credentials has no aws_secret_access_key for the profile \"half\"."},
        {"a container",
         "AWS_CONTAINER_CREDENTIALS_FULL_URI=SERVER/task AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=FOLDER/secret", "task",
         "s", "t", NULL},
        {"a container that does not know us", "AWS_CONTAINER_CREDENTIALS_FULL_URI=SERVER/task", NULL, NULL, NULL,
         "/task responds with 401."},
        {"a container that answers nonsense", "AWS_CONTAINER_CREDENTIALS_FULL_URI=SERVER/nonsense", NULL, NULL, NULL,
         "container: the answer has no AccessKeyId and SecretAccessKey."},
        {"an instance", "AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=SERVER/", "photographer",
         "s", "t", NULL},
        {"nowhere", "", NULL, NULL, NULL,
         "There are no AWS credentials. environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set. "
         "file: "
         "neither AWS_SHARED_CREDENTIALS_FILE nor HOME is set. container: this isn't one. instance: "
         "AWS_EC2_METADATA_DISABLED "
         "is set."},
    };
    write_file("credentials", credentials_file);
    write_file("secret", "the secret\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        struct bench bench;
        struct aws_credentials credentials = {0};
        check_case("%s", rows[i].name);
        bench_open(&bench);
        set_variables(rows[i].variables, &bench);
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, &why),
                  rows[i].access_key ? STATUS_OK : STATUS_UNAUTHENTICATED);
        CHECK_STR(credentials.access_key, rows[i].access_key);
        CHECK_STR(credentials.secret_key, rows[i].secret_key);
        CHECK_STR(credentials.session_token, rows[i].session_token);
        if (rows[i].why && !strstr(text_get(&why), rows[i].why))
            CHECK_STR(text_get(&why), rows[i].why);
        bench_close(&bench);
    }
}

static void test_keeping(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct aws_credentials credentials = {0};
    struct bench bench;
    bench_open(&bench);
    set_variables("AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=SERVER", &bench);
    for (int i = 0; i < 3; i++)
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    CHECK_INT(asked, 1);
    aws_identity_forget(bench.identity);
    expiration = "2001-01-01T00:00:00Z";
    for (int i = 0; i < 3; i++)
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    CHECK_INT(asked, 4);
    bench_close(&bench);
}

/* A time from now, as the services write it. */
static const char *in_seconds(int seconds)
{
    static char text[32];
    struct tm parts;
    time_t then = time(NULL) + seconds;
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &parts));
    return text;
}

static void test_service_away(void)
{
    static const struct {
        const char *name;
        int expires_in_s; /* of what the service said before it went away */
        bool is_forgotten;
        enum status status;
        unsigned asked; /* by then */
    } rows[] = {
        {"good ones aren't asked for", 3600, false, STATUS_OK, 1},
        {"good ones that were refused go on", 3600, true, STATUS_OK, 2},
        {"those that expire in two minutes go on", 120, false, STATUS_OK, 1},
        {"those that expire in two minutes and were refused go on", 120, true, STATUS_OK, 2},
        {"those that expire at once are gone", 2, false, STATUS_UNAUTHENTICATED, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        struct aws_credentials credentials = {0};
        struct bench bench;
        check_case("the service went away: %s", rows[i].name);
        bench_open(&bench);
        set_variables("AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=SERVER", &bench);
        expiration = in_seconds(rows[i].expires_in_s);
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
        atomic_store(&is_away, true);
        if (rows[i].is_forgotten)
            aws_identity_forget(bench.identity);
        credentials = (struct aws_credentials){0};
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), rows[i].status);
        CHECK_STR(credentials.access_key, rows[i].status ? NULL : "photographer");
        CHECK_INT(asked, rows[i].asked);
        check_case("the service is back: %s", rows[i].name);
        atomic_store(&is_away, false);
        CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
        bench_close(&bench);
    }
}

/* The role of the machine is another one than that of the container. */
static void test_other_place(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct aws_credentials credentials = {0};
    struct bench bench;
    bench_open(&bench);
    set_variables("AWS_CONTAINER_CREDENTIALS_FULL_URI=SERVER/task AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=FOLDER/secret "
                  "AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=SERVER",
                  &bench);
    write_file("secret", "the secret\n");
    CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    write_file("secret", "another secret\n"); /* which the container's service doesn't take */
    aws_identity_forget(bench.identity);
    CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    CHECK_STR(credentials.access_key, "task");
    bench_close(&bench);
}

static void test_file_anew(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct aws_credentials credentials = {0};
    struct bench bench;
    bench_open(&bench);
    set_variables("AWS_SHARED_CREDENTIALS_FILE=FOLDER/changing", &bench);
    write_file("changing", "[default]\naws_access_key_id=old\naws_secret_access_key=x\n");
    CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    CHECK_STR(credentials.access_key, "old");
    write_file("changing", "[default]\naws_access_key_id=new\naws_secret_access_key=x\n");
    CHECK_INT(aws_identity_get(bench.identity, &arena, &credentials, NULL), STATUS_OK);
    CHECK_STR(credentials.access_key, "new");
    bench_close(&bench);
}

static void test_region(void)
{
    static const struct {
        const char *variables, *region;
    } rows[] = {
        {"AWS_REGION=one AWS_DEFAULT_REGION=two AWS_CONFIG_FILE=FOLDER/config", "one"},
        {"AWS_DEFAULT_REGION=two AWS_CONFIG_FILE=FOLDER/config", "two"},
        {"AWS_CONFIG_FILE=FOLDER/config", "three"},
        {"AWS_CONFIG_FILE=FOLDER/config AWS_PROFILE=other", "four"},
        {"AWS_CONFIG_FILE=FOLDER/config AWS_PROFILE=bare", NULL},
        {"HOME=FOLDER", NULL},
        {"", NULL},
    };
    write_file("config", "[default]\nregion = three\n[profile other]\nregion = four\n[bare]\nregion = five\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        check_case("%s", *rows[i].variables ? rows[i].variables : "nothing set");
        set_variables(rows[i].variables, NULL);
        CHECK_STR(aws_find_region(&arena), rows[i].region);
    }
}

CHECK_MAIN({"looks for credentials in order", test_places}, {"keeps what expires until then", test_keeping},
           {"goes on without the service", test_service_away}, {"stays with its place", test_other_place},
           {"sees that a file has changed", test_file_anew}, {"looks for the region in order", test_region})
