/* What a back end of the buckets implements; blob.h has the promises. Keys, ranges and parts were checked already. */
#ifndef BLOB_OPS_H
#define BLOB_OPS_H

#include "blob.h"

typedef enum status blob_open_op(const char *rest, enum blob_use use, struct blob **ret_blob, struct text *why);
typedef void blob_close_op(struct blob *blob);
typedef enum status blob_sweep_op(struct blob *blob, struct text *why);

/* Fills in all but `blob` and `content_type`. Without files it sets `reader` instead of `fd`. */
typedef enum status blob_get_op(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                                struct text *why);
/* Only of objects without a file; the range is there, and isn't empty. */
typedef enum status blob_stream_op(struct blob_object *object, uint64_t offset, uint64_t size, blob_take *take,
                                   void *context, struct text *why);
typedef void blob_release_op(struct blob_object *object); /* frees the reader */

/* With an fd that is a file of the back end, which commit puts in place. */
typedef enum status blob_upload_begin_op(struct blob *blob, enum bucket bucket, const char *key,
                                         struct blob_upload **ret_upload, struct text *why);
typedef enum status blob_upload_commit_op(struct blob_upload *upload, struct text *why);
typedef void blob_upload_abort_op(struct blob_upload *upload);

typedef enum status blob_put_op(struct blob *blob, enum bucket bucket, const char *key, int fd, uint64_t offset,
                                uint64_t size, struct text *why);
typedef enum status blob_copy_op(struct blob *blob, enum bucket from, const char *key, enum bucket to,
                                 const char *to_key, struct text *why);
typedef enum status blob_delete_op(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                                   struct text *why);
typedef enum status blob_list_op(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context,
                                 struct text *why);

typedef enum status blob_presign_op(struct blob *blob, enum bucket bucket, const char *key,
                                    const struct blob_presigned *wanted, struct text *ret_url, struct text *why);

typedef void blob_public_url_op(struct blob *blob, enum bucket bucket, struct text *ret_url);

typedef enum status blob_setup_op(const char *rest, bool repairs, blob_setup_row *row, void *context, struct text *why);

typedef enum status blob_parts_begin_op(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_id,
                                        struct text *why);
/* Number and size are filled in already. */
typedef enum status blob_parts_put_op(struct blob *blob, enum bucket bucket, const char *key, const char *id, int fd,
                                      uint64_t offset, struct blob_part *part, struct text *why);
typedef enum status blob_parts_complete_op(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                           const struct blob_part *parts, size_t count, struct text *why);
typedef enum status blob_parts_abort_op(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                        struct text *why);
typedef enum status blob_parts_list_op(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context,
                                       struct text *why);

/* Objects that grow: blob.h. */
struct blob_growing_ops {
    void (*begin)(struct text *ret_state);
    enum status (*open)(struct blob *blob, enum bucket bucket, const char *key, const char *state, uint64_t size,
                        bool is_contested, struct blob_growing **ret_growing, struct text *why);
    enum status (*write)(struct blob_growing *growing, const void *bytes, size_t size, struct text *why);
    enum status (*save)(struct blob_growing *growing, struct text *ret_state, struct text *why);
    void (*close)(struct blob_growing *growing);
    enum status (*complete)(struct blob *blob, enum bucket bucket, const char *key, const char *state, uint64_t size,
                            struct text *why);
    void (*forget)(struct blob *blob, enum bucket bucket, const char *key, const char *former, const char *state);
    enum status (*remove)(struct blob *blob, enum bucket bucket, const char *key, const char *state, struct text *why);
};
/* For a back end without its own: parts, and an object beside them (blob_growing_parts.c). */
extern const struct blob_growing_ops blob_growing_parts;

struct blob_ops {
    const char *scheme; /* of the address: "file" */
    bool has_files;
    blob_open_op *open;
    blob_close_op *close;
    blob_sweep_op *sweep; /* NULL: a process that ends leaves nothing */
    blob_get_op *get;
    blob_stream_op *stream; /* these two are NULL in a back end with files */
    blob_release_op *release;
    blob_put_op *put;
    blob_upload_begin_op *upload_begin; /* these three are NULL in one without: uploads are put from temporary files */
    blob_upload_commit_op *upload_commit;
    blob_upload_abort_op *upload_abort;
    blob_copy_op *copy;
    blob_delete_op *delete;
    blob_list_op *list;
    blob_presign_op *presign;       /* NULL: there is no such URL */
    blob_public_url_op *public_url; /* the same */
    blob_setup_op *setup;           /* NULL: open makes what is missing */
    blob_parts_begin_op *parts_begin;
    blob_parts_put_op *parts_put;
    blob_parts_complete_op *parts_complete;
    blob_parts_abort_op *parts_abort;
    blob_parts_list_op *parts_list;
    const struct blob_growing_ops *growing; /* NULL: blob_growing_parts */
};

/* Back ends embed these as their first field. */
struct blob {
    const struct blob_ops *ops;
};
struct blob_upload {
    struct blob *blob;
    int fd;
};
struct blob_growing {
    struct blob *blob;
    int fd;
};

/* INVALID. */
enum status blob_check_key(const char *key, struct text *why);
/* NOT_FOUND, of one that grows. */
enum status blob_growing_gone(const char *key, struct text *why);

extern const struct blob_ops blob_file_ops, blob_s3_ops;

#endif
