/* How much each has taken of something that is bounded, by name, and all together. Not locked: its owner does. */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

struct quota;
struct quota *quota_new(void);
void quota_free(struct quota *quota); /* NULL is allowed */

enum quota_verdict {
    QUOTA_TAKEN,
    QUOTA_EACH_FULL, /* this name has too much already */
    QUOTA_ALL_FULL   /* all together have */
};
/* Takes `amount`, unless `name` would then have more than `most_each`, or all more than `most_all`. */
enum quota_verdict quota_take(struct quota *quota, const char *name, uint64_t amount, uint64_t most_each,
                              uint64_t most_all);
/* What this name took. */
void quota_give_back(struct quota *quota, const char *name, uint64_t amount);
uint64_t quota_get(const struct quota *quota, const char *name); /* 0 when it has taken nothing */
uint64_t quota_get_all(const struct quota *quota);

#endif
