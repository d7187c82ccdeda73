#include "events.h"

#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKET_COUNT = 256 };

struct subscription {
    struct subscription *next;
    struct id id;
    photo_listener *listener;
    void *data;
    uint64_t version; /* of the execution, when its listener was last told to look, plus one; 0: never */
};

struct events {
    pthread_mutex_t lock;
    struct subscription *buckets[BUCKET_COUNT];
    size_t count;
};

/* The last byte of an id is random. */
static struct subscription **bucket_of(struct events *events, const struct id *id)
{
    return &events->buckets[id->bytes[ID_BYTES - 1]];
}

struct events *events_new(void)
{
    struct events *events = NEW(struct events);
    (void)pthread_mutex_init(&events->lock, NULL);
    return events;
}

void events_free(struct events *events)
{
    (void)pthread_mutex_destroy(&events->lock);
    free(events);
}

struct subscription *events_subscribe(struct events *events, const struct id *id, photo_listener *listener, void *data)
{
    struct subscription *subscription = NEW(struct subscription);
    *subscription = (struct subscription){.id = *id, .listener = listener, .data = data};
    (void)pthread_mutex_lock(&events->lock);
    struct subscription **bucket = bucket_of(events, id);
    subscription->next = *bucket;
    *bucket = subscription;
    events->count++;
    (void)pthread_mutex_unlock(&events->lock);
    return subscription;
}

void events_unsubscribe(struct events *events, struct subscription *subscription)
{
    (void)pthread_mutex_lock(&events->lock);
    struct subscription **link = bucket_of(events, &subscription->id);
    while (*link != subscription)
        link = &(*link)->next;
    *link = subscription->next;
    events->count--;
    (void)pthread_mutex_unlock(&events->lock);
    free(subscription);
}

void events_publish(struct events *events, const struct photo_event *event)
{
    (void)pthread_mutex_lock(&events->lock);
    for (struct subscription *each = *bucket_of(events, &event->id); each; each = each->next)
        if (id_equal(&each->id, &event->id))
            each->listener(each->data, event);
    (void)pthread_mutex_unlock(&events->lock);
}

struct id *events_watched(struct events *events, size_t *ret_count)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&events->lock);
    struct id *ids = events->count ? NEW_ARRAY(events->count, struct id) : NULL;
    for (size_t i = 0; ids && i < BUCKET_COUNT; i++)
        for (const struct subscription *each = events->buckets[i]; each; each = each->next)
            ids[count++] = each->id;
    (void)pthread_mutex_unlock(&events->lock);
    *ret_count = count;
    return ids;
}

void events_publish_version(struct events *events, const struct id *id, uint64_t version)
{
    struct photo_event event = {.id = *id};
    (void)pthread_mutex_lock(&events->lock);
    for (struct subscription *each = *bucket_of(events, id); each; each = each->next) {
        if (!id_equal(&each->id, id) || each->version == version + 1)
            continue;
        each->version = version + 1;
        each->listener(each->data, &event);
    }
    (void)pthread_mutex_unlock(&events->lock);
}
