/* How many instances there should be, and the way there. */
#include "fleet_private.h"

#include "clock.h"

#include <string.h>

enum { POINT_MS = 1000, FULL_WEIGHT = 100, FIRST_WEIGHT = 10, MS_PER_MINUTE = 60000, MINUTES_PER_DAY = 1440 };

/* Counts begin at 0 again where HAProxy does. */
static int64_t increase(uint64_t now, uint64_t before)
{
    return (int64_t)(now >= before ? now - before : now);
}

/* Of the requests since the last point, in all instances. */
static struct latency_point measure_latency(struct fleet *fleet, int64_t *ret_jobs)
{
    uint64_t buckets[HISTOGRAM_BUCKETS] = {0};
    *ret_jobs = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = &fleet->members[i];
        struct server_metrics metrics = probe_result(member->probe).metrics;
        for (size_t j = 0; j < HISTOGRAM_BUCKETS; j++) {
            buckets[j] += metrics.buckets[j] - member->buckets[j];
            member->buckets[j] = metrics.buckets[j];
        }
        if (metrics.queue_depth > *ret_jobs) /* each counts all that wait in the store */
            *ret_jobs = metrics.queue_depth;
    }
    return (struct latency_point){server_metrics_percentile(buckets, 0.5), server_metrics_percentile(buckets, 0.95),
                                  server_metrics_percentile(buckets, 0.99)};
}

static void add_point(struct fleet *fleet, int64_t now_ms)
{
    int64_t jobs;
    struct latency_point latency = measure_latency(fleet, &jobs);
    if (fleet->point_count == FLEET_POINTS) {
        memmove(fleet->points, fleet->points + 1, (FLEET_POINTS - 1) * sizeof fleet->points[0]);
        memmove(fleet->latencies, fleet->latencies + 1, (FLEET_POINTS - 1) * sizeof fleet->latencies[0]);
        fleet->point_count--;
    }
    fleet->latencies[fleet->point_count] = latency;
    fleet->points[fleet->point_count++] = (struct scaling_point){
        .at_ms = now_ms,
        .requests = increase(fleet->view.total.requests, fleet->before.total.requests),
        .concurrency = fleet->concurrency_sum / fleet->concurrency_count,
        .jobs = jobs,
        .in_service = (int)fleet_count(fleet, INSTANCE_IN_SERVICE),
    };
}

void fleet_measure(struct fleet *fleet, int64_t now_ms)
{
    fleet->concurrency_sum += (double)fleet->view.total.in_work;
    fleet->concurrency_count++;
    if (now_ms < fleet->point_ms + POINT_MS)
        return;
    if (fleet->point_ms > 0)
        add_point(fleet, now_ms);
    fleet->before = fleet->view;
    fleet->point_ms = now_ms;
    fleet->concurrency_sum = 0;
    fleet->concurrency_count = 0;
}

/* The last schedule that has begun today; before the first, yesterday's last. */
static int scheduled_minimum(const struct fleet_settings *settings, int64_t now_ms)
{
    int minute = (int)(now_ms / MS_PER_MINUTE % MINUTES_PER_DAY), minimum = 0;
    if (settings->schedule_count > 0)
        minimum = settings->schedules[settings->schedule_count - 1].minimum;
    for (size_t i = 0; i < settings->schedule_count && settings->schedules[i].minute <= minute; i++)
        minimum = settings->schedules[i].minimum;
    return minimum;
}

void fleet_decide(struct fleet *fleet, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    struct scaling_settings settings = fleet->settings.scaling;
    struct scaling_history history = {.points = fleet->points, .point_count = fleet->point_count};
    int minimum = scheduled_minimum(&fleet->settings, now_ms);
    if (minimum > settings.minimum)
        settings.minimum = minimum < settings.maximum ? minimum : settings.maximum;
    history.actions = activity_actions(fleet->activity, &history.action_count);
    int decided = scaling_decide(fleet->settings.policy, &settings, &history, now_ms, fleet->wanted, &why);
    if (decided == fleet->wanted)
        return;
    activity_add(fleet->activity, now_ms, fleet->wanted, decided, "From %d to %d instances: %s.", fleet->wanted,
                 decided, text_get(&why));
    fleet->wanted = decided;
}

/* How many are in service in the zone of this one. */
static size_t neighbours(const struct fleet *fleet, const struct member *member)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += fleet->members[i].instance.state == INSTANCE_IN_SERVICE && !fleet->members[i].is_failing
                 && strcmp(fleet->members[i].instance.zone, member->instance.zone) == 0;
    return count;
}

/* Of those in this state: an old one before others, or only new ones; then from the fullest (emptiest) zone, then the
 * youngest. */
static struct member *choose(struct fleet *fleet, enum instance_state state, bool only_new, bool from_fullest)
{
    struct member *best = NULL;
    size_t best_neighbours = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = &fleet->members[i];
        if (member->instance.state != state || member->is_failing || (only_new && member->instance.is_old))
            continue;
        size_t count = neighbours(fleet, member);
        bool is_better = !best || (member->instance.is_old && !best->instance.is_old);
        if (!is_better && member->instance.is_old == best->instance.is_old)
            is_better = count == best_neighbours ? member->instance.started_ms > best->instance.started_ms
                        : from_fullest           ? count > best_neighbours
                                                 : count < best_neighbours;
        if (is_better) {
            best = member;
            best_neighbours = count;
        }
    }
    return best;
}

static void stop_unused(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    fleet->settings.launcher->stop(&fleet->settings.launch, &member->instance, false);
    fleet_set_state(fleet, member, INSTANCE_STOPPING, now_ms);
}

static void drain(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    if (balancer_drain(fleet->balancer, member->instance.name, &why) == STATUS_OK)
        fleet_set_state(fleet, member, INSTANCE_DRAINING, now_ms);
}

struct needs {
    int in_service, starting, living; /* living: new ones that start, are warm or in service */
    bool has_old;                     /* before a rolling restart, in service */
};

static struct needs count_all(const struct fleet *fleet)
{
    struct needs needs = {0};
    for (size_t i = 0; i < fleet->count; i++) {
        const struct member *member = &fleet->members[i];
        if (member->is_failing)
            continue;
        needs.in_service += member->instance.state == INSTANCE_IN_SERVICE;
        needs.starting += member->instance.state == INSTANCE_STARTING && !member->instance.is_old;
        needs.living += member->instance.state <= INSTANCE_IN_SERVICE && !member->instance.is_old;
        needs.has_old |= member->instance.state == INSTANCE_IN_SERVICE && member->instance.is_old;
    }
    return needs;
}

/* A new instance gets more and more of the requests, because its caches are cold. */
static void raise_weights(struct fleet *fleet, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = &fleet->members[i];
        if (member->instance.state != INSTANCE_IN_SERVICE || member->weight == FULL_WEIGHT)
            continue;
        int64_t age_ms = now_ms - member->instance.since_ms, all_ms = fleet->settings.slow_start_ms;
        int weight =
            age_ms >= all_ms ? FULL_WEIGHT : (int)(FIRST_WEIGHT + (FULL_WEIGHT - FIRST_WEIGHT) * age_ms / all_ms);
        if (weight != member->weight
            && balancer_set_weight(fleet->balancer, member->instance.name, weight, &why) == STATUS_OK)
            member->weight = weight;
    }
}

/* In a rolling restart one after the other, so that the machine has to carry only one more. */
static void start_missing(struct fleet *fleet, const struct needs *needs, int64_t now_ms)
{
    int missing = fleet->wanted + fleet->settings.warm - needs->living;
    if (needs->has_old && missing > 1 - needs->starting)
        missing = 1 - needs->starting;
    while (missing-- > 0 && fleet_start_one(fleet, now_ms))
        ;
}

static void stop_surplus(struct fleet *fleet, const struct needs *needs, int64_t now_ms)
{
    struct member *member;
    int surplus = needs->living - fleet->wanted - fleet->settings.warm;
    for (; surplus > 0 && (member = choose(fleet, INSTANCE_WARM, true, true)); surplus--)
        stop_unused(fleet, member, now_ms);
    while (surplus >= 0 && (member = choose(fleet, INSTANCE_WARM, false, true)) && member->instance.is_old)
        stop_unused(fleet, member, now_ms);
}

/* Where zones differ by two, as after one was cut off, a warm one in the emptier takes the place of one in the
 * fuller. */
static bool is_unbalanced(struct fleet *fleet, const struct member *warm)
{
    const struct member *crowded = choose(fleet, INSTANCE_IN_SERVICE, false, true);
    return crowded && neighbours(fleet, crowded) >= neighbours(fleet, warm) + 2
           && fleet_count(fleet, INSTANCE_DRAINING) == 0;
}

void fleet_adjust(struct fleet *fleet, int64_t now_ms)
{
    struct needs needs = count_all(fleet);
    struct member *member;
    raise_weights(fleet, now_ms);
    while ((member = choose(fleet, INSTANCE_WARM, true, false))
           && (needs.in_service < fleet->wanted || needs.has_old || is_unbalanced(fleet, member))
           && fleet_put_into_service(fleet, member, now_ms))
        needs = count_all(fleet);
    for (; needs.in_service > fleet->wanted && (member = choose(fleet, INSTANCE_IN_SERVICE, false, true));
         needs.in_service--)
        drain(fleet, member, now_ms);
    needs = count_all(fleet);
    start_missing(fleet, &needs, now_ms);
    stop_surplus(fleet, &needs, now_ms);
}
