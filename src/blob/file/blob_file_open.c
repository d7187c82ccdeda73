/* Opening the folder: who may, and what is made. */
#include "blob_file.h"

#include "lock_file.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ADMIN_LOCK ".lock-admin"

static enum status make_folder(const struct blob_file *file, int parent_fd, const char *name, int *ret_fd,
                               struct text *why)
{
    bool made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return blob_file_fail(file, errno, why);
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int above = fd >= 0 && made ? openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = fd < 0 || (made && (above < 0 || fsync(above))) ? errno : 0;
    if (above >= 0)
        (void)close(above);
    if (error) {
        if (fd >= 0)
            (void)close(fd);
        return blob_file_fail(file, error, why);
    }
    *ret_fd = fd;
    return STATUS_OK;
}

static enum status take_lock(struct blob_file *file, const char *name, enum lock_use use, const char *sentence,
                             struct text *why)
{
    char owner[LOCK_OWNER_SIZE];
    int error = lock_file_take(file->folder_fd, name, use, &file->lock_fd, owner);
    if (error != EWOULDBLOCK)
        return error ? blob_file_fail(file, error, why) : STATUS_OK;
    text_setf(why, "The folder %s is %s by another process (PID %s).", file->folder, sentence, owner);
    return STATUS_BUSY;
}

static enum status open_bucket(struct blob_file *file, enum bucket bucket, struct text *why)
{
    enum status status =
        make_folder(file, file->folder_fd, bucket_policies[bucket].name, &file->bucket_fds[bucket], why);
    if (status)
        return status;
    int bucket_fd = file->bucket_fds[bucket];
    for (unsigned shard = 0; shard < SHARDS; shard++) {
        char name[SHARD_SIZE];
        (void)snprintf(name, sizeof name, "%02x", shard % SHARDS);
        if (mkdirat(bucket_fd, name, 0700) && errno != EEXIST)
            return blob_file_fail(file, errno, why);
    }
    if (fsync(bucket_fd))
        return blob_file_fail(file, errno, why);
    int incoming_fd;
    status = make_folder(file, bucket_fd, INCOMING, &incoming_fd, why);
    if (!status)
        (void)close(incoming_fd);
    return status;
}

void blob_file_close(struct blob *blob)
{
    struct blob_file *file = (struct blob_file *)blob;
    blob_file_leave(file);
    for (int i = 0; i < BUCKETS; i++)
        if (file->bucket_fds[i] >= 0)
            (void)close(file->bucket_fds[i]);
    if (file->folder_fd >= 0)
        (void)close(file->folder_fd);
    if (file->lock_fd >= 0)
        (void)close(file->lock_fd);
    free(file->folder);
    free(file);
}

/* NULL for an empty name. */
static struct blob_file *file_new(const char *folder, struct text *why)
{
    if (!folder[0]) {
        text_setf(why, "The buckets' address has no folder after \"file:\".");
        return NULL;
    }
    struct blob_file *file = NEW(struct blob_file);
    file->blob.ops = &blob_file_ops;
    file->folder = memory_copy_string(folder);
    file->folder_fd = file->lock_fd = file->process_fd = -1;
    for (int i = 0; i < BUCKETS; i++)
        file->bucket_fds[i] = -1;
    return file;
}

/* Without the lock, and without making anything: what is there belongs to those who serve it. NULL on failure. */
static struct blob_file *open_shared(const char *folder, enum status *ret_status, struct text *why)
{
    struct blob_file *file = file_new(folder, why);
    *ret_status = file ? STATUS_OK : STATUS_INVALID;
    if (!file)
        return NULL;
    file->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool opened = file->folder_fd >= 0;
    for (int i = 0; opened && i < BUCKETS; i++) {
        file->bucket_fds[i] = blob_file_open_beneath(file->folder_fd, bucket_policies[i].name, O_RDONLY | O_DIRECTORY);
        opened = file->bucket_fds[i] >= 0;
    }
    if (!opened) {
        int error = errno;
        enum status status = blob_file_fail(file, error, why);
        *ret_status = error == ENOENT ? STATUS_NOT_FOUND : status;
        blob_file_close(&file->blob);
        return NULL;
    }
    return file;
}

static enum status open_to_read(const char *folder, struct blob **ret_blob, struct text *why)
{
    enum status status;
    struct blob_file *file = open_shared(folder, &status, why);
    if (file)
        *ret_blob = &file->blob;
    return status;
}

/* What root wrote, a server that is another user could not read. */
static enum status check_owner(const struct blob_file *file, struct text *why)
{
    struct stat folder;
    if (fstat(file->folder_fd, &folder))
        return blob_file_fail(file, errno, why);
    if (folder.st_uid == geteuid())
        return STATUS_OK;
    text_setf(why, "The folder %s belongs to the user with the number %u. Run this as that user.", file->folder,
              (unsigned)folder.st_uid);
    return STATUS_FORBIDDEN;
}

static enum status begin_writing(struct blob_file *file, struct text *why)
{
    enum status status = blob_file_enter(file, why);
    return status ? status : blob_file_sweep(&file->blob, why);
}

static enum status open_beside(const char *folder, struct blob **ret_blob, struct text *why)
{
    enum status status;
    struct blob_file *file = open_shared(folder, &status, why);
    if (!file)
        return status;
    status = check_owner(file, why);
    if (!status)
        status = take_lock(file, ADMIN_LOCK, LOCK_ALONE, "being written to", why);
    if (!status)
        status = begin_writing(file, why);
    if (status)
        blob_file_close(&file->blob);
    else
        *ret_blob = &file->blob;
    return status;
}

static enum status open_to_own(const char *folder, struct blob **ret_blob, struct text *why)
{
    struct blob_file *file = file_new(folder, why);
    if (!file)
        return STATUS_INVALID;
    enum status status = make_folder(file, AT_FDCWD, folder, &file->folder_fd, why);
    if (!status)
        status = take_lock(file, ".lock", LOCK_WITH_OTHERS, "in use", why);
    for (int i = 0; !status && i < BUCKETS; i++)
        status = open_bucket(file, (enum bucket)i, why);
    if (!status)
        status = begin_writing(file, why);
    if (status) {
        blob_file_close(&file->blob);
        return status;
    }
    *ret_blob = &file->blob;
    return STATUS_OK;
}

enum status blob_file_open(const char *folder, enum blob_use use, struct blob **ret_blob, struct text *why)
{
    switch (use) {
    case BLOB_READ:
        return open_to_read(folder, ret_blob, why);
    case BLOB_BESIDE:
        return open_beside(folder, ret_blob, why);
    case BLOB_OWN:
        break;
    }
    return open_to_own(folder, ret_blob, why);
}
