/* What holds for every back end of the buckets, and the way to the one that an address names. */
#include "blob_ops.h"
#include "blob_spool.h"
#include "file_at.h"
#include "memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct blob_ops *const back_ends[] = {&blob_file_ops, &blob_s3_ops};
enum { BLOCK_BYTES = 256 << 10 };
enum { BACK_ENDS = sizeof back_ends / sizeof back_ends[0] };

enum status blob_check_key(const char *key, struct text *why)
{
    if (blob_key_is_valid(key, strlen(key)))
        return STATUS_OK;
    text_setf(why,
              "A key has 1 to %d characters of A-Z a-z 0-9 . _ / and -, and no part of it is empty or begins "
              "with a dot.",
              BLOB_KEY_MAX);
    return STATUS_INVALID;
}

static const struct blob_ops *find_back_end(const char *address, const char **ret_rest, struct text *why)
{
    const char *colon = strchr(address, ':');
    size_t scheme_length = colon ? (size_t)(colon - address) : 0;
    *ret_rest = colon ? colon + 1 : NULL;
    for (size_t i = 0; i < BACK_ENDS; i++)
        if (strlen(back_ends[i]->scheme) == scheme_length && memcmp(address, back_ends[i]->scheme, scheme_length) == 0)
            return back_ends[i];
    text_setf(why, "The buckets' address \"%s\" has no known scheme; known are", address);
    for (size_t i = 0; why && i < BACK_ENDS; i++)
        text_addf(why, "%s %s:", i ? " and" : "", back_ends[i]->scheme);
    return NULL;
}

enum status blob_open(const char *address, enum blob_use use, struct blob **ret_blob, struct text *why)
{
    const char *rest;
    const struct blob_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open(rest, use, ret_blob, why) : STATUS_INVALID;
}

enum status blob_setup(const char *address, bool repairs, blob_setup_row *row, void *context, struct text *why)
{
    const char *rest;
    const struct blob_ops *back_end = find_back_end(address, &rest, why);
    if (!back_end)
        return STATUS_INVALID;
    if (back_end->setup)
        return back_end->setup(rest, repairs, row, context, why);
    text_setf(why,
              "Buckets in a folder need no preparation: the server makes them when it starts. To prepare buckets of "
              "S3, name them: --buckets 's3://PREFIX?region=REGION'.");
    return STATUS_UNSUPPORTED;
}

void blob_close(struct blob *blob)
{
    if (blob)
        blob->ops->close(blob);
}

enum status blob_sweep(struct blob *blob, struct text *why)
{
    return blob->ops->sweep ? blob->ops->sweep(blob, why) : STATUS_OK;
}

bool blob_has_files(const struct blob *blob)
{
    return blob->ops->has_files;
}

/* ---- Reading ---- */

enum status blob_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                     struct text *why)
{
    struct blob_object object = {.fd = -1};
    enum status status = blob_check_key(key, why);
    if (status == STATUS_OK)
        status = blob->ops->get(blob, bucket, key, &object, why);
    if (status != STATUS_OK)
        return status;
    object.blob = blob;
    object.content_type = blob_content_type(key);
    *ret_object = object;
    return STATUS_OK;
}

static enum status stream_file(const struct blob_object *object, uint64_t offset, uint64_t size, blob_take *take,
                               void *context, struct text *why)
{
    char *block = memory_new(BLOCK_BYTES);
    enum status status = STATUS_OK;
    for (uint64_t done = 0; status == STATUS_OK && done < size;) {
        size_t wanted = size - done < BLOCK_BYTES ? (size_t)(size - done) : BLOCK_BYTES;
        errno = EIO; /* a file that ends early was cut by somebody else */
        if (file_read_at(object->fd, block, wanted, offset + done) < wanted) {
            text_setf(why, "The object can't be read: %s.", strerrordesc_np(errno));
            status = STATUS_UNAVAILABLE;
        } else if (!take(context, block, wanted)) {
            text_setf(why, "The object was not read to its end.");
            status = STATUS_UNAVAILABLE;
        }
        done += wanted;
    }
    free(block);
    return status;
}

static bool has_range(const struct blob_object *object, uint64_t offset, uint64_t size)
{
    return size <= object->size && offset <= object->size - size;
}

enum status blob_object_stream(struct blob_object *object, uint64_t offset, uint64_t size, blob_take *take,
                               void *context, struct text *why)
{
    assert(has_range(object, offset, size));
    if (size == 0)
        return STATUS_OK;
    if (object->fd >= 0)
        return stream_file(object, offset, size, take, context, why);
    return object->blob->ops->stream(object, offset, size, take, context, why);
}

struct room {
    char *next;
    size_t left;
};

static bool take_into_memory(void *context, const void *bytes, size_t size)
{
    struct room *room = context;
    if (size > room->left)
        return false;
    memcpy(room->next, bytes, size);
    room->next += size;
    room->left -= size;
    return true;
}

enum status blob_object_read(struct blob_object *object, uint64_t offset, void *bytes, size_t size, size_t *ret_count,
                             struct text *why)
{
    uint64_t left = offset < object->size ? object->size - offset : 0;
    size_t count = size < left ? size : (size_t)left;
    struct room room = {bytes, count};
    enum status status = count ? blob_object_stream(object, offset, count, take_into_memory, &room, why) : STATUS_OK;
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}

struct spool {
    int fd;
    uint64_t size;
    int error; /* an errno value */
};

static bool take_into_file(void *context, const void *bytes, size_t size)
{
    struct spool *spool = context;
    spool->error = file_write_at(spool->fd, bytes, size, spool->size) ? 0 : errno;
    spool->size += size;
    return !spool->error;
}

enum status blob_object_copy_out(struct blob_object *object, uint64_t offset, uint64_t size, int *ret_fd,
                                 struct text *why)
{
    struct spool spool = {0};
    enum status status = blob_spool_new(&spool.fd, why);
    if (status != STATUS_OK)
        return status;
    status = blob_object_stream(object, offset, size, take_into_file, &spool, why);
    if (spool.error)
        status = blob_spool_fail(spool.error, why);
    if (status == STATUS_OK)
        *ret_fd = spool.fd;
    else
        (void)close(spool.fd);
    return status;
}

void blob_object_release(struct blob_object *object)
{
    if (object->fd >= 0)
        (void)close(object->fd);
    if (object->reader)
        object->blob->ops->release(object);
    object->fd = -1;
    object->reader = NULL;
}

static enum status get_file_once(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                                 struct text *why)
{
    struct blob_object object;
    enum status status = blob_get(blob, bucket, key, &object, why);
    if (status != STATUS_OK)
        return status;
    if (object.fd < 0)
        status = blob_object_copy_out(&object, 0, object.size, &object.fd, why);
    if (status == STATUS_OK)
        *ret_object = object;
    else
        blob_object_release(&object);
    return status;
}

/* Once more, if it was replaced in between. */
enum status blob_get_file(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                          struct text *why)
{
    enum status status = get_file_once(blob, bucket, key, ret_object, why);
    return status == STATUS_CONFLICT ? get_file_once(blob, bucket, key, ret_object, why) : status;
}

enum status blob_presign(struct blob *blob, enum bucket bucket, const char *key, const struct blob_presigned *wanted,
                         struct text *ret_url, struct text *why)
{
    enum status status = blob_check_key(key, why);
    if (status == STATUS_OK && !blob->ops->presign) {
        text_setf(why, "Buckets of the kind \"%s:\" have no URLs of their own.", blob->ops->scheme);
        return STATUS_UNSUPPORTED;
    }
    return status ? status : blob->ops->presign(blob, bucket, key, wanted, ret_url, why);
}

enum status blob_public_url(struct blob *blob, enum bucket bucket, struct text *ret_url, struct text *why)
{
    if (!blob->ops->public_url) {
        text_setf(why, "Buckets of the kind \"%s:\" have no URLs of their own.", blob->ops->scheme);
        return STATUS_UNSUPPORTED;
    }
    blob->ops->public_url(blob, bucket, ret_url);
    return STATUS_OK;
}

/* ---- Writing ---- */

enum status blob_put(struct blob *blob, enum bucket bucket, const char *key, int fd, uint64_t offset, uint64_t size,
                     struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : blob->ops->put(blob, bucket, key, fd, offset, size, why);
}

/* Where the back end has no files. */
struct spooled_upload {
    struct blob_upload upload;
    enum bucket bucket;
    char key[BLOB_KEY_MAX + 1];
};

static enum status begin_spooled(struct blob *blob, enum bucket bucket, const char *key,
                                 struct blob_upload **ret_upload, struct text *why)
{
    int fd;
    enum status status = blob_spool_new(&fd, why);
    if (status != STATUS_OK)
        return status;
    struct spooled_upload *spooled = NEW(struct spooled_upload);
    spooled->upload = (struct blob_upload){.blob = blob, .fd = fd};
    spooled->bucket = bucket;
    memcpy(spooled->key, key, strlen(key) + 1);
    *ret_upload = &spooled->upload;
    return STATUS_OK;
}

static void abort_spooled(struct blob_upload *upload)
{
    (void)close(upload->fd);
    free(upload);
}

static enum status commit_spooled(struct blob_upload *upload, struct text *why)
{
    const struct spooled_upload *spooled = (const struct spooled_upload *)upload;
    struct stat file;
    enum status status = STATUS_UNAVAILABLE;
    if (fstat(upload->fd, &file) == 0)
        status = upload->blob->ops->put(upload->blob, spooled->bucket, spooled->key, upload->fd, 0,
                                        (uint64_t)file.st_size, why);
    else
        text_setf(why, "A temporary file can't be read: %s.", strerrordesc_np(errno));
    abort_spooled(upload);
    return status;
}

enum status blob_upload_begin(struct blob *blob, enum bucket bucket, const char *key, struct blob_upload **ret_upload,
                              struct text *why)
{
    enum status status = blob_check_key(key, why);
    if (status != STATUS_OK)
        return status;
    blob_upload_begin_op *begin = blob->ops->upload_begin ? blob->ops->upload_begin : begin_spooled;
    return begin(blob, bucket, key, ret_upload, why);
}

int blob_upload_fd(const struct blob_upload *upload)
{
    return upload->fd;
}

enum status blob_upload_commit(struct blob_upload *upload, struct text *why)
{
    blob_upload_commit_op *commit = upload->blob->ops->upload_commit;
    return commit ? commit(upload, why) : commit_spooled(upload, why);
}

void blob_upload_abort(struct blob_upload *upload)
{
    if (!upload)
        return;
    blob_upload_abort_op *abort_upload = upload->blob->ops->upload_abort;
    abort_upload ? abort_upload(upload) : abort_spooled(upload);
}

enum status blob_copy(struct blob *blob, enum bucket from, const char *key, enum bucket to, const char *to_key,
                      struct text *why)
{
    enum status status = blob_check_key(key, why);
    if (status == STATUS_OK)
        status = blob_check_key(to_key, why);
    return status ? status : blob->ops->copy(blob, from, key, to, to_key, why);
}

enum status blob_delete(struct blob *blob, enum bucket bucket, const char *key, struct text *why)
{
    return blob_delete_many(blob, bucket, &key, 1, why);
}

enum status blob_delete_many(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                             struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = blob_check_key(keys[i], why);
    return status || count == 0 ? status : blob->ops->delete (blob, bucket, keys, count, why);
}

enum status blob_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why)
{
    return blob->ops->list(blob, bucket, row, context, why);
}

/* ---- In parts ---- */

enum status blob_parts_begin(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_id,
                             struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : blob->ops->parts_begin(blob, bucket, key, ret_id, why);
}

static enum status check_number(unsigned number, struct text *why)
{
    if (number >= 1 && number <= BLOB_PARTS_MAX)
        return STATUS_OK;
    text_setf(why, "Parts are numbered from 1 to %d; this one is %u.", BLOB_PARTS_MAX, number);
    return STATUS_INVALID;
}

enum status blob_parts_put(struct blob *blob, enum bucket bucket, const char *key, const char *id, unsigned number,
                           int fd, uint64_t offset, uint64_t size, struct blob_part *ret_part, struct text *why)
{
    struct blob_part part = {.number = number, .size = size};
    enum status status = blob_check_key(key, why);
    if (status == STATUS_OK)
        status = check_number(number, why);
    if (status == STATUS_OK)
        status = blob->ops->parts_put(blob, bucket, key, id, fd, offset, &part, why);
    if (status == STATUS_OK)
        *ret_part = part;
    return status;
}

static enum status check_parts(const struct blob_part *parts, size_t count, struct text *why)
{
    if (count == 0 || count > BLOB_PARTS_MAX) {
        text_setf(why, "An object has 1 to %d parts, not %zu.", BLOB_PARTS_MAX, count);
        return STATUS_INVALID;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        if (parts[i].number < parts[i + 1].number && parts[i].size >= BLOB_PART_BYTES_MIN)
            continue;
        text_setf(
            why,
            "Part %u of %zu has %llu bytes: parts come in the order of their numbers, and all but the last have at "
            "least %d bytes.",
            parts[i].number, count, (unsigned long long)parts[i].size, BLOB_PART_BYTES_MIN);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status blob_parts_complete(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                const struct blob_part *parts, size_t count, struct text *why)
{
    enum status status = blob_check_key(key, why);
    if (status == STATUS_OK)
        status = check_parts(parts, count, why);
    return status ? status : blob->ops->parts_complete(blob, bucket, key, id, parts, count, why);
}

enum status blob_parts_abort(struct blob *blob, enum bucket bucket, const char *key, const char *id, struct text *why)
{
    enum status status = blob_check_key(key, why);
    return status ? status : blob->ops->parts_abort(blob, bucket, key, id, why);
}

enum status blob_parts_list(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context, struct text *why)
{
    return blob->ops->parts_list(blob, bucket, row, context, why);
}
