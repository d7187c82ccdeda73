/* What a back end of the buckets implements; blob.h has the promises. Keys were checked already. */
#ifndef BLOB_OPS_H
#define BLOB_OPS_H

#include "blob.h"

struct blob_ops {
    const char *scheme; /* of the address: "file" */
    enum status (*open)(const char *rest, struct blob **ret_blob, struct text *why);
    enum status (*open_to_read)(const char *rest, struct blob **ret_blob, struct text *why);
    enum status (*open_beside)(const char *rest, struct blob **ret_blob, struct text *why);
    void (*close)(struct blob *blob);
    enum status (*get)(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                       struct text *why);
    enum status (*upload_begin)(struct blob *blob, enum bucket bucket, const char *key, struct blob_upload **ret_upload,
                                struct text *why);
    enum status (*upload_commit)(struct blob_upload *upload, struct text *why);
    void (*upload_abort)(struct blob_upload *upload);
    enum status (*delete)(struct blob *blob, enum bucket bucket, const char *key, struct text *why);
    enum status (*list)(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why);
};

/* Back ends embed these as their first field. */
struct blob {
    const struct blob_ops *ops;
};
struct blob_upload {
    struct blob *blob;
    int fd;
};

extern const struct blob_ops blob_fs_ops;

#endif
