/* Writing objects: each is first a temporary file beside them, which nobody sees. */
#include "blob_file.h"

#include "file_at.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10 };

int blob_file_new_temporary(struct blob_file *file, enum bucket bucket, char ret_name[static TEMPORARY_SIZE])
{
    (void)snprintf(ret_name, TEMPORARY_SIZE, INCOMING "/%s-%llx", file->process, atomic_fetch_add(&file->uploads, 1));
    return openat(file->bucket_fds[bucket], ret_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int blob_file_put_in_place(const struct blob_file *file, enum bucket bucket, int fd, const char *temporary,
                           const char *path)
{
    int bucket_fd = file->bucket_fds[bucket];
    if (fsync(fd) || renameat(bucket_fd, temporary, bucket_fd, path))
        return errno;
    int error = blob_file_sync_shard(file, bucket, path);
    if (error) /* the caller hears that nothing was stored, so nothing may stay */
        (void)unlinkat(bucket_fd, path, 0);
    return error;
}

/* ---- Copying bytes ---- */

static int copy_through_memory(int from, uint64_t offset, int to, uint64_t to_offset, uint64_t size)
{
    char block[COPY_BYTES];
    for (uint64_t done = 0; done < size;) {
        size_t wanted = size - done < sizeof block ? (size_t)(size - done) : sizeof block;
        errno = ENODATA;
        if (file_read_at(from, block, wanted, offset + done) < wanted
            || !file_write_at(to, block, wanted, to_offset + done))
            return errno;
        done += wanted;
    }
    return 0;
}

/* The kernel declines between some file systems. */
static bool is_declined(int error)
{
    return error == EXDEV || error == EINVAL || error == EOPNOTSUPP || error == ENOSYS;
}

int blob_file_copy_bytes(int from, uint64_t offset, int to, uint64_t to_offset, uint64_t size)
{
    off64_t in = (off64_t)offset, out = (off64_t)to_offset;
    for (uint64_t left = size; left > 0;) {
        ssize_t count = copy_file_range(from, &in, to, &out, left < SSIZE_MAX ? (size_t)left : SSIZE_MAX, 0);
        if (count < 0 && is_declined(errno))
            return copy_through_memory(from, offset + (size - left), to, to_offset + (size - left), left);
        if (count < 0 && errno != EINTR)
            return errno;
        if (count == 0)
            return ENODATA;
        left -= count > 0 ? (uint64_t)count : 0;
    }
    return 0;
}

/* ---- In one go ---- */

enum status blob_file_put(struct blob *blob, enum bucket bucket, const char *key, int fd, uint64_t offset,
                          uint64_t size, struct text *why)
{
    struct blob_file *file = (struct blob_file *)blob;
    char temporary[TEMPORARY_SIZE], path[PATH_SIZE];
    blob_file_path(key, path);
    int to = blob_file_new_temporary(file, bucket, temporary);
    if (to < 0)
        return blob_file_fail(file, errno, why);
    int error = blob_file_copy_bytes(fd, offset, to, 0, size);
    if (!error)
        error = blob_file_put_in_place(file, bucket, to, temporary, path);
    if (error)
        (void)unlinkat(file->bucket_fds[bucket], temporary, 0);
    (void)close(to);
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

enum status blob_file_copy(struct blob *blob, enum bucket from, const char *key, enum bucket to, const char *to_key,
                           struct text *why)
{
    struct blob_object object;
    enum status status = blob->ops->get(blob, from, key, &object, why);
    if (status != STATUS_OK)
        return status;
    status = blob_file_put(blob, to, to_key, object.fd, 0, object.size, why);
    (void)close(object.fd);
    return status;
}

/* ---- Bit by bit ---- */

struct file_upload {
    struct blob_upload upload;
    enum bucket bucket;
    char temporary[TEMPORARY_SIZE];
    char path[PATH_SIZE];
};

enum status blob_file_upload_begin(struct blob *blob, enum bucket bucket, const char *key,
                                   struct blob_upload **ret_upload, struct text *why)
{
    struct blob_file *file = (struct blob_file *)blob;
    struct file_upload *upload = NEW(struct file_upload);
    upload->bucket = bucket;
    upload->upload.blob = blob;
    upload->upload.fd = blob_file_new_temporary(file, bucket, upload->temporary);
    if (upload->upload.fd < 0) {
        int error = errno;
        free(upload);
        return blob_file_fail(file, error, why);
    }
    blob_file_path(key, upload->path);
    *ret_upload = &upload->upload;
    return STATUS_OK;
}

void blob_file_upload_abort(struct blob_upload *upload)
{
    struct file_upload *file_upload = (struct file_upload *)upload;
    const struct blob_file *file = (const struct blob_file *)upload->blob;
    (void)unlinkat(file->bucket_fds[file_upload->bucket], file_upload->temporary, 0);
    (void)close(upload->fd);
    free(file_upload);
}

enum status blob_file_upload_commit(struct blob_upload *upload, struct text *why)
{
    const struct file_upload *file_upload = (const struct file_upload *)upload;
    const struct blob_file *file = (const struct blob_file *)upload->blob;
    int error =
        blob_file_put_in_place(file, file_upload->bucket, upload->fd, file_upload->temporary, file_upload->path);
    if (error) {
        blob_file_upload_abort(upload);
        return blob_file_fail(file, error, why);
    }
    (void)close(upload->fd);
    free(upload);
    return STATUS_OK;
}
