/* Has every photo its objects? Which ones that are follows from its state: a published photo has its renditions, one on
 * its way its original, one that was withdrawn its renditions, in public or in quarantine. Of a failed photo the
 * original may be kept for a retry. */
#include "memory.h"
#include "move.h"
#include "object_sum.h"
#include "verify_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A photo that changes again and again while it is looked at is in progress. */
enum { LOOKS = 5 };

enum fault { FAULT_NONE, FAULT_MISSING, FAULT_SIZE, FAULT_SUM };
struct object_fault {
    enum fault fault;
    uint64_t bytes; /* that there are, with FAULT_SIZE */
};
struct photo_faults {
    bool is_stuck;
    struct object_fault original, renditions[PUBLIC_OBJECTS];
};

/* ---- One object ---- */

/* One that is replaced or removed while it is read is missing, until it is looked at again. */
static enum status compare_sum(struct blob_object *object, const uint8_t sha256[static SHA256_BYTES],
                               enum fault *ret_fault, struct text *why)
{
    uint8_t sum[DIGEST_BYTES_MAX];
    enum status status = object_sum(object, sum, why);
    bool is_gone = status == STATUS_NOT_FOUND;
    if (status != STATUS_OK && !is_gone)
        return status;
    *ret_fault = is_gone ? FAULT_MISSING : memcmp(sum, sha256, SHA256_BYTES) != 0 ? FAULT_SUM : FAULT_NONE;
    return STATUS_OK;
}

/* `bytes` 0 and `sha256` NULL: unknown. */
static enum status compare_object(struct verify *verify, enum bucket bucket, const char *key, uint64_t bytes,
                                  const uint8_t *sha256, struct object_fault *ret_fault, struct text *why)
{
    struct blob_object object;
    *ret_fault = (struct object_fault){0};
    enum status status = blob_get(verify->settings->blob, bucket, key, &object, why);
    if (status == STATUS_NOT_FOUND) {
        ret_fault->fault = FAULT_MISSING;
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    ret_fault->bytes = object.size;
    if (bytes && object.size != bytes)
        ret_fault->fault = FAULT_SIZE;
    else if (sha256)
        status = compare_sum(&object, sha256, &ret_fault->fault, why);
    blob_object_release(&object);
    return status;
}

/* ---- A photo ---- */

/* In public first, because a photo that leaves quarantine is copied there before it leaves. */
static enum status compare_renditions(struct verify *verify, const struct verified_photo *photo,
                                      struct photo_faults *faults, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PUBLIC_OBJECTS && status == STATUS_OK; i++) {
        struct object_fault *fault = &faults->renditions[i];
        uint64_t bytes = photo->renditions[i].bytes;
        if (i == OBJECT_MEDIUM && photo->renditions[i].width == 0)
            continue;
        public_objects[i].make_key(&photo->id, key);
        status = compare_object(verify, public_objects[i].bucket, key, bytes, NULL, fault, why);
        if (status == STATUS_OK && fault->fault == FAULT_MISSING && verified_photo_is_withdrawn(photo))
            status = compare_object(verify, BUCKET_ORIGINALS, key, bytes, NULL, fault, why);
    }
    return status;
}

static enum status compare_pending(struct verify *verify, const struct verified_photo *photo,
                                   struct photo_faults *faults, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    bool is_under_way = false;
    enum status status = verify_is_under_way(verify, &photo->id, &is_under_way, why);
    faults->is_stuck = !is_under_way;
    if (status != STATUS_OK)
        return status;
    if (verified_photo_is_withdrawn(photo))
        return compare_renditions(verify, photo, faults, why);
    photos_original_key(&photo->id, key);
    return compare_object(verify, BUCKET_ORIGINALS, key, photo->original_bytes, photo->has_sum ? photo->sha256 : NULL,
                          &faults->original, why);
}

static enum status compare_photo(struct verify *verify, const struct verified_photo *photo,
                                 struct photo_faults *ret_faults, struct text *why)
{
    *ret_faults = (struct photo_faults){0};
    if (!photo->is_there || photo->is_deleted || photo->state == PHOTO_ERROR)
        return STATUS_OK;
    return photo->state == PHOTO_SUCCESS ? compare_renditions(verify, photo, ret_faults, why)
                                         : compare_pending(verify, photo, ret_faults, why);
}

static bool has_faults(const struct photo_faults *faults)
{
    bool has = faults->is_stuck || faults->original.fault;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++)
        has = has || faults->renditions[i].fault;
    return has;
}

/* ---- Telling ---- */

/* A photo without its medium image is one of before there were any. */
static bool repair_medium(struct verify *verify, const struct verified_photo *photo, size_t which)
{
    const struct rendition none = {0};
    return verify->settings->repair && which == OBJECT_MEDIUM && photo->state == PHOTO_SUCCESS
           && store_photo_render(verify->settings->store, &photo->id, &none, NULL) == STATUS_OK;
}

static void report_missing(struct verify *verify, const struct verified_photo *photo, struct difference difference,
                           const char *name, bool is_repaired)
{
    static const char *const what_to_do[] = {
        [PHOTO_PENDING] = "Put it back from a backup, or let the workflow refuse the photo.",
        [PHOTO_SUCCESS] = "Put it back from a backup, or let its author delete the photo and upload it again.",
    };
    difference.kind = OBJECT_MISSING;
    difference.is_repaired = is_repaired;
    verify_report(verify, difference, "The %s of a %s photo is missing. %s", name,
                  photo->state == PHOTO_SUCCESS ? "published" : "pending",
                  is_repaired ? "It is noted as never made: cloudphotos admin photos render makes it."
                              : what_to_do[photo->state]);
}

static void report_object(struct verify *verify, const struct verified_photo *photo, enum bucket bucket,
                          const char *key, const char *name, uint64_t bytes, const struct object_fault *fault,
                          bool is_repaired)
{
    struct difference difference = {.has_object = true, .bucket = bucket, .key = key};
    switch (fault->fault) {
    case FAULT_NONE:
        break;
    case FAULT_MISSING:
        report_missing(verify, photo, difference, name, is_repaired);
        break;
    case FAULT_SIZE:
        difference.kind = OBJECT_SIZE;
        verify_report(verify, difference,
                      "The %s has %" PRIu64 " bytes; its photo was noted with %" PRIu64 ". Put it back from a backup.",
                      name, fault->bytes, bytes);
        break;
    case FAULT_SUM:
        difference.kind = OBJECT_SUM;
        verify_report(verify, difference,
                      "The %s has another SHA-256 than its photo was noted with. Put it back from a backup.", name);
        break;
    }
}

static void report_photo(struct verify *verify, const struct verified_photo *photo, const struct photo_faults *faults)
{
    char key[OBJECT_KEY_SIZE], name[32];
    photos_original_key(&photo->id, key);
    if (faults->is_stuck)
        verify_report(verify, (struct difference){.kind = PHOTO_STUCK, .key = key},
                      "The photo is PENDING, and no execution works on it. See cloudphotos admin executions show.");
    report_object(verify, photo, BUCKET_ORIGINALS, key, "original", photo->original_bytes, &faults->original, false);
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        bool is_repaired = faults->renditions[i].fault == FAULT_MISSING && repair_medium(verify, photo, i);
        public_objects[i].make_key(&photo->id, key);
        (void)snprintf(name, sizeof name, "%s image", public_objects[i].name);
        report_object(verify, photo, public_objects[i].bucket, key, name, photo->renditions[i].bytes,
                      &faults->renditions[i], is_repaired);
    }
}

/* ---- All photos ---- */

struct page {
    struct verify *verify;
    struct verified_photo *photos;
    size_t count;
};

/* What is wrong counts when the photo is as it was before its objects were looked at. */
static enum status verify_photo(void *context, size_t index, struct text *why)
{
    const struct page *page = context;
    struct verify *verify = page->verify;
    struct verified_photo photo = page->photos[index], again;
    struct photo_faults faults;
    for (int i = 0; i < LOOKS; i++) {
        enum status status = compare_photo(verify, &photo, &faults, why);
        if (status != STATUS_OK || !has_faults(&faults))
            return status;
        status = verify_look_up(verify, &photo.id, &again, why);
        if (status != STATUS_OK)
            return status;
        if (verified_photo_equal(&photo, &again)) {
            if (!verify_is_recent(verify, photo.updated_ms)) {
                report_photo(verify, &photo, &faults);
                return STATUS_OK;
            }
            break;
        }
        photo = again;
    }
    (void)atomic_fetch_add(&verify->in_progress, 1);
    return STATUS_OK;
}

static bool add_photo(void *context, const struct photo *photo, bool is_deleted)
{
    struct page *page = context;
    page->photos[page->count++] = verified_photo_of(photo, is_deleted);
    return true;
}

enum status verify_photos(struct verify *verify, struct text *why)
{
    struct page page = {.verify = verify, .photos = NEW_ARRAY(VERIFY_PAGE, struct verified_photo)};
    struct id first = {0};
    enum status status;
    do {
        page.count = 0;
        status = store_photos_from(verify->settings->store, &first, VERIFY_PAGE, add_photo, &page, why);
        if (status == STATUS_OK)
            status = parallel_run(verify->threads, verify_photo, &page, page.count, why);
        (void)atomic_fetch_add(&verify->photos, page.count);
        if (page.count)
            first = page.photos[page.count - 1].id;
    } while (status == STATUS_OK && page.count == VERIFY_PAGE && next_id(&first));
    free(page.photos);
    return status;
}
