/* What others ask of the photos without changing anything. */
#include "photos_private.h"
#include "reasons.h"

#include <string.h>

/* ---- One photo ---- */

static enum status find_stage(struct photos *photos, const struct photo *photo, struct arena *arena,
                              const char **ret_stage, struct text *why)
{
    struct execution execution;
    *ret_stage = NULL;
    if (photo->state != PHOTO_PENDING)
        return STATUS_OK;
    enum status status = store_execution_get(photos->store, &photo->id, arena, &execution, why);
    if (status == STATUS_OK && execution.status == EXECUTION_RUNNING)
        *ret_stage = execution.state[0] ? execution.state : "Queued";
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status photos_get(struct photos *photos, const struct id *id, struct arena *arena, struct photo *ret_photo,
                       const char **ret_stage, struct text *why)
{
    struct photo photo;
    enum status status = store_photo_get(photos->store, id, arena, &photo, why);
    if (status == STATUS_OK && ret_stage)
        status = find_stage(photos, &photo, arena, ret_stage, why);
    if (status == STATUS_OK)
        *ret_photo = photo;
    return status;
}

enum status photos_get_published(struct photos *photos, const struct id *id, struct arena *arena,
                                 struct photo *ret_photo, struct text *why)
{
    struct photo photo;
    enum status status = store_photo_get(photos->store, id, arena, &photo, why);
    if (status == STATUS_OK && photo.state != PHOTO_SUCCESS) {
        reason_set(why, REASON_PHOTO_UNKNOWN);
        return STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK)
        *ret_photo = photo;
    return status;
}

enum status photos_find_content(struct photos *photos, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                struct arena *arena, struct photo *ret_photo, struct text *why)
{
    enum status status = store_photo_find_content(photos->store, author, sha256, arena, ret_photo, why);
    return status == STATUS_INVALID ? STATUS_NOT_FOUND : status;
}

/* ---- Many ---- */

enum status photos_list(struct photos *photos, const struct photos_asked *asked, store_photo_row *row, void *context,
                        struct text *why)
{
    enum status (*list)(struct store *, const char *, const struct post_cursor *, size_t, store_photo_row *, void *,
                        struct text *) = asked->order == ORDER_CAPTURED ? store_photos_by_capture : store_photos_newest;
    return list(photos->store, asked->author, asked->after, (size_t)asked->limit, row, context, why);
}

enum status photos_search_people(struct photos *photos, const char *prefix, const char *after, int64_t limit,
                                 store_user_row *row, void *context, struct text *why)
{
    return store_users_search(photos->store, prefix, after, (size_t)limit, row, context, why);
}

enum status photos_list_posts(struct photos *photos, const char *author, const struct post_cursor *after, int64_t limit,
                              store_post_row *row, void *context, struct text *why)
{
    return store_user_posts(photos->store, author, after, (size_t)limit, row, context, why);
}

/* ---- A person ---- */

struct search {
    const char *name;
    struct person person;
};

static bool take_count(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    struct search *search = context;
    if (name_length == strlen(search->name) && memcmp(name, search->name, name_length) == 0)
        search->person.posts_count = posts_count;
    return true;
}

static bool take_newest(void *context, const struct id *id, int64_t created_ms)
{
    struct search *search = context;
    (void)created_ms;
    search->person.newest = *id;
    return true;
}

enum status photos_find_person(struct photos *photos, const char *name, struct person *ret_person, struct text *why)
{
    struct store *store = photos->store;
    struct search search = {.name = name};
    enum status status = store_users_search(store, name, NULL, 1, take_count, &search, why);
    if (status == STATUS_OK && search.person.posts_count == 0) {
        reason_set(why, REASON_USER_UNKNOWN);
        return STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK)
        status = store_user_posts(store, name, NULL, 1, take_newest, &search, why);
    if (status == STATUS_OK)
        *ret_person = search.person;
    return status;
}

/* ---- Objects ---- */

enum status photos_get_object(struct photos *photos, enum bucket bucket, const char *key,
                              struct blob_object *ret_object, struct text *why)
{
    if (bucket_policies[bucket].public_read && blob_key_is_valid(key, strlen(key)))
        return blob_get(photos->blob, bucket, key, ret_object, why);
    text_setf(why, "Nobody may see this object.");
    return STATUS_NOT_FOUND;
}

/* ---- For operators ---- */

enum status photos_check(struct photos *photos, struct text *why)
{
    return store_check(photos->store, why);
}

enum status photos_count_work(struct photos *photos, struct store_counts *ret_counts, struct text *why)
{
    return store_get_counts(photos->store, ret_counts, why);
}
