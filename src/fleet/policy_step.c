/* The rule of the original: one datapoint over an alarm's line makes one instance more, a few under another one
 * fewer. */
#include "scaling.h"

/* The datapoint nearest to the line in the last `count`; false unless all of them are beyond it. */
static bool all_beyond(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                       int count, double line, bool above, double *ret_nearest)
{
    for (int i = 0; i < count; i++) {
        double requests;
        if (!scaling_datapoint(settings, history, now_ms, i, &requests)
            || (above ? requests <= line : requests >= line))
            return false;
        if (i == 0 || (above ? requests < *ret_nearest : requests > *ret_nearest))
            *ret_nearest = requests;
    }
    return count > 0;
}

static int decide(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                  int wanted, struct text *ret_why)
{
    static const struct {
        bool above;
        int step;
        const char *beyond;
    } alarms[] = {{true, 1, "above"}, {false, -1, "below"}};
    if (scaling_warms_up(settings, history, now_ms))
        return wanted;
    for (size_t i = 0; i < sizeof alarms / sizeof alarms[0]; i++) {
        bool above = alarms[i].above;
        int count = above ? settings->out_datapoints : settings->in_datapoints;
        double line = above ? settings->out_above : settings->in_below, requests;
        if (!all_beyond(settings, history, now_ms, count, line, above, &requests))
            continue;
        text_setf(ret_why, "%.0f requests a minute per instance in %d datapoint%s, %s the alarm's %.0f", requests,
                  count, count == 1 ? "" : "s", alarms[i].beyond, line);
        return wanted + alarms[i].step;
    }
    return wanted;
}

const struct scaling_policy policy_step = {.name = "step", .decide = decide};
