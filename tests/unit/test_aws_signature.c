/* AWS Signature Version 4 against what Amazon published: its test suite, and the examples of S3's manual. */
#include "aws_signature.h"
#include "check.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct aws_signing suite = {
    .credentials = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL},
    .region = "us-east-1",
    .service = "service",
    .time_ms = 1440938160000, /* 2015-08-30 12:36:00 */
};
static const struct aws_signing manual = {
    .credentials = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL},
    .region = "us-east-1",
    .service = "s3",
    .is_s3 = true,
    .time_ms = 1369353600000, /* 2013-05-24 00:00:00 */
};
#define HOST   "https://example.amazonaws.com"
#define BUCKET "https://examplebucket.s3.amazonaws.com"

static const struct {
    const char *name;
    const struct aws_signing *signing;
    const char *method, *url;
    struct http_field fields[5];
    const char *body, *signature;
} rows[] = {
    {"get-vanilla",
     &suite,
     "GET",
     HOST "/",
     {{0}},
     NULL,
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla, without a path",
     &suite,
     "GET",
     HOST,
     {{0}},
     NULL,
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla",
     &suite,
     "POST",
     HOST "/",
     {{0}},
     NULL,
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-vanilla-query-order-key-case",
     &suite,
     "GET",
     HOST "/?Param2=value2&Param1=value1",
     {{0}},
     NULL,
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-unreserved",
     &suite,
     "GET",
     HOST "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     {{0}},
     NULL,
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-header-key-duplicate",
     &suite,
     "GET",
     HOST "/",
     {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     NULL,
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-order",
     &suite,
     "GET",
     HOST "/",
     {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}},
     NULL,
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {"get-header-value-trim",
     &suite,
     "GET",
     HOST "/",
     {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     NULL,
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-header-key-sort",
     &suite,
     "POST",
     HOST "/",
     {{"My-Header1", "value1"}},
     NULL,
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-header-value-case",
     &suite,
     "POST",
     HOST "/",
     {{"My-Header1", "VALUE1"}},
     NULL,
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    {"post-x-www-form-urlencoded",
     &suite,
     "POST",
     HOST "/",
     {{"Content-Type", "application/x-www-form-urlencoded"}},
     "Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"S3: a part of an object",
     &manual,
     "GET",
     BUCKET "/test.txt",
     {{"Range", "bytes=0-9"}},
     NULL,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"S3: an object with an odd name",
     &manual,
     "PUT",
     BUCKET "/test%24file.text",
     {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
     "Welcome to Amazon S3.",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"S3: a parameter without a value",
     &manual,
     "GET",
     BUCKET "/?lifecycle",
     {{0}},
     NULL,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"S3: a list",
     &manual,
     "GET",
     BUCKET "/?max-keys=2&prefix=J",
     {{0}},
     NULL,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static const char *find_field(const struct http_call *call, const char *name)
{
    for (size_t i = 0; i < call->field_count; i++)
        if (strcmp(call->fields[i].name, name) == 0)
            return call->fields[i].value;
    return "";
}

static void test_published(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        struct http_call call = {.method = rows[i].method,
                                 .url = rows[i].url,
                                 .body = rows[i].body,
                                 .body_size = rows[i].body ? strlen(rows[i].body) : 0};
        check_case("%s", rows[i].name);
        for (size_t k = 0; rows[i].fields[k].name; k++)
            http_call_add(&call, rows[i].fields[k].name, rows[i].fields[k].value);
        CHECK_INT(aws_sign(&call, rows[i].signing, &arena, NULL), STATUS_OK);
        const char *signature = strstr(find_field(&call, "Authorization"), "Signature=");
        CHECK_STR(signature ? signature + strlen("Signature=") : "", rows[i].signature);
    }
}

static void test_fields(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct aws_signing signing = manual;
    signing.credentials.session_token = "a token";
    struct http_call call = {.method = "GET", .url = "http://127.0.0.1:9000/a%20b?c=d"};
    http_call_add(&call, "X-Amz-Target", "Service.Call");
    CHECK_INT(aws_sign(&call, &signing, &arena, &why), STATUS_OK);
    CHECK_STR(find_field(&call, "Host"), "127.0.0.1:9000");
    CHECK_STR(find_field(&call, "X-Amz-Date"), "20130524T000000Z");
    CHECK_STR(find_field(&call, "X-Amz-Security-Token"), "a token");
    CHECK_STR(find_field(&call, "X-Amz-Content-Sha256"),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(strstr(find_field(&call, "Authorization"),
                 "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                 "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target, Signature="));
    call.url = "ftp://example.org/";
    CHECK_INT(aws_sign(&call, &signing, &arena, &why), STATUS_INVALID);
    CHECK_STR(text_get(&why), "\"ftp://example.org/\" isn't an http or https URL");
}

/* The example of S3's manual, "Authenticating Requests: Using Query Parameters". */
static void test_presigned(void)
{
    TEXT_CLEANUP struct text url = {0}, why = {0};
    struct http_call call = {.method = "GET", .url = BUCKET "/test.txt"};
    CHECK_INT(aws_presign(&call, &manual, 86400, &url, NULL), STATUS_OK);
    CHECK_STR(text_get(&url),
              BUCKET "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                     "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                     "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                     "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    call.url = "test.txt";
    CHECK_INT(aws_presign(&call, &manual, 86400, &url, &why), STATUS_INVALID);
    CHECK_STR(text_get(&why), "\"test.txt\" isn't an http or https URL");
}

/* A file is signed as the same bytes in memory are. */
static void test_files(void)
{
    static const char content[] = "xx0123456789yy";
    const char *authorizations[2];
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    int fd = memfd_create("body", MFD_CLOEXEC);
    CHECK_INT(write(fd, content, sizeof content - 1), sizeof content - 1);
    struct http_file file = {.fd = fd, .offset = 2, .size = 10};
    struct http_call calls[2] = {
        {.method = "PUT", .url = BUCKET "/test.txt", .body = content + 2, .body_size = 10},
        {.method = "PUT", .url = BUCKET "/test.txt", .file = &file},
    };
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(aws_sign(&calls[i], &manual, &arena, NULL), STATUS_OK);
        authorizations[i] = find_field(&calls[i], "Authorization");
    }
    CHECK_STR(authorizations[1], authorizations[0]);
    file.size = 13;
    CHECK_INT(aws_sign(&calls[1], &manual, &arena, &why), STATUS_UNPROCESSABLE);
    CHECK_STR(text_get(&why), "The file to send is shorter than 13 bytes.");
    (void)close(fd);
}

static void test_md5(void)
{
    TEXT_CLEANUP struct text sum = {0};
    aws_content_md5("message digest", 14, &sum); /* RFC 1321, A.5: f96b697d7cb7938d525a2f31aaf161d0 */
    CHECK_STR(text_get(&sum), "+WtpfXy3k41SWi8xqvFh0A==");
}

static void test_encode(void)
{
    TEXT_CLEANUP struct text out = {0};
    static const char part[] = "a b/c+d~\xe1\x88\xb4%";
    aws_encode(&out, part, strlen(part), true);
    CHECK_STR(text_get(&out), "a%20b/c%2Bd~%E1%88%B4%25");
    text_clear(&out);
    aws_encode(&out, "a/b", 3, false);
    CHECK_STR(text_get(&out), "a%2Fb");
}

CHECK_MAIN({"signs as Amazon's published examples", test_published},
           {"adds the fields that a service wants, and signs all", test_fields}, {"encodes parts of URLs", test_encode},
           {"signs a URL as Amazon's published example", test_presigned}, {"signs files", test_files},
           {"sums for Content-MD5", test_md5})
