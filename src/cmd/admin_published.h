/* The published photos that a long command goes through. */
#ifndef ADMIN_PUBLISHED_H
#define ADMIN_PUBLISHED_H

#include "store.h"

struct admin_published {
    struct id *ids; /* oldest first */
    size_t count, room;
};

/* Into *published, which begins as {0}; is_wanted NULL: all. */
enum status admin_published_list(struct store *store, bool (*is_wanted)(const struct photo *photo),
                                 struct admin_published *published, struct text *why);
void admin_published_release(struct admin_published *published);

#endif
