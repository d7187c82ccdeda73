#include "objects.h"

#include <stdio.h>

static void make_key(const struct id *id, const char *suffix, char ret_key[static OBJECT_KEY_SIZE])
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)snprintf(ret_key, OBJECT_KEY_SIZE, "%s%s", text, suffix);
}

void photos_original_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "", ret_key);
}

void photos_large_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-comp.webp", ret_key);
}

void photos_medium_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-medium.webp", ret_key);
}

void photos_thumbnail_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-thumb.webp", ret_key);
}

const struct public_object public_objects[PUBLIC_OBJECTS] = {
    [OBJECT_LARGE] = {"large", BUCKET_PHOTOS, photos_large_key},
    [OBJECT_MEDIUM] = {"medium", BUCKET_THUMBNAILS, photos_medium_key},
    [OBJECT_THUMBNAIL] = {"thumbnail", BUCKET_THUMBNAILS, photos_thumbnail_key},
};

static enum status remove_of_bucket(struct blob *blob, const struct id *id, enum bucket bucket, struct text *why)
{
    char rows[PUBLIC_OBJECTS][OBJECT_KEY_SIZE];
    const char *keys[PUBLIC_OBJECTS];
    size_t count = 0;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        if (public_objects[i].bucket != bucket)
            continue;
        public_objects[i].make_key(id, rows[i]);
        keys[count++] = rows[i];
    }
    return blob_delete_many(blob, bucket, keys, count, why);
}

enum status photos_remove_renditions(struct blob *blob, const struct id *id, struct text *why)
{
    enum status status = remove_of_bucket(blob, id, BUCKET_PHOTOS, why);
    return status == STATUS_OK ? remove_of_bucket(blob, id, BUCKET_THUMBNAILS, why) : status;
}
