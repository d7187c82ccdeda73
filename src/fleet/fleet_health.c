/* What became of each instance, and of HAProxy. */
#include "fleet_private.h"

#include <stdio.h>
#include <string.h>

/* One bad answer may be chance. */
enum { BAD_ANSWERS = 2, KILL_AFTER_MS = 10000, BALANCER_RETRY_MS = 1000 };

static bool others_are_healthy(struct fleet *fleet, const struct member *member)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (&fleet->members[i] != member && probe_result(fleet->members[i].probe).answer == PROBE_HEALTHY)
            return true;
    return false;
}

/* An instance that lives while all fail lacks what all lack, such as the database: a new one would change nothing. */
static const char *find_fault(struct fleet *fleet, const struct member *member)
{
    struct probe_result result = probe_result(member->probe);
    if (result.times < BAD_ANSWERS)
        return NULL;
    if (result.answer == PROBE_SILENT)
        return "doesn't answer its health check";
    if (result.answer == PROBE_UNHEALTHY && others_are_healthy(fleet, member))
        return "fails its health check";
    return NULL;
}

static void check_starting(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    char what[64];
    if (probe_result(member->probe).answer == PROBE_HEALTHY) {
        fleet_set_state(fleet, member, INSTANCE_WARM, now_ms);
        return;
    }
    if (now_ms - member->instance.since_ms <= fleet->settings.start_timeout_ms)
        return;
    (void)snprintf(what, sizeof what, "wasn't healthy within %lld s",
                   (long long)fleet->settings.start_timeout_ms / 1000);
    fleet_fail(fleet, member, now_ms, what);
}

static void check_running(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    const char *fault = find_fault(fleet, member);
    if (fault)
        fleet_fail(fleet, member, now_ms, fault);
}

/* The figures are younger than the state: they were read at the beginning of a later tick. */
static void check_draining(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    bool is_late = now_ms - member->instance.since_ms > fleet->settings.drain_timeout_ms;
    if (member->figures.in_work > 0 && !is_late)
        return;
    fleet->settings.launcher->stop(&fleet->settings.launch, &member->instance, false);
    fleet_set_state(fleet, member, INSTANCE_STOPPING, now_ms);
}

static void check_stopping(struct fleet *fleet, struct member *member, int64_t now_ms)
{
    int64_t patience_ms = member->is_failing ? 0 : fleet->settings.drain_timeout_ms + KILL_AFTER_MS;
    if (now_ms - member->instance.since_ms > patience_ms)
        fleet->settings.launcher->stop(&fleet->settings.launch, &member->instance, true);
}

static void (*const checks[INSTANCE_STATES])(struct fleet *, struct member *, int64_t) = {
    [INSTANCE_STARTING] = check_starting, [INSTANCE_WARM] = check_running,      [INSTANCE_IN_SERVICE] = check_running,
    [INSTANCE_DRAINING] = check_draining, [INSTANCE_STOPPING] = check_stopping,
};

/* From the last, because the last takes the place of one that is forgotten. */
void fleet_check_members(struct fleet *fleet, int64_t now_ms)
{
    for (size_t i = fleet->count; i-- > 0;) {
        struct member *member = &fleet->members[i];
        if (fleet->settings.launcher->runs(&member->instance))
            checks[member->instance.state](fleet, member, now_ms);
        else if (member->instance.state == INSTANCE_STOPPING)
            (void)fleet_forget(fleet, member);
        else
            fleet_fail(fleet, member, now_ms, "has ended by itself");
    }
}

static size_t list_servers(const struct fleet *fleet, struct balancer_server ret[static FLEET_MEMBERS])
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct member *member = &fleet->members[i];
        if (member->instance.state == INSTANCE_IN_SERVICE && !member->is_failing)
            ret[count++] = (struct balancer_server){member->instance.name, member->instance.address, member->weight};
    }
    return count;
}

static void start_balancer(struct fleet *fleet, int64_t now_ms)
{
    struct balancer_server servers[FLEET_MEMBERS];
    TEXT_CLEANUP struct text why = {0};
    size_t count = list_servers(fleet, servers);
    bool is_first_try = fleet->balancer_retry_ms == 0;
    if (balancer_start(fleet->balancer, servers, count, &fleet->balancer_pid, &why) == STATUS_OK) {
        activity_add(fleet->activity, now_ms, fleet->wanted, fleet->wanted,
                     "HAProxy had ended; it was started again with %zu instances.", count);
        fleet->balancer_retry_ms = 0;
        return;
    }
    fleet->balancer_retry_ms = now_ms + BALANCER_RETRY_MS;
    if (is_first_try) /* the history is for what changes */
        activity_add(fleet->activity, now_ms, fleet->wanted, fleet->wanted, "%s", text_get(&why));
}

void fleet_check_balancer(struct fleet *fleet, int64_t now_ms)
{
    TEXT_CLEANUP struct text why = {0};
    fleet->view_is_fresh = balancer_view(fleet->balancer, &fleet->view, &why) == STATUS_OK;
    if (!fleet->view_is_fresh) {
        if (!fleet->ends && !process_begun(fleet->balancer_pid) && now_ms >= fleet->balancer_retry_ms)
            start_balancer(fleet, now_ms);
        return;
    }
    for (size_t i = 0; i < fleet->count; i++) {
        struct member *member = &fleet->members[i];
        member->figures = (struct balancer_figures){0};
        for (size_t j = 0; j < fleet->view.count; j++)
            if (strcmp(fleet->view.servers[j].name, member->instance.name) == 0)
                member->figures = fleet->view.servers[j];
    }
}
