/* Who writes to the folder. Each process holds the lock of a file of its own, and its id begins the names of its
 * temporary files. The kernel lets go of a lock when its process ends, however that ends: so a file whose process holds
 * no lock is left over, and one of a process that lives is never touched. */
#include "blob_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PROCESSES ".processes"
enum { ATTEMPTS = 16, PROCESS_PATH_SIZE = sizeof PROCESSES + ID_TEXT_SIZE };

static void process_path(const char *process, char ret_path[static PROCESS_PATH_SIZE])
{
    (void)snprintf(ret_path, PROCESS_PATH_SIZE, PROCESSES "/%s", process);
}

/* ---- Being one ---- */

/* False, and errno, or 0 when somebody who sweeps up has taken it for one that is left over: before it was locked. */
static bool hold(struct blob_file *file, const char *path)
{
    struct stat status;
    int fd = openat(file->folder_fd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && status.st_nlink > 0) {
        file->process_fd = fd;
        return true;
    }
    (void)unlinkat(file->folder_fd, path, 0);
    (void)close(fd);
    errno = 0;
    return false;
}

enum status blob_file_enter(struct blob_file *file, struct text *why)
{
    char path[PROCESS_PATH_SIZE];
    if (mkdirat(file->folder_fd, PROCESSES, 0700) && errno != EEXIST)
        return blob_file_fail(file, errno, why);
    for (int i = 0; i < ATTEMPTS; i++) {
        struct id id = id_new();
        id_format(&id, file->process);
        process_path(file->process, path);
        if (hold(file, path))
            return STATUS_OK;
        if (errno)
            return blob_file_fail(file, errno, why);
    }
    return blob_file_fail(file, EAGAIN, why);
}

void blob_file_leave(struct blob_file *file)
{
    char path[PROCESS_PATH_SIZE];
    if (file->process_fd < 0)
        return;
    process_path(file->process, path);
    (void)unlinkat(file->folder_fd, path, 0);
    (void)close(file->process_fd);
}

/* ---- Sweeping up after those that have ended ---- */

/* Holds the lock of a process that has ended; -1: it lives, or there is no such file (errno: ENOENT). */
static int hold_dead(const struct blob_file *file, const char *process)
{
    char path[PROCESS_PATH_SIZE];
    process_path(process, path);
    int fd = openat(file->folder_fd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    (void)close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

/* Earlier versions named temporary files otherwise, and none of them runs beside us. */
static bool is_left_over(const struct blob_file *file, const char *name)
{
    struct id id;
    char process[ID_TEXT_SIZE];
    if (strlen(name) < ID_TEXT_SIZE || !id_parse(name, ID_TEXT_SIZE - 1, &id))
        return true;
    id_format(&id, process);
    int fd = hold_dead(file, process);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 || errno == ENOENT;
}

/* Hands over each name of a folder that doesn't begin with a dot. */
typedef enum status name_function(const struct blob_file *file, int folder_fd, const char *name, struct text *why);
static enum status each_name(const struct blob_file *file, int parent_fd, const char *path, name_function *function,
                             struct text *why)
{
    int fd = blob_file_open_beneath(parent_fd, path, O_RDONLY | O_DIRECTORY);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return blob_file_fail(file, error, why);
    }
    enum status status = STATUS_OK;
    for (const struct dirent *entry; !status && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            status = function(file, dirfd(folder), entry->d_name, why);
    (void)closedir(folder);
    return status;
}

static enum status sweep_temporary(const struct blob_file *file, int folder_fd, const char *name, struct text *why)
{
    if (is_left_over(file, name) && unlinkat(folder_fd, name, 0) && errno != ENOENT)
        return blob_file_fail(file, errno, why);
    return STATUS_OK;
}

/* With its lock, so that a process that has just made it, and not locked it yet, sees that it is gone. */
static enum status sweep_process(const struct blob_file *file, int folder_fd, const char *name, struct text *why)
{
    (void)why;
    int fd = strlen(name) == ID_TEXT_SIZE - 1 ? hold_dead(file, name) : -1;
    if (fd >= 0) {
        (void)unlinkat(folder_fd, name, 0);
        (void)close(fd);
    }
    return STATUS_OK;
}

enum status blob_file_sweep(struct blob *blob, struct text *why)
{
    const struct blob_file *file = (const struct blob_file *)blob;
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < BUCKETS; i++)
        status = each_name(file, file->bucket_fds[i], INCOMING, sweep_temporary, why);
    return status ? status : each_name(file, file->folder_fd, PROCESSES, sweep_process, why);
}
