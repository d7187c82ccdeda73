/* Objects in parts: a folder each, which the last step makes into one object. It may be done again after a crash,
 * because the parts go after the object is there. */
#include "blob_file.h"

#include "id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_SIZE = 8 };

bool blob_file_parts_path(const char *key, const char *id, char ret_path[static PARTS_PATH_SIZE])
{
    struct id parsed;
    char name[BLOB_KEY_MAX + 1];
    if (!id_parse(id, strlen(id), &parsed))
        return false;
    blob_file_name(key, name);
    (void)snprintf(ret_path, PARTS_PATH_SIZE, PARTS "/%s.%s", id, name);
    return true;
}

static enum status fail_gone(const char *key, struct text *why)
{
    text_setf(why, "No upload of %s in parts is under way under this id.", key);
    return STATUS_NOT_FOUND;
}

/* NOT_FOUND when there is no such folder. */
static enum status open_parts(const struct blob_file *file, enum bucket bucket, const char *key, const char *id,
                              int *ret_fd, struct text *why)
{
    char path[PARTS_PATH_SIZE];
    if (!blob_file_parts_path(key, id, path))
        return fail_gone(key, why);
    *ret_fd = blob_file_open_beneath(file->bucket_fds[bucket], path, O_RDONLY | O_DIRECTORY);
    if (*ret_fd >= 0)
        return STATUS_OK;
    return errno == ENOENT ? fail_gone(key, why) : blob_file_fail(file, errno, why);
}

int blob_file_sync_folder(int bucket_fd, const char *name)
{
    int fd = blob_file_open_beneath(bucket_fd, name, O_RDONLY | O_DIRECTORY);
    int error = fd < 0 || fsync(fd) ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return error;
}

int blob_file_make_parts_folder(int bucket_fd)
{
    bool made = mkdirat(bucket_fd, PARTS, 0700) == 0;
    return (!made && errno != EEXIST) || (made && fsync(bucket_fd)) ? errno : 0;
}

enum status blob_file_parts_begin(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_id,
                                  struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    int bucket_fd = file->bucket_fds[bucket];
    struct id id = id_new();
    char text[ID_TEXT_SIZE], path[PARTS_PATH_SIZE];
    id_format(&id, text);
    (void)blob_file_parts_path(key, text, path);
    int error = blob_file_make_parts_folder(bucket_fd);
    if (!error && mkdirat(bucket_fd, path, 0700))
        error = errno;
    if (!error)
        error = blob_file_sync_folder(bucket_fd, PARTS);
    if (error)
        return blob_file_fail(file, error, why);
    text_setf(ret_id, "%s", text);
    return STATUS_OK;
}

/* Each content is a file of its own: its inode, time and size tell it from the part that it replaced. */
static void format_tag(const struct stat *status, char ret_tag[static BLOB_PART_TAG_SIZE])
{
    (void)snprintf(ret_tag, BLOB_PART_TAG_SIZE, "%jx-%jx.%lx-%jx", (uintmax_t)status->st_size,
                   (uintmax_t)status->st_mtim.tv_sec, (unsigned long)status->st_mtim.tv_nsec,
                   (uintmax_t)status->st_ino);
}

/* An errno value. */
static int place_part(const struct blob_file *file, enum bucket bucket, int part_fd, const char *temporary,
                      int parts_fd, struct blob_part *part)
{
    char name[NUMBER_SIZE];
    struct stat status;
    (void)snprintf(name, sizeof name, "%u", part->number);
    if (fsync(part_fd) || fstat(part_fd, &status) || renameat(file->bucket_fds[bucket], temporary, parts_fd, name)
        || fsync(parts_fd))
        return errno;
    format_tag(&status, part->tag);
    return 0;
}

enum status blob_file_parts_put(struct blob *blob, enum bucket bucket, const char *key, const char *id, int fd,
                                uint64_t offset, struct blob_part *part, struct text *why)
{
    struct blob_file *file = (struct blob_file *)blob;
    char temporary[TEMPORARY_SIZE];
    int parts_fd;
    enum status status = open_parts(file, bucket, key, id, &parts_fd, why);
    if (status != STATUS_OK)
        return status;
    int part_fd = blob_file_new_temporary(file, bucket, temporary);
    int error = part_fd < 0 ? errno : blob_file_copy_bytes(fd, offset, part_fd, 0, part->size);
    if (!error)
        error = place_part(file, bucket, part_fd, temporary, parts_fd, part);
    if (error && part_fd >= 0)
        (void)unlinkat(file->bucket_fds[bucket], temporary, 0);
    if (part_fd >= 0)
        (void)close(part_fd);
    (void)close(parts_fd);
    if (error == ENOENT) /* aborted meanwhile */
        return fail_gone(key, why);
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

/* ---- The end ---- */

/* INVALID unless it is there as it was put. */
static enum status append_part(const struct blob_file *file, int parts_fd, const struct blob_part *part, int to,
                               uint64_t offset, struct text *why)
{
    char name[NUMBER_SIZE], tag[BLOB_PART_TAG_SIZE];
    struct stat status;
    (void)snprintf(name, sizeof name, "%u", part->number);
    int fd = blob_file_open_beneath(parts_fd, name, O_RDONLY), error = 0;
    bool is_same = fd >= 0 && fstat(fd, &status) == 0;
    if (is_same) {
        format_tag(&status, tag);
        is_same = strcmp(tag, part->tag) == 0;
    }
    if (is_same)
        error = blob_file_copy_bytes(fd, 0, to, offset, part->size);
    if (fd >= 0)
        (void)close(fd);
    if (!is_same) {
        text_setf(why, "Part %u isn't there, or isn't as it was put.", part->number);
        return STATUS_INVALID;
    }
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

static enum status append_parts(const struct blob_file *file, int parts_fd, const struct blob_part *parts, size_t count,
                                int to, struct text *why)
{
    uint64_t offset = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = append_part(file, parts_fd, &parts[i], to, offset, why);
        offset += parts[i].size;
    }
    return status;
}

static enum status put_together(struct blob_file *file, enum bucket bucket, const char *key, int parts_fd,
                                const struct blob_part *parts, size_t count, struct text *why)
{
    char temporary[TEMPORARY_SIZE], path[PATH_SIZE];
    blob_file_path(key, path);
    int to = blob_file_new_temporary(file, bucket, temporary);
    if (to < 0)
        return blob_file_fail(file, errno, why);
    enum status status = append_parts(file, parts_fd, parts, count, to, why);
    int error = status == STATUS_OK ? blob_file_put_in_place(file, bucket, to, temporary, path) : 0;
    if (error)
        status = blob_file_fail(file, error, why);
    if (status != STATUS_OK)
        (void)unlinkat(file->bucket_fds[bucket], temporary, 0);
    (void)close(to);
    return status;
}

/* Takes over parts_fd. */
static enum status remove_parts(const struct blob_file *file, enum bucket bucket, const char *key, const char *id,
                                int parts_fd, struct text *why)
{
    char path[PARTS_PATH_SIZE];
    (void)blob_file_parts_path(key, id, path);
    DIR *folder = fdopendir(parts_fd);
    int error = folder ? 0 : errno;
    if (!folder)
        (void)close(parts_fd);
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    if (!error && unlinkat(file->bucket_fds[bucket], path, AT_REMOVEDIR) && errno != ENOENT)
        error = errno;
    if (!error)
        error = blob_file_sync_folder(file->bucket_fds[bucket], PARTS);
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}

enum status blob_file_parts_complete(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                     const struct blob_part *parts, size_t count, struct text *why)
{
    struct blob_file *file = (struct blob_file *)blob;
    int parts_fd;
    enum status status = open_parts(file, bucket, key, id, &parts_fd, why);
    if (status != STATUS_OK)
        return status;
    status = put_together(file, bucket, key, parts_fd, parts, count, why);
    if (status == STATUS_OK) /* if they can't be removed, whoever lists them will find them old */
        (void)remove_parts(file, bucket, key, id, parts_fd, NULL);
    else
        (void)close(parts_fd);
    return status;
}

enum status blob_file_parts_abort(struct blob *blob, enum bucket bucket, const char *key, const char *id,
                                  struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    int parts_fd;
    char path[PARTS_PATH_SIZE];
    if (blob_file_parts_path(key, id, path) && unlinkat(file->bucket_fds[bucket], path, 0) == 0)
        return STATUS_OK; /* one that grew */
    enum status status = open_parts(file, bucket, key, id, &parts_fd, why);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    return remove_parts(file, bucket, key, id, parts_fd, why);
}

/* ---- Listing ---- */

/* Ids begin with their time (id.h). */
static int64_t begun_s(const struct id *id)
{
    uint64_t time_ms = 0;
    for (size_t i = 0; i < 6; i++)
        time_ms = time_ms << 8 | id->bytes[i];
    return (int64_t)(time_ms / 1000);
}

/* Returns whether to go on. */
static bool list_entry(const char *name, blob_parts_row *row, void *context)
{
    struct id id;
    char text[ID_TEXT_SIZE], key[BLOB_KEY_MAX + 1];
    size_t length = strlen(name);
    if (length <= ID_TEXT_SIZE || length - ID_TEXT_SIZE > BLOB_KEY_MAX || !id_parse(name, ID_TEXT_SIZE - 1, &id))
        return true;
    id_format(&id, text);
    memcpy(key, name + ID_TEXT_SIZE, length - ID_TEXT_SIZE + 1);
    blob_file_key(key);
    return !blob_key_is_valid(key, strlen(key)) || row(context, key, text, begun_s(&id));
}

enum status blob_file_parts_list(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context,
                                 struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    int fd = blob_file_open_beneath(file->bucket_fds[bucket], PARTS, O_RDONLY | O_DIRECTORY);
    if (fd < 0 && errno == ENOENT)
        return STATUS_OK;
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return blob_file_fail(file, error, why);
    }
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(folder);
    } while (entry && list_entry(entry->d_name, row, context));
    int error = entry ? 0 : errno;
    (void)closedir(folder);
    return error ? blob_file_fail(file, error, why) : STATUS_OK;
}
