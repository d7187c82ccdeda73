#include "event_relay.h"

#include "clock.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_NS INT64_C(1000000000)

struct event_relay {
    struct store *store;
    struct events *events;
    void (*changed)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    bool has_news, is_closing;
};

/* ---- Looking ---- */

static bool publish_version(void *context, const struct id *id, uint64_t version)
{
    events_publish_version(context, id, version);
    return true;
}

/* Returns whether the store was asked. When it fails, it is asked again. */
static bool look(struct event_relay *relay)
{
    size_t count;
    struct id *ids = events_watched(relay->events, &count);
    if (!ids)
        return false;
    enum status status = store_execution_versions(relay->store, ids, count, publish_version, relay->events, NULL);
    free(ids);
    if (status != STATUS_OK) {
        (void)pthread_mutex_lock(&relay->lock);
        relay->has_news = true;
        (void)pthread_mutex_unlock(&relay->lock);
    }
    return true;
}

/* With the lock. */
static void pause_looking(struct event_relay *relay)
{
    int64_t until_ns = clock_monotonic_ns() + LOOK_EVERY_NS;
    while (!relay->is_closing && clock_wait(&relay->wanted, &relay->lock, until_ns))
        ;
}

static void *run(void *context)
{
    struct event_relay *relay = context;
    (void)pthread_mutex_lock(&relay->lock);
    while (!relay->is_closing) {
        if (!relay->has_news) {
            (void)pthread_cond_wait(&relay->wanted, &relay->lock);
            continue;
        }
        relay->has_news = false;
        (void)pthread_mutex_unlock(&relay->lock);
        bool has_asked = look(relay);
        (void)pthread_mutex_lock(&relay->lock);
        if (has_asked)
            pause_looking(relay);
    }
    (void)pthread_mutex_unlock(&relay->lock);
    return NULL;
}

/* ---- Listening: on the store's thread ---- */

static void on_change(void *context, const struct id *photo, bool has_work)
{
    struct event_relay *relay = context;
    if (photo) {
        struct photo_event event = {.id = *photo};
        events_publish(relay->events, &event);
    } else {
        (void)pthread_mutex_lock(&relay->lock);
        relay->has_news = true;
        (void)pthread_cond_signal(&relay->wanted);
        (void)pthread_mutex_unlock(&relay->lock);
    }
    if (has_work)
        relay->changed(relay->context);
}

enum status event_relay_open(struct store *store, struct events *events, void (*changed)(void *context), void *context,
                             struct event_relay **ret_relay, struct text *why)
{
    struct event_relay *relay = NEW(struct event_relay);
    *relay = (struct event_relay){.store = store, .events = events, .changed = changed, .context = context};
    (void)pthread_mutex_init(&relay->lock, NULL);
    (void)pthread_cond_init(&relay->wanted, NULL);
    int error = pthread_create(&relay->thread, NULL, run, relay);
    if (error) {
        text_setf(why, "The thread that looks at what other processes do can't be started: %s.",
                  strerrordesc_np(error));
        free(relay);
        return status_from_errno(error);
    }
    enum status status = store_listen(store, on_change, relay, why);
    if (status == STATUS_OK)
        *ret_relay = relay;
    else
        event_relay_close(relay);
    return status;
}

void event_relay_close(struct event_relay *relay)
{
    if (!relay)
        return;
    store_unlisten(relay->store);
    (void)pthread_mutex_lock(&relay->lock);
    relay->is_closing = true;
    (void)pthread_cond_signal(&relay->wanted);
    (void)pthread_mutex_unlock(&relay->lock);
    (void)pthread_join(relay->thread, NULL);
    (void)pthread_cond_destroy(&relay->wanted);
    (void)pthread_mutex_destroy(&relay->lock);
    free(relay);
}
