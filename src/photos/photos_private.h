/* What the files of this folder share. */
#ifndef PHOTOS_PRIVATE_H
#define PHOTOS_PRIVATE_H

#include "metrics.h"
#include "photos.h"

struct photos {
    struct store *store;
    struct blob *blob;
    struct events *events;
    struct event_relay *relay; /* NULL: nobody listens for what other processes do */
    struct counter failures;   /* of the clean-up */
    void (*purged)(void *context, const struct id *id);
    void *context;
};

#endif
