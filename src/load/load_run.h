/* A run of open-loop load: a thread a core, each with its share of the planned starts, and what became of them by
 * interval. */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "arrivals.h"
#include "engine.h"

/* What is counted apart: in a load a target, among users a state of theirs. Its requests are sent in turn. */
struct load_label {
    const char *name;
    const struct request *requests;
    size_t count;
};

struct load_settings {
    const struct load_label *labels;
    unsigned label_count;
    unsigned places; /* of the requests */
    const struct schedule *schedule;
    enum arrivals_kind arrivals;
    uint64_t seed;
    unsigned threads;
    unsigned connections; /* of all threads together */
    int64_t timeout_ns;
    int64_t interval_ns;
    bool closes_each;
};

/* The tallies of an interval or of the whole run, one a label. A request counts where it ended, a start where it was
 * made. */
struct load_sheet {
    struct load_sheet *next;
    int64_t index; /* of the interval, from 0 */
    unsigned label_count;
    struct tally tallies[];
};

struct load_sheet *load_sheet_new(unsigned label_count);
void load_sheet_free(struct load_sheet *sheet);
void load_sheet_add(struct load_sheet *sheet, const struct load_sheet *more);
/* All labels together, added to *sum. */
void load_sheet_sum(const struct load_sheet *sheet, struct tally *sum);

struct load_hooks {
    /* An interval is over, in order, from the thread that called load_run. Borrowed for the call. */
    void (*interval)(void *context, const struct load_sheet *sheet);
    /* About five times a second; true ends the run: no more starts, and what is under way is waited for. */
    bool (*should_stop)(void *context);
    void *context;
};

struct load_outcome {
    struct load_sheet *totals; /* the caller's */
    double sending_s;          /* from the begin to the last planned moment, or to when it was stopped */
    double elapsed_s;          /* until the last request ended */
    double cpu_s;              /* processor time of the generator */
};

/* The length of a run is its schedule's and at most the time-out. UNAVAILABLE when threads or descriptors lack. */
enum status load_run(const struct load_settings *settings, const struct load_hooks *hooks,
                     struct load_outcome *ret_outcome, struct text *why);

#endif
