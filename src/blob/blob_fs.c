/* Buckets in a folder of the file system:
 *
 *     FOLDER/.lock                     held while a process owns the folder
 *     FOLDER/.lock-admin               held while another one writes beside it
 *     FOLDER/photos/.incoming/N        an upload that has not been committed; admin-N when it is of the other one
 *     FOLDER/photos/5e/ID-comp.webp    an object; 5e is a hash of its key, since ids of one day begin alike
 *
 * A slash in a key is written as '+', which no key has: an object is one file name, so that "a" and "a/b" can both
 * exist and no key can lead anywhere. Every look-up stays beneath the bucket and follows no link: openat2(2). */
#include "blob_ops.h"
#include "memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define INCOMING   ".incoming"
#define ADMIN      "admin-"
#define ADMIN_LOCK ".lock-admin"
enum { SHARDS = 256, SHARD_SIZE = 3 /* two hex digits and NUL */, TEMPORARY_SIZE = 32 };
enum { LOCK_WAIT_MS = 2000, LOCK_STEP_MS = 20 };

struct blob_fs {
    struct blob blob;
    char *folder;
    int folder_fd, lock_fd;
    bool is_beside;    /* the owner is another process */
    bool sweeps_admin; /* what begins with ADMIN is left over */
    int bucket_fds[BUCKETS];
    atomic_ullong uploads; /* begun so far: names the next temporary */
};

struct fs_upload {
    struct blob_upload upload;
    enum bucket bucket;
    char temporary[TEMPORARY_SIZE];
    char path[SHARD_SIZE + BLOB_KEY_MAX + 1];
};

/* ---- Errors ---- */

static enum status fail(const struct blob_fs *fs, int error, struct text *why)
{
    enum status status = status_from_errno(error);
    if (status == STATUS_NO_SPACE)
        text_setf(why, "The disk that holds the folder %s is full.", fs->folder);
    else
        text_setf(why, "The folder %s can't be used: %s.", fs->folder, strerrordesc_np(error));
    return status == STATUS_NOT_FOUND || status == STATUS_INTERNAL ? STATUS_UNAVAILABLE : status;
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

static void path_of(const char *key, char ret_path[static SHARD_SIZE + BLOB_KEY_MAX + 1])
{
    (void)snprintf(ret_path, SHARD_SIZE + BLOB_KEY_MAX + 1, "%02x/%s", shard_of(key), key);
    for (char *slash = ret_path + SHARD_SIZE; (slash = strchr(slash, '/'));)
        *slash = '+';
}

static int open_beneath(int folder_fd, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
}

/* Makes what happened in the shard of `path` survive a power cut; an errno value. */
static int sync_shard(const struct blob_fs *fs, enum bucket bucket, const char *path)
{
    char shard[SHARD_SIZE] = {path[0], path[1]};
    int fd = open_beneath(fs->bucket_fds[bucket], shard, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return errno;
    int error = fsync(fd) ? errno : 0;
    (void)close(fd);
    return error;
}

/* ---- Opening ---- */

static enum status make_folder(const struct blob_fs *fs, int parent_fd, const char *name, int *ret_fd, struct text *why)
{
    bool made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return fail(fs, errno, why);
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int above = fd >= 0 && made ? openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = fd < 0 || (made && (above < 0 || fsync(above))) ? errno : 0;
    if (above >= 0)
        (void)close(above);
    if (error) {
        if (fd >= 0)
            (void)close(fd);
        return fail(fs, error, why);
    }
    *ret_fd = fd;
    return STATUS_OK;
}

/* A process that was killed may hold the lock for the moment that its end takes. */
static bool lock_soon(int fd)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
        if (errno != EWOULDBLOCK || waited >= LOCK_WAIT_MS)
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_MS * 1000000}, NULL);
    }
    return true;
}

static enum status take_lock(struct blob_fs *fs, const char *name, const char *use, struct text *why)
{
    fs->lock_fd = openat(fs->folder_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fs->lock_fd < 0)
        return fail(fs, errno, why);
    if (!lock_soon(fs->lock_fd)) {
        int error = errno;
        char owner[16] = "";
        if (error != EWOULDBLOCK)
            return fail(fs, error, why);
        if (pread(fs->lock_fd, owner, sizeof owner - 1, 0) <= 0)
            memcpy(owner, "unknown", sizeof "unknown");
        text_setf(why, "The folder %s is %s by another process (PID %s).", fs->folder, use, owner);
        return STATUS_BUSY;
    }
    /* The number is for people alone: that a full disk can't take it does no harm. */
    if (ftruncate(fs->lock_fd, 0) == 0)
        (void)dprintf(fs->lock_fd, "%d", (int)getpid());
    return STATUS_OK;
}

/* Of an admin command that is writing, nothing is left over. -1: it is, or none ever was. */
static int lock_out_admin(const struct blob_fs *fs)
{
    int fd = openat(fs->folder_fd, ADMIN_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static bool is_left_over(const struct blob_fs *fs, const char *name)
{
    bool is_admin = strncmp(name, ADMIN, sizeof ADMIN - 1) == 0;
    return name[0] != '.' && (is_admin ? fs->sweeps_admin : !fs->is_beside);
}

static enum status remove_incoming(const struct blob_fs *fs, int fd, struct text *why)
{
    DIR *folder = fdopendir(fd);
    if (!folder) {
        int error = errno;
        (void)close(fd);
        return fail(fs, error, why);
    }
    enum status status = STATUS_OK;
    for (const struct dirent *entry; !status && (entry = readdir(folder));)
        if (is_left_over(fs, entry->d_name) && unlinkat(dirfd(folder), entry->d_name, 0) && errno != ENOENT)
            status = fail(fs, errno, why);
    (void)closedir(folder);
    return status;
}

static enum status open_bucket(struct blob_fs *fs, enum bucket bucket, struct text *why)
{
    enum status status = make_folder(fs, fs->folder_fd, bucket_policies[bucket].name, &fs->bucket_fds[bucket], why);
    if (status)
        return status;
    int bucket_fd = fs->bucket_fds[bucket];
    for (unsigned shard = 0; shard < SHARDS; shard++) {
        char name[SHARD_SIZE];
        (void)snprintf(name, sizeof name, "%02x", shard % SHARDS);
        if (mkdirat(bucket_fd, name, 0700) && errno != EEXIST)
            return fail(fs, errno, why);
    }
    if (fsync(bucket_fd))
        return fail(fs, errno, why);
    int incoming_fd;
    status = make_folder(fs, bucket_fd, INCOMING, &incoming_fd, why);
    return status ? status : remove_incoming(fs, incoming_fd, why);
}

static void fs_close(struct blob *blob)
{
    struct blob_fs *fs = (struct blob_fs *)blob;
    for (int i = 0; i < BUCKETS; i++)
        if (fs->bucket_fds[i] >= 0)
            (void)close(fs->bucket_fds[i]);
    if (fs->folder_fd >= 0)
        (void)close(fs->folder_fd);
    if (fs->lock_fd >= 0)
        (void)close(fs->lock_fd);
    free(fs->folder);
    free(fs);
}

/* NULL for an empty name. */
static struct blob_fs *fs_new(const char *folder, struct text *why)
{
    if (!folder[0]) {
        text_setf(why, "The buckets' address has no folder after \"file:\".");
        return NULL;
    }
    struct blob_fs *fs = NEW(struct blob_fs);
    fs->blob.ops = &blob_fs_ops;
    fs->folder = memory_copy_string(folder);
    fs->folder_fd = fs->lock_fd = -1;
    for (int i = 0; i < BUCKETS; i++)
        fs->bucket_fds[i] = -1;
    return fs;
}

/* Without the lock, and without sweeping up: what is there belongs to the process that serves it. NULL on failure. */
static struct blob_fs *open_shared(const char *folder, enum status *ret_status, struct text *why)
{
    struct blob_fs *fs = fs_new(folder, why);
    *ret_status = fs ? STATUS_OK : STATUS_INVALID;
    if (!fs)
        return NULL;
    fs->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool opened = fs->folder_fd >= 0;
    for (int i = 0; opened && i < BUCKETS; i++) {
        fs->bucket_fds[i] = open_beneath(fs->folder_fd, bucket_policies[i].name, O_RDONLY | O_DIRECTORY);
        opened = fs->bucket_fds[i] >= 0;
    }
    if (!opened) {
        int error = errno;
        enum status status = fail(fs, error, why);
        *ret_status = error == ENOENT ? STATUS_NOT_FOUND : status;
        fs_close(&fs->blob);
        return NULL;
    }
    return fs;
}

static enum status fs_open_to_read(const char *folder, struct blob **ret_blob, struct text *why)
{
    enum status status;
    struct blob_fs *fs = open_shared(folder, &status, why);
    if (fs)
        *ret_blob = &fs->blob;
    return status;
}

/* What root wrote, a server that is another user could not read. */
static enum status check_owner(const struct blob_fs *fs, struct text *why)
{
    struct stat folder;
    if (fstat(fs->folder_fd, &folder))
        return fail(fs, errno, why);
    if (folder.st_uid == geteuid())
        return STATUS_OK;
    text_setf(why, "The folder %s belongs to the user with the number %u. Run this as that user.", fs->folder,
              (unsigned)folder.st_uid);
    return STATUS_FORBIDDEN;
}

static enum status sweep_admin(const struct blob_fs *fs, struct text *why)
{
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < BUCKETS; i++) {
        int fd = open_beneath(fs->bucket_fds[i], INCOMING, O_RDONLY | O_DIRECTORY);
        status = fd < 0 ? fail(fs, errno, why) : remove_incoming(fs, fd, why);
    }
    return status;
}

static enum status fs_open_beside(const char *folder, struct blob **ret_blob, struct text *why)
{
    enum status status;
    struct blob_fs *fs = open_shared(folder, &status, why);
    if (!fs)
        return status;
    fs->is_beside = fs->sweeps_admin = true;
    status = check_owner(fs, why);
    if (!status)
        status = take_lock(fs, ADMIN_LOCK, "being written to", why);
    if (!status)
        status = sweep_admin(fs, why);
    if (status)
        fs_close(&fs->blob);
    else
        *ret_blob = &fs->blob;
    return status;
}

static enum status fs_open(const char *folder, struct blob **ret_blob, struct text *why)
{
    struct blob_fs *fs = fs_new(folder, why);
    if (!fs)
        return STATUS_INVALID;
    enum status status = make_folder(fs, AT_FDCWD, folder, &fs->folder_fd, why);
    if (!status)
        status = take_lock(fs, ".lock", "in use", why);
    int admin_lock_fd = status ? -1 : lock_out_admin(fs);
    fs->sweeps_admin = admin_lock_fd >= 0;
    for (int i = 0; !status && i < BUCKETS; i++)
        status = open_bucket(fs, (enum bucket)i, why);
    if (admin_lock_fd >= 0)
        (void)close(admin_lock_fd);
    if (status) {
        fs_close(&fs->blob);
        return status;
    }
    *ret_blob = &fs->blob;
    return STATUS_OK;
}

/* ---- Objects ---- */

/* Size, time of writing and inode: an object is never changed in place, so another content is another file. */
static void format_etag(const struct stat *status, char ret_etag[static BLOB_ETAG_SIZE])
{
    uint64_t written_ns = (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
    (void)snprintf(ret_etag, BLOB_ETAG_SIZE, "\"%llx-%llx-%x\"", (unsigned long long)status->st_size & 0xffffffffffff,
                   (unsigned long long)written_ns, (unsigned)status->st_ino);
}

static enum status fs_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                          struct text *why)
{
    const struct blob_fs *fs = (const struct blob_fs *)blob;
    char path[SHARD_SIZE + BLOB_KEY_MAX + 1];
    path_of(key, path);
    int fd = open_beneath(fs->bucket_fds[bucket], path, O_RDONLY | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT && errno != ELOOP)
        return fail(fs, errno, why);
    struct stat status = {0};
    if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            (void)close(fd);
        text_setf(why, "There is no object %s in the bucket %s.", key, bucket_policies[bucket].name);
        return STATUS_NOT_FOUND;
    }
    *ret_object = (struct blob_object){.fd = fd,
                                       .size = (uint64_t)status.st_size,
                                       .modified_s = status.st_mtim.tv_sec,
                                       .content_type = blob_content_type(key)};
    format_etag(&status, ret_object->etag);
    return STATUS_OK;
}

static enum status fs_delete(struct blob *blob, enum bucket bucket, const char *key, struct text *why)
{
    const struct blob_fs *fs = (const struct blob_fs *)blob;
    char path[SHARD_SIZE + BLOB_KEY_MAX + 1];
    path_of(key, path);
    if (unlinkat(fs->bucket_fds[bucket], path, 0) && errno != ENOENT)
        return fail(fs, errno, why);
    /* Also when it was gone already: who removed it may have crashed before that was durable. */
    int error = sync_shard(fs, bucket, path);
    return error ? fail(fs, error, why) : STATUS_OK;
}

/* ---- Uploads ---- */

static enum status fs_upload_begin(struct blob *blob, enum bucket bucket, const char *key,
                                   struct blob_upload **ret_upload, struct text *why)
{
    struct blob_fs *fs = (struct blob_fs *)blob;
    struct fs_upload *upload = NEW(struct fs_upload);
    upload->bucket = bucket;
    (void)snprintf(upload->temporary, sizeof upload->temporary, INCOMING "/%s%llx", fs->is_beside ? ADMIN : "",
                   atomic_fetch_add(&fs->uploads, 1));
    path_of(key, upload->path);
    upload->upload.blob = blob;
    upload->upload.fd =
        openat(fs->bucket_fds[bucket], upload->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (upload->upload.fd < 0) {
        int error = errno;
        free(upload);
        return fail(fs, error, why);
    }
    *ret_upload = &upload->upload;
    return STATUS_OK;
}

static void fs_upload_abort(struct blob_upload *upload)
{
    struct fs_upload *fs_upload = (struct fs_upload *)upload;
    const struct blob_fs *fs = (const struct blob_fs *)upload->blob;
    (void)unlinkat(fs->bucket_fds[fs_upload->bucket], fs_upload->temporary, 0);
    (void)close(upload->fd);
    free(fs_upload);
}

/* An errno value. The content is durable before the name is, so that a power cut shows all of it or nothing. */
static int put_in_place(const struct fs_upload *upload)
{
    const struct blob_fs *fs = (const struct blob_fs *)upload->upload.blob;
    int bucket_fd = fs->bucket_fds[upload->bucket];
    if (fsync(upload->upload.fd) || renameat(bucket_fd, upload->temporary, bucket_fd, upload->path))
        return errno;
    int error = sync_shard(fs, upload->bucket, upload->path);
    if (error) /* the caller hears that nothing was stored, so nothing may stay */
        (void)unlinkat(bucket_fd, upload->path, 0);
    return error;
}

static enum status fs_upload_commit(struct blob_upload *upload, struct text *why)
{
    const struct blob_fs *fs = (const struct blob_fs *)upload->blob;
    int error = put_in_place((const struct fs_upload *)upload);
    if (error) {
        fs_upload_abort(upload);
        return fail(fs, error, why);
    }
    (void)close(upload->fd);
    free(upload);
    return STATUS_OK;
}

/* ---- Listing ---- */

/* Returns whether to go on. */
static bool list_shard(DIR *folder, blob_key_row *row, void *context)
{
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct stat status;
        char key[BLOB_KEY_MAX + 1];
        size_t length = strlen(entry->d_name);
        if (length > BLOB_KEY_MAX || fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW)
            || !S_ISREG(status.st_mode))
            continue; /* deleted meanwhile, or none of ours */
        memcpy(key, entry->d_name, length + 1);
        for (char *plus = key; (plus = strchr(plus, '+'));)
            *plus = '/';
        if (blob_key_is_valid(key, length) && !row(context, key, status.st_mtim.tv_sec))
            return false;
    }
    return true;
}

static enum status fs_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why)
{
    const struct blob_fs *fs = (const struct blob_fs *)blob;
    bool go_on = true;
    for (unsigned shard = 0; go_on && shard < SHARDS; shard++) {
        char name[SHARD_SIZE];
        (void)snprintf(name, sizeof name, "%02x", shard % SHARDS);
        int fd = open_beneath(fs->bucket_fds[bucket], name, O_RDONLY | O_DIRECTORY);
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
            int error = errno;
            if (fd >= 0)
                (void)close(fd);
            return fail(fs, error, why);
        }
        go_on = list_shard(folder, row, context);
        (void)closedir(folder);
    }
    return STATUS_OK;
}

const struct blob_ops blob_fs_ops = {
    .scheme = "file",
    .open = fs_open,
    .open_to_read = fs_open_to_read,
    .open_beside = fs_open_beside,
    .close = fs_close,
    .get = fs_get,
    .upload_begin = fs_upload_begin,
    .upload_commit = fs_upload_commit,
    .upload_abort = fs_upload_abort,
    .delete = fs_delete,
    .list = fs_list,
};
