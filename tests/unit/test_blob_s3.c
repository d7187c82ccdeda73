/* What the S3 back end makes of addresses, of XML, and of a server that fails: one of our own, which answers what it is
 * told. Whether S3 understands what we say, tests/contract/test_blob_s3.c asks a real one. */
#include "check.h"
#include "clock.h"
#include "http.h"
#include "s3/blob_s3.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Addresses ---- */

static void test_addresses(void)
{
    static const struct {
        const char *rest, *url, *region; /* of the object a/b.webp in the bucket photos; NULL: refused */
        const char *why;                 /* how the sentence goes on */
    } rows[] = {
        {"//a?region=eu-west-1", "https://a-photos.s3.eu-west-1.amazonaws.com/a/b.webp", "eu-west-1", NULL},
        {"//a?region=cn-north-1", "https://a-photos.s3.cn-north-1.amazonaws.com.cn/a/b.webp", "cn-north-1", NULL},
        {"//a?region=eu-west-1&path-style=yes", "https://s3.eu-west-1.amazonaws.com/a-photos/a/b.webp", "eu-west-1",
         NULL},
        {"//a-1?endpoint=http://127.0.0.1:7480&path-style=yes", "http://127.0.0.1:7480/a-1-photos/a/b.webp",
         "us-east-1", NULL},
        {"//a?endpoint=https%3A%2F%2Fs3.example.org%3A9000%2F", "https://a-photos.s3.example.org:9000/a/b.webp",
         "us-east-1", NULL},
        {"//a?path-style=no&endpoint=HTTP://h&region=x", "http://a-photos.h/a/b.webp", "x", NULL},
        {"//a", NULL, NULL, "names no region: add region=, as in s3://a?region=eu-west-1, or set AWS_REGION."},
        {"//?region=x", NULL, NULL, "the prefix of the buckets' names has 1 to 50 characters of a-z, 0-9 and -"},
        {"//A?region=x", NULL, NULL, "the prefix of the buckets' names has"},
        {"//a.b?region=x", NULL, NULL, "the prefix of the buckets' names has"},
        {"//-a?region=x", NULL, NULL, "begins with no dash."},
        {"a?region=x", NULL, NULL, "isn't s3://PREFIX?region=REGION."},
        {"//a?region=x&colour=red", NULL, NULL,
         "a parameter \"colour\" that isn't one of region=, endpoint=, path-style="},
        {"//a?region", NULL, NULL, "a parameter \"region\" that isn't one of"},
        {"//a?region=x&path-style=maybe", NULL, NULL, "path-style is yes or no, not \"maybe\"."},
        {"//a?region=x&endpoint=h:80", NULL, NULL, "the endpoint \"h:80\" isn't an http or https URL without a path."},
        {"//a?region=x&endpoint=http://h/p", NULL, NULL,
         "the endpoint \"http://h/p\" isn't an http or https URL without"},
        {"//a?region=x&endpoint=https://SEKEY:SECURE@h:9000", NULL, NULL,
         "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"//a?region=x&endpoint=https%3A%2F%2FSEKEY%3ASECURE%40h", NULL, NULL,
         "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"//a?endpoint=SEKEY:SECURE@h&region=x", NULL, NULL,
         "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"//a?https://SEKEY:SECURE@h&region=x", NULL, NULL,
         "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"//a?endpoint=https://SEKEY:SECURE@h&region=x&endpoint=https://h", NULL, NULL,
         "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"//a?region=x&ca-file=/etc/us@home.pem", "https://a-photos.s3.x.amazonaws.com/a/b.webp", "x", NULL},
        {"//SEKEY:SECURE@a?region=x", NULL, NULL, "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
        {"SEKEY:SECURE@a?region=x", NULL, NULL, "has a user before an \"@\", as in KEY:SECRET@HOST. Take it out,"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blob_s3 s3 = {0};
        TEXT_CLEANUP struct text why = {0}, url = {0};
        check_case("the address s3:%s", rows[i].rest);
        enum status status = s3_address_parse(rows[i].rest, &s3, &why);
        CHECK_STR(status_name(status), rows[i].url ? "ok" : "invalid");
        if (status == STATUS_OK && rows[i].url) {
            s3_url(&s3, BUCKET_PHOTOS, "a/b.webp", &url);
            CHECK_STR(text_get(&url), rows[i].url);
            CHECK_STR(s3.region, rows[i].region);
        } else if (!rows[i].url && !CHECK(strstr(text_get(&why), rows[i].why))) {
            printf("# %s\n", text_get(&why));
        }
        CHECK(!strstr(text_get(&why), "SECURE")); /* the secret of some of them */
        arena_release(&s3.arena);
    }
}

/* ---- XML ---- */

static void test_xml(void)
{
    static const struct {
        const char *xml, *texts; /* of the elements "Key", each in brackets */
    } rows[] = {
        {"", ""},
        {"<Key>a</Key>", "[a]"},
        {"<List><Key>a</Key><Keys>b</Keys><Key>c</Key></List>", "[a][c]"},
        {"<Key/><Key>a</Key>", "[][a]"},
        {"<Key xml:lang=\"en\">a</Key>", "[a]"},
        {"<Key>&lt;Key&gt; &amp;amp; &quot;&apos;&#65;&#x42;&unknown; &</Key>", "[<Key> &amp; \"'AB&unknown; &]"},
        {"<Key>a", ""},
        {"<Key", ""},
        {"<Key>a</Other>", ""},
        {"<KeyCount>1</KeyCount>", ""},
        {"<Key>&#0;&#99999;</Key>", "[&#0;&#99999;]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text text = {0}, all = {0};
        check_case("the keys of %s", rows[i].xml);
        const char *at = rows[i].xml;
        while (s3_xml_next(&at, "Key", &text))
            text_addf(&all, "[%s]", text_get(&text));
        CHECK_STR(text_get(&all), rows[i].texts);
    }
    check_case("times");
    CHECK_INT(s3_xml_time_s("2009-10-12T17:50:30.000Z"), 1255369830);
    CHECK_INT(s3_xml_time_s("yesterday"), 0);
}

/* ---- What buckets should be like ---- */

#define POLICY(sid, action)                                                                                            \
    "{\"Statement\":[{\"Resource\":\"arn:aws:s3:::a-photos/*\",\"Sid\":\"" sid "\",\"Principal\":\"*\","               \
    "\"Effect\":\"Allow\",\"Action\":\"" action "\"}],\"Version\":\"2012-10-17\"}"
#define CORS(methods, more)                                                                                            \
    "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><CORSRule><ID>x</ID><AllowedHeader>*"        \
    "</AllowedHeader>" methods "<AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader>"                     \
    "<MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>" more "</CORSConfiguration>"
#define PARTS_RULE                                                                                                     \
    "<Rule><ID>1</ID><Filter/><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>2"          \
    "</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>"

/* As Amazon and radosgw write them. */
static void test_rules(void)
{
    static const struct {
        const char *name, *query, *has;
        enum bucket bucket;
        bool agrees;
    } rows[] = {
        {"a policy in another order", "policy", POLICY("PublicRead", "s3:GetObject"), BUCKET_PHOTOS, true},
        {"a policy that lets people list", "policy", POLICY("PublicRead", "s3:*"), BUCKET_PHOTOS, false},
        {"no policy", "policy", "", BUCKET_PHOTOS, false},
        {"a policy that isn't JSON", "policy", "<Policy/>", BUCKET_PHOTOS, false},
        {"CORS in another order", "cors",
         CORS("<AllowedMethod>HEAD</AllowedMethod><AllowedMethod>GET</AllowedMethod>", ""), BUCKET_PHOTOS, true},
        {"CORS without HEAD", "cors", CORS("<AllowedMethod>GET</AllowedMethod>", ""), BUCKET_PHOTOS, false},
        {"CORS for uploads", "cors", CORS("<AllowedMethod>PUT</AllowedMethod>", ""), BUCKET_ORIGINALS, true},
        {"CORS with one method more", "cors",
         CORS("<AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>", ""), BUCKET_ORIGINALS, false},
        {"a lifecycle without a prefix", "lifecycle", "<LifecycleConfiguration>" PARTS_RULE "</LifecycleConfiguration>",
         BUCKET_SITE, true},
        {"a lifecycle that keeps stray uploads", "lifecycle",
         "<LifecycleConfiguration>" PARTS_RULE "</LifecycleConfiguration>", BUCKET_ORIGINALS, false},
        {"a lifecycle that removes originals in use", "lifecycle",
         "<LifecycleConfiguration>" PARTS_RULE "<Rule><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"
         "<Expiration><Days>2</Days></Expiration></Rule></LifecycleConfiguration>",
         BUCKET_ORIGINALS, false},
        {"a public policy", "policyStatus", "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>", BUCKET_ORIGINALS,
         false},
        {"a private policy", "policyStatus", "<PolicyStatus><IsPublic>FALSE</IsPublic></PolicyStatus>",
         BUCKET_ORIGINALS, true},
        {"no policy of originals", "policyStatus", "", BUCKET_ORIGINALS, true},
        {"no versions", "versioning", "<VersioningConfiguration xmlns=\"x\"></VersioningConfiguration>", BUCKET_SITE,
         true},
        {"versions", "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
         BUCKET_SITE, false},
        {"versions that were suspended", "versioning",
         "<V><Status>Suspended</Status><MfaDelete>Disabled</MfaDelete></V>", BUCKET_SITE, true},
        {"public access that is blocked", "publicAccessBlock",
         "<P><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true"
         "</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></P>",
         BUCKET_THUMBNAILS, false},
    };
    struct blob_s3 s3 = {0};
    CHECK_INT(s3_address_parse("//a?region=eu-west-1", &s3, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text should = {0}, shown = {0};
        const struct s3_rule *rule = s3_rules;
        while (strcmp(rule->query, rows[i].query) != 0)
            rule++;
        check_case("a bucket has %s", rows[i].name);
        rule->write(&s3, rows[i].bucket, &should);
        CHECK_INT(s3_rule_agrees(rule, rows[i].has, text_get(&should), &shown), rows[i].agrees);
    }
    arena_release(&s3.arena);
}

/* ---- A server that fails ---- */

struct answer {
    unsigned code;
    const char *body;
};
enum { ANSWERS_MAX = 5 };
static const struct answer *answers; /* for one object after the other; the last one that has a code stays */
static atomic_uint asked;

static void answer_object(struct http_request *request)
{
    unsigned at = atomic_fetch_add(&asked, 1), i = 0;
    while (i < at && i + 1 < ANSWERS_MAX && answers[i + 1].code)
        i++;
    const char *body = answers[i].body ? answers[i].body : "";
    http_add_header(request, "ETag", "\"tag\"");
    http_add_header(request, "Last-Modified", "Mon, 12 Oct 2009 17:50:30 GMT");
    http_answer(request, answers[i].code, "application/xml", body, strlen(body));
}

static void answer_bucket(struct http_request *request)
{
    if (strcmp(http_method(request), "HEAD") == 0)
        http_answer(request, 200, "application/xml", "", 0);
    else
        answer_object(request);
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/{bucket}", .run = HTTP_INLINE, .handle = answer_bucket},
    {.method = "*", .pattern = "/{bucket}", .run = HTTP_INLINE, .handle = answer_bucket},
    {.method = "GET", .pattern = "/{bucket}/{key*}", .run = HTTP_INLINE, .handle = answer_object},
    {.method = "*", .pattern = "/{bucket}/{key*}", .run = HTTP_INLINE, .handle = answer_object},
    {0},
};

static const struct blob_part part = {.number = 1, .size = 1, .tag = "\"tag\""};

static enum status put(struct blob *blob, struct text *why)
{
    int fd = memfd_create("content", MFD_CLOEXEC);
    CHECK_INT(write(fd, "content", 7), 7);
    enum status status = blob_put(blob, BUCKET_PHOTOS, "key", fd, 0, 7, why);
    (void)close(fd);
    return status;
}
/* In two parts. */
static enum status put_large(struct blob *blob, struct text *why)
{
    int fd = memfd_create("content", MFD_CLOEXEC);
    CHECK_INT(ftruncate(fd, S3_PUT_MAX + 1), 0);
    enum status status = blob_put(blob, BUCKET_PHOTOS, "key", fd, 0, S3_PUT_MAX + 1, why);
    (void)close(fd);
    return status;
}
static enum status get(struct blob *blob, struct text *why)
{
    struct blob_object object;
    enum status status = blob_get(blob, BUCKET_PHOTOS, "key", &object, why);
    if (status == STATUS_OK)
        blob_object_release(&object);
    return status;
}
static enum status read_it(struct blob *blob, struct text *why)
{
    struct blob_object object;
    char bytes[8];
    size_t count;
    enum status status = blob_get(blob, BUCKET_PHOTOS, "key", &object, why);
    if (status != STATUS_OK)
        return status;
    status = blob_object_read(&object, 0, bytes, sizeof bytes, &count, why);
    blob_object_release(&object);
    return status;
}
static enum status copy(struct blob *blob, struct text *why)
{
    return blob_copy(blob, BUCKET_PHOTOS, "key", BUCKET_SITE, "key", why);
}
static enum status delete_two(struct blob *blob, struct text *why)
{
    return blob_delete_many(blob, BUCKET_PHOTOS, (const char *const[]){"a", "b"}, 2, why);
}
static bool take_no_key(void *context, const char *key, int64_t modified_s)
{
    (void)context, (void)key, (void)modified_s;
    return true;
}
static enum status list(struct blob *blob, struct text *why)
{
    return blob_list(blob, BUCKET_PHOTOS, take_no_key, NULL, why);
}
static bool take_no_parts(void *context, const char *key, const char *id, int64_t begun_s)
{
    (void)context, (void)key, (void)id, (void)begun_s;
    return true;
}
static enum status list_parts(struct blob *blob, struct text *why)
{
    return blob_parts_list(blob, BUCKET_PHOTOS, take_no_parts, NULL, why);
}
static enum status complete(struct blob *blob, struct text *why)
{
    return blob_parts_complete(blob, BUCKET_PHOTOS, "key", "id", &part, 1, why);
}
static enum status begin(struct blob *blob, struct text *why)
{
    TEXT_CLEANUP struct text id = {0};
    return blob_parts_begin(blob, BUCKET_PHOTOS, "key", &id, why);
}

#define ERROR(word) "<Error><Code>" word "</Code><Message>Words</Message></Error>"

static const struct {
    const char *name;
    enum status (*call)(struct blob *blob, struct text *why);
    struct answer answers[ANSWERS_MAX];
    enum status status;
    unsigned asked;
} failures[] = {
    {"is asked again after SlowDown",
     put,
     {{503, ERROR("SlowDown")}, {503, ERROR("SlowDown")}, {200, ""}},
     STATUS_OK,
     3},
    {"is asked again after a fault of its own", get, {{500, NULL}, {200, ""}}, STATUS_OK, 2},
    {"is asked four times at most", put, {{500, ERROR("InternalError")}}, STATUS_UNAVAILABLE, 4},
    {"that stays too busy is busy", put, {{503, ERROR("SlowDown")}}, STATUS_BUSY, 4},
    {"that refuses isn't asked again", put, {{403, ERROR("AccessDenied")}}, STATUS_UNAVAILABLE, 1},
    {"is asked with other credentials when these have expired",
     put,
     {{400, ERROR("ExpiredToken")}, {200, ""}},
     STATUS_OK,
     2},
    {"is asked again when the request came too slowly", put, {{400, ERROR("RequestTimeout")}, {200, ""}}, STATUS_OK, 2},
    {"doesn't say that the credentials have expired is asked once with others",
     get,
     {{403, ""}, {200, ""}},
     STATUS_OK,
     2},
    {"refuses without a word twice in a minute isn't asked again", get, {{400, ""}, {200, ""}}, STATUS_UNAVAILABLE, 1},
    {"has no room", put, {{403, ERROR("QuotaExceeded")}}, STATUS_NO_SPACE, 1},
    {"has lost a bucket", put, {{404, ERROR("NoSuchBucket")}}, STATUS_UNAVAILABLE, 1},
    {"has no such object", get, {{404, ""}}, STATUS_NOT_FOUND, 1},
    {"replaced the object meanwhile",
     read_it,
     {{200, "12345678"}, {412, ERROR("PreconditionFailed")}},
     STATUS_CONFLICT,
     2},
    {"is asked again before any byte came",
     read_it,
     {{200, "12345678"}, {503, ERROR("SlowDown")}, {206, "12345678"}},
     STATUS_OK,
     3},
    {"sends less than the range that it was asked for",
     read_it,
     {{200, "12345678"}, {206, "1234"}},
     STATUS_UNAVAILABLE,
     2},
    {"has lost the parts of what is put",
     put_large,
     {{200, "<UploadId>id</UploadId>"}, {200, ""}, {200, ""}, {404, ERROR("NoSuchUpload")}},
     STATUS_UNAVAILABLE,
     5},
    {"says late that it can't copy", copy, {{200, ERROR("InternalError")}}, STATUS_UNAVAILABLE, 1},
    {"deletes one of two",
     delete_two,
     {{200, "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>"}},
     STATUS_UNAVAILABLE,
     1},
    {"deletes what wasn't there",
     delete_two,
     {{200, "<DeleteResult><Error><Key>b</Key><Code>NoSuchKey</Code></Error></DeleteResult>"}},
     STATUS_OK,
     1},
    {"has an empty bucket", list, {{200, "<ListBucketResult></ListBucketResult>"}}, STATUS_OK, 1},
    {"may not be listed", list, {{403, ERROR("AccessDenied")}}, STATUS_UNAVAILABLE, 1},
    {"answers with a page instead of a listing", list, {{200, "<html>Welcome</html>"}}, STATUS_UNAVAILABLE, 1},
    {"cuts a listing", list, {{200, "<ListBucketResult><Contents>"}}, STATUS_UNAVAILABLE, 1},
    {"answers with a page instead of a listing of parts", list_parts, {{200, "Welcome"}}, STATUS_UNAVAILABLE, 1},
    {"may have put parts together isn't asked to do so again",
     complete,
     {{500, ERROR("InternalError")}, {200, ""}},
     STATUS_UNAVAILABLE,
     2},
    {"has no such parts", complete, {{500, ERROR("InternalError")}, {404, ERROR("NoSuchUpload")}}, STATUS_NOT_FOUND, 2},
    {"says late that parts don't fit", complete, {{200, ERROR("InvalidPart")}}, STATUS_INVALID, 1},
    {"begins parts without an id", begin, {{200, "<Result></Result>"}}, STATUS_UNAVAILABLE, 1},
};

static void note_row(void *context, const char *bucket, enum blob_setup_outcome outcome, const char *sentence)
{
    text_addf(context, "%s %d %s\n", bucket, (int)outcome, sentence);
}

/* Buckets that are there; each question about them gets the same answer. */
static void check_setup(const char *address, struct answer answer, enum status status, const char *sentence)
{
    TEXT_CLEANUP struct text rows = {0}, why = {0};
    const struct answer all[ANSWERS_MAX] = {answer};
    answers = all;
    atomic_store(&asked, 0);
    CHECK_STR(status_name(blob_setup(address, false, note_row, &rows, &why)), status_name(status));
    if (!CHECK(strstr(text_get(status ? &why : &rows), sentence)))
        printf("# %s%s\n", text_get(&rows), text_get(&why));
}

static struct http_server *open_server(struct text *ret_address)
{
    static const struct http_route *const tables[] = {routes, NULL};
    const struct http_settings settings = {.listen = "127.0.0.1:0",
                                           .event_threads = 1,
                                           .pool_threads = 1,
                                           .connections = 64,
                                           .idle_timeout_ms = 60000,
                                           .header_timeout_ms = 60000,
                                           .body_bytes_per_second = 1,
                                           .body_grace_ms = 60000,
                                           .max_body = S3_PUT_MAX,
                                           .tables = tables};
    struct http_server *server = NULL;
    CHECK_INT(http_server_open(&settings, &server, NULL), STATUS_OK);
    (void)setenv("AWS_ACCESS_KEY_ID", "key", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    (void)setenv("no_proxy", "127.0.0.1", 1);
    text_setf(ret_address, "s3://a?path-style=yes&endpoint=http://%s", http_server_address(server));
    return server;
}

static void test_failures(void)
{
    TEXT_CLEANUP struct text address = {0};
    struct http_server *server = open_server(&address);
    struct blob *blob = NULL;
    if (CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK))
        for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
            TEXT_CLEANUP struct text why = {0};
            check_case("an S3 server that %s", failures[i].name);
            answers = failures[i].answers;
            atomic_store(&asked, 0);
            CHECK_STR(status_name(failures[i].call(blob, &why)), status_name(failures[i].status));
            CHECK_INT(atomic_load(&asked), failures[i].asked);
            CHECK(!failures[i].status || why.length > 0);
        }
    blob_close(blob);
    http_server_close(server);
}

/* While nobody gets an answer, and somebody looks for one. */
static void test_outage(void)
{
    static const struct answer found[ANSWERS_MAX] = {{200, ""}};
    TEXT_CLEANUP struct text address = {0}, why = {0};
    struct http_server *server = open_server(&address);
    struct blob *blob = NULL;
    if (CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK)) {
        struct outage *outage = &((struct blob_s3 *)blob)->outage;
        bool is_probe = false;
        answers = found;
        atomic_store(&asked, 0);
        outage_note(outage, false, false, clock_monotonic_ns() - 2 * S3_PATIENCE_MS * INT64_C(1000000));
        CHECK(outage_may_try(outage, &is_probe) && is_probe);
        CHECK_STR(status_name(put(blob, &why)), "unavailable");
        CHECK(strstr(text_get(&why), "it has given no answer for more than 5 s"));
        CHECK_INT(atomic_load(&asked), 0);
        check_case("whoever comes when nobody looks does it himself");
        outage_note(outage, false, is_probe, clock_monotonic_ns());
        CHECK_STR(status_name(put(blob, &why)), "ok");
        CHECK_STR(status_name(put(blob, &why)), "ok");
        CHECK_INT(atomic_load(&asked), 2);
    }
    blob_close(blob);
    http_server_close(server);
}

static void test_setup(void)
{
    TEXT_CLEANUP struct text address = {0};
    struct http_server *server = open_server(&address);
    check_case("buckets whose properties may not be read");
    check_setup(text_get(&address), (struct answer){403, ERROR("AccessDenied")}, STATUS_UNAVAILABLE,
                "a-originals: The credentials may not do that; they need s3:GetBucketPublicAccessBlock. (");
    check_case("buckets of another region");
    check_setup(text_get(&address), (struct answer){301, ERROR("PermanentRedirect")}, STATUS_UNAVAILABLE,
                "a-originals: The bucket is in another region: correct region=. (");
    check_case("a server that knows no properties");
    check_setup(
        text_get(&address), (struct answer){405, ERROR("MethodNotAllowed")}, STATUS_OK,
        "a-originals 3 the CORS rules: the server has no such thing, so pages can't send photos straight to it, and "
        "keep no images from there\n"
        "a-originals 3 the lifecycle rules: the server has no such thing, so leftovers are removed by Cloud Photos "
        "alone, while it runs\n"
        "a-photos 3 the policy: the server has no such thing, so nobody can read images straight from it\n");
    http_server_close(server);
}

CHECK_MAIN({"addresses", test_addresses}, {"XML", test_xml}, {"rules of buckets", test_rules},
           {"failures", test_failures}, {"an outage", test_outage}, {"setting up", test_setup})
