/* The instances of a fleet: starting one, its way through the states, and its end. */
#include "fleet_private.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FULL_WEIGHT = 100, FIRST_WEIGHT = 10, FIRST_RETRY_MS = 500, LAST_RETRY_MS = 30000 };

size_t fleet_count(const struct fleet *fleet, enum instance_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += fleet->members[i].instance.state == state && !fleet->members[i].is_failing;
    return count;
}

struct member *fleet_find(struct fleet *fleet, const char *name)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (strcmp(fleet->members[i].instance.name, name) == 0)
            return &fleet->members[i];
    return NULL;
}

size_t fleet_zone_of(const struct fleet *fleet, const struct member *member)
{
    for (size_t i = 0; i < fleet->settings.zone_count; i++)
        if (strcmp(fleet->settings.zones[i].name, member->instance.zone) == 0)
            return i;
    return fleet->settings.zone_count; /* one that is no longer in the settings */
}

/* The zone with the fewest that live; where starts fail it isn't tried before its time. zone_count: none. */
static size_t emptiest_zone(const struct fleet *fleet, int64_t now_ms)
{
    size_t best = fleet->settings.zone_count, fewest = 0;
    for (size_t i = 0; i < fleet->settings.zone_count; i++) {
        size_t living = 0;
        for (size_t j = 0; j < fleet->count; j++)
            living += !fleet->members[j].is_failing && fleet->members[j].instance.state <= INSTANCE_IN_SERVICE
                      && fleet_zone_of(fleet, &fleet->members[j]) == i;
        if (now_ms >= fleet->zones[i].retry_ms && (best == fleet->settings.zone_count || living < fewest)) {
            best = i;
            fewest = living;
        }
    }
    return best;
}

void fleet_write_down(struct fleet *fleet, const struct member *member)
{
    TEXT_CLEANUP struct text why = {0};
    if (instance_write(fleet->settings.run_folder, &member->instance, &why) != STATUS_OK)
        activity_add(fleet->activity, clock_now_ms(), fleet->wanted, fleet->wanted, "%s", text_get(&why));
}

struct member *fleet_adopt(struct fleet *fleet, const struct instance *instance)
{
    const struct probe_settings probe = {
        .client = fleet->client,
        .interval_ms = fleet->settings.probe_interval_ms,
        .timeout_ms = fleet->settings.probe_timeout_ms,
    };
    struct member *member = &fleet->members[fleet->count++];
    *member = (struct member){.instance = *instance, .weight = FULL_WEIGHT};
    member->probe = probe_start(&probe, instance->address);
    return member;
}

static void zone_failed(struct fleet *fleet, size_t zone, int64_t now_ms)
{
    struct zone_health *health = &fleet->zones[zone];
    int64_t wait_ms = FIRST_RETRY_MS;
    for (int i = 0; i < health->failures && wait_ms < LAST_RETRY_MS; i++)
        wait_ms *= 2;
    health->failures++;
    health->retry_ms = now_ms + (wait_ms < LAST_RETRY_MS ? wait_ms : LAST_RETRY_MS);
}

bool fleet_start_one(struct fleet *fleet, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    size_t zone = emptiest_zone(fleet, now_ms);
    if (zone == fleet->settings.zone_count || fleet->count == FLEET_MEMBERS)
        return false;
    const struct zone *place = &fleet->settings.zones[zone];
    struct instance instance = {.started_ms = now_ms, .since_ms = now_ms, .state = INSTANCE_STARTING};
    (void)snprintf(instance.name, sizeof instance.name, "%s-%lld", place->name, (long long)fleet->next_number++);
    memcpy(instance.zone, place->name, sizeof instance.zone);
    if (fleet->settings.launcher->start(&fleet->settings.launch, place, &instance, &why) != STATUS_OK) {
        activity_add(fleet->activity, now_ms, fleet->wanted, fleet->wanted, "%s", text_get(&why));
        zone_failed(fleet, zone, now_ms);
        return false;
    }
    fleet_write_down(fleet, fleet_adopt(fleet, &instance));
    return true;
}

void fleet_set_state(struct fleet *fleet, struct member *member, enum instance_state state, int64_t now_ms)
{
    member->instance.state = state;
    member->instance.since_ms = now_ms;
    fleet_write_down(fleet, member);
}

bool fleet_put_into_service(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    size_t zone = fleet_zone_of(fleet, member);
    int weight = fleet->settings.slow_start_ms > 0 ? FIRST_WEIGHT : FULL_WEIGHT;
    const struct balancer_server server = {member->instance.name, member->instance.address, weight};
    if (balancer_add(fleet->balancer, &server, &why) != STATUS_OK)
        return false;
    member->weight = weight;
    fleet_set_state(fleet, member, INSTANCE_IN_SERVICE, now_ms);
    if (zone < fleet->settings.zone_count)
        fleet->zones[zone] = (struct zone_health){0};
    return true;
}

void fleet_fail(struct fleet *fleet, struct member *member, int64_t now_ms, const char *what)
{
    TEXT_CLEANUP struct text why = {0};
    size_t zone = fleet_zone_of(fleet, member);
    if (member->is_failing)
        return;
    member->is_failing = true;
    fleet->replaced++;
    (void)balancer_stop(fleet->balancer, member->instance.name, &why);
    (void)balancer_cut(fleet->balancer, member->instance.name, &why);
    activity_add(fleet->activity, now_ms, fleet->wanted, fleet->wanted, "%s %s; it is replaced.", member->instance.name,
                 what);
    if (zone < fleet->settings.zone_count && member->instance.state == INSTANCE_STARTING)
        zone_failed(fleet, zone, now_ms);
    fleet->settings.launcher->stop(&fleet->settings.launch, &member->instance, true);
    fleet_set_state(fleet, member, INSTANCE_STOPPING, now_ms);
}

bool fleet_forget(struct fleet *fleet, struct member *member)
{
    TEXT_CLEANUP struct text why = {0};
    if (balancer_remove(fleet->balancer, member->instance.name, &why) == STATUS_BUSY)
        return false;
    probe_stop(member->probe);
    fleet->settings.launcher->clean_up(&fleet->settings.launch, &member->instance);
    instance_forget(fleet->settings.run_folder, &member->instance);
    *member = fleet->members[--fleet->count];
    return true;
}
