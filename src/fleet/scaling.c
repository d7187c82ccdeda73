#include "scaling.h"

#include <string.h>

static const struct scaling_policy *const policies[] = {&policy_step, &policy_target, &policy_concurrency};
enum { POLICIES = sizeof policies / sizeof policies[0] };

const struct scaling_policy *scaling_policy_find(const char *name)
{
    for (size_t i = 0; i < POLICIES; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}

void scaling_policy_names(struct text *out)
{
    for (size_t i = 0; i < POLICIES; i++)
        text_addf(out, "%s%s", i ? ", " : "", policies[i]->name);
}

static const struct scaling_action *last_action(const struct scaling_history *history)
{
    return history->action_count ? &history->actions[history->action_count - 1] : NULL;
}

bool scaling_warms_up(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms)
{
    const struct scaling_action *last = last_action(history);
    if (!last)
        return false;
    int64_t warm_up_ms = last->to > last->from ? settings->out_warm_up_ms : settings->in_warm_up_ms;
    return now_ms < last->at_ms + warm_up_ms;
}

bool scaling_datapoint(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                       int back, double *ret_requests)
{
    int64_t end_ms = (now_ms / settings->period_ms - back) * settings->period_ms,
            begin_ms = end_ms - settings->period_ms;
    const struct scaling_action *last = last_action(history);
    if (last && last->at_ms > begin_ms)
        return false;
    double requests = 0, seconds = 0;
    for (size_t i = history->point_count; i-- > 0 && history->points[i].at_ms > begin_ms;)
        if (history->points[i].at_ms <= end_ms && history->points[i].in_service > 0) {
            requests += (double)history->points[i].requests / history->points[i].in_service;
            seconds++;
        }
    if (seconds * 1000 * 2 < (double)settings->period_ms)
        return false;
    *ret_requests = requests / seconds * 60;
    return true;
}

int scaling_decide(const struct scaling_policy *policy, const struct scaling_settings *settings,
                   const struct scaling_history *history, int64_t now_ms, int wanted, struct text *ret_why)
{
    text_clear(ret_why);
    if (wanted < settings->minimum) {
        text_setf(ret_why, "the minimum is %d", settings->minimum);
        return settings->minimum;
    }
    if (wanted > settings->maximum) {
        text_setf(ret_why, "the maximum is %d", settings->maximum);
        return settings->maximum;
    }
    int decided = policy->decide(settings, history, now_ms, wanted, ret_why);
    if (decided > settings->maximum)
        decided = settings->maximum;
    if (decided < settings->minimum)
        decided = settings->minimum;
    if (decided == wanted)
        text_clear(ret_why);
    return decided;
}
