#include "janitor.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PERIOD_S = 600, BATCH = 100, UNCLAIMED_ORIGINAL_S = 3600 };

struct janitor {
    struct janitor_settings settings;
    struct id first; /* ids begin with their time: what sorts before it was made by an earlier process */
    bool is_first_round;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t closing;
    bool is_closing;
};

static void purge_deleted(const struct janitor_settings *settings)
{
    struct id ids[BATCH];
    size_t count = 0;
    do {
        if (store_photos_deleted(settings->store, ids, BATCH, &count, NULL) != STATUS_OK)
            return;
        for (size_t i = 0; i < count; i++)
            if (photos_purge(settings->photos, &ids[i], NULL) != STATUS_OK)
                return;
    } while (count == BATCH);
}

static void prune_history(const struct janitor_settings *settings)
{
    size_t count = 0;
    do {
        if (store_executions_prune(settings->store, settings->history_ms, BATCH, &count, NULL) != STATUS_OK)
            return;
    } while (count == BATCH);
}

/* An original without a photo was being uploaded when the process died, or is about to get its photo now. The first
 * round knows by the id which of the two it is. Later ones wait for long, since a clock that was set back makes new ids
 * look old. */
static bool is_unclaimed(const struct janitor *janitor, const struct id *id, int64_t modified_s)
{
    bool is_of_earlier_process = memcmp(id->bytes, janitor->first.bytes, ID_BYTES) < 0;
    return (janitor->is_first_round && is_of_earlier_process)
           || modified_s + UNCLAIMED_ORIGINAL_S <= clock_now_ms() / 1000;
}

/* An original is needed while its photo is PENDING, and for a while after it failed. */
static bool is_needed(const struct janitor *janitor, const struct id *id, int64_t modified_s)
{
    ARENA_CLEANUP struct arena arena = {0};
    const struct janitor_settings *settings = &janitor->settings;
    struct photo photo;
    enum status status = store_photo_get(settings->store, id, &arena, &photo, NULL);
    if (status == STATUS_NOT_FOUND)
        return !is_unclaimed(janitor, id, modified_s);
    if (status != STATUS_OK || photo.state == PHOTO_PENDING)
        return true;
    return photo.state == PHOTO_ERROR && photo.updated_ms + settings->keep_failed_ms > store_now_ms(settings->store);
}

static bool sweep_original(void *context, const char *key, int64_t modified_s)
{
    struct janitor *janitor = context;
    struct id id;
    if (id_parse(key, strlen(key), &id) && !is_needed(janitor, &id, modified_s))
        (void)blob_delete(janitor->settings.blob, BUCKET_ORIGINALS, key, NULL);
    return true;
}

/* Waits for the next round; false when there is none. */
static bool wait_for_round(struct janitor *janitor)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PERIOD_S;
    (void)pthread_mutex_lock(&janitor->lock);
    while (!janitor->is_closing && pthread_cond_timedwait(&janitor->closing, &janitor->lock, &until) != ETIMEDOUT)
        ;
    bool goes_on = !janitor->is_closing;
    (void)pthread_mutex_unlock(&janitor->lock);
    return goes_on;
}

static void *run(void *data)
{
    struct janitor *janitor = data;
    do {
        purge_deleted(&janitor->settings);
        prune_history(&janitor->settings);
        if (janitor->settings.clean_up)
            janitor->settings.clean_up(janitor->settings.context);
        (void)blob_list(janitor->settings.blob, BUCKET_ORIGINALS, sweep_original, janitor, NULL);
        janitor->is_first_round = false;
    } while (wait_for_round(janitor));
    return NULL;
}

struct janitor *janitor_open(const struct janitor_settings *settings)
{
    struct janitor *janitor = NEW(struct janitor);
    janitor->settings = *settings;
    janitor->first = id_new();
    janitor->is_first_round = true;
    (void)pthread_mutex_init(&janitor->lock, NULL);
    (void)pthread_cond_init(&janitor->closing, NULL);
    if (pthread_create(&janitor->thread, NULL, run, janitor) != 0) {
        free(janitor);
        return NULL;
    }
    return janitor;
}

void janitor_close(struct janitor *janitor)
{
    (void)pthread_mutex_lock(&janitor->lock);
    janitor->is_closing = true;
    (void)pthread_cond_signal(&janitor->closing);
    (void)pthread_mutex_unlock(&janitor->lock);
    (void)pthread_join(janitor->thread, NULL);
    (void)pthread_cond_destroy(&janitor->closing);
    (void)pthread_mutex_destroy(&janitor->lock);
    free(janitor);
}
