/* Who wants to know what happens to which photo, within this process. What other processes do comes from
 * event_relay.h. */
#ifndef EVENTS_H
#define EVENTS_H

#include "id.h"

struct photo_event {
    struct id id;
    /* Name of the workflow's state; NULL: look at the photo, because it has reached its end, or is worked on
     * elsewhere. */
    const char *stage;
};

/* Runs on the thread that made the transition; must not block, subscribe or unsubscribe. */
typedef void photo_listener(void *data, const struct photo_event *event);

struct events;
struct events *events_new(void);
void events_free(struct events *events); /* with no subscription left */

struct subscription;
struct subscription *events_subscribe(struct events *events, const struct id *id, photo_listener *listener, void *data);
/* After it returned the listener isn't running and won't be called again. */
void events_unsubscribe(struct events *events, struct subscription *subscription);
void events_publish(struct events *events, const struct photo_event *event);

/* ---- For the relay ---- */

/* The photos that somebody watches; the caller frees them. NULL: nobody watches any. */
struct id *events_watched(struct events *events, size_t *ret_count);
/* The photo's execution has this version: whoever watches it and didn't know that is to look at it. */
void events_publish_version(struct events *events, const struct id *id, uint64_t version);

#endif
