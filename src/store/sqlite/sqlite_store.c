#include "sqlite_store.h"

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

const struct store_ops store_sqlite_ops = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .is_new = sqlite_is_new,
    .verify = sqlite_verify,
    .photo_create = sqlite_photo_create,
    .photos_pending = sqlite_photos_pending,
    .photo_get = sqlite_photo_get,
    .photo_find_key = sqlite_photo_find_key,
    .photo_describe = sqlite_photo_describe,
    .photo_find_content = sqlite_photo_find_content,
    .photos_newest = sqlite_photos_newest,
    .photos_by_capture = sqlite_photos_by_capture,
    .photo_publish = sqlite_photo_publish,
    .photo_render = sqlite_photo_render,
    .photo_reject = sqlite_photo_reject,
    .photo_set_labels = sqlite_photo_set_labels,
    .photo_review = sqlite_photo_review,
    .photo_withdraw = sqlite_photo_withdraw,
    .photos_published = sqlite_photos_published,
    .photos_list = sqlite_photos_list,
    .photo_delete = sqlite_photo_delete,
    .photos_deleted = sqlite_photos_deleted,
    .verdict_add = sqlite_verdict_add,
    .verdict_decide = sqlite_verdict_decide,
    .verdict_find = sqlite_verdict_find,
    .verdicts_list = sqlite_verdicts_list,
    .verdict_forget = sqlite_verdict_forget,
    .photo_purge = sqlite_photo_purge,
    .check = sqlite_check,
    .users_search = sqlite_users_search,
    .user_posts = sqlite_user_posts,
    .executions_claim = sqlite_executions_claim,
    .executions_renew = sqlite_executions_renew,
    .execution_save = sqlite_execution_save,
    .execution_release = sqlite_execution_release,
    .execution_get = sqlite_execution_get,
    .executions_list = sqlite_executions_list,
    .execution_events = sqlite_execution_events,
    .execution_retry = sqlite_execution_retry,
    .execution_divert = sqlite_execution_divert,
    .get_counts = sqlite_get_counts,
    .executions_prune = sqlite_executions_prune,
};
