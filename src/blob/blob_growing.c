/* Objects that grow: what holds for every back end. */
#include "blob_ops.h"

static const struct blob_growing_ops *operations(const struct blob *blob)
{
    return blob->ops->growing ? blob->ops->growing : &blob_growing_parts;
}

enum status blob_growing_gone(const char *key, struct text *why)
{
    text_setf(why, "What there was of %s is gone.", key);
    return STATUS_NOT_FOUND;
}

void blob_growing_begin(struct blob *blob, struct text *ret_state)
{
    operations(blob)->begin(ret_state);
}

enum status blob_growing_open(struct blob *blob, enum bucket bucket, const char *key, const char *state, uint64_t size,
                              bool is_contested, struct blob_growing **ret_growing, struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : operations(blob)->open(blob, bucket, key, state, size, is_contested, ret_growing, why);
}

int blob_growing_fd(const struct blob_growing *growing)
{
    return growing->fd;
}

enum status blob_growing_write(struct blob_growing *growing, const void *bytes, size_t size, struct text *why)
{
    return operations(growing->blob)->write(growing, bytes, size, why);
}

enum status blob_growing_save(struct blob_growing *growing, struct text *ret_state, struct text *why)
{
    return operations(growing->blob)->save(growing, ret_state, why);
}

void blob_growing_close(struct blob_growing *growing)
{
    if (growing)
        operations(growing->blob)->close(growing);
}

enum status blob_growing_complete(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                  uint64_t size, struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : operations(blob)->complete(blob, bucket, key, state, size, why);
}

void blob_growing_forget(struct blob *blob, enum bucket bucket, const char *key, const char *former, const char *state)
{
    if (blob_check_key(key, NULL) == STATUS_OK)
        operations(blob)->forget(blob, bucket, key, former, state);
}

enum status blob_growing_remove(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : operations(blob)->remove(blob, bucket, key, state, why);
}
