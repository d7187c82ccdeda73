/* The objects of a record, on their way. Each is read once to be written and once more where it went, because a sum
 * that is compared tells whether it has arrived. */
#include "move_private.h"
#include "object_sum.h"
#include "record_objects.h"

#include <inttypes.h>
#include <string.h>

/* A photo that changes each time it is read is rare; it ends within some of its own steps. */
enum { LOOKS = 50 };

static json_t *make_note(enum bucket bucket, const char *key, uint64_t bytes, const char *sum)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "bucket", bucket_policies[bucket].name, "key", key, "bytes",
                     (json_int_t)bytes, "sha256", sum);
}

static enum status check_note(const json_t *note, const struct blob_object *object, const char *sum, struct text *why)
{
    const char *noted = json_string_value(json_object_get(note, "sha256"));
    if ((uint64_t)json_integer_value(json_object_get(note, "bytes")) == object->size && noted
        && strcmp(noted, sum) == 0)
        return STATUS_OK;
    text_setf(why, "The backup is damaged: the object %s isn't the one that was backed up. Take another backup.",
              json_string_value(json_object_get(note, "key")));
    return STATUS_UNPROCESSABLE;
}

static bool is_there(struct mover *mover, enum bucket bucket, const char *key, uint64_t size)
{
    struct blob_object there;
    if (blob_get(mover->to, bucket, key, &there, NULL) != STATUS_OK)
        return false;
    bool is_same = there.size == size;
    blob_object_release(&there);
    return is_same;
}

static enum status check_arrival(struct mover *mover, enum bucket bucket, const char *key, const char *sum,
                                 struct text *why)
{
    struct blob_object there;
    uint8_t bytes[DIGEST_BYTES_MAX];
    char text[SUM_TEXT_SIZE] = "";
    enum status status = blob_get(mover->to, bucket, key, &there, why);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
    status = object_sum(&there, bytes, why);
    blob_object_release(&there);
    if (status == STATUS_OK)
        sum_format(bytes, text);
    if (strcmp(text, sum) == 0)
        return STATUS_OK;
    text_setf(why, "The object %s reads back with another SHA-256 than it was written with.", key);
    return STATUS_UNAVAILABLE;
}

static enum status put(struct mover *mover, enum bucket bucket, const char *key, struct blob_object *object,
                       const char *sum, struct text *why)
{
    enum status status = blob_put(mover->to, bucket, key, object->fd, 0, object->size, why);
    if (status == STATUS_OK)
        status = check_arrival(mover, bucket, key, sum, why);
    if (status == STATUS_OK) {
        (void)atomic_fetch_add(&mover->objects, 1);
        (void)atomic_fetch_add(&mover->bytes, object->size);
    }
    return status;
}

/* NOT_FOUND: it isn't at its source, or not any more. `note`: what it has to be; NULL: whatever it is. */
static enum status move_object(struct mover *mover, struct moved *item, enum bucket bucket, const char *key,
                               const json_t *note, struct text *why)
{
    struct blob_object object;
    uint8_t bytes[DIGEST_BYTES_MAX];
    char sum[SUM_TEXT_SIZE];
    enum status status = blob_get_file(mover->from, bucket, key, &object, why);
    if (status != STATUS_OK)
        return status == STATUS_CONFLICT ? STATUS_NOT_FOUND : status;
    status = object_sum(&object, bytes, why);
    if (status == STATUS_OK)
        sum_format(bytes, sum);
    if (status == STATUS_OK && note)
        status = check_note(note, &object, sum, why);
    if (status == STATUS_OK && !(item->has_former && is_there(mover, bucket, key, object.size)))
        status = put(mover, bucket, key, &object, sum, why);
    if (status == STATUS_OK && !note)
        (void)json_array_append_new(item->objects, make_note(bucket, key, object.size, sum));
    blob_object_release(&object);
    return status;
}

/* ---- From a backup ---- */

static enum status restore_objects(struct mover *mover, struct moved *item, struct text *why)
{
    const json_t *note;
    size_t index;
    json_array_foreach(item->objects, index, note)
    {
        const char *key = json_string_value(json_object_get(note, "key"));
        const char *name = json_string_value(json_object_get(note, "bucket"));
        int bucket = name ? bucket_from_name(name, strlen(name)) : -1;
        enum status status =
            bucket < 0 || !key ? STATUS_NOT_FOUND : move_object(mover, item, (enum bucket)bucket, key, note, why);
        if (status == STATUS_NOT_FOUND) {
            text_setf(why, "The backup is damaged: the object %s is missing. Take another backup.", key ? key : "?");
            return STATUS_UNPROCESSABLE;
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- From a store, which may change ---- */

static enum status move_wanted(struct mover *mover, struct moved *item, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    unsigned wanted = record_objects_wanted(item->record);
    enum status status = STATUS_OK;
    json_array_clear(item->objects);
    item->found = 0;
    for (unsigned i = 0; i < RECORD_OBJECTS && status == STATUS_OK; i++) {
        if (!(wanted & 1U << i))
            continue;
        enum bucket bucket = record_object_name(&item->id, i, key);
        status = move_object(mover, item, bucket, key, NULL, why);
        if (status == STATUS_OK)
            item->found |= 1U << i;
        else if (status == STATUS_NOT_FOUND)
            status = STATUS_OK;
    }
    return status;
}

struct again {
    const struct id *id;
    json_t *record;
};

static bool take_record(void *context, const struct id *id, json_t *record)
{
    struct again *again = context;
    if (id_equal(id, again->id))
        again->record = json_incref(record);
    return false;
}

enum status move_objects(struct mover *mover, struct moved *item, struct text *why)
{
    if (!mover->from_store)
        return restore_objects(mover, item, why);
    for (int i = 0; i < LOOKS && item->record; i++) {
        enum status status = move_wanted(mover, item, why);
        if (status != STATUS_OK || record_objects_suffice(item->record, item->found))
            return status;
        struct again again = {.id = &item->id};
        status = store_records_read(mover->from_store, RECORD_PHOTO, &item->id, 1, take_record, &again, why);
        bool is_same = json_equal(again.record, item->record);
        json_decref(item->record);
        item->record = again.record;
        if (status != STATUS_OK)
            return status;
        if (is_same)
            break;
    }
    if (item->record) {
        (void)atomic_fetch_add(&mover->lost_count, 1);
        mover->lost(mover->context, &item->id, "Objects of this photo are missing at the source; it is taken without.");
    }
    return STATUS_OK;
}

enum status remove_other_objects(struct mover *mover, const struct moved *item, struct text *why)
{
    char keys[RECORD_OBJECTS][OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (int bucket = 0; bucket < BUCKETS && status == STATUS_OK; bucket++) {
        const char *names[RECORD_OBJECTS];
        size_t count = 0;
        for (unsigned i = 0; i < RECORD_OBJECTS; i++)
            if (record_object_name(&item->id, i, keys[i]) == (enum bucket)bucket
                && !(item->record && (item->found & 1U << i)))
                names[count++] = keys[i];
        status = count ? blob_delete_many(mover->to, (enum bucket)bucket, names, count, why) : STATUS_OK;
    }
    return status;
}
