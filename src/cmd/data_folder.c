#include "data_folder.h"

#include "lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { VERIFY_MS = 5000 };

enum status data_lock(const char *folder, int *ret_fd, struct text *why)
{
    char owner[LOCK_OWNER_SIZE];
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = folder_fd < 0 ? errno : lock_file_take(folder_fd, ".lock", ret_fd, owner);
    if (folder_fd >= 0)
        (void)close(folder_fd);
    if (error == EWOULDBLOCK) {
        text_setf(why, "The folder %s is in use by another process (PID %s).", folder, owner);
        return STATUS_BUSY;
    }
    if (error)
        text_setf(why, "The folder %s can't be locked: %s.", folder, strerrordesc_np(error));
    return error ? STATUS_UNAVAILABLE : STATUS_OK;
}

static bool note_key(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    *(bool *)context = true;
    return false; /* one is enough */
}

/* Whether one of these buckets has objects. */
static enum status find_objects(struct blob *blob, const enum bucket *buckets, size_t count, bool *ret_found,
                                struct text *why)
{
    enum status status = STATUS_OK;
    *ret_found = false;
    for (size_t i = 0; status == STATUS_OK && !*ret_found && i < count; i++)
        status = blob_list(blob, buckets[i], note_key, ret_found, why);
    return status;
}

/* The path of what is in files; else the address. */
static const char *without_scheme(const char *address)
{
    const char *colon = strchr(address, ':');
    return colon && strncmp(colon, "://", 3) != 0 ? colon + 1 : address;
}

static enum status refuse(const char *store, const char *fault, const char *buckets, struct text *why)
{
    TEXT_CLEANUP struct text shown = {0};
    const char *folder = without_scheme(buckets);
    bool is_path = strstr(store, "://") == NULL;
    store_show_address(store, &shown);
    text_setf(why,
              "the database %s %s, but there are photos in %s, which can't be found, deleted or published without it. "
              "Restore the database from a backup. To start over without these photos, move %s away.",
              is_path ? without_scheme(store) : text_get(&shown), fault, folder, folder);
    return STATUS_UNAVAILABLE;
}

enum status data_check_before(const char *store, const char *buckets, struct blob *blob, struct text *why)
{
    static const enum bucket all[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_ORIGINALS};
    bool is_new = false, found = false;
    enum status status = store_is_new(store, &is_new, why);
    if (status == STATUS_OK && is_new)
        status = find_objects(blob, all, sizeof all / sizeof all[0], &found, why);
    if (status != STATUS_OK)
        return status;
    return found ? refuse(store, "is missing or empty", buckets, why) : STATUS_OK;
}

/* An original alone proves nothing: it may be of an upload that was cut before its answer. */
static enum status check_known(struct store *store, const char *store_address, const char *buckets, struct blob *blob,
                               struct text *why)
{
    static const enum bucket published[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS};
    struct store_counts counts;
    bool found = false;
    uint64_t executions = 0;
    enum status status = store_get_counts(store, &counts, why);
    for (int i = 0; status == STATUS_OK && i < EXECUTION_STATUSES; i++)
        executions += counts.executions[i];
    if (status == STATUS_OK && executions == 0)
        status = find_objects(blob, published, sizeof published / sizeof published[0], &found, why);
    if (status != STATUS_OK)
        return status;
    return found ? refuse(store_address, "contains no photos", buckets, why) : STATUS_OK;
}

enum status data_check_after(struct store *store, const char *store_address, const char *buckets, struct blob *blob,
                             bool *ret_is_whole, struct text *why)
{
    enum status status = store_verify(store, VERIFY_MS, ret_is_whole, why);
    return status == STATUS_OK ? check_known(store, store_address, buckets, blob, why) : status;
}
