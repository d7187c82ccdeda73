/* Which uploads are under way, and whose: nobody shall fill the disk with what he begins and never ends. Not locked: its owner does. */
#ifndef PARTIALS_H
#define PARTIALS_H

#include "id.h"

struct partial;
struct partials {
    struct partial *first;
};

void partials_release(struct partials *partials);
unsigned partials_count(const struct partials *partials, const char *author);
/* One that is not there yet. */
void partials_add(struct partials *partials, const struct id *id, const char *author);
/* One that is not there is none. */
void partials_remove(struct partials *partials, const struct id *id);

#endif
