/* What a fleet is like, for scripts, the dashboard and Prometheus. */
#include "fleet_private.h"

#include "clock.h"
#include "json.h"

#include <string.h>

static void add_time(struct text *out, int64_t ms)
{
    char time[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(ms, time);
    text_addf(out, "\"%s\"", time);
}

static void add_member(struct text *out, const struct member *member)
{
    const struct instance *instance = &member->instance;
    text_addf(out, "{\"name\":\"%s\",\"zone\":\"%s\",\"state\":\"%s\",\"address\":\"%s\",\"pid\":%d,\"since\":",
              instance->name, instance->zone, member->is_failing ? "failing" : instance_state_name(instance->state),
              instance->address, (int)instance->pid);
    add_time(out, instance->since_ms);
    text_addf(out,
              ",\"weight\":%d,\"requests\":%llu,\"errors\":%llu,\"in_work\":%lld,\"queued\":%lld,\"streams\":%lld}",
              instance->state == INSTANCE_IN_SERVICE ? member->weight : 0, (unsigned long long)member->figures.requests,
              (unsigned long long)member->figures.errors, (long long)member->figures.in_work,
              (long long)member->figures.queued, (long long)member->figures.streams);
}

static void add_activity(struct text *out, const struct activity *activity)
{
    size_t count;
    const struct activity_entry *entries = activity_entries(activity, &count);
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ",{\"at\":" : "{\"at\":");
        add_time(out, entries[i].at_ms);
        text_addf(out, ",\"from\":%d,\"to\":%d,\"activity\":", entries[i].from, entries[i].to);
        json_add_string(out, entries[i].sentence, strlen(entries[i].sentence));
        text_add(out, "}");
    }
}

/* The last ten minutes, a row a second: time, requests, requests at work or waiting, instances in service,
 * latencies. */
static void add_points(struct text *out, const struct fleet *fleet)
{
    enum { LAST = 600 };
    for (size_t i = fleet->point_count > LAST ? fleet->point_count - LAST : 0, first = i; i < fleet->point_count; i++) {
        const struct scaling_point *point = &fleet->points[i];
        const struct latency_point *latency = &fleet->latencies[i];
        text_addf(out, "%s[%lld,%lld,%.1f,%d,%lld,%.1f,%.1f,%.1f]", i == first ? "" : ",", (long long)point->at_ms,
                  (long long)point->requests, point->concurrency, point->in_service, (long long)point->jobs,
                  latency->p50, latency->p95, latency->p99);
    }
}

void fleet_describe(struct fleet *fleet, struct text *out)
{
    const struct balancer_figures *total = &fleet->view.total;
    text_addf(out,
              "{\"policy\":\"%s\",\"out_above\":%.0f,\"in_below\":%.0f,\"wanted\":%d,\"minimum\":%d,\"maximum\":%d,"
              "\"warm\":%d,\"balancer_pid\":%d,"
              "\"requests\":%llu,"
              "\"errors\":%llu,\"in_work\":%lld,\"queued\":%lld,\"instances\":[",
              fleet->settings.policy->name, fleet->settings.scaling.out_above, fleet->settings.scaling.in_below,
              fleet->wanted, fleet->settings.scaling.minimum, fleet->settings.scaling.maximum, fleet->settings.warm,
              (int)fleet->balancer_pid, (unsigned long long)total->requests, (unsigned long long)total->errors,
              (long long)total->in_work, (long long)total->queued);
    for (size_t i = 0; i < fleet->count; i++) {
        text_add(out, i ? "," : "");
        add_member(out, &fleet->members[i]);
    }
    text_add(out, "],\"zones\":[");
    for (size_t i = 0; i < fleet->settings.zone_count; i++)
        text_addf(out, "%s\"%s\"", i ? "," : "", fleet->settings.zones[i].name);
    text_add(out, "],\"activity\":[");
    add_activity(out, fleet->activity);
    text_add(out, "],\"points\":[");
    add_points(out, fleet);
    text_add(out, "]}");
}
