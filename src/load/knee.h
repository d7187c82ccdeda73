/* The highest rate at which an objective holds: found by doubling and then bisection, several times over. */
#ifndef KNEE_H
#define KNEE_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

enum { KNEE_REPEATS = 30 };

enum knee_verdict { KNEE_HOLDS, KNEE_BREAKS, KNEE_SATURATED /* the generator is the limit */, KNEE_STOPPED };

struct knee_settings {
    double first;     /* the rate to begin with */
    double highest;   /* never tried above */
    double precision; /* ends when upper and lower bound are that share apart, 0.01 */
    unsigned repeats; /* 1 to KNEE_REPEATS */
    enum knee_verdict (*try_rate)(void *context, double rate);
    void *context;
};

struct knee {
    double rates[KNEE_REPEATS]; /* what each repeat found */
    size_t count;
    double mean,
        margin; /* of the 95 % confidence interval of the mean: mean - margin to mean + margin; 0 for one repeat */
    double lowest_broken;   /* the lowest rate that broke, of all repeats; 0: none did */
    enum knee_verdict last; /* STOPPED or SATURATED: the search ended early */
};

/* The knee as far as it was found. count is 0 when not even a thousandth of the first rate held. */
struct knee knee_find(const struct knee_settings *settings);

#endif
