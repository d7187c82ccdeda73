/* What other processes do to photos that are watched here. A store that knows which photo has changed says so;
 * otherwise the store is asked for all that are watched at once, at most once a second, and not while nobody watches
 * or nothing changes. */
#ifndef EVENT_RELAY_H
#define EVENT_RELAY_H

#include "events.h"
#include "store.h"

struct event_relay;
/* Publishes to `events`. Calls `changed` when there may be work that others have made: any thread; must not block.
 * Both are borrowed until event_relay_close, and so is the store, whose one listener this is. */
enum status event_relay_open(struct store *store, struct events *events, void (*changed)(void *context), void *context,
                             struct event_relay **ret_relay, struct text *why);
void event_relay_close(struct event_relay *relay); /* NULL is allowed */

#endif
