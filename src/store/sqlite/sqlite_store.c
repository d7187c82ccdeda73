#include "sqlite_store.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody but the server's user may read a new database: SQLite gives the files beside it the same mode. The name is
 * made durable along with it. An existing file is left alone: closing it here would drop SQLite's locks on it. */
static enum status make_file(const char *path, struct text *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return STATUS_OK;
    int error = fd < 0 ? errno : 0;
    if (!error) {
        (void)close(fd);
        char *copy = memory_copy_string(path);
        int folder_fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        error = folder_fd < 0 || fsync(folder_fd) ? errno : 0;
        if (folder_fd >= 0)
            (void)close(folder_fd);
        free(copy);
    }
    if (!error)
        return STATUS_OK;
    text_setf(why, "The database %s can't be created: %s.", path, strerrordesc_np(error));
    enum status status = status_from_errno(error);
    return status == STATUS_NO_SPACE || status == STATUS_BUSY ? status : STATUS_UNAVAILABLE;
}

static void sqlite_close(struct store *store)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    writer_stop(&sqlite->writer);
    readers_release(&sqlite->readers); /* the last connection to close, the writer's, tidies the write-ahead log away */
    writer_release(&sqlite->writer);
    free(sqlite->path);
    free(sqlite);
}

static enum status sqlite_open(const char *path, struct store **ret_store, struct text *why)
{
    if (!path[0]) {
        text_setf(why, "The store's address has no file name after \"sqlite:\".");
        return STATUS_INVALID;
    }
    enum status status = make_file(path, why);
    if (status)
        return status;
    struct store_sqlite *sqlite = aligned_alloc(_Alignof(struct store_sqlite), sizeof *sqlite);
    if (!sqlite)
        abort();
    *sqlite = (struct store_sqlite){.store.ops = &store_sqlite_ops, .path = memory_copy_string(path)};
    readers_init(&sqlite->readers, sqlite->path, &sqlite->writer);
    status = writer_init(&sqlite->writer, sqlite->path, &sqlite->readers, why);
    if (status) {
        sqlite_close(&sqlite->store);
        return status;
    }
    *ret_store = &sqlite->store;
    return STATUS_OK;
}

/* One machine has the file, so its clock is the store's. */
static int64_t sqlite_now_ms(struct store *store)
{
    (void)store;
    return clock_now_ms();
}

const struct store_ops store_sqlite_ops = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .is_new = sqlite_is_new,
    .verify = sqlite_verify,
    .now_ms = sqlite_now_ms,
    .photos = &sqlite_photos,
    .photo_lists = &sqlite_photo_lists,
    .users = &sqlite_users,
    .verdicts = &sqlite_verdicts,
    .executions = &sqlite_executions,
    .leases = &sqlite_leases,
    .named_leases = &sqlite_named_leases,
    .changes = &sqlite_changes,
    .sessions = &sqlite_sessions,
    .records = &sqlite_records,
};
