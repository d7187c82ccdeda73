/* Which uploads are under way, and whose: nobody shall fill the disk with what he begins and never ends. An upload
 * counts with all the bytes that were announced, so that what was begun can be ended, and with UPLOAD_QUOTA_LEAST at
 * the least, because many small ones are dear too. Not locked: its owner does. */
#ifndef UPLOAD_QUOTA_H
#define UPLOAD_QUOTA_H

#include "id.h"
#include "text.h"

#include <stdint.h>

struct upload_quota;
struct upload_quota *upload_quota_new(void);
void upload_quota_free(struct upload_quota *quota); /* NULL is allowed */

enum { UPLOAD_QUOTA_LEAST = 1 << 20 };

struct upload_quota_limits {
    uint64_t uploads_each;                       /* of an author */
    uint64_t bytes, bytes_author, bytes_network; /* in all; of an author; from a network */
};
/* UPLOAD_QUOTA_TAKEN, or the first limit that is in the way. */
enum upload_quota_verdict {
    UPLOAD_QUOTA_TAKEN,
    UPLOAD_QUOTA_MANY,
    UPLOAD_QUOTA_AUTHOR_FULL,
    UPLOAD_QUOTA_NETWORK_FULL,
    UPLOAD_QUOTA_FULL
};
/* One that is not there yet, of `length` bytes. `network` NULL: it is not known any more. Limits NULL: it is there
 * already, whatever they say. */
enum upload_quota_verdict upload_quota_add(struct upload_quota *quota, const struct id *id, const char *author,
                                           const char *network, uint64_t length,
                                           const struct upload_quota_limits *limits);
/* One that is not there is none. */
void upload_quota_remove(struct upload_quota *quota, const struct id *id);
/* For the author of one that was not taken: which limit, and what to do. */
void upload_quota_explain(enum upload_quota_verdict verdict, const struct upload_quota_limits *limits,
                          struct text *why);

#endif
