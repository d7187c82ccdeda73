/* How many instances a fleet should have: pure functions of what was measured and what was done about it. No clock and
 * no input or output, so each rule can be tried on a table of histories. */
#ifndef SCALING_H
#define SCALING_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A second of the fleet's life, as the balancer saw it. */
struct scaling_point {
    int64_t at_ms;      /* its end */
    int64_t requests;   /* that arrived in it */
    double concurrency; /* requests in work or waiting in the balancer's queue, on average */
    int64_t jobs;       /* executions that wait for a worker, at its end */
    int in_service;     /* instances that were given requests */
};

struct scaling_action {
    int64_t at_ms;
    int from, to; /* instances wanted */
};

/* Both oldest first. Points may be missing, where nobody measured. */
struct scaling_history {
    const struct scaling_point *points;
    size_t point_count;
    const struct scaling_action *actions;
    size_t action_count;
};

struct scaling_settings {
    int minimum, maximum;
    /* step and target: the length of a datapoint. Datapoints begin at multiples of it, as CloudWatch's do. */
    int64_t period_ms;
    /* step, in requests a minute per instance. The defaults are those of the original: AWS Auto Scaling with one
     * datapoint above 2400 for one more, and two below 1200 for one fewer. */
    double out_above, in_below;
    int out_datapoints, in_datapoints;
    /* step and target: after one more (fewer), nothing is decided for so long. */
    int64_t out_warm_up_ms, in_warm_up_ms;
    /* target: requests a minute per instance; fewer instances only after in_datapoints datapoints below 0.9 of it. */
    double target_requests;
    /* concurrency: requests in work or waiting per instance. The windows are those of Knative's autoscaler: the average
     * of the stable window decides, unless that of the panic window asks for panic_threshold times what there is. */
    double target_concurrency;
    int64_t stable_ms, panic_ms;
    double panic_threshold;
    double jobs_per_instance; /* 0: waiting executions don't count */
};

struct scaling_policy {
    const char *name;
    /* How many instances this rule wants in place of `wanted`, within no bounds. Writes one sentence without a full
     * stop to *ret_why, which says what was measured, where it differs from `wanted`. */
    int (*decide)(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                  int wanted, struct text *ret_why);
};

extern const struct scaling_policy policy_step, policy_target, policy_concurrency;
/* NULL if there is none of that name. */
const struct scaling_policy *scaling_policy_find(const char *name);
/* "step, target, concurrency", for a person. */
void scaling_policy_names(struct text *out);

/* The policy's decision within minimum and maximum. A `wanted` out of these bounds comes back into them at once,
 * whatever was measured. *ret_why is empty where nothing changes. */
int scaling_decide(const struct scaling_policy *policy, const struct scaling_settings *settings,
                   const struct scaling_history *history, int64_t now_ms, int wanted, struct text *ret_why);

/* For policies. */

/* The requests a minute per instance of the datapoint that is `back` before the last complete one (0: that one). False:
 * nobody measured at least half of it, or an action falls into it or after it, so that it says nothing about now. */
bool scaling_datapoint(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                       int back, double *ret_requests);
/* After an action, its effect is waited for. */
bool scaling_warms_up(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms);

#endif
