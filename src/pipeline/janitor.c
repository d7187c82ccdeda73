#include "janitor.h"

#include "clock.h"
#include "memory.h"

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

/* One whose objects can't be removed now doesn't keep the others. */
static void purge_deleted(struct janitor *janitor)
{
    const struct janitor_settings *settings = &janitor->settings;
    struct id ids[BATCH];
    size_t count = 0, purged;
    do {
        if (store_photos_deleted(settings->store, ids, BATCH, &count, NULL) != STATUS_OK)
            return;
        purged = 0;
        for (size_t i = 0; i < count && may_go_on(janitor); i++)
            purged += photos_purge(settings->photos, &ids[i], NULL) == STATUS_OK;
    } while (count == BATCH && purged > 0 && may_go_on(janitor));
}

static void prune_history(struct janitor *janitor)
{
    const struct janitor_settings *settings = &janitor->settings;
    size_t count = 0;
    do {
        if (store_executions_prune(settings->store, settings->history_ms, BATCH, &count, NULL) != STATUS_OK)
            return;
    } while (count == BATCH && may_go_on(janitor));
}

/* An upload whose bytes are all there, and that waits for its photo. Also true when that can't be told now. */
static bool is_of_session(struct store *store, const struct id *id)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct session session;
    enum status status = store_session_get(store, id, &arena, &session, NULL);
    return status == STATUS_OK ? !session.is_finished : status != STATUS_NOT_FOUND;
}

/* An original is needed while its photo is PENDING, and for a while after it failed. One without a photo is of an
 * upload that was cut, or is about to get its photo. */
static bool is_needed(const struct janitor_settings *settings, const struct id *id, int64_t modified_s)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    int64_t now_ms = store_now_ms(settings->store);
    if (is_of_session(settings->store, id)) /* asked first, because it is let go of once the photo is there */
        return true;
    enum status status = store_photo_get(settings->store, id, &arena, &photo, NULL);
    if (status == STATUS_NOT_FOUND)
        return modified_s + ORIGINAL_WITHOUT_PHOTO_S > now_ms / 1000;
    if (status != STATUS_OK || photo.state == PHOTO_PENDING)
        return true;
    return photo.state == PHOTO_ERROR && photo.updated_ms + settings->keep_failed_ms > now_ms;
}

static bool sweep_original(void *context, const char *key, int64_t modified_s)
{
    struct janitor *janitor = context;
    struct id id;
    if (id_parse(key, strlen(key), &id) && !is_needed(&janitor->settings, &id, modified_s))
        (void)blob_delete(janitor->settings.blob, BUCKET_ORIGINALS, key, NULL);
    return may_go_on(janitor);
}

static void clean_up(struct janitor *janitor)
{
    purge_deleted(janitor);
    if (may_go_on(janitor))
        prune_history(janitor);
    if (may_go_on(janitor) && janitor->settings.clean_up)
        janitor->settings.clean_up(janitor->settings.context);
    if (may_go_on(janitor))
        (void)blob_list(janitor->settings.blob, BUCKET_ORIGINALS, sweep_original, janitor, NULL);
    if (may_go_on(janitor))
        (void)blob_sweep(janitor->settings.blob, NULL);
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
