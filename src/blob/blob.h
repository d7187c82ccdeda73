/* Buckets of objects, as S3 has them: a flat space of keys, immutable once written, readable while others write.
 * Back ends implement blob_ops.h; tests/contract/ runs the same suite against each. Safe from any thread. */
#ifndef BLOB_H
#define BLOB_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOB_KEY_MAX = 200, BLOB_ETAG_SIZE = 48 };

enum bucket { BUCKET_ORIGINALS, BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_SITE };
enum { BUCKETS = 4 };

struct bucket_policy {
    const char *name; /* "photos" */
    bool public_read; /* anybody may GET an object whose key they know; nobody may list */
};
extern const struct bucket_policy bucket_policies[BUCKETS];
/* -1 for a name that is no bucket. */
int bucket_from_name(const char *name, size_t length);

/* A key: 1 to BLOB_KEY_MAX bytes of [A-Za-z0-9._/-]; no empty part, and none that begins with a dot: so a key can't
 * escape its bucket, name a temporary file or hide. */
bool blob_key_is_valid(const char *key, size_t length);

/* The Content-Type of a key, by its suffix. Static. */
const char *blob_content_type(const char *key);

struct blob;
/* address: "file:FOLDER" (made if missing, mode 0700). Removes what crashed uploads left. */
enum status blob_open(const char *address, struct blob **ret_blob, struct text *why);
/* To look into buckets that another process owns: only blob_get may be called. NOT_FOUND when there are none yet. */
enum status blob_open_to_read(const char *address, struct blob **ret_blob, struct text *why);
/* To write into buckets whether or not another process owns them; one process at a time, or BUSY. Removes what a crash of such a process
 * left, and neither disturbs nor is disturbed by the owner, even one that starts meanwhile. NOT_FOUND as above; FORBIDDEN to
 * anybody but the user who owns the folder. */
enum status blob_open_beside(const char *address, struct blob **ret_blob, struct text *why);
void blob_close(struct blob *blob);

struct blob_object {
    int fd;                    /* readable from offset 0 and seekable; closed by blob_object_release */
    uint64_t size;             /* bytes */
    int64_t modified_s;        /* Last-Modified */
    char etag[BLOB_ETAG_SIZE]; /* with its quotes (RFC 9110 8.8.3) */
    const char *content_type;  /* static, by the key's suffix */
};
/* NOT_FOUND; INVALID for a bad key. On success the object is the caller's to release. */
enum status blob_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                     struct text *why);
void blob_object_release(struct blob_object *object);

/* An upload: write to its descriptor in any order, then commit or abort: both end and free it. Until commit returned OK no
 * reader sees anything, and after it the object survives a power cut. Committing over an existing key replaces it. */
struct blob_upload;
enum status blob_upload_begin(struct blob *blob, enum bucket bucket, const char *key, struct blob_upload **ret_upload,
                              struct text *why);
int blob_upload_fd(const struct blob_upload *upload); /* readable too; borrowed */
/* NO_SPACE, UNAVAILABLE; the upload is gone either way. */
enum status blob_upload_commit(struct blob_upload *upload, struct text *why);
void blob_upload_abort(struct blob_upload *upload); /* NULL is allowed */

/* Durable. A key that isn't there is OK. */
enum status blob_delete(struct blob *blob, enum bucket bucket, const char *key, struct text *why);

/* Every key of a bucket, in no order; for sweeping up after a crash. Returning false ends it. */
typedef bool blob_key_row(void *context, const char *key, int64_t modified_s);
enum status blob_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why);

#endif
