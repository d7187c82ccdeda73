/* Buckets of Amazon's S3, or of a server that speaks as it does (docs.aws.amazon.com/AmazonS3/latest/API).
 *
 *     s3://PREFIX?region=eu-west-1&endpoint=https://s3.example.org:9000&path-style=yes&ca-file=/etc/ca.pem
 *
 * The buckets are PREFIX-photos and so on; they must be there: blob_setup makes them. Requests are signed
 * (aws_signature.h) with what aws_credentials.h finds. What fails for a moment is asked again, a few times. */
#ifndef BLOB_S3_H
#define BLOB_S3_H

#include "arena.h"
#include "aws_credentials.h"
#include "blob_ops.h"
#include "http_client.h"
#include "outage.h"

#include <stdatomic.h>

enum {
    S3_PATIENCE_MS = 5000,  /* so long what fails is asked again */
    S3_PUT_MAX = 16 << 20,  /* bytes of an object that is put in one request; larger ones go in parts of so many */
    S3_ANSWER_MAX = 4 << 20 /* bytes of an answer that is no object: a page of a listing has a thousand keys */
};

struct blob_s3 {
    struct blob blob;
    struct arena arena;        /* of the strings below */
    const char *prefix;        /* of the buckets' names */
    const char *scheme, *host; /* of the endpoint: "https://", "s3.example.org:9000" */
    const char *region, *ca_file;
    bool has_path_style; /* the bucket is the first part of the path instead of the host's name */
    struct http_client *client;
    struct aws_identity *identity;
    struct outage outage;
    _Atomic int64_t asked_anew_ms; /* steady; when a refusal without a word made us look for credentials; 0: never */
};

/* Fills in the strings. */
enum status s3_address_parse(const char *rest, struct blob_s3 *s3, struct text *why);

/* Without a look at the buckets; blob_close ends it. */
enum status s3_connect(const char *rest, struct blob_s3 **ret_s3, struct text *why);

/* ---- One request ---- */

struct s3_request {
    const char *method;
    enum bucket bucket;
    const char *key;   /* NULL: the bucket itself */
    const char *query; /* without its question mark, encoded; NULL: none */
    struct http_field fields[6];
    size_t field_count;
    const struct text *body;      /* NULL: none */
    const struct http_file *file; /* instead of body */
    http_take *take;              /* of the object's bytes */
    void *context;
    uint64_t take_max; /* and there are so many */
    struct text *word; /* gets S3's word for a refusal, "NoSuchKey", "" if it has none; NULL: nobody asks */
    bool is_once;      /* not to be asked again: it would not be understood a second time */
    bool is_work;      /* S3 has to move much before it answers */
};
void s3_request_add(struct s3_request *request, const char *name, const char *value); /* a field */
void s3_query_add(struct text *query, const char *name, const char *value);           /* a parameter */

/* OK: the answer is a 2xx. Otherwise what S3 said, as a status: NOT_FOUND (key or parts), CONFLICT (a condition),
 * INVALID (parts that don't fit), BUSY (SlowDown), NO_SPACE (a quota), UNPROCESSABLE (the file is too short),
 * UNAVAILABLE and TIMEOUT. *why names bucket and cause. */
enum status s3_ask(struct blob_s3 *s3, const struct s3_request *request, struct http_reply *ret_reply,
                   struct text *why);
/* The URL of a bucket or an object, without a query. */
void s3_url(const struct blob_s3 *s3, enum bucket bucket, const char *key, struct text *ret_url);
/* The status of S3's word for an error, "NoSuchKey", and the answer's code. */
enum status s3_status(const char *word, unsigned code);

/* ---- XML: as much as S3's answers need ---- */

/* The text of the next element of that name from *at on, decoded; moves *at behind it. False: there is none. Elements
 * of that name must not be nested in each other. */
bool s3_xml_next(const char **at, const char *name, struct text *ret_text);
/* The first one. */
bool s3_xml_find(const char *xml, const char *name, struct text *ret_text);
/* The same without decoding, which leaves the elements within. */
bool s3_xml_next_inner(const char **at, const char *name, struct text *ret_inner);
int64_t s3_xml_time_s(const char *text); /* "2009-10-12T17:50:30.000Z"; 0 for what is none */

/* ---- The table's functions, by file ---- */

blob_put_op s3_put;

blob_parts_begin_op s3_parts_begin;
blob_parts_put_op s3_parts_put;
blob_parts_complete_op s3_parts_complete;
blob_parts_abort_op s3_parts_abort;
blob_parts_list_op s3_parts_list;

blob_list_op s3_list;
blob_delete_op s3_delete;

blob_presign_op s3_presign;
blob_setup_op s3_setup;

/* ---- What the buckets should be: blob_s3_rules.c ---- */

/* A property of a bucket, which is read and written as a document under a query. */
struct s3_rule {
    const char *query;        /* "cors" */
    const char *name;         /* for people, "the CORS rules" */
    const char *right;        /* for which credentials need s3:Get… and s3:Put…, "BucketCORS" */
    const char *absent;       /* S3's word for one that was never written; NULL: none */
    const char *without;      /* what follows where a server has no such thing; NULL: nothing */
    bool is_absence_right;    /* in a bucket that is there, and then a new one needs nothing */
    const char *repair_query; /* the document to be removed to repair it; NULL: what should be there is written */
    /* Appends what should be there; nothing: it isn't looked at in this bucket. */
    void (*write)(const struct blob_s3 *s3, enum bucket bucket, struct text *out);
};
enum { S3_RULES = 6 };
extern const struct s3_rule s3_rules[S3_RULES];
/* Whether what S3 has says the same as what should be there. *ret_shown: what it has, for people. */
bool s3_rule_agrees(const struct s3_rule *rule, const char *has, const char *should, struct text *ret_shown);

#endif
