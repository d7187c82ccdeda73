/* Objects that grow: a file each, beside the folders of those in parts, which the last step renames to the object: so
 * the bytes are written once. Its id is the state. Whoever goes on while another may still be writing does so in a
 * copy, because both have the old file open. */
#include "blob_file.h"

#include "appender.h"
#include "id.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_growing {
    struct blob_growing growing;
    struct appender *appender;
    char state[ID_TEXT_SIZE];
};

static enum status fail_open(const struct blob_file *file, const char *key, struct text *why)
{
    return errno == ENOENT ? blob_growing_gone(key, why) : blob_file_fail(file, errno, why);
}

/* Takes the descriptor over. */
static struct blob_growing *new_growing(struct blob *blob, int fd, const char *state, uint64_t size)
{
    struct file_growing *growing = NEW(struct file_growing);
    growing->growing = (struct blob_growing){.blob = blob, .fd = fd};
    growing->appender = appender_new(fd, size);
    for (size_t i = 0; i < ID_TEXT_SIZE - 1; i++)
        growing->state[i] = state[i];
    return &growing->growing;
}

/* A new file, whose name isn't durable yet; -1: errno. */
static int make_file(const struct blob_file *file, enum bucket bucket, const char *key, const char *state)
{
    char path[PARTS_PATH_SIZE];
    int error = blob_file_make_parts_folder(file->bucket_fds[bucket]);
    if (!error && !blob_file_parts_path(key, state, path))
        error = EINVAL;
    errno = error;
    return error ? -1
                 : openat(file->bucket_fds[bucket], path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void remove_file(const struct blob_file *file, enum bucket bucket, const char *key, const char *state)
{
    char path[PARTS_PATH_SIZE];
    if (blob_file_parts_path(key, state, path))
        (void)unlinkat(file->bucket_fds[bucket], path, 0);
}

static void growing_begin(struct text *ret_state)
{
    char state[ID_TEXT_SIZE];
    struct id id = id_new();
    id_format(&id, state);
    text_setf(ret_state, "%s", state);
}

/* ---- Going on ---- */

static bool has_bytes(int fd, uint64_t size)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size >= size;
}

/* A file of its own, whose name is durable, with the first bytes of `from` unless there are none. */
static enum status open_new(struct blob *blob, enum bucket bucket, const char *key, const char *state, int from,
                            uint64_t size, struct blob_growing **ret_growing, struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    int fd = make_file(file, bucket, key, state);
    if (fd < 0)
        return blob_file_fail(file, errno, why);
    int error = size ? blob_file_copy_bytes(from, 0, fd, 0, size) : 0;
    if (!error)
        error = blob_file_sync_folder(file->bucket_fds[bucket], PARTS);
    if (!error) {
        *ret_growing = new_growing(blob, fd, state, size);
        return STATUS_OK;
    }
    (void)close(fd);
    remove_file(file, bucket, key, state);
    return error == ENODATA ? blob_growing_gone(key, why) : blob_file_fail(file, error, why);
}

/* A new name, so that whoever has the old one reaches another file. */
static enum status open_copy(struct blob *blob, enum bucket bucket, const char *key, int from, uint64_t size,
                             struct blob_growing **ret_growing, struct text *why)
{
    TEXT_CLEANUP struct text state = {0};
    growing_begin(&state);
    return open_new(blob, bucket, key, text_get(&state), from, size, ret_growing, why);
}

/* Takes the descriptor over. */
static enum status go_on(struct blob *blob, const char *key, const char *state, int fd, uint64_t size,
                         struct blob_growing **ret_growing, struct text *why)
{
    enum status status = has_bytes(fd, size) ? STATUS_OK : blob_growing_gone(key, why);
    if (status == STATUS_OK && ftruncate(fd, (off_t)size)) /* what was written and never saved */
        status = blob_file_fail((const struct blob_file *)blob, errno, why);
    if (status == STATUS_OK)
        *ret_growing = new_growing(blob, fd, state, size);
    else
        (void)close(fd);
    return status;
}

static enum status growing_open(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                uint64_t size, bool is_contested, struct blob_growing **ret_growing, struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    char path[PARTS_PATH_SIZE];
    if (!blob_file_parts_path(key, state, path))
        return blob_growing_gone(key, why);
    if (is_contested && size == 0)
        return open_copy(blob, bucket, key, -1, 0, ret_growing, why);
    int fd = blob_file_open_beneath(file->bucket_fds[bucket], path, O_RDWR);
    if (fd < 0 && errno == ENOENT && size == 0)
        return open_new(blob, bucket, key, state, -1, 0, ret_growing, why);
    if (fd < 0)
        return fail_open(file, key, why);
    if (!is_contested)
        return go_on(blob, key, state, fd, size, ret_growing, why);
    enum status status =
        has_bytes(fd, size) ? open_copy(blob, bucket, key, fd, size, ret_growing, why) : blob_growing_gone(key, why);
    (void)close(fd);
    return status;
}

static enum status growing_write(struct blob_growing *growing, const void *bytes, size_t size, struct text *why)
{
    struct file_growing *file_growing = (struct file_growing *)growing;
    if (appender_add(file_growing->appender, bytes, size))
        return STATUS_OK;
    return blob_file_fail((const struct blob_file *)growing->blob, errno, why);
}

static enum status growing_save(struct blob_growing *growing, struct text *ret_state, struct text *why)
{
    struct file_growing *file_growing = (struct file_growing *)growing;
    if (!appender_flush(file_growing->appender) || fdatasync(growing->fd))
        return blob_file_fail((const struct blob_file *)growing->blob, errno, why);
    text_setf(ret_state, "%s", file_growing->state);
    return STATUS_OK;
}

static void growing_close(struct blob_growing *growing)
{
    struct file_growing *file_growing = (struct file_growing *)growing;
    appender_free(file_growing->appender);
    (void)close(growing->fd);
    free(file_growing);
}

/* ---- The end ---- */

/* Cuts off what was never saved; an errno value. */
static int trim(int fd, uint64_t size)
{
    struct stat status;
    if (fstat(fd, &status))
        return errno;
    if ((uint64_t)status.st_size == size)
        return 0;
    return (uint64_t)status.st_size < size ? ENODATA : ftruncate(fd, (off_t)size) || fsync(fd) ? errno : 0;
}

/* The rename may have happened before, and the flush not. */
static enum status keep_object(const struct blob_file *file, enum bucket bucket, const char *key, const char *path,
                               struct text *why)
{
    struct stat status;
    if (fstatat(file->bucket_fds[bucket], path, &status, AT_SYMLINK_NOFOLLOW))
        return fail_open(file, key, why);
    int error = blob_file_sync_shard(file, bucket, path);
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

static enum status growing_complete(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                    uint64_t size, struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    int bucket_fd = file->bucket_fds[bucket];
    char from[PARTS_PATH_SIZE], path[PATH_SIZE];
    blob_file_path(key, path);
    if (!blob_file_parts_path(key, state, from))
        return blob_growing_gone(key, why);
    int fd = blob_file_open_beneath(bucket_fd, from, O_RDWR);
    if (fd < 0 && errno == ENOENT)
        return keep_object(file, bucket, key, path, why);
    int error = fd < 0 ? errno : trim(fd, size);
    if (!error && renameat(bucket_fd, from, bucket_fd, path))
        error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (error == ENODATA)
        return blob_growing_gone(key, why);
    return error ? blob_file_fail(file, error, why) : keep_object(file, bucket, key, path, why);
}

/* If the name comes back after a power cut, whoever lists it will find it old. */
static enum status growing_remove(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                  struct text *why)
{
    (void)why;
    remove_file((const struct blob_file *)blob, bucket, key, state);
    return STATUS_OK;
}

/* Both are copies of the same bytes; see the top. */
static void growing_forget(struct blob *blob, enum bucket bucket, const char *key, const char *former,
                           const char *state)
{
    if (strcmp(former, state) != 0)
        remove_file((const struct blob_file *)blob, bucket, key, former);
}

const struct blob_growing_ops blob_file_growing = {
    .begin = growing_begin,
    .open = growing_open,
    .write = growing_write,
    .save = growing_save,
    .close = growing_close,
    .complete = growing_complete,
    .forget = growing_forget,
    .remove = growing_remove,
};
