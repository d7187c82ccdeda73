/* What S3 says page by page, and what it takes a thousand at a time. */
#include "blob_s3.h"

#include <string.h>

enum { DELETE_MOST = 1000 };

/* What stands between may answer 200 with a page of its own: that must not be taken for an empty listing. */
static enum status check_listing(const struct blob_s3 *s3, enum bucket bucket, const struct http_reply *reply,
                                 const char *end, struct text *why)
{
    if (strstr(text_get(&reply->body), end))
        return STATUS_OK;
    text_setf(why, "The bucket %s-%s at %s answers with something that isn't a listing.", s3->prefix,
              bucket_policies[bucket].name, s3->host);
    return STATUS_UNAVAILABLE;
}

/* ---- Keys ---- */

/* Returns whether to go on. */
static bool list_page(const char *xml, blob_key_row *row, void *context)
{
    TEXT_CLEANUP struct text inner = {0}, key = {0}, modified = {0};
    while (s3_xml_next_inner(&xml, "Contents", &inner)) {
        if (!s3_xml_find(text_get(&inner), "Key", &key) || !s3_xml_find(text_get(&inner), "LastModified", &modified))
            continue;
        if (blob_key_is_valid(text_get(&key), key.length)
            && !row(context, text_get(&key), s3_xml_time_s(text_get(&modified))))
            return false;
    }
    return true;
}

enum status s3_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why)
{
    TEXT_CLEANUP struct text query = {0}, token = {0};
    for (bool goes_on = true; goes_on;) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        text_setf(&query, "list-type=2");
        if (token.length)
            s3_query_add(&query, "continuation-token", text_get(&token));
        const struct s3_request request = {.method = "GET", .bucket = bucket, .query = text_get(&query)};
        enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
        if (status == STATUS_OK)
            status = check_listing((struct blob_s3 *)blob, bucket, &reply, "</ListBucketResult>", why);
        if (status != STATUS_OK)
            return status;
        goes_on = s3_xml_find(text_get(&reply.body), "NextContinuationToken", &token) && token.length;
        goes_on = list_page(text_get(&reply.body), row, context) && goes_on;
    }
    return STATUS_OK;
}

/* ---- Parts ---- */

/* Returns whether to go on. */
static bool list_parts_page(const char *xml, blob_parts_row *row, void *context)
{
    TEXT_CLEANUP struct text inner = {0}, key = {0}, id = {0}, begun = {0};
    while (s3_xml_next_inner(&xml, "Upload", &inner)) {
        if (!s3_xml_find(text_get(&inner), "Key", &key) || !s3_xml_find(text_get(&inner), "UploadId", &id)
            || !s3_xml_find(text_get(&inner), "Initiated", &begun))
            continue;
        if (blob_key_is_valid(text_get(&key), key.length)
            && !row(context, text_get(&key), text_get(&id), s3_xml_time_s(text_get(&begun))))
            return false;
    }
    return true;
}

enum status s3_parts_list(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context, struct text *why)
{
    TEXT_CLEANUP struct text query = {0}, key = {0}, id = {0}, is_cut = {0};
    for (bool goes_on = true; goes_on;) {
        HTTP_REPLY_CLEANUP struct http_reply reply = {0};
        text_setf(&query, "uploads=");
        if (key.length) {
            s3_query_add(&query, "key-marker", text_get(&key));
            s3_query_add(&query, "upload-id-marker", text_get(&id));
        }
        const struct s3_request request = {.method = "GET", .bucket = bucket, .query = text_get(&query)};
        enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
        if (status == STATUS_OK)
            status = check_listing((struct blob_s3 *)blob, bucket, &reply, "</ListMultipartUploadsResult>", why);
        if (status != STATUS_OK)
            return status;
        const char *xml = text_get(&reply.body);
        goes_on = s3_xml_find(xml, "IsTruncated", &is_cut) && strcmp(text_get(&is_cut), "true") == 0
                  && s3_xml_find(xml, "NextKeyMarker", &key) && s3_xml_find(xml, "NextUploadIdMarker", &id);
        goes_on = list_parts_page(xml, row, context) && goes_on;
    }
    return STATUS_OK;
}

/* ---- Deleting ---- */

static enum status delete_one(struct blob_s3 *s3, enum bucket bucket, const char *key, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    const struct s3_request request = {.method = "DELETE", .bucket = bucket, .key = key};
    enum status status = s3_ask(s3, &request, &reply, why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status; /* S3 says 204, others may not */
}

/* It answers 200 whatever became of each key. */
static enum status take_refusal(const struct blob_s3 *s3, enum bucket bucket, const struct http_reply *reply,
                                struct text *why)
{
    TEXT_CLEANUP struct text inner = {0}, key = {0}, word = {0};
    const char *xml = text_get(&reply->body);
    while (s3_xml_next_inner(&xml, "Error", &inner)) {
        (void)s3_xml_find(text_get(&inner), "Key", &key);
        (void)s3_xml_find(text_get(&inner), "Code", &word);
        if (strcmp(text_get(&word), "NoSuchKey") == 0)
            continue;
        text_setf(why, "The bucket %s-%s doesn't delete %s: %s.", s3->prefix, bucket_policies[bucket].name,
                  text_get(&key), text_get(&word));
        enum status status = s3_status(text_get(&word), 500);
        return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
    }
    return STATUS_OK;
}

/* Keys have no character that XML would take for its own. */
static enum status delete_page(struct blob_s3 *s3, enum bucket bucket, const char *const *keys, size_t count,
                               struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text body = {0}, sum = {0};
    text_setf(&body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++)
        text_addf(&body, "<Object><Key>%s</Key></Object>", keys[i]);
    text_add(&body, "</Delete>");
    aws_content_md5(text_get(&body), body.length, &sum);
    struct s3_request request = {.method = "POST", .bucket = bucket, .query = "delete=", .body = &body};
    s3_request_add(&request, "Content-MD5", text_get(&sum));
    enum status status = s3_ask(s3, &request, &reply, why);
    return status == STATUS_OK ? take_refusal(s3, bucket, &reply, why) : status;
}

enum status s3_delete(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count, struct text *why)
{
    struct blob_s3 *s3 = (struct blob_s3 *)blob;
    enum status status = STATUS_OK;
    if (count == 1)
        return delete_one(s3, bucket, keys[0], why);
    for (size_t done = 0; status == STATUS_OK && done < count; done += DELETE_MOST) {
        size_t some = count - done < DELETE_MOST ? count - done : DELETE_MOST;
        status = delete_page(s3, bucket, keys + done, some, why);
    }
    return status;
}
