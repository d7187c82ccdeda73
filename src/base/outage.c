#include "outage.h"

#include "clock.h"

enum { MS_NS = 1000000, PROBE_MS = 200 /* is waited for: what can be reached answers sooner */ };

void outage_init(struct outage *outage, int64_t patience_ms)
{
    *outage = (struct outage){.patience_ns = patience_ms * MS_NS};
    (void)pthread_mutex_init(&outage->lock, NULL);
    (void)pthread_cond_init(&outage->probed, NULL);
}

void outage_release(struct outage *outage)
{
    (void)pthread_cond_destroy(&outage->probed);
    (void)pthread_mutex_destroy(&outage->lock);
}

int64_t outage_patience(struct outage *outage)
{
    (void)pthread_mutex_lock(&outage->lock);
    int64_t since_ns = outage->since_ns ? outage->since_ns : clock_monotonic_ns();
    (void)pthread_mutex_unlock(&outage->lock);
    return since_ns + outage->patience_ns;
}

/* With the lock held, as below. */
static bool is_long(const struct outage *outage)
{
    return outage->since_ns && clock_monotonic_ns() - outage->since_ns > outage->patience_ns;
}

bool outage_may_try(struct outage *outage, bool *ret_is_probe)
{
    int64_t until_ns = clock_monotonic_ns() + (int64_t)PROBE_MS * MS_NS;
    (void)pthread_mutex_lock(&outage->lock);
    while (is_long(outage) && outage->is_being_probed && clock_wait(&outage->probed, &outage->lock, until_ns))
        ;
    bool is_probe = is_long(outage), may = !is_probe || !outage->is_being_probed;
    if (may && is_probe)
        outage->is_being_probed = true;
    (void)pthread_mutex_unlock(&outage->lock);
    *ret_is_probe = may && is_probe;
    return may;
}

void outage_note(struct outage *outage, bool is_reached, bool was_probe, int64_t began_ns)
{
    (void)pthread_mutex_lock(&outage->lock);
    if (is_reached)
        outage->since_ns = 0;
    else if (!outage->since_ns)
        outage->since_ns = began_ns;
    if (was_probe)
        outage->is_being_probed = false;
    (void)pthread_cond_broadcast(&outage->probed);
    (void)pthread_mutex_unlock(&outage->lock);
}
