#include "verify_private.h"

#include <stdarg.h>
#include <string.h>

const char *difference_kind_name(enum difference_kind kind)
{
    static const char *const names[DIFFERENCE_KINDS] = {
        [OBJECT_MISSING] = "object-missing",     [OBJECT_SIZE] = "object-size",       [OBJECT_SUM] = "object-sum",
        [OBJECT_LEFT_OVER] = "object-left-over", [OBJECT_UNKNOWN] = "object-unknown", [PHOTO_STUCK] = "photo-stuck",
    };
    return names[kind];
}

/* ---- Photos ---- */

struct verified_photo verified_photo_of(const struct photo *photo, bool is_deleted)
{
    struct verified_photo verified = {
        .id = photo->id,
        .is_there = true,
        .is_deleted = is_deleted,
        .state = photo->state,
        .updated_ms = photo->updated_ms,
        .original_bytes = photo->original.bytes,
        .renditions =
            {[OBJECT_LARGE] = photo->large, [OBJECT_MEDIUM] = photo->medium, [OBJECT_THUMBNAIL] = photo->thumbnail},
        .has_sum = photo->sha256};
    if (photo->sha256)
        memcpy(verified.sha256, photo->sha256, SHA256_BYTES);
    return verified;
}

static bool take_photo(void *context, const struct photo *photo, bool is_deleted)
{
    struct verified_photo *found = context;
    if (id_equal(&photo->id, &found->id))
        *found = verified_photo_of(photo, is_deleted);
    return false;
}

enum status verify_look_up(struct verify *verify, const struct id *id, struct verified_photo *ret_photo,
                           struct text *why)
{
    *ret_photo = (struct verified_photo){.id = *id};
    return store_photos_from(verify->settings->store, id, 1, take_photo, ret_photo, why);
}

bool verified_photo_equal(const struct verified_photo *one, const struct verified_photo *other)
{
    bool is_equal = one->is_there == other->is_there && one->is_deleted == other->is_deleted
                    && one->state == other->state && one->updated_ms == other->updated_ms;
    for (size_t i = 0; is_equal && i < PUBLIC_OBJECTS; i++)
        is_equal = one->renditions[i].width == other->renditions[i].width
                   && one->renditions[i].bytes == other->renditions[i].bytes;
    return is_equal;
}

bool verified_photo_is_withdrawn(const struct verified_photo *photo)
{
    return photo->state == PHOTO_PENDING && photo->renditions[OBJECT_LARGE].width > 0;
}

enum status verify_is_under_way(struct verify *verify, const struct id *id, bool *ret_is, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct execution execution;
    enum status status = store_execution_get(verify->settings->store, id, &arena, &execution, why);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    *ret_is = status == STATUS_OK && execution.status == EXECUTION_RUNNING;
    return STATUS_OK;
}

/* ---- What is found ---- */

bool verify_is_recent(struct verify *verify, int64_t changed_ms)
{
    return changed_ms > store_now_ms(verify->settings->store) - verify->settings->grace_ms;
}

void verify_report(struct verify *verify, struct difference difference, const char *format, ...)
{
    TEXT_CLEANUP struct text sentence = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(&sentence, format, arguments);
    va_end(arguments);
    difference.sentence = text_get(&sentence);
    (void)atomic_fetch_add(&verify->differences, 1);
    (void)atomic_fetch_add(&verify->repaired, difference.is_repaired);
    (void)pthread_mutex_lock(&verify->found_lock);
    verify->settings->found(verify->settings->context, &difference);
    (void)pthread_mutex_unlock(&verify->found_lock);
}

enum status verify_run(const struct verify_settings *settings, struct verify_counts *ret_counts, struct text *why)
{
    struct verify verify = {.settings = settings, .threads = parallel_threads(settings->store, settings->blob)};
    (void)pthread_mutex_init(&verify.found_lock, NULL);
    enum status status = verify_photos(&verify, why);
    if (status == STATUS_OK)
        status = verify_objects(&verify, why);
    (void)pthread_mutex_destroy(&verify.found_lock);
    if (status == STATUS_OK)
        *ret_counts = (struct verify_counts){.photos = atomic_load(&verify.photos),
                                             .objects = atomic_load(&verify.objects),
                                             .in_progress = atomic_load(&verify.in_progress),
                                             .to_clean_up = atomic_load(&verify.to_clean_up),
                                             .differences = atomic_load(&verify.differences),
                                             .repaired = atomic_load(&verify.repaired)};
    return status;
}
