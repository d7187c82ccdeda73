/* A crowd of users who each follow a chain: one thread, however many they are. */
#ifndef CROWD_H
#define CROWD_H

#include "chain.h"
#include "load_run.h"
#include "request_build.h"
#include "schedule.h"

struct crowd_settings {
    const struct chain *chain;
    const struct load_target *target; /* host and address; paths come from the chain */
    const struct schedule *users;     /* how many there are at a time */
    const char *const *names;         /* of people: a user is one of them, and looks for others of them */
    size_t name_count;
    const struct request_bodies *photos; /* one a state: those of its request, if it sends some */
    const char *nobody;                  /* what names of nobody begin with */
    uint64_t seed;
    unsigned connections;
    int64_t timeout_ns, interval_ns;
};

struct crowd_hooks {
    /* An interval is over; one tally a state, and how many users there are. */
    void (*interval)(void *context, int64_t index, const struct tally *tallies, double users);
    bool (*should_stop)(void *context);
    void *context;
};

struct crowd_outcome {
    double elapsed_s, cpu_s;
};

/* From the schedule's begin to its end; what is under way then is waited for. UNAVAILABLE when descriptors lack. */
enum status crowd_run(const struct crowd_settings *settings, const struct crowd_hooks *hooks,
                      struct crowd_outcome *ret_outcome, struct text *why);

#endif
