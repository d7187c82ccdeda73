/* Something on the network that can't be reached for a while, seen by all threads that need it. At first each tries
 * again until patience ends. When all have waited so long, only one tries at a time, and the others needn't wait for
 * the same: they can say so at once. */
#ifndef OUTAGE_H
#define OUTAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct outage {
    pthread_mutex_t lock;
    pthread_cond_t probed;
    int64_t patience_ns;
    int64_t since_ns; /* clock_monotonic_ns; 0: it can be reached */
    bool is_being_probed;
};

void outage_init(struct outage *outage, int64_t patience_ms);
void outage_release(struct outage *outage);

/* Until when (clock_monotonic_ns) whoever begins now may try again. */
int64_t outage_patience(struct outage *outage);

/* Whether to try now. Where somebody else does it, waits for what he finds, but not for long. *ret_is_probe goes to
 * outage_note. */
bool outage_may_try(struct outage *outage, bool *ret_is_probe);
/* How a try ended that began then. */
void outage_note(struct outage *outage, bool is_reached, bool was_probe, int64_t began_ns);

#endif
