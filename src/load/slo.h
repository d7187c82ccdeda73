/* A service level objective, "p99<100ms,failed<0.1%": what a run's figures must stay below. */
#ifndef SLO_H
#define SLO_H

#include "status.h"
#include "tally.h"
#include "text.h"

enum { SLO_TERMS = 16 };

enum slo_figure { SLO_PERCENTILE, SLO_MEAN, SLO_DEVIATION, SLO_MAX, SLO_FAILED };

struct slo_term {
    enum slo_figure figure;
    double percentile; /* of SLO_PERCENTILE */
    double limit;      /* nanoseconds, or a share of 1 */
};

struct slo {
    size_t count;
    struct slo_term terms[SLO_TERMS];
};

/* INVALID names the term that isn't one. */
enum status slo_parse(const char *text, struct slo *ret_slo, struct text *why);
/* True if all terms hold; else *ret_why says which did not, and what it was. A run in which nothing was answered
 * fails. */
bool slo_holds(const struct slo *slo, const struct tally *tally, struct text *ret_why);

#endif
