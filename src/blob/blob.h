/* Buckets of objects, as S3 has them: a flat space of keys, immutable once written, readable while others write.
 * Back ends implement blob_ops.h; tests/contract/ runs the same suite against each. Safe from any thread. Every
 * function but those that say otherwise may wait for a disk or a network: none belongs on an event loop unless
 * blob_has_files says that objects are local files.
 *
 * INVALID: a bad key. NO_SPACE: a disk or a quota is full. UNAVAILABLE, TIMEOUT: the back end can't be used for now.
 * BUSY: it asks to slow down. *why has the sentence; it may be NULL. */
#ifndef BLOB_H
#define BLOB_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOB_KEY_MAX = 200, BLOB_ETAG_SIZE = 72 };

enum bucket { BUCKET_ORIGINALS, BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_SITE };
enum { BUCKETS = 4 };

struct bucket_policy {
    const char *name;          /* "photos" */
    bool public_read;          /* anybody may GET an object whose key they know; nobody may list */
    const char *cache_control; /* for those; NULL: none */
};
extern const struct bucket_policy bucket_policies[BUCKETS];
/* -1 for a name that is no bucket. */
int bucket_from_name(const char *name, size_t length);

/* A key: 1 to BLOB_KEY_MAX bytes of [A-Za-z0-9._/-]; no empty part, and none that begins with a dot: so a key can't
 * escape its bucket, name a temporary file or hide. */
bool blob_key_is_valid(const char *key, size_t length);

/* The Content-Type of a key, by its suffix. Static. */
const char *blob_content_type(const char *key);

/* The keys of originals that clients put there themselves begin so, until they are photos. Those that are older than
 * two days are removed by the bucket itself, where it can (blob_setup). */
#define BLOB_INCOMING "incoming/"

/* ---- The back end ---- */

struct blob;
enum blob_use {
    BLOB_OWN,    /* to serve or to work: makes what is missing, and removes what processes that have ended left. Any
                  * number of processes at a time. BUSY: one that needs them alone has them, such as an earlier version
                  * of this program */
    BLOB_READ,   /* only blob_get and blob_list may be called. NOT_FOUND when there are none yet */
    BLOB_BESIDE, /* an admin command, to write beside those; none disturbs another. One process at a time, or BUSY.
                  * NOT_FOUND when there are none yet; FORBIDDEN to anybody but the user who owns them */
};
/* address: "file:FOLDER" (blob_file.h; mode 0700) or "s3://PREFIX?…" (blob_s3.h). INVALID for one that names no back
 * end. */
enum status blob_open(const char *address, enum blob_use use, struct blob **ret_blob, struct text *why);
void blob_close(struct blob *blob); /* NULL is allowed */
/* Removes what writers have left that have ended since, as BLOB_OWN does at the start. */
enum status blob_sweep(struct blob *blob, struct text *why);
/* Whether objects are files of this machine: then blob_get doesn't wait for a network, and fills in the descriptor. */
bool blob_has_files(const struct blob *blob);

/* Makes the buckets of an address that are missing, with their policies; compares those that are there, and changes
 * what differs only if it `repairs`. `row` gets one sentence or more of each bucket; LACKS: the server has no such
 * thing, and the buckets can be used without. UNSUPPORTED: there is nothing to
 * make ahead. Otherwise what stopped it. */
enum blob_setup_outcome { BLOB_SETUP_RIGHT, BLOB_SETUP_CHANGED, BLOB_SETUP_DIFFERS, BLOB_SETUP_LACKS };
typedef void blob_setup_row(void *context, const char *bucket, enum blob_setup_outcome outcome, const char *sentence);
enum status blob_setup(const char *address, bool repairs, blob_setup_row *row, void *context, struct text *why);

/* ---- Reading ---- */

struct blob_object {
    struct blob *blob;
    int fd;                    /* readable from offset 0 and seekable; -1 unless blob_has_files */
    uint64_t size;             /* bytes */
    int64_t modified_s;        /* Last-Modified */
    char etag[BLOB_ETAG_SIZE]; /* with its quotes (RFC 9110 8.8.3) */
    const char *content_type;  /* static, by the key's suffix */
    void *reader;              /* the back end's */
};
/* NOT_FOUND. On success the object is the caller's to release; it is for one thread. */
enum status blob_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                     struct text *why);
/* Hands a range that the object has to `take`, piece by piece and in order; of a back end without files it is one
 * request. Returning false ends it with UNAVAILABLE. What comes is of the object that blob_get found: CONFLICT when
 * that was replaced meanwhile, NOT_FOUND when it was deleted, unless the back end still has it. After a failure some
 * may have come. */
typedef bool blob_take(void *context, const void *bytes, size_t size);
enum status blob_object_stream(struct blob_object *object, uint64_t offset, uint64_t size, blob_take *take,
                               void *context, struct text *why);
/* The same, into memory; *ret_count is less than `size` only where the object ends. */
enum status blob_object_read(struct blob_object *object, uint64_t offset, void *bytes, size_t size, size_t *ret_count,
                             struct text *why);
/* A range that the object has, in an anonymous temporary file from its offset 0; the descriptor is the caller's to
 * close. */
enum status blob_object_copy_out(struct blob_object *object, uint64_t offset, uint64_t size, int *ret_fd,
                                 struct text *why);
void blob_object_release(struct blob_object *object);
/* As blob_get, for callers that need a file: `fd` is one whatever the back end. */
enum status blob_get_file(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                          struct text *why);

/* A URL by which anybody may GET or PUT that object, straight at the back end; it doesn't wait for the back end, but
 * may for who knows our credentials. UNSUPPORTED where clients can't reach that. */
enum blob_method { BLOB_METHOD_GET, BLOB_METHOD_PUT };
struct blob_presigned {
    enum blob_method method;
    unsigned seconds;         /* that it is good for: 604,800 at most, and no longer than our credentials */
    const char *content_type; /* of a PUT, which must send these two as Content-Type and Content-Length; NULL: any */
    uint64_t size;
};
enum status blob_presign(struct blob *blob, enum bucket bucket, const char *key, const struct blob_presigned *wanted,
                         struct text *ret_url, struct text *why);

/* Where anybody may GET the objects of a public bucket, if its policy lets them: a URL before a slash and the key.
 * UNSUPPORTED as above. */
enum status blob_public_url(struct blob *blob, enum bucket bucket, struct text *ret_url, struct text *why);

/* ---- Writing: until it returned OK no reader sees anything, and after it the object survives a power cut. Writing to
 * a key that is there replaces its object. ---- */

/* `size` bytes of a file that is readable at `offset`; the descriptor stays the caller's and its position may move.
 * UNPROCESSABLE when the file is shorter. */
enum status blob_put(struct blob *blob, enum bucket bucket, const char *key, int fd, uint64_t offset, uint64_t size,
                     struct text *why);

/* An object that comes bit by bit: write to its descriptor in any order, then commit or abort: both end and free it. */
struct blob_upload;
enum status blob_upload_begin(struct blob *blob, enum bucket bucket, const char *key, struct blob_upload **ret_upload,
                              struct text *why);
int blob_upload_fd(const struct blob_upload *upload); /* readable too; borrowed */
/* The upload is gone whatever comes of it. */
enum status blob_upload_commit(struct blob_upload *upload, struct text *why);
void blob_upload_abort(struct blob_upload *upload); /* NULL is allowed */

/* Within the buckets; the bytes don't pass through us where the back end can do without. The copy is as old as its
 * copying. NOT_FOUND when there is nothing to copy: then `to_key` stays as it was. */
enum status blob_copy(struct blob *blob, enum bucket from, const char *key, enum bucket to, const char *to_key,
                      struct text *why);

/* Durable. A key that isn't there is OK. */
enum status blob_delete(struct blob *blob, enum bucket bucket, const char *key, struct text *why);
/* The same, of many keys in as few steps as the back end needs. After a failure some may be deleted. */
enum status blob_delete_many(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                             struct text *why);

/* Every key of a bucket, in no order; for sweeping up after a crash. Returning false ends it. */
typedef bool blob_key_row(void *context, const char *key, int64_t modified_s);
enum status blob_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why);

/* ---- An object in parts, which may come in any order, from several processes and over days ---- */

enum {
    BLOB_PARTS_ID_MAX = 256,
    BLOB_PART_TAG_SIZE = 72,
    BLOB_PARTS_MAX = 10000,
    BLOB_PART_BYTES_MIN = 5 << 20, /* of each but the last: S3's limit, which holds for every back end */
};
struct blob_part {
    unsigned number; /* 1 to BLOB_PARTS_MAX */
    uint64_t size;
    char tag[BLOB_PART_TAG_SIZE]; /* the back end's word for the content */
};
/* Sets *ret_id to what names the parts from now on; at most BLOB_PARTS_ID_MAX bytes of printable ASCII. */
enum status blob_parts_begin(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_id,
                             struct text *why);
/* As blob_put; it replaces an earlier part of that number. *ret_part is what blob_parts_complete wants. NOT_FOUND:
 * there are no such parts; they were completed or aborted. */
enum status blob_parts_put(struct blob *blob, enum bucket bucket, const char *key, const char *id, unsigned number,
                           int fd, uint64_t offset, uint64_t size, struct blob_part *ret_part, struct text *why);
/* Makes them one object, in the order given, which is that of their numbers; parts that aren't named are dropped.
 * NOT_FOUND as above; INVALID when a part is missing, was replaced, or is too small. After a failure the parts are
 * still there. */
enum status blob_parts_complete(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                const struct blob_part *parts, size_t count, struct text *why);
/* Parts that aren't there are OK. */
enum status blob_parts_abort(struct blob *blob, enum bucket bucket, const char *key, const char *id, struct text *why);
/* Those that were neither completed nor aborted, and when they were begun; objects that grow (below) as well, which
 * blob_parts_abort removes likewise. Returning false ends it. */
typedef bool blob_parts_row(void *context, const char *key, const char *id, int64_t begun_s);
enum status blob_parts_list(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context,
                            struct text *why);

/* ---- An object that grows: bytes are added at its end over days, through one process after another. Nobody reads it
 * before it is complete. `state` names what was saved of it; it is kept by the caller, and never read by anybody but
 * the back end. What an older state names stays whole until a newer one was saved and the caller has kept it. ---- */

struct blob_growing;
/* In the keys of objects that may stand beside one that grows; those that are days old are left over. */
#define BLOB_REST_MARK ".rest-"
/* *ret_state: that of one without bytes, for which nothing is there yet. So whoever keeps it first leaves nothing
 * behind that nobody knows. */
void blob_growing_begin(struct blob *blob, struct text *ret_state);
/* To go on after the `size` bytes that were saved with this state. is_contested: whoever wrote before may still do so;
 * then nothing that it writes from now on gets into what is saved here, if this is saved before anything is written to
 * it. NOT_FOUND: bytes are missing, because it was completed or removed. */
enum status blob_growing_open(struct blob *blob, enum bucket bucket, const char *key, const char *state, uint64_t size,
                              bool is_contested, struct blob_growing **ret_growing, struct text *why);
int blob_growing_fd(const struct blob_growing *growing); /* on the disk that takes the bytes first; borrowed */
/* Waits for no disk but when memory is short of pages, and for no network. */
enum status blob_growing_write(struct blob_growing *growing, const void *bytes, size_t size, struct text *why);
/* Makes durable what was written. *ret_state names it. */
enum status blob_growing_save(struct blob_growing *growing, struct text *ret_state, struct text *why);
void blob_growing_close(struct blob_growing *growing); /* what was not saved is gone; NULL is allowed */
/* Makes the `size` bytes that were saved with this state the object of that key. OK also when that was done before.
 * NOT_FOUND. */
enum status blob_growing_complete(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                  uint64_t size, struct text *why);
/* The caller has kept `state`, which was saved after `former`: what only the latter needs goes. */
void blob_growing_forget(struct blob *blob, enum bucket bucket, const char *key, const char *former, const char *state);
/* One that isn't there is OK. */
enum status blob_growing_remove(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                struct text *why);

#endif
