/* Objects that are put: small ones in one request, larger ones in parts; and parts that somebody else puts together. */
#include "blob_s3.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* Who reads straight from the bucket gets these fields. */
static void add_fields(struct s3_request *request)
{
    s3_request_add(request, "Content-Type", blob_content_type(request->key));
    if (bucket_policies[request->bucket].cache_control)
        s3_request_add(request, "Cache-Control", bucket_policies[request->bucket].cache_control);
}

static enum status put_small(struct blob_s3 *s3, enum bucket bucket, const char *key, const struct http_file *file,
                             struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    struct s3_request request = {.method = "PUT", .bucket = bucket, .key = key, .file = file};
    add_fields(&request);
    return s3_ask(s3, &request, &reply, why);
}

static enum status put_all_parts(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                 const struct http_file *file, struct blob_part *parts, size_t count, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        uint64_t done = (uint64_t)i * S3_PUT_MAX, left = file->size - done;
        parts[i] = (struct blob_part){.number = (unsigned)i + 1, .size = left < S3_PUT_MAX ? left : S3_PUT_MAX};
        status = s3_parts_put(blob, bucket, key, id, file->fd, file->offset + done, &parts[i], why);
    }
    return status == STATUS_OK ? s3_parts_complete(blob, bucket, key, id, parts, count, why) : status;
}

static enum status put_in_parts(struct blob *blob, enum bucket bucket, const char *key, const struct http_file *file,
                                struct text *why)
{
    size_t count = (size_t)((file->size + S3_PUT_MAX - 1) / S3_PUT_MAX);
    TEXT_CLEANUP struct text id = {0};
    if (count > BLOB_PARTS_MAX) {
        text_setf(why, "The object %s is larger than %d parts of %d bytes.", key, BLOB_PARTS_MAX, S3_PUT_MAX);
        return STATUS_INVALID;
    }
    enum status status = s3_parts_begin(blob, bucket, key, &id, why);
    if (status != STATUS_OK)
        return status;
    struct blob_part *parts = NEW_ARRAY(count, struct blob_part);
    status = put_all_parts(blob, bucket, key, text_get(&id), file, parts, count, why);
    if (status != STATUS_OK) /* parts cost money until they are gone; the bucket's lifecycle gets what this can't */
        (void)s3_parts_abort(blob, bucket, key, text_get(&id), NULL);
    free(parts);
    /* That parts of ours are gone or don't fit says nothing about the object: it may be put again. */
    return status == STATUS_NOT_FOUND || status == STATUS_INVALID ? STATUS_UNAVAILABLE : status;
}

enum status s3_put(struct blob *blob, enum bucket bucket, const char *key, int fd, uint64_t offset, uint64_t size,
                   struct text *why)
{
    const struct http_file file = {.fd = fd, .offset = offset, .size = size};
    return size <= S3_PUT_MAX ? put_small((struct blob_s3 *)blob, bucket, key, &file, why)
                              : put_in_parts(blob, bucket, key, &file, why);
}

/* ---- Parts ---- */

enum status s3_parts_begin(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_id,
                           struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    struct s3_request request = {.method = "POST", .bucket = bucket, .key = key, .query = "uploads="};
    add_fields(&request);
    enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
    if (status != STATUS_OK)
        return status;
    bool has_id = s3_xml_find(text_get(&reply.body), "UploadId", ret_id);
    if (has_id && ret_id->length && ret_id->length <= BLOB_PARTS_ID_MAX)
        return STATUS_OK;
    text_setf(why, "The answer to an upload in parts has no usable UploadId.");
    return STATUS_UNAVAILABLE;
}

enum status s3_parts_put(struct blob *blob, enum bucket bucket, const char *key, const char *id, int fd,
                         uint64_t offset, struct blob_part *part, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0}, etag = {0};
    const struct http_file file = {.fd = fd, .offset = offset, .size = part->size};
    text_setf(&query, "partNumber=%u", part->number);
    s3_query_add(&query, "uploadId", id);
    const struct s3_request request = {
        .method = "PUT", .bucket = bucket, .key = key, .query = text_get(&query), .file = &file};
    enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
    if (status != STATUS_OK)
        return status;
    if (!http_reply_field(&reply, "ETag", &etag) || etag.length >= sizeof part->tag) {
        text_setf(why, "The answer to a part of %s has no usable ETag.", key);
        return STATUS_UNAVAILABLE;
    }
    memcpy(part->tag, text_get(&etag), etag.length + 1);
    return STATUS_OK;
}

/* Tags come from callers, who may have kept them anywhere. */
static void add_escaped(struct text *out, const char *tag)
{
    for (; *tag; tag++) {
        if (strchr("<>&\"", *tag))
            text_addf(out, "&#%d;", *tag);
        else
            text_addc(out, *tag);
    }
}

/* An error that says little may be about parts that are gone (radosgw answers 500 then). */
static enum status look_for_parts(struct blob_s3 *s3, enum bucket bucket, const char *key, const char *id,
                                  enum status failure, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0}, reason = {0};
    text_setf(&query, "max-parts=1");
    s3_query_add(&query, "uploadId", id);
    const struct s3_request request = {.method = "GET", .bucket = bucket, .key = key, .query = text_get(&query)};
    if (failure != STATUS_UNAVAILABLE || s3_ask(s3, &request, &reply, &reason) != STATUS_NOT_FOUND)
        return failure;
    text_setf(why, "%s", text_get(&reason));
    return STATUS_NOT_FOUND;
}

/* Not asked again: if it was done the first time, the parts are gone. S3 answers 200 before it knows, too. */
enum status s3_parts_complete(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                              const struct blob_part *parts, size_t count, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0}, body = {0}, word = {0};
    s3_query_add(&query, "uploadId", id);
    text_setf(&body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < count; i++) {
        text_addf(&body, "<Part><PartNumber>%u</PartNumber><ETag>", parts[i].number);
        add_escaped(&body, parts[i].tag);
        text_add(&body, "</ETag></Part>");
    }
    text_add(&body, "</CompleteMultipartUpload>");
    const struct s3_request request = {.method = "POST",
                                       .bucket = bucket,
                                       .key = key,
                                       .query = text_get(&query),
                                       .body = &body,
                                       .is_once = true,
                                       .is_work = true};
    enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
    if (status != STATUS_OK)
        return look_for_parts((struct blob_s3 *)blob, bucket, key, id, status, why);
    if (!s3_xml_find(text_get(&reply.body), "Code", &word))
        return status;
    text_setf(why, "The parts of %s could not be put together: %s.", key, text_get(&word));
    return s3_status(text_get(&word), reply.code);
}

enum status s3_parts_abort(struct blob *blob, enum bucket bucket, const char *key, const char *id, struct text *why)
{
    HTTP_REPLY_CLEANUP struct http_reply reply = {0};
    TEXT_CLEANUP struct text query = {0};
    s3_query_add(&query, "uploadId", id);
    const struct s3_request request = {.method = "DELETE", .bucket = bucket, .key = key, .query = text_get(&query)};
    enum status status = s3_ask((struct blob_s3 *)blob, &request, &reply, why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
