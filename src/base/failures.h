/* What went wrong in a round of work whose steps don't depend on each other: how often, and the first sentence. */
#ifndef FAILURES_H
#define FAILURES_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

struct failures {
    uint64_t count;
    struct text first;
};
#define FAILURES_CLEANUP __attribute__((cleanup(failures_release)))
void failures_release(struct failures *failures);

/* A step has come to this. Returns whether it is OK. `failures` may be NULL. */
bool failures_note(struct failures *failures, enum status status, const struct text *why);

#endif
