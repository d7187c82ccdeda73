#include "destination.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MARK_MAX = 4096 };

static bool note_record(void *context, const struct id *id, json_t *record)
{
    (void)id, (void)record;
    *(bool *)context = true;
    return false;
}

static bool note_key(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    *(bool *)context = true;
    return false;
}

enum status destination_check_empty(struct store *store, struct blob *blob, struct text *why)
{
    static const enum bucket buckets[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_ORIGINALS};
    bool has_records = false, has_objects = false;
    enum status status = STATUS_OK;
    for (int kind = 0; kind < RECORD_KINDS && status == STATUS_OK; kind++)
        status = store_records_read(store, (enum record_kind)kind, NULL, 1, note_record, &has_records, why);
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0] && status == STATUS_OK; i++)
        status = blob_list(blob, buckets[i], note_key, &has_objects, why);
    if (status != STATUS_OK || (!has_records && !has_objects))
        return status;
    text_setf(why, "The destination isn't empty: there are %s in it. Name a store and buckets that are empty.",
              has_records ? "photos" : "objects");
    return STATUS_CONFLICT;
}

static enum status put_mark(struct blob *blob, const char *source, struct text *why)
{
    struct blob_upload *upload;
    size_t size = strlen(source);
    enum status status = blob_upload_begin(blob, BUCKET_ORIGINALS, COPY_MARK, &upload, why);
    if (status != STATUS_OK)
        return status;
    if (write(blob_upload_fd(upload), source, size) == (ssize_t)size)
        return blob_upload_commit(upload, why);
    status = status_from_errno(errno);
    text_setf(why, "The mark of a copy can't be written: %s.", strerrordesc_np(errno));
    blob_upload_abort(upload);
    return status;
}

static enum status compare_mark(struct blob_object *mark, const char *source, struct text *why)
{
    char text[MARK_MAX + 1];
    size_t size = 0;
    enum status status = blob_object_read(mark, 0, text, MARK_MAX, &size, why);
    text[size] = '\0';
    if (status != STATUS_OK || strcmp(text, source) == 0)
        return status;
    text_setf(why, "The destination has a part of another copy, of %s. Name that source, or an empty destination.",
              text);
    return STATUS_CONFLICT;
}

enum status destination_begin_copy(struct store *store, struct blob *blob, const char *source, struct text *why)
{
    struct blob_object mark;
    enum status status = blob_get(blob, BUCKET_ORIGINALS, COPY_MARK, &mark, why);
    if (status == STATUS_OK) {
        status = compare_mark(&mark, source, why);
        blob_object_release(&mark);
        return status;
    }
    if (status == STATUS_NOT_FOUND)
        status = destination_check_empty(store, blob, why);
    return status == STATUS_OK ? put_mark(blob, source, why) : status;
}

enum status destination_end_copy(struct blob *blob, struct text *why)
{
    return blob_delete(blob, BUCKET_ORIGINALS, COPY_MARK, why);
}

enum status destination_check_whole(struct blob *blob, const char *address, struct text *why)
{
    struct blob_object mark;
    enum status status = blob_get(blob, BUCKET_ORIGINALS, COPY_MARK, &mark, why);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    blob_object_release(&mark);
    text_setf(
        why,
        "What is in %s is a copy that isn't whole yet. Run cloudphotos admin copy with --last when the servers of "
        "its source have ended, and start again.",
        address);
    return STATUS_UNAVAILABLE;
}
