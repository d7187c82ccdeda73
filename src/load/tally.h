/* What became of requests, counted: how each ended, and how long those took that were answered. Tallies add up exactly,
 * of threads, of intervals and of generators. */
#ifndef TALLY_H
#define TALLY_H

#include "json.h"
#include "latencies.h"

enum outcome {
    OUTCOME_OK,      /* status 200, whole */
    OUTCOME_STATUS,  /* another status, whole */
    OUTCOME_TIMEOUT, /* not whole within the time-out */
    OUTCOME_CONNECT, /* refused, unreachable */
    OUTCOME_RESET,   /* the connection was reset */
    OUTCOME_CUT,     /* the connection ended before the answer did */
    OUTCOME_GARBLED, /* what came was no HTTP */
    OUTCOMES
};
const char *outcome_name(enum outcome outcome);

enum { STATUS_CODES = 600 };

struct tally {
    uint64_t started;            /* requests sent, or tried to be */
    uint64_t dropped;            /* planned and never sent, by the generator's fault */
    uint64_t outcomes[OUTCOMES]; /* of those that ended */
    uint64_t codes[STATUS_CODES];
    uint64_t bytes; /* received */
    /* From the planned start to the end, and from the real start: of those answered with 200, and of those that timed
     * out with the time that they were waited for, so that waiting never vanishes from the percentiles. */
    struct latencies latency, service;
    struct latencies lag; /* from the planned to the real start, of all that were started */
};

struct request_result {
    enum outcome outcome;
    int code; /* 0: none came */
    int64_t planned_ns, sent_ns, done_ns;
    uint64_t bytes;
};

void tally_release(struct tally *tally);
void tally_clear(struct tally *tally);
void tally_count(struct tally *tally, const struct request_result *result);
void tally_add(struct tally *tally, const struct tally *more);

uint64_t tally_ended(const struct tally *tally);
uint64_t tally_failed(const struct tally *tally);
/* Without any answer, not even a bad one. */
uint64_t tally_unanswered(const struct tally *tally);

/* The members of a JSON object, without braces: "started":12,"ok":11,"failed":{"timeout":1},… */
void tally_add_json(const struct tally *tally, struct text *out);
/* Adds what such an object holds. INVALID names what is wrong. */
enum status tally_read_json(const json_t *object, struct tally *tally, struct text *why);

#endif
