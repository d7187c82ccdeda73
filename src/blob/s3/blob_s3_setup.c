/* Making the buckets, and telling what is wrong with those that are there. */
#include "blob_s3.h"

#include <string.h>

struct setup {
    struct blob_s3 *s3;
    bool repairs;
    blob_setup_row *row;
    void *context;
};

/* One bucket of it. */
struct one {
    const struct setup *setup;
    enum bucket bucket;
    const char *name; /* "photos-originals" */
    bool is_new;
};

static void tell(const struct one *one, enum blob_setup_outcome outcome, const char *sentence)
{
    one->setup->row(one->setup->context, one->name, outcome, sentence);
}

/* ---- What S3 refuses ---- */

/* What to do about it. */
static const struct {
    const char *word, *advice;
} refusals[] = {
    {"BucketAlreadyExists", "The name is taken by somebody else: names are unique among everybody's buckets there. "
                            "Choose another prefix"},
    {"AccessDenied", "The credentials may not do that"},
    {"AllAccessDisabled", "The credentials may not do that"},
    {"InvalidAccessKeyId", "The credentials are not known there: look at AWS_ACCESS_KEY_ID and the endpoint"},
    {"SignatureDoesNotMatch", "The credentials are wrong: look at AWS_SECRET_ACCESS_KEY"},
    {"ExpiredToken", "The credentials have expired"},
    {"IllegalLocationConstraintException", "The region is not this endpoint's: correct region= or endpoint="},
    {"InvalidLocationConstraint",
     "There is no such region there: correct region=, or leave it out with a server of your "
     "own"},
    {"InvalidRegion", "There is no such region there: correct region="},
    {"AuthorizationHeaderMalformed", "The region is not the bucket's: correct region="},
    {"PermanentRedirect", "The bucket is in another region: correct region="},
    {"IncorrectEndpoint", "The bucket is in another region: correct region="},
    {"TooManyBuckets", "There are as many buckets as the account may have"},
    {"InvalidBucketName", "The server doesn't take this name: choose another prefix"},
};

/* Puts advice, if there is any, before what S3 said. */
static void advise(const struct one *one, const char *word, const char *right, struct text *why)
{
    TEXT_CLEANUP struct text said = {0};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(refusals[i].word, word) != 0)
            continue;
        bool is_about_rights = strstr(refusals[i].advice, "may not do that") != NULL;
        text_addf(&said, "%s: %s%s%s. (%s)", one->name, refusals[i].advice, is_about_rights ? "; they need " : "",
                  is_about_rights ? right : "", text_get(why));
        text_setf(why, "%s", text_get(&said));
        return;
    }
}

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

static const char *const unknown_words[] = {"NotImplemented", "MethodNotAllowed", "XNotImplemented", NULL};

/* ---- Properties ---- */

/* Appends what the bucket has. */
static enum status read_rule(const struct one *one, const struct s3_rule *rule, struct text *ret_has,
                             struct text *ret_word, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0}, right = {0};
    text_addf(&query, "%s=", rule->query);
    text_addf(&right, "s3:Get%s", rule->right);
    const struct s3_request request = {
        .method = "GET", .bucket = one->bucket, .query = text_get(&query), .word = ret_word};
    enum status status = s3_ask(one->setup->s3, &request, &reply, why);
    if (status == STATUS_OK)
        text_append(ret_has, reply.body.data, reply.body.length);
    else if (rule->absent && strcmp(text_get(ret_word), rule->absent) == 0)
        status = STATUS_OK;
    else
        advise(one, text_get(ret_word), text_get(&right), why);
    return status;
}

static enum status write_rule(const struct one *one, const struct s3_rule *rule, const struct text *should,
                              struct text *ret_word, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0}, right = {0}, sum = {0};
    struct s3_request request = {.method = "PUT", .bucket = one->bucket, .body = should, .word = ret_word};
    text_addf(&query, "%s=", rule->repair_query ? rule->repair_query : rule->query);
    request.query = text_get(&query);
    if (rule->repair_query) {
        request.method = "DELETE";
        request.body = NULL;
    } else {
        aws_content_md5(text_get(should), should->length, &sum);
        s3_request_add(&request, "Content-MD5", text_get(&sum));
        s3_request_add(&request, "Content-Type", *text_get(should) == '{' ? "application/json" : "application/xml");
    }
    text_addf(&right, "s3:%s%s", rule->repair_query ? "Delete" : "Put",
              rule->repair_query ? "BucketPolicy" : rule->right);
    enum status status = s3_ask(one->setup->s3, &request, &reply, why);
    if (status != STATUS_OK)
        advise(one, text_get(ret_word), text_get(&right), why);
    return status;
}

/* A server that doesn't have it at all. */
static void tell_unknown(const struct one *one, const struct s3_rule *rule, bool *agrees)
{
    TEXT_CLEANUP struct text sentence = {0};
    if (!rule->without)
        return;
    *agrees = false;
    text_addf(&sentence, "%s: the server has no such thing, %s", rule->name, rule->without);
    tell(one, BLOB_SETUP_LACKS, text_get(&sentence));
}

static enum status settle_difference(const struct one *one, const struct s3_rule *rule, const struct text *should,
                                     const struct text *shown, struct text *why)
{
    TEXT_CLEANUP struct text sentence = {0}, word = {0}, ours = {0};
    (void)s3_rule_agrees(rule, text_get(should), text_get(should), &ours);
    enum status status = one->setup->repairs ? write_rule(one, rule, should, &word, why) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    text_addf(&sentence, one->setup->repairs ? "%s: changed from \"%s\" to \"%s\"" : "%s: is \"%s\", should be \"%s\"",
              rule->name, shown->length ? text_get(shown) : "none", text_get(&ours));
    tell(one, one->setup->repairs ? BLOB_SETUP_CHANGED : BLOB_SETUP_DIFFERS, text_get(&sentence));
    return STATUS_OK;
}

static enum status settle_rule(const struct one *one, const struct s3_rule *rule, bool *agrees, struct text *why)
{
    TEXT_CLEANUP struct text should = {0}, has = {0}, shown = {0}, word = {0};
    enum status status = STATUS_OK;
    rule->write(one->setup->s3, one->bucket, &should);
    if (!should.length || (one->is_new && rule->is_absence_right))
        return STATUS_OK;
    status = one->is_new ? write_rule(one, rule, &should, &word, why) : read_rule(one, rule, &has, &word, why);
    if (status != STATUS_OK && is_one_of(text_get(&word), unknown_words)) {
        tell_unknown(one, rule, agrees);
        return STATUS_OK;
    }
    if (status != STATUS_OK || one->is_new || s3_rule_agrees(rule, text_get(&has), text_get(&should), &shown))
        return status;
    *agrees = false;
    return settle_difference(one, rule, &should, &shown, why);
}

/* ---- The bucket ---- */

/* Amazon makes buckets in one region without being asked, and wants to hear the name of any other. */
static void write_region(const struct blob_s3 *s3, struct text *out)
{
    if (strcmp(s3->region, "us-east-1") != 0)
        text_addf(out,
                  "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>%s"
                  "</LocationConstraint></CreateBucketConfiguration>",
                  s3->region);
}

/* Who may not look at it may be told by making it whose it is. */
static enum status make_bucket(struct one *one, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply looked = {0}, made = {0};
    TEXT_CLEANUP struct text word = {0}, body = {0};
    const struct s3_request look = {.method = "HEAD", .bucket = one->bucket};
    enum status status = s3_ask(one->setup->s3, &look, &looked, why);
    if (status == STATUS_OK || status == STATUS_TIMEOUT || status == STATUS_BUSY)
        return status;
    write_region(one->setup->s3, &body);
    const struct s3_request make = {
        .method = "PUT", .bucket = one->bucket, .body = body.length ? &body : NULL, .word = &word};
    status = s3_ask(one->setup->s3, &make, &made, why);
    one->is_new = status == STATUS_OK;
    if (strcmp(text_get(&word), "BucketAlreadyOwnedByYou") == 0)
        return STATUS_OK;
    if (status != STATUS_OK)
        advise(one, text_get(&word), "s3:CreateBucket, and s3:ListBucket for one that is there", why);
    return status;
}

static enum status set_up_bucket(const struct setup *setup, enum bucket bucket, struct text *why)
{
    TEXT_CLEANUP struct text name = {0};
    bool agrees = true;
    text_addf(&name, "%s-%s", setup->s3->prefix, bucket_policies[bucket].name);
    struct one one = {.setup = setup, .bucket = bucket, .name = text_get(&name)};
    enum status status = make_bucket(&one, why);
    if (status == STATUS_OK && one.is_new)
        tell(&one, BLOB_SETUP_CHANGED, "made");
    for (size_t i = 0; status == STATUS_OK && i < S3_RULES; i++)
        status = settle_rule(&one, &s3_rules[i], &agrees, why);
    if (status == STATUS_OK && agrees && !one.is_new)
        tell(&one, BLOB_SETUP_RIGHT, "is there, and as it should be");
    return status;
}

enum status s3_setup(const char *rest, bool repairs, blob_setup_row *row, void *context, struct text *why)
{
    struct setup setup = {.repairs = repairs, .row = row, .context = context};
    enum status status = s3_connect(rest, &setup.s3, why);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; status == STATUS_OK && i < BUCKETS; i++)
        status = set_up_bucket(&setup, (enum bucket)i, why);
    blob_close(&setup.s3->blob);
    return status;
}
