/* Has every object its photo? What a photo needs follows from its state, as in verify_photos.c. An original without a
 * photo may be of an upload that waits for it, and a server removes it after a day. */
#include "destination.h"
#include "memory.h"
#include "verify_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ORIGINAL_WAITS_S = 26 * 3600 /* until the clean-up has removed it: janitor.h */
};

enum key_kind { KEY_UNKNOWN, KEY_ORIGINAL, KEY_RENDITION, KEY_QUARANTINED, KEY_GROWING, KEY_COPY_MARK };
struct object {
    enum bucket bucket;
    char key[BLOB_KEY_MAX + 1];
    int64_t modified_s;
    enum key_kind kind;
    struct id id;     /* of its photo */
    size_t rendition; /* of the public objects */
};

/* ---- What an object is ---- */

static void read_key(struct object *object)
{
    char key[OBJECT_KEY_SIZE];
    size_t length = strlen(object->key), incoming = sizeof BLOB_INCOMING - 1;
    object->kind = KEY_UNKNOWN;
    if (object->bucket == BUCKET_ORIGINALS && strcmp(object->key, COPY_MARK) == 0)
        object->kind = KEY_COPY_MARK;
    if (object->bucket == BUCKET_ORIGINALS && strncmp(object->key, BLOB_INCOMING, incoming) == 0
        && id_parse(object->key + incoming, length - incoming, &object->id)) {
        object->kind = KEY_GROWING; /* of a session, too */
        return;
    }
    if (!id_parse(object->key, length < ID_TEXT_SIZE ? length : ID_TEXT_SIZE - 1, &object->id))
        return;
    if (object->bucket == BUCKET_ORIGINALS && length == ID_TEXT_SIZE - 1)
        object->kind = KEY_ORIGINAL;
    else if (object->bucket == BUCKET_ORIGINALS && strstr(object->key, BLOB_REST_MARK))
        object->kind = KEY_GROWING;
    for (size_t i = 0; i < PUBLIC_OBJECTS && object->kind == KEY_UNKNOWN; i++) {
        public_objects[i].make_key(&object->id, key);
        object->rendition = i;
        if (strcmp(key, object->key) != 0)
            continue;
        if (object->bucket == BUCKET_ORIGINALS)
            object->kind = KEY_QUARANTINED;
        else if (object->bucket == public_objects[i].bucket)
            object->kind = KEY_RENDITION;
    }
}

enum need { NEEDED, IN_PROGRESS, TO_CLEAN_UP, UNNEEDED };

static enum status judge_session(struct verify *verify, const struct object *object, enum need *ret_need,
                                 struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct session session;
    enum status status = store_session_get(verify->settings->store, &object->id, &arena, &session, why);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool is_waiting = object->modified_s + ORIGINAL_WAITS_S > store_now_ms(verify->settings->store) / 1000;
    bool is_open = status == STATUS_OK && !session.is_finished;
    *ret_need = is_open || is_waiting ? IN_PROGRESS : object->kind == KEY_GROWING ? TO_CLEAN_UP : UNNEEDED;
    return STATUS_OK;
}

/* By the state of a photo that is there. */
static enum need judge_by_state(const struct object *object, const struct verified_photo *photo, bool is_under_way)
{
    bool has_image = object->rendition != OBJECT_MEDIUM || photo->renditions[OBJECT_MEDIUM].width > 0;
    if (object->kind == KEY_ORIGINAL) /* of a failed one it is kept for a while */
        return photo->state != PHOTO_SUCCESS ? NEEDED : is_under_way ? IN_PROGRESS : TO_CLEAN_UP;
    if (object->kind == KEY_QUARANTINED)
        return verified_photo_is_withdrawn(photo) ? NEEDED : is_under_way ? IN_PROGRESS : UNNEEDED;
    if (photo->state == PHOTO_SUCCESS)
        return has_image ? NEEDED : UNNEEDED;
    return photo->state == PHOTO_PENDING || is_under_way ? IN_PROGRESS : UNNEEDED;
}

static enum status judge(struct verify *verify, const struct object *object, const struct verified_photo *photo,
                         enum need *ret_need, struct text *why)
{
    bool is_under_way = false;
    if (object->kind == KEY_UNKNOWN || object->kind == KEY_COPY_MARK) {
        *ret_need = object->kind == KEY_UNKNOWN ? UNNEEDED : NEEDED;
        return STATUS_OK;
    }
    if (object->kind == KEY_GROWING || (object->kind == KEY_ORIGINAL && !photo->is_there))
        return judge_session(verify, object, ret_need, why);
    if (!photo->is_there || photo->is_deleted) {
        *ret_need = photo->is_deleted ? TO_CLEAN_UP : UNNEEDED;
        return STATUS_OK;
    }
    enum status status = verify_is_under_way(verify, &photo->id, &is_under_way, why);
    *ret_need = judge_by_state(object, photo, is_under_way);
    return status;
}

/* ---- Telling ---- */

/* It may have been removed or replaced since it was listed. */
static enum status look_at_object(struct verify *verify, const struct object *object, bool *ret_is_there,
                                  int64_t *ret_modified_s, struct text *why)
{
    struct blob_object found;
    enum status status = blob_get(verify->settings->blob, object->bucket, object->key, &found, why);
    *ret_is_there = status == STATUS_OK;
    if (status == STATUS_OK) {
        *ret_modified_s = found.modified_s;
        blob_object_release(&found);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static const char *describe(const struct verified_photo *photo)
{
    static const char *const states[] = {
        [PHOTO_PENDING] = "is pending and doesn't need it",
        [PHOTO_SUCCESS] = "is published and doesn't need it",
        [PHOTO_ERROR] = "was refused",
    };
    return photo->is_there ? states[photo->state] : "isn't there";
}

static enum status report(struct verify *verify, const struct object *object, const struct verified_photo *photo,
                          struct text *why)
{
    struct difference difference = {
        .kind = OBJECT_LEFT_OVER, .has_object = true, .bucket = object->bucket, .key = object->key};
    if (object->kind == KEY_UNKNOWN) {
        difference.kind = OBJECT_UNKNOWN;
        verify_report(verify, difference, "No photo has objects of that name. Move it to a place of its own.");
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (verify->settings->repair)
        status = blob_delete(verify->settings->blob, object->bucket, object->key, why);
    if (status != STATUS_OK)
        return status;
    difference.is_repaired = verify->settings->repair;
    verify_report(verify, difference, "The object is left over, because its photo %s.%s", describe(photo),
                  difference.is_repaired ? " It is removed." : " --repair removes it.");
    return STATUS_OK;
}

/* ---- One object ---- */

/* *ret_is_settled is false when the photo changes while it is looked at. The photo is asked for again before the object
 * is, because an object goes before the row of its photo, and comes before it is needed. */
static enum status settle(struct verify *verify, const struct object *object, bool *ret_is_settled, struct text *why)
{
    struct verified_photo photo, again;
    enum need need = NEEDED;
    bool is_there = false;
    int64_t modified_s = 0;
    *ret_is_settled = true;
    enum status status = verify_look_up(verify, &object->id, &photo, why);
    if (status == STATUS_OK)
        status = judge(verify, object, &photo, &need, why);
    if (status != STATUS_OK || need == NEEDED)
        return status;
    if (need == IN_PROGRESS || need == TO_CLEAN_UP) {
        (void)atomic_fetch_add(need == IN_PROGRESS ? &verify->in_progress : &verify->to_clean_up, 1);
        return STATUS_OK;
    }
    status = verify_look_up(verify, &object->id, &again, why);
    if (status == STATUS_OK)
        status = look_at_object(verify, object, &is_there, &modified_s, why);
    if (status != STATUS_OK || !is_there)
        return status;
    *ret_is_settled = verified_photo_equal(&photo, &again);
    if (!*ret_is_settled)
        return STATUS_OK;
    if (!verify_is_recent(verify, modified_s * 1000) && !verify_is_recent(verify, photo.updated_ms))
        return report(verify, object, &photo, why);
    (void)atomic_fetch_add(&verify->in_progress, 1);
    return STATUS_OK;
}

/* ---- All objects ---- */

struct listing {
    struct verify *verify;
    enum bucket bucket;
    struct object *page;
    size_t count;
    enum status status;
    struct text *why;
};

static enum status verify_object(void *context, size_t index, struct text *why)
{
    enum { LOOKS = 5 };
    const struct listing *listing = context;
    struct verify *verify = listing->verify;
    struct object *object = &listing->page[index];
    read_key(object);
    for (int i = 0; i < LOOKS; i++) {
        bool is_settled;
        enum status status = settle(verify, object, &is_settled, why);
        if (status != STATUS_OK || is_settled)
            return status;
    }
    (void)atomic_fetch_add(&verify->in_progress, 1);
    return STATUS_OK;
}

static void empty_page(struct listing *listing)
{
    (void)atomic_fetch_add(&listing->verify->objects, listing->count);
    listing->status = parallel_run(listing->verify->threads, verify_object, listing, listing->count, listing->why);
    listing->count = 0;
}

static bool add_object(void *context, const char *key, int64_t modified_s)
{
    struct listing *listing = context;
    struct object *object = &listing->page[listing->count++];
    *object = (struct object){.bucket = listing->bucket, .modified_s = modified_s};
    (void)snprintf(object->key, sizeof object->key, "%s", key);
    if (listing->count == VERIFY_PAGE)
        empty_page(listing);
    return listing->status == STATUS_OK;
}

/* The bucket "site" is somebody else's. */
enum status verify_objects(struct verify *verify, struct text *why)
{
    static const enum bucket buckets[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_ORIGINALS};
    struct listing listing = {.verify = verify, .page = NEW_ARRAY(VERIFY_PAGE, struct object), .why = why};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof buckets / sizeof buckets[0]; i++) {
        listing.bucket = buckets[i];
        status = blob_list(verify->settings->blob, listing.bucket, add_object, &listing, why);
        if (status == STATUS_OK && listing.status == STATUS_OK && listing.count)
            empty_page(&listing);
        status = status ? status : listing.status;
    }
    free(listing.page);
    return status;
}
