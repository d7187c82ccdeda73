#include "knee.h"

#include <assert.h>
#include <math.h>

/* Student's t for 97.5 % by degrees of freedom from 1. */
static const double students_t[KNEE_REPEATS] = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120,  2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
};

struct bounds {
    double holds, breaks; /* 0: not known yet */
};

/* What breaks is tried once more: a hiccup of the machine would else end the search far below the knee. */
static enum knee_verdict try_rate(const struct knee_settings *settings, double rate, struct bounds *bounds)
{
    enum knee_verdict verdict = settings->try_rate(settings->context, rate);
    if (verdict == KNEE_BREAKS)
        verdict = settings->try_rate(settings->context, rate);
    if (verdict == KNEE_HOLDS)
        bounds->holds = rate;
    else if (verdict == KNEE_BREAKS)
        bounds->breaks = rate;
    return verdict;
}

static bool goes_on(enum knee_verdict verdict)
{
    return verdict == KNEE_HOLDS || verdict == KNEE_BREAKS;
}

/* From `rate` by `factor` up or down until one rate holds and the next breaks; then the half between them. */
static enum knee_verdict find_once(const struct knee_settings *settings, double rate, double factor,
                                   struct bounds *bounds)
{
    enum knee_verdict verdict = try_rate(settings, rate, bounds);
    double least = rate / 1000;
    while (goes_on(verdict) && !(bounds->holds > 0 && bounds->breaks > 0)) {
        rate = verdict == KNEE_HOLDS ? fmin(rate * factor, settings->highest) : rate / factor;
        if (rate < least || rate <= bounds->holds)
            return verdict;
        verdict = try_rate(settings, rate, bounds);
    }
    while (goes_on(verdict) && bounds->breaks - bounds->holds > bounds->holds * settings->precision)
        verdict = try_rate(settings, (bounds->holds + bounds->breaks) / 2, bounds);
    return verdict;
}

static void describe(struct knee *knee)
{
    double squares = 0;
    for (size_t i = 0; i < knee->count; i++)
        knee->mean += knee->rates[i] / (double)knee->count;
    for (size_t i = 0; i < knee->count; i++)
        squares += (knee->rates[i] - knee->mean) * (knee->rates[i] - knee->mean);
    if (knee->count > 1)
        knee->margin = students_t[knee->count - 2] * sqrt(squares / (double)(knee->count - 1) / (double)knee->count);
}

struct knee knee_find(const struct knee_settings *settings)
{
    struct knee knee = {.last = KNEE_HOLDS};
    assert(settings->repeats >= 1 && settings->repeats <= KNEE_REPEATS);
    for (unsigned i = 0; i < settings->repeats && goes_on(knee.last); i++) {
        struct bounds bounds = {0};
        /* Later repeats begin near what was found, from below. */
        knee.last = knee.count == 0 ? find_once(settings, settings->first, 2, &bounds)
                                    : find_once(settings, knee.rates[knee.count - 1] * 0.9, 1.2, &bounds);
        if (bounds.breaks > 0 && (knee.lowest_broken == 0 || bounds.breaks < knee.lowest_broken))
            knee.lowest_broken = bounds.breaks;
        if (bounds.holds == 0)
            break;
        if (goes_on(knee.last) || knee.count == 0)
            knee.rates[knee.count++] = bounds.holds;
    }
    describe(&knee);
    return knee;
}
