/* The fleet's figures in the Prometheus text format. */
#include "fleet_private.h"

#include "metrics.h"

#include <stdio.h>

static void add_states(struct fleet *fleet, struct text *out)
{
    char labels[64];
    metrics_add_family(out, "cloudphotos_fleet_instances", "gauge", "Instances by zone and state.");
    for (size_t i = 0; i < fleet->settings.zone_count; i++)
        for (int state = 0; state < INSTANCE_STATES; state++) {
            int64_t count = 0;
            for (size_t j = 0; j < fleet->count; j++)
                count += fleet_zone_of(fleet, &fleet->members[j]) == i
                         && fleet->members[j].instance.state == (enum instance_state)state;
            (void)snprintf(labels, sizeof labels, "zone=\"%s\",state=\"%s\"", fleet->settings.zones[i].name,
                           instance_state_name((enum instance_state)state));
            metrics_add_integer(out, "cloudphotos_fleet_instances", labels, count);
        }
}

void fleet_metrics(struct fleet *fleet, struct text *out)
{
    const struct balancer_figures *total = &fleet->view.total;
    const struct {
        const char *name, *type, *help;
        int64_t value;
    } rows[] = {
        {"cloudphotos_fleet_wanted", "gauge", "Instances that should be in service.", fleet->wanted},
        {"cloudphotos_fleet_maximum", "gauge", "Instances that may be in service.", fleet->settings.scaling.maximum},
        {"cloudphotos_fleet_balancer_up", "gauge", "Whether HAProxy answers.", fleet->view_is_fresh},
        {"cloudphotos_fleet_requests_total", "counter", "Requests that arrived at the balancer.",
         (int64_t)total->requests},
        {"cloudphotos_fleet_errors_total", "counter", "Answers with a code of 500 or more.", (int64_t)total->errors},
        {"cloudphotos_fleet_requests_at_work", "gauge", "Requests that an instance works on or that wait for one.",
         total->in_work},
        {"cloudphotos_fleet_requests_queued", "gauge", "Requests that wait in the balancer.", total->queued},
        {"cloudphotos_fleet_replaced_total", "counter", "Instances that were replaced because they failed.",
         fleet->replaced},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        metrics_add_family(out, rows[i].name, rows[i].type, rows[i].help);
        metrics_add_integer(out, rows[i].name, NULL, rows[i].value);
    }
    add_states(fleet, out);
}
