#include "blob_cases.h"

#include "file_at.h"
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REST_MAX = 200 };

enum status put(struct blob *blob, enum bucket bucket, const char *key, const void *data, size_t size, struct text *why)
{
    struct blob_upload *upload;
    enum status status = blob_upload_begin(blob, bucket, key, &upload, why);
    if (status)
        return status;
    if (!file_write_at(blob_upload_fd(upload), data, size, 0)) {
        status = status_from_errno(errno);
        text_setf(why, "%s", strerrordesc_np(errno));
        blob_upload_abort(upload);
        return status;
    }
    return blob_upload_commit(upload, why);
}

const char *content_of(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_content)
{
    struct blob_object object;
    size_t count = 0;
    text_clear(ret_content);
    enum status status = blob_get(blob, bucket, key, &object, NULL);
    if (status)
        return status_name(status);
    text_reserve(ret_content, object.size);
    status = blob_object_read(&object, 0, ret_content->data, object.size, &count, NULL);
    ret_content->data[count] = '\0';
    CHECK(status || count == object.size);
    blob_object_release(&object);
    return status ? status_name(status) : ret_content->data;
}

static bool count_key(void *context, const char *key, int64_t modified_s)
{
    CHECK(blob_key_is_valid(key, strlen(key)));
    CHECK(modified_s > 0);
    ++*(size_t *)context;
    return true;
}

size_t count_keys(struct blob *blob, enum bucket bucket)
{
    size_t count = 0;
    CHECK_OK(blob_list(blob, bucket, count_key, &count, why));
    return count;
}

unsigned char byte_at(uint64_t place)
{
    return (unsigned char)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

int make_file(size_t size)
{
    int fd = memfd_create("content", MFD_CLOEXEC);
    unsigned char *bytes = memory_new(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(i);
    CHECK(fd >= 0 && file_write_at(fd, bytes, size, 0));
    free(bytes);
    return fd;
}

/* ---- Running them ---- */

struct rest {
    struct blob *blob;
    enum bucket bucket;
    char keys[REST_MAX][BLOB_KEY_MAX + 1];
    size_t count;
};

static bool note_key(void *context, const char *key, int64_t modified_s)
{
    struct rest *rest = context;
    (void)modified_s;
    if (rest->count < REST_MAX)
        memcpy(rest->keys[rest->count++], key, strlen(key) + 1);
    return rest->count < REST_MAX;
}

static bool abort_parts(void *context, const char *key, const char *id, int64_t begun_s)
{
    const struct rest *rest = context;
    (void)begun_s;
    CHECK_OK(blob_parts_abort(rest->blob, rest->bucket, key, id, why));
    return true;
}

/* What a case has left would be in the way of the next. */
static void empty(struct blob *blob)
{
    struct rest *rest = NEW(struct rest);
    const char *keys[REST_MAX];
    rest->blob = blob;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        rest->bucket = (enum bucket)bucket;
        rest->count = 0;
        CHECK_OK(blob_list(blob, rest->bucket, note_key, rest, why));
        for (size_t i = 0; i < rest->count; i++)
            keys[i] = rest->keys[i];
        CHECK_OK(blob_delete_many(blob, rest->bucket, keys, rest->count, why));
        CHECK_OK(blob_parts_list(blob, rest->bucket, abort_parts, rest, why));
    }
    free(rest);
}

static void run_case(const struct blob_case *row, const char *address)
{
    struct text why TEXT_CLEANUP = {0};
    struct blob *blob;
    if (!CHECK_INT(blob_open(address, BLOB_OWN, &blob, &why), STATUS_OK)) {
        check_true(false, text_get(&why), __FILE__, __LINE__);
        return;
    }
    row->run(blob, address);
    empty(blob);
    blob_close(blob);
}

void blob_run_cases(const char *back_end, const char *address)
{
    static const struct blob_case *const tables[] = {blob_object_cases, blob_crowd_cases, blob_part_cases,
                                                     blob_growing_cases};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct blob_case *row = tables[i]; row->run; row++) {
            check_case("%s: %s", back_end, row->behaviour);
            run_case(row, address);
        }
}
