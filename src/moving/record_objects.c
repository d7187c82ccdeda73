#include "record_objects.h"

#include "store.h"

#define BIT(object_) (1U << (object_))

enum bucket record_object_name(const struct id *id, unsigned object, char ret_key[static OBJECT_KEY_SIZE])
{
    if (object == RECORD_OBJECT_ORIGINAL) {
        photos_original_key(id, ret_key);
        return BUCKET_ORIGINALS;
    }
    bool is_public = object < RECORD_OBJECT_QUARANTINED;
    const struct public_object *rendition =
        &public_objects[object - (is_public ? RECORD_OBJECT_PUBLIC : RECORD_OBJECT_QUARANTINED)];
    rendition->make_key(id, ret_key);
    return is_public ? rendition->bucket : BUCKET_ORIGINALS;
}

static const json_t *photo_of(const json_t *record)
{
    return json_array_get(json_object_get(record, "photos"), 0);
}

static json_int_t read(const json_t *photo, const char *column)
{
    return json_integer_value(json_object_get(photo, column));
}

/* The public objects of one that is published, or was. */
static unsigned renditions(const json_t *photo)
{
    unsigned set = BIT(OBJECT_LARGE) | BIT(OBJECT_THUMBNAIL);
    return read(photo, "medium_width") > 0 ? set | BIT(OBJECT_MEDIUM) : set;
}

unsigned record_objects_wanted(const json_t *record)
{
    const json_t *photo = photo_of(record);
    const unsigned all = BIT(PUBLIC_OBJECTS) - 1;
    if (!photo)
        return 0;
    switch (read(photo, "state")) {
    case PHOTO_PENDING:
        return read(photo, "large_width") > 0 ? all << RECORD_OBJECT_PUBLIC | all << RECORD_OBJECT_QUARANTINED
                                              : BIT(RECORD_OBJECT_ORIGINAL) | all << RECORD_OBJECT_PUBLIC;
    case PHOTO_SUCCESS:
        return renditions(photo) << RECORD_OBJECT_PUBLIC;
    case PHOTO_ERROR:
        return BIT(RECORD_OBJECT_ORIGINAL);
    default:
        return 0;
    }
}

bool record_objects_suffice(const json_t *record, unsigned found)
{
    const json_t *photo = photo_of(record);
    json_int_t state = read(photo, "state");
    if (!photo || (state != PHOTO_PENDING && state != PHOTO_SUCCESS))
        return true;
    if (state == PHOTO_PENDING && read(photo, "large_width") == 0)
        return found & BIT(RECORD_OBJECT_ORIGINAL);
    unsigned images = found >> RECORD_OBJECT_PUBLIC;
    if (state == PHOTO_PENDING)
        images |= found >> RECORD_OBJECT_QUARANTINED;
    return (images & renditions(photo)) == renditions(photo);
}
