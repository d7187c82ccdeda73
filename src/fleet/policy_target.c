/* Target tracking: as many instances as keep the requests a minute of each at the target. It is quick to add and slow
 * to remove, as AWS Auto Scaling's is. */
#include "scaling.h"

#include <math.h>

/* Fewer instances only below this share of the target, so that the number doesn't swing. */
#define IN_BELOW 0.9

static int decide(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                  int wanted, struct text *ret_why)
{
    double last, busiest = 0;
    if (scaling_warms_up(settings, history, now_ms) || !scaling_datapoint(settings, history, now_ms, 0, &last))
        return wanted;
    double requests = last;
    if (last <= settings->target_requests) {
        for (int i = 0; i < settings->in_datapoints; i++) {
            if (!scaling_datapoint(settings, history, now_ms, i, &requests)
                || requests >= settings->target_requests * IN_BELOW)
                return wanted;
            busiest = fmax(busiest, requests);
        }
        requests = busiest;
    }
    text_setf(ret_why, "%.0f requests a minute per instance, the target is %.0f", requests, settings->target_requests);
    return (int)ceil(wanted * requests / settings->target_requests);
}

const struct scaling_policy policy_target = {.name = "target", .decide = decide};
