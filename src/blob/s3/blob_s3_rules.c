/* What the buckets should be like: who may read them, which pages may use them, and what S3 removes by itself. A
 * property of a bucket is a document (docs.aws.amazon.com/AmazonS3/latest/API, PutBucketCors and the like). */
#include "blob_s3.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
/* What nobody needs any more is at most 25 hours old (pipeline/janitor.h, uploads/resumable.c); S3 counts whole days,
 * and others count from the minute. */
#define STRAY_DAYS "2"

static bool is_public(enum bucket bucket)
{
    return bucket_policies[bucket].public_read;
}

static const char *partition(const struct blob_s3 *s3)
{
    if (strncmp(s3->region, "cn-", 3) == 0)
        return "aws-cn";
    return strncmp(s3->region, "us-gov-", 7) == 0 ? "aws-us-gov" : "aws";
}

/* Amazon's own lock on top of policies, which new buckets have. Access lists are never used here, and ignoring them is
 * enough; where they are refused (BlockPublicAcls), radosgw 16 refuses every object. */
static void write_block(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    const char *blocks = is_public(bucket) ? "false" : "true";
    (void)s3;
    text_addf(out,
              "<PublicAccessBlockConfiguration" NAMESPACE "><BlockPublicAcls>false</BlockPublicAcls>"
              "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>%s</BlockPublicPolicy>"
              "<RestrictPublicBuckets>%s</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
              blocks, blocks);
}

/* Anybody may get an object; without s3:ListBucket nobody finds out which there are. */
static void write_policy(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    if (is_public(bucket))
        text_addf(out,
                  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"PublicRead\",\"Effect\":\"Allow\","
                  "\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:%s:s3:::%s-%s/*\"}]}",
                  partition(s3), s3->prefix, bucket_policies[bucket].name);
}

/* A private bucket may have any policy that lets nobody in whom it doesn't name. */
static void write_policy_status(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    (void)s3;
    if (!is_public(bucket))
        text_add(out, "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>");
}

/* A presigned URL is what lets somebody in, so its page may be of any origin, as for images. */
static void write_cors(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    (void)s3;
    text_addf(out,
              "<CORSConfiguration" NAMESPACE "><CORSRule><AllowedOrigin>*</AllowedOrigin>%s"
              "<AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds>"
              "</CORSRule></CORSConfiguration>",
              is_public(bucket) ? "<AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>"
                                : "<AllowedMethod>PUT</AllowedMethod>");
}

/* Only what can't be needed: parts that were never put together, and uploads that never became photos. An original may
 * wait for a person's decision for weeks, so its age says nothing: the janitor asks the store about those. */
static void write_lifecycle(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    (void)s3;
    text_add(out, "<LifecycleConfiguration" NAMESPACE "><Rule><ID>stray-parts</ID><Filter><Prefix></Prefix></Filter>"
                  "<Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>" STRAY_DAYS
                  "</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>");
    if (!is_public(bucket))
        text_add(out, "<Rule><ID>stray-uploads</ID><Filter><Prefix>" BLOB_INCOMING "</Prefix></Filter>"
                      "<Status>Enabled</Status><Expiration><Days>" STRAY_DAYS "</Days></Expiration></Rule>");
    text_add(out, "</LifecycleConfiguration>");
}

/* With versions, what was deleted is kept. */
static void write_versioning(const struct blob_s3 *s3, enum bucket bucket, struct text *out)
{
    (void)s3, (void)bucket;
    text_add(out, "<VersioningConfiguration" NAMESPACE "><Status>Suspended</Status></VersioningConfiguration>");
}

/* In the order in which they can be written. */
const struct s3_rule s3_rules[S3_RULES] = {
    {.query = "publicAccessBlock",
     .name = "the block of public access",
     .right = "BucketPublicAccessBlock",
     .absent = "NoSuchPublicAccessBlockConfiguration",
     .write = write_block},
    {.query = "policy",
     .name = "the policy",
     .right = "BucketPolicy",
     .absent = "NoSuchBucketPolicy",
     .without = "so nobody can read images straight from it",
     .write = write_policy},
    {.query = "policyStatus",
     .name = "what its policy lets everybody do",
     .right = "BucketPolicyStatus",
     .absent = "NoSuchBucketPolicy",
     .is_absence_right = true,
     .repair_query = "policy",
     .write = write_policy_status},
    {.query = "cors",
     .name = "the CORS rules",
     .right = "BucketCORS",
     .absent = "NoSuchCORSConfiguration",
     .without = "so pages can't send photos straight to it, and keep no images from there",
     .write = write_cors},
    {.query = "lifecycle",
     .name = "the lifecycle rules",
     .right = "LifecycleConfiguration",
     .absent = "NoSuchLifecycleConfiguration",
     .without = "so leftovers are removed by Cloud Photos alone, while it runs",
     .write = write_lifecycle},
    {.query = "versioning",
     .name = "the keeping of versions",
     .right = "BucketVersioning",
     .is_absence_right = true,
     .write = write_versioning},
};

/* ---- Comparing ---- */

enum { LEAVES_MAX = 128 };
struct leaves {
    char *all[LEAVES_MAX]; /* "AllowedMethod GET" */
    size_t count;
};

/* What changes nothing for us: names of rules, a second factor for deleting versions, and whether access lists that are
 * ignored are refused as well. */
static bool is_unimportant(const char *name, size_t length)
{
    static const char *const names[] = {"ID", "MfaDelete", "BlockPublicAcls"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* Elements with text: servers order and nest them in their own ways. */
static void find_leaves(const char *xml, struct arena *arena, struct leaves *ret_leaves)
{
    for (const char *at = strchr(xml, '<'); at && ret_leaves->count < LEAVES_MAX; at = strchr(at + 1, '<')) {
        const char *name = at + 1, *end = strchr(name, '>');
        size_t name_length = strcspn(name, " />"), length = end ? strcspn(end + 1, "<") : 0;
        const char *close = end ? end + 1 + length : "";
        bool is_leaf = name_length && length && strncmp(close, "</", 2) == 0
                       && strncmp(close + 2, name, name_length) == 0 && close[2 + name_length] == '>';
        if (is_leaf && !is_unimportant(name, name_length))
            ret_leaves->all[ret_leaves->count++] =
                arena_printf(arena, "%.*s %.*s", (int)name_length, name, (int)length, end + 1);
    }
}

static int compare_leaves(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static bool leaves_agree(const char *has, const char *should, struct text *ret_shown)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct leaves one = {0}, other = {0};
    find_leaves(has, &arena, &one);
    find_leaves(should, &arena, &other);
    for (size_t i = 0; i < one.count; i++)
        text_addf(ret_shown, "%s%s", i ? ", " : "", one.all[i]);
    qsort(one.all, one.count, sizeof one.all[0], compare_leaves);
    qsort(other.all, other.count, sizeof other.all[0], compare_leaves);
    bool agrees = one.count == other.count;
    for (size_t i = 0; agrees && i < one.count; i++)
        agrees = strcasecmp(one.all[i], other.all[i]) == 0;
    return agrees;
}

static bool json_agrees(const char *has, const char *should, struct text *ret_shown)
{
    JSON_CLEANUP json_t *one = NULL, *other = NULL;
    bool is_json = json_parse(has, strlen(has), &one, NULL) == STATUS_OK
                   && json_parse(should, strlen(should), &other, NULL) == STATUS_OK;
    if (is_json)
        json_add(ret_shown, one);
    else
        text_add(ret_shown, has);
    return is_json && json_equal(one, other);
}

bool s3_rule_agrees(const struct s3_rule *rule, const char *has, const char *should, struct text *ret_shown)
{
    text_clear(ret_shown);
    if (*should == '{')
        return json_agrees(has, should, ret_shown);
    bool agrees = leaves_agree(has, should, ret_shown);
    return agrees || (rule->is_absence_right && ret_shown->length == 0);
}
