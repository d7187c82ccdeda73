/* What holds for every back end of the buckets: who may read them, which keys there are, and the way to the back end
 * that an address names. */
#include "blob_ops.h"

#include <string.h>
#include <unistd.h>

const struct bucket_policy bucket_policies[BUCKETS] = {
    [BUCKET_ORIGINALS] = {"originals", false},
    [BUCKET_PHOTOS] = {"photos", true},
    [BUCKET_THUMBNAILS] = {"thumbnails", true},
    [BUCKET_SITE] = {"site", true},
};

static const struct blob_ops *const back_ends[] = {&blob_fs_ops};
enum { BACK_ENDS = sizeof back_ends / sizeof back_ends[0] };

int bucket_from_name(const char *name, size_t length)
{
    for (int i = 0; i < BUCKETS; i++)
        if (strlen(bucket_policies[i].name) == length && memcmp(bucket_policies[i].name, name, length) == 0)
            return i;
    return -1;
}

static bool is_key_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
           || (character >= '0' && character <= '9') || character == '.' || character == '_' || character == '-';
}

bool blob_key_is_valid(const char *key, size_t length)
{
    if (length == 0 || length > BLOB_KEY_MAX)
        return false;
    bool at_part_start = true;
    for (size_t i = 0; i < length; i++) {
        if (at_part_start && (key[i] == '/' || key[i] == '.'))
            return false;
        if (key[i] != '/' && !is_key_character(key[i]))
            return false;
        at_part_start = key[i] == '/';
    }
    return !at_part_start;
}

static enum status check_key(const char *key, struct text *why)
{
    if (blob_key_is_valid(key, strlen(key)))
        return STATUS_OK;
    text_setf(why,
              "A key has 1 to %d characters of A-Z a-z 0-9 . _ / and -, and no part of it is empty or begins "
              "with a dot.",
              BLOB_KEY_MAX);
    return STATUS_INVALID;
}

static const struct blob_ops *find_back_end(const char *address, const char **ret_rest, struct text *why)
{
    const char *colon = strchr(address, ':');
    size_t scheme_length = colon ? (size_t)(colon - address) : 0;
    *ret_rest = colon ? colon + 1 : NULL;
    for (size_t i = 0; i < BACK_ENDS; i++)
        if (strlen(back_ends[i]->scheme) == scheme_length && memcmp(address, back_ends[i]->scheme, scheme_length) == 0)
            return back_ends[i];
    text_setf(why, "The buckets' address \"%s\" has no known scheme:", address);
    for (size_t i = 0; why && i < BACK_ENDS; i++)
        text_addf(why, " %s:", back_ends[i]->scheme);
    return NULL;
}

enum status blob_open(const char *address, struct blob **ret_blob, struct text *why)
{
    const char *rest;
    const struct blob_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open(rest, ret_blob, why) : STATUS_INVALID;
}

enum status blob_open_to_read(const char *address, struct blob **ret_blob, struct text *why)
{
    const char *rest;
    const struct blob_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open_to_read(rest, ret_blob, why) : STATUS_INVALID;
}

enum status blob_open_beside(const char *address, struct blob **ret_blob, struct text *why)
{
    const char *rest;
    const struct blob_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open_beside(rest, ret_blob, why) : STATUS_INVALID;
}

void blob_close(struct blob *blob)
{
    if (blob)
        blob->ops->close(blob);
}

enum status blob_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                     struct text *why)
{
    enum status status = check_key(key, why);
    return status ? status : blob->ops->get(blob, bucket, key, ret_object, why);
}

void blob_object_release(struct blob_object *object)
{
    if (object->fd >= 0)
        (void)close(object->fd);
    object->fd = -1;
}

enum status blob_upload_begin(struct blob *blob, enum bucket bucket, const char *key, struct blob_upload **ret_upload,
                              struct text *why)
{
    enum status status = check_key(key, why);
    return status ? status : blob->ops->upload_begin(blob, bucket, key, ret_upload, why);
}

int blob_upload_fd(const struct blob_upload *upload)
{
    return upload->fd;
}

enum status blob_upload_commit(struct blob_upload *upload, struct text *why)
{
    return upload->blob->ops->upload_commit(upload, why);
}

void blob_upload_abort(struct blob_upload *upload)
{
    if (upload)
        upload->blob->ops->upload_abort(upload);
}

enum status blob_delete(struct blob *blob, enum bucket bucket, const char *key, struct text *why)
{
    enum status status = check_key(key, why);
    return status ? status : blob->ops->delete (blob, bucket, key, why);
}

enum status blob_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context, struct text *why)
{
    return blob->ops->list(blob, bucket, row, context, why);
}

static const struct {
    const char *suffix, *type;
} content_types[] = {
    {".webp", "image/webp"},
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

const char *blob_content_type(const char *key)
{
    const char *suffix = strrchr(key, '.');
    for (size_t i = 0; suffix && i < sizeof content_types / sizeof content_types[0]; i++)
        if (strcmp(suffix, content_types[i].suffix) == 0)
            return content_types[i].type;
    return "application/octet-stream";
}
