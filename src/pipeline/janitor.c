#include "janitor.h"

#include "clock.h"
#include "memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A process that died in its round keeps the others from theirs until the lease runs out. */
enum { PERIOD_S = 600, RETRY_S = 3, LEASE_MS = 3000, BATCH = 100 };

struct janitor {
    struct janitor_settings settings;
    char owner[ID_TEXT_SIZE];
    int64_t renew_ns; /* monotonic: when to prolong the lease */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t closing;
    bool is_closing;
};

/* ---- The lease ---- */

/* Whether this round may be. On a full disk it is without the lease, because it makes room. */
static bool take_lease(struct janitor *janitor)
{
    bool is_taken = false;
    enum status status =
        store_lease_take(janitor->settings.store, JANITOR_LEASE, janitor->owner, LEASE_MS, &is_taken, NULL);
    if (status != STATUS_NO_SPACE && (status != STATUS_OK || !is_taken))
        return false;
    janitor->renew_ns = clock_monotonic_ns() + LEASE_MS / 3 * INT64_C(1000000);
    return true;
}

static bool is_closing(struct janitor *janitor)
{
    (void)pthread_mutex_lock(&janitor->lock);
    bool closing = janitor->is_closing;
    (void)pthread_mutex_unlock(&janitor->lock);
    return closing;
}

/* Between two steps: whether the round may go on. */
static bool may_go_on(struct janitor *janitor)
{
    return !is_closing(janitor) && (clock_monotonic_ns() < janitor->renew_ns || take_lease(janitor));
}

/* ---- A round ---- */

static bool is_forgotten(const struct janitor *janitor, const struct deleted_photo *photo)
{
    return photo->deleted_ms + DELETED_FOR_S * INT64_C(1000) <= store_now_ms(janitor->settings.store);
}

/* One whose objects can't be removed now doesn't keep the others. */
static void purge_deleted(struct janitor *janitor, struct failures *failures)
{
    const struct janitor_settings *settings = &janitor->settings;
    struct deleted_photo photos[BATCH];
    struct id after;
    bool is_first = true;
    size_t count = 0;
    do {
        TEXT_CLEANUP struct text why = {0};
        enum status status =
            store_photos_deleted(settings->store, is_first ? NULL : &after, photos, BATCH, &count, &why);
        if (!failures_note(failures, status, &why))
            return;
        for (size_t i = 0; i < count && may_go_on(janitor); i++) {
            enum status (*remove)(struct photos *, const struct id *, struct text *) =
                is_forgotten(janitor, &photos[i]) ? photos_purge : photos_remove_objects;
            (void)failures_note(failures, remove(settings->photos, &photos[i].id, &why), &why);
        }
        is_first = false;
        if (count)
            after = photos[count - 1].id;
    } while (count == BATCH && may_go_on(janitor));
}

static void prune_history(struct janitor *janitor, struct failures *failures)
{
    const struct janitor_settings *settings = &janitor->settings;
    TEXT_CLEANUP struct text why = {0};
    size_t count = 0;
    do {
        enum status status = store_executions_prune(settings->store, settings->history_ms, BATCH, &count, &why);
        if (!failures_note(failures, status, &why))
            return;
    } while (count == BATCH && may_go_on(janitor));
}

/* An upload whose bytes are all there, and that waits for its photo. Also true when that can't be told now. */
static bool is_of_session(struct store *store, const struct id *id, struct failures *failures)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct session session;
    enum status status = store_session_get(store, id, &arena, &session, &why);
    if (status == STATUS_NOT_FOUND)
        return false;
    return !failures_note(failures, status, &why) || !session.is_finished;
}

/* An original is needed while its photo is PENDING, and for a while after it failed. One without a photo is of an
 * upload that was cut, or is about to get its photo. */
static bool is_needed(const struct janitor_settings *settings, const struct id *id, int64_t modified_s,
                      struct failures *failures)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct photo photo;
    int64_t now_ms = store_now_ms(settings->store);
    if (is_of_session(settings->store, id, failures)) /* asked first, because it is let go of once the photo is there */
        return true;
    enum status status = store_photo_get(settings->store, id, &arena, &photo, &why);
    if (status == STATUS_NOT_FOUND)
        return modified_s + ORIGINAL_WITHOUT_PHOTO_S > now_ms / 1000;
    if (!failures_note(failures, status, &why) || photo.state == PHOTO_PENDING)
        return true;
    return photo.state == PHOTO_ERROR && photo.updated_ms + settings->keep_failed_ms > now_ms;
}

struct sweep {
    struct janitor *janitor;
    struct failures *failures;
};

static bool sweep_original(void *context, const char *key, int64_t modified_s)
{
    const struct sweep *sweep = context;
    const struct janitor_settings *settings = &sweep->janitor->settings;
    TEXT_CLEANUP struct text why = {0};
    struct id id;
    if (id_parse(key, strlen(key), &id) && !is_needed(settings, &id, modified_s, sweep->failures))
        (void)failures_note(sweep->failures, blob_delete(settings->blob, BUCKET_ORIGINALS, key, &why), &why);
    return may_go_on(sweep->janitor);
}

static void sweep_originals(struct janitor *janitor, struct failures *failures)
{
    TEXT_CLEANUP struct text why = {0};
    struct sweep sweep = {janitor, failures};
    enum status status = blob_list(janitor->settings.blob, BUCKET_ORIGINALS, sweep_original, &sweep, &why);
    (void)failures_note(failures, status, &why);
}

static void tell_failures(const struct janitor *janitor, const struct failures *failures)
{
    const struct janitor_settings *settings = &janitor->settings;
    TEXT_CLEANUP struct text sentence = {0};
    if (!failures->count)
        return;
    photos_count_failures(settings->photos, failures->count);
    text_setf(&sentence, "Cleaning up failed in %" PRIu64 " of its steps and is tried again within %d minutes: %s",
              failures->count, PERIOD_S / 60, text_get(&failures->first));
    if (settings->trouble)
        settings->trouble(settings->context, text_get(&sentence));
}

static void clean_up(struct janitor *janitor)
{
    const struct janitor_settings *settings = &janitor->settings;
    FAILURES_CLEANUP struct failures failures = {0};
    purge_deleted(janitor, &failures);
    if (may_go_on(janitor))
        prune_history(janitor, &failures);
    if (may_go_on(janitor) && settings->clean_up)
        settings->clean_up(settings->context, &failures);
    if (may_go_on(janitor))
        sweep_originals(janitor, &failures);
    tell_failures(janitor, &failures);
}

/* ---- The thread ---- */

/* Waits for the next round; false when there is none. */
static bool wait_for_round(struct janitor *janitor, int seconds)
{
    int64_t until_ns = clock_monotonic_ns() + seconds * INT64_C(1000000000);
    (void)pthread_mutex_lock(&janitor->lock);
    while (!janitor->is_closing && clock_wait(&janitor->closing, &janitor->lock, until_ns))
        ;
    bool goes_on = !janitor->is_closing;
    (void)pthread_mutex_unlock(&janitor->lock);
    return goes_on;
}

static void *run(void *data)
{
    struct janitor *janitor = data;
    bool had_round;
    do {
        had_round = take_lease(janitor);
        if (had_round) {
            clean_up(janitor);
            (void)store_lease_give_back(janitor->settings.store, JANITOR_LEASE, janitor->owner, NULL);
        }
    } while (wait_for_round(janitor, had_round ? PERIOD_S : RETRY_S));
    return NULL;
}

static void release(struct janitor *janitor)
{
    (void)pthread_cond_destroy(&janitor->closing);
    (void)pthread_mutex_destroy(&janitor->lock);
    free(janitor);
}

enum status janitor_open(const struct janitor_settings *settings, struct janitor **ret_janitor, struct text *why)
{
    struct janitor *janitor = NEW(struct janitor);
    janitor->settings = *settings;
    struct id owner = id_new();
    id_format(&owner, janitor->owner);
    (void)pthread_mutex_init(&janitor->lock, NULL);
    (void)pthread_cond_init(&janitor->closing, NULL);
    int error = pthread_create(&janitor->thread, NULL, run, janitor);
    if (error) {
        text_setf(why, "The thread that cleans up can't be started: %s.", strerrordesc_np(error));
        release(janitor);
        return status_from_errno(error);
    }
    *ret_janitor = janitor;
    return STATUS_OK;
}

void janitor_close(struct janitor *janitor)
{
    (void)pthread_mutex_lock(&janitor->lock);
    janitor->is_closing = true;
    (void)pthread_cond_signal(&janitor->closing);
    (void)pthread_mutex_unlock(&janitor->lock);
    (void)pthread_join(janitor->thread, NULL);
    release(janitor);
}
