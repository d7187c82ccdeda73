/* Which uploads are under way, and whose: nobody shall fill the disk with what he begins and never ends. An upload counts with all the
 * bytes that were announced, so that what was begun can be ended, and with PARTIAL_LEAST at the least, because many small ones are dear
 * too. Not locked: its owner does. */
#ifndef PARTIALS_H
#define PARTIALS_H

#include "id.h"
#include "text.h"

#include <stdint.h>

struct partials;
struct partials *partials_new(void);
void partials_free(struct partials *partials); /* NULL is allowed */

enum { PARTIAL_LEAST = 1 << 20 };

struct partials_limits {
    uint64_t uploads_each;                       /* of an author */
    uint64_t bytes, bytes_author, bytes_network; /* in all; of an author; from a network */
};
/* PARTIALS_TAKEN, or the first limit that is in the way. */
enum partials_verdict { PARTIALS_TAKEN, PARTIALS_MANY, PARTIALS_AUTHOR_FULL, PARTIALS_NETWORK_FULL, PARTIALS_FULL };
/* One that is not there yet, of `length` bytes. `network` NULL: it is not known any more. Limits NULL: it is there already, whatever
 * they say. */
enum partials_verdict partials_add(struct partials *partials, const struct id *id, const char *author,
                                   const char *network, uint64_t length, const struct partials_limits *limits);
/* One that is not there is none. */
void partials_remove(struct partials *partials, const struct id *id);
/* For the author of one that was not taken: which limit, and what to do. */
void partials_explain(enum partials_verdict verdict, const struct partials_limits *limits, struct text *why);

#endif
