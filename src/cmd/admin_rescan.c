/* cloudphotos admin moderation rescan: shows the published photos to the moderator of today. Those that it would
 * refuse, or hold, are withdrawn and wait for a person; those that a person approved stay. Works beside a running
 * server, and may be ended and begun again at any time: each step can be repeated. */
#include "admin.h"
#include "admin_progress.h"
#include "admin_published.h"
#include "inspect.h"
#include "photos.h"

#include <pthread.h>
#include <stdio.h>

struct rescan {
    struct store *store;
    struct blob *blob;
    struct admin_inspector inspector;
    struct admin_published published;
    atomic_size_t next, approved, gone, failed;
    struct progress progress;
    pthread_mutex_t print_lock; /* and of the reason */
    struct text reason;         /* of the last that could not be looked at */
};

/* ---- Looking again ---- */

static enum status inspect_again(struct rescan *rescan, const struct id *id, struct findings *ret_findings,
                                 struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct blob_object object;
    photos_large_key(id, key);
    enum status status = blob_get_file(rescan->blob, BUCKET_PHOTOS, key, &object, why);
    if (status != STATUS_OK)
        return status;
    status = inspect_photo(rescan->inspector.darkroom, rescan->inspector.moderator,
                           &(struct darkroom_original){.file = object.fd}, ret_findings, NULL, why);
    blob_object_release(&object);
    return status;
}

static void print_withdrawn(struct rescan *rescan, const struct photo *photo, const struct moderation_label *label)
{
    char id[ID_TEXT_SIZE];
    id_format(&photo->id, id);
    (void)pthread_mutex_lock(&rescan->print_lock);
    printf("%s  %-16s  %s, %.0f %% sure\n", id, photo->author, label->name, label->confidence);
    (void)pthread_mutex_unlock(&rescan->print_lock);
}

/* *ret_withdrawn is 1 or 0. */
static enum status moderate_again(struct rescan *rescan, const struct photo *photo, size_t *ret_withdrawn,
                                  struct text *why)
{
    FINDINGS_CLEANUP struct findings findings = {0};
    enum status status = inspect_again(rescan, &photo->id, &findings, why);
    if (status != STATUS_OK)
        return status;
    const struct moderation_label *doubt = moderation_find(&findings.labels, MODERATION_REFUSE);
    if (!doubt)
        doubt = moderation_find(&findings.labels, MODERATION_HOLD);
    const char *labels = text_get(&findings.json), *audit = text_get(&findings.audit);
    if (!doubt)
        return store_photo_set_labels(rescan->store, &photo->id, labels, audit, NULL, why);
    status = inspect_keep_verdict(rescan->store, &photo->id, &findings, VERDICT_WAITING, NULL, why);
    if (status == STATUS_OK)
        status = photos_withdraw(rescan->store, photo, labels, audit, why);
    *ret_withdrawn = status == STATUS_OK;
    if (status == STATUS_OK)
        print_withdrawn(rescan, photo, doubt);
    return status;
}

static void rescan_one(struct rescan *rescan, const struct id *id)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct photo photo;
    size_t withdrawn = 0;
    enum status status = store_photo_get(rescan->store, id, &arena, &photo, &why);
    if (status == STATUS_OK && photo.state != PHOTO_SUCCESS)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK && photo.review == REVIEW_APPROVED)
        (void)atomic_fetch_add(&rescan->approved, 1);
    else if (status == STATUS_OK)
        status = moderate_again(rescan, &photo, &withdrawn, &why);
    if (status == STATUS_NOT_FOUND || status == STATUS_CONFLICT) { /* deleted or withdrawn meanwhile */
        (void)atomic_fetch_add(&rescan->gone, 1);
    } else if (status != STATUS_OK) {
        (void)atomic_fetch_add(&rescan->failed, 1);
        (void)pthread_mutex_lock(&rescan->print_lock);
        text_setf(&rescan->reason, "%s", text_get(&why));
        (void)pthread_mutex_unlock(&rescan->print_lock);
    }
    progress_step(&rescan->progress, withdrawn);
}

static void *work(void *context)
{
    struct rescan *rescan = context;
    for (size_t i; (i = atomic_fetch_add(&rescan->next, 1)) < rescan->published.count;)
        rescan_one(rescan, &rescan->published.ids[i]);
    return NULL;
}

/* ---- All of it ---- */

static enum status summarise(struct rescan *rescan, struct text *why)
{
    size_t found = atomic_load(&rescan->progress.found_count), failed = atomic_load(&rescan->failed);
    printf("%zu published photos: %zu withdrawn for review, %zu left alone because a person approved them, %zu gone "
           "meanwhile, %zu not looked at\n",
           rescan->published.count, found, atomic_load(&rescan->approved), atomic_load(&rescan->gone), failed);
    if (!failed)
        return STATUS_OK;
    text_setf(why, "%zu photos could not be looked at (the last one: %s); they stay published: run it again", failed,
              text_get(&rescan->reason));
    return STATUS_UNAVAILABLE;
}

static enum status run(const struct admin_settings *settings, struct rescan *rescan, struct text *why)
{
    enum status status = blob_open(settings->buckets, BLOB_READ, &rescan->blob, why);
    if (status == STATUS_OK)
        status = admin_published_list(rescan->store, NULL, &rescan->published, why);
    if (status == STATUS_OK)
        status = admin_inspector_open(settings, &rescan->inspector, why);
    if (status != STATUS_OK)
        return status;
    if (rescan->inspector.moderator->unsupported_labels)
        (void)fprintf(stderr, "The moderator can't see: %s\n", rescan->inspector.moderator->unsupported_labels);
    rescan->progress.total = rescan->published.count;
    admin_run_threads(work, rescan, (unsigned)settings->processes);
    progress_end(&rescan->progress);
    return summarise(rescan, why);
}

enum status admin_moderation_rescan(const struct admin_settings *settings, struct store *store, struct text *why)
{
    struct rescan rescan = {.store = store, .progress = {.found = "to review"}};
    (void)pthread_mutex_init(&rescan.print_lock, NULL);
    enum status status = run(settings, &rescan, why);
    admin_inspector_close(&rescan.inspector);
    if (rescan.blob)
        blob_close(rescan.blob);
    text_release(&rescan.reason);
    admin_published_release(&rescan.published);
    (void)pthread_mutex_destroy(&rescan.print_lock);
    return status;
}
