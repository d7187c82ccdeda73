/* The planned moments of a schedule's requests, one after the other. A thread of several makes its share alone:
 * together they are the whole. */
#ifndef ARRIVALS_H
#define ARRIVALS_H

#include "dice.h"
#include "schedule.h"

#include <stdbool.h>

enum arrivals_kind {
    ARRIVALS_UNIFORM, /* evenly spaced by the rate: the original's */
    ARRIVALS_POISSON, /* independent of each other, as those of many users are */
};

struct arrivals {
    const struct schedule *schedule; /* borrowed */
    enum arrivals_kind kind;
    unsigned share, shares;
    struct dice dice;
    double amount; /* how many of all are planned before the next one */
    uint64_t made;
};

void arrivals_init(struct arrivals *arrivals, const struct schedule *schedule, enum arrivals_kind kind, unsigned share,
                   unsigned shares, uint64_t seed);
/* Nanoseconds from the schedule's begin, never before the one before; false when there are no more. */
bool arrivals_next(struct arrivals *arrivals, int64_t *ret_at_ns);

#endif
