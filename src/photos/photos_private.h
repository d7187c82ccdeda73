/* What the files of this folder share. */
#ifndef PHOTOS_PRIVATE_H
#define PHOTOS_PRIVATE_H

#include "photos.h"

struct photos {
    struct store *store;
    struct blob *blob;
    struct events *events;
    void (*purged)(void *context, const struct id *id);
    void *context;
};

#endif
