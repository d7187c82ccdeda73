#include "blob_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Errors ---- */

enum status blob_file_fail(const struct blob_file *file, int error, struct text *why)
{
    enum status status = status_from_errno(error);
    if (error == ENODATA) {
        text_setf(why, "The file is shorter than it should be.");
        return STATUS_UNPROCESSABLE;
    }
    if (status == STATUS_NO_SPACE)
        text_setf(why, "The disk that holds the folder %s is full.", file->folder);
    else if (error == ENOSYS || error == EPERM)
        text_setf(
            why,
            "The folder %s can't be used: %s. If openat2 (Linux 5.6) is forbidden here, leave RestrictSUIDSGID= out "
            "of the systemd unit, or let the container's seccomp profile allow it.",
            file->folder, strerrordesc_np(error));
    else
        text_setf(why, "The folder %s can't be used: %s.", file->folder, strerrordesc_np(error));
    return status == STATUS_NOT_FOUND || status == STATUS_INTERNAL ? STATUS_UNAVAILABLE : status;
}

enum status blob_file_none(enum bucket bucket, const char *key, struct text *why)
{
    text_setf(why, "There is no object %s in the bucket %s.", key, bucket_policies[bucket].name);
    return STATUS_NOT_FOUND;
}

/* ---- Names ---- */

/* FNV-1a (draft-eastlake-fnv): spreads keys that differ in a few characters. */
static unsigned shard_of(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return (hash ^ hash >> 16) % SHARDS;
}

void blob_file_name(const char *key, char ret_name[static BLOB_KEY_MAX + 1])
{
    (void)snprintf(ret_name, BLOB_KEY_MAX + 1, "%s", key);
    for (char *slash = ret_name; (slash = strchr(slash, '/'));)
        *slash = '+';
}

void blob_file_key(char *name)
{
    for (char *plus = name; (plus = strchr(plus, '+'));)
        *plus = '/';
}

void blob_file_path(const char *key, char ret_path[static PATH_SIZE])
{
    (void)snprintf(ret_path, PATH_SIZE, "%02x/", shard_of(key));
    blob_file_name(key, ret_path + SHARD_SIZE);
}

int blob_file_open_beneath(int folder_fd, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
}

int blob_file_sync_shard(const struct blob_file *file, enum bucket bucket, const char *path)
{
    char shard[SHARD_SIZE] = {path[0], path[1]};
    int fd = blob_file_open_beneath(file->bucket_fds[bucket], shard, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return errno;
    int error = fsync(fd) ? errno : 0;
    (void)close(fd);
    return error;
}

/* ---- Objects ---- */

/* Size, time of writing and inode: an object is never changed in place, so another content is another file. */
static void format_etag(const struct stat *status, char ret_etag[static BLOB_ETAG_SIZE])
{
    uint64_t written_ns = (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
    (void)snprintf(ret_etag, BLOB_ETAG_SIZE, "\"%llx-%llx-%x\"", (unsigned long long)status->st_size & 0xffffffffffff,
                   (unsigned long long)written_ns, (unsigned)status->st_ino);
}

static enum status get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                       struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    char path[PATH_SIZE];
    blob_file_path(key, path);
    int fd = blob_file_open_beneath(file->bucket_fds[bucket], path, O_RDONLY | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT && errno != ELOOP)
        return blob_file_fail(file, errno, why);
    struct stat status = {0};
    if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            (void)close(fd);
        return blob_file_none(bucket, key, why);
    }
    *ret_object = (struct blob_object){.fd = fd, .size = (uint64_t)status.st_size, .modified_s = status.st_mtim.tv_sec};
    format_etag(&status, ret_object->etag);
    return STATUS_OK;
}

/* The shards of many keys are few: each is flushed once. Also when a key was gone already, because who removed it may
 * have crashed before that was durable. */
static enum status delete_keys(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                               struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    bool is_touched[SHARDS] = {false};
    char path[PATH_SIZE];
    int error = 0;
    for (size_t i = 0; i < count; i++) {
        blob_file_path(keys[i], path);
        if (unlinkat(file->bucket_fds[bucket], path, 0) && errno != ENOENT && !error)
            error = errno;
        is_touched[shard_of(keys[i])] = true;
    }
    for (unsigned shard = 0; shard < SHARDS; shard++) {
        if (!is_touched[shard])
            continue;
        (void)snprintf(path, sizeof path, "%02x", shard % SHARDS);
        int unsynced = blob_file_sync_shard(file, bucket, path);
        error = error ? error : unsynced;
    }
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

/* ---- Listing ---- */

/* *ret_is_key: no for what is something else, or deleted meanwhile. Returns an errno value. */
static int look_at(DIR *folder, const char *name, char key[BLOB_KEY_MAX + 1], int64_t *ret_modified_s, bool *ret_is_key)
{
    struct stat status;
    size_t length = strlen(name);
    *ret_is_key = false;
    if (length > BLOB_KEY_MAX)
        return 0;
    if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : errno;
    memcpy(key, name, length + 1);
    blob_file_key(key);
    *ret_modified_s = status.st_mtim.tv_sec;
    *ret_is_key = S_ISREG(status.st_mode) && blob_key_is_valid(key, length);
    return 0;
}

/* Returns an errno value. */
static int list_shard(DIR *folder, blob_key_row *row, void *context, bool *ret_goes_on)
{
    int error = 0;
    *ret_goes_on = true;
    while (!error && *ret_goes_on) {
        char key[BLOB_KEY_MAX + 1];
        int64_t modified_s;
        bool is_key;
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            return errno;
        error = look_at(folder, entry->d_name, key, &modified_s, &is_key);
        if (!error && is_key)
            *ret_goes_on = row(context, key, modified_s);
    }
    return error;
}

static enum status list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    bool goes_on = true;
    for (unsigned shard = 0; goes_on && shard < SHARDS; shard++) {
        char name[SHARD_SIZE];
        (void)snprintf(name, sizeof name, "%02x", shard % SHARDS);
        int fd = blob_file_open_beneath(file->bucket_fds[bucket], name, O_RDONLY | O_DIRECTORY);
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        int error = folder ? list_shard(folder, row, context, &goes_on) : errno;
        if (folder)
            (void)closedir(folder);
        else if (fd >= 0)
            (void)close(fd);
        if (error)
            return blob_file_fail(file, error, why);
    }
    return STATUS_OK;
}

const struct blob_ops blob_file_ops = {
    .scheme = "file",
    .has_files = true,
    .open = blob_file_open,
    .close = blob_file_close,
    .sweep = blob_file_sweep,
    .get = get,
    .put = blob_file_put,
    .upload_begin = blob_file_upload_begin,
    .upload_commit = blob_file_upload_commit,
    .upload_abort = blob_file_upload_abort,
    .copy = blob_file_copy,
    .delete = delete_keys,
    .list = list,
    .parts_begin = blob_file_parts_begin,
    .parts_put = blob_file_parts_put,
    .parts_complete = blob_file_parts_complete,
    .parts_abort = blob_file_parts_abort,
    .parts_list = blob_file_parts_list,
    .growing = &blob_file_growing,
};
