#include "fleet_private.h"

#include "clock.h"
#include "lock_file.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status take_folder(struct fleet *fleet, struct text *why)
{
    char owner[LOCK_OWNER_SIZE];
    TEXT_CLEANUP struct text instances = {0};
    text_addf(&instances, "%s/instances", fleet->settings.run_folder);
    if ((mkdir(fleet->settings.run_folder, 0700) != 0 && errno != EEXIST)
        || (mkdir(text_get(&instances), 0700) != 0 && errno != EEXIST)) {
        text_setf(why, "the run folder %s can't be made: %s", fleet->settings.run_folder, strerror(errno));
        return status_from_errno(errno);
    }
    int folder = open(fleet->settings.run_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = folder < 0 ? errno : lock_file_take(folder, "lock", LOCK_ALONE, &fleet->lock_fd, owner);
    if (folder >= 0)
        (void)close(folder);
    if (error == EWOULDBLOCK)
        text_setf(why, "another fleet (process %s) has the run folder %s", owner, fleet->settings.run_folder);
    else if (error)
        text_setf(why, "the run folder %s can't be locked: %s", fleet->settings.run_folder, strerror(error));
    return error == EWOULDBLOCK ? STATUS_CONFLICT : error ? status_from_errno(error) : STATUS_OK;
}

/* The number behind the last dash, so that no name is used again. */
static void count_number(struct fleet *fleet, const char *name)
{
    const char *dash = strrchr(name, '-');
    int64_t number = dash ? strtoll(dash + 1, NULL, 10) : 0;
    if (number >= fleet->next_number)
        fleet->next_number = number + 1;
}

static enum status adopt_all(struct fleet *fleet, struct text *why)
{
    struct instance instances[FLEET_MEMBERS];
    size_t count;
    enum status status = instances_read(fleet->settings.run_folder, instances, FLEET_MEMBERS, &count, why);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        count_number(fleet, instances[i].name);
        fleet_adopt(fleet, &instances[i]); /* one that has ended is found out by the first tick */
        fleet->wanted += instances[i].state == INSTANCE_IN_SERVICE;
    }
    if (status == STATUS_OK && count > 0)
        activity_add(fleet->activity, clock_now_ms(), fleet->wanted, fleet->wanted,
                     "Took up %zu instances from before.", count);
    return status;
}

/* Those that were in service are in HAProxy's configuration from its first moment on. */
static enum status start_or_find_balancer(struct fleet *fleet, struct text *why)
{
    struct balancer_server servers[FLEET_MEMBERS];
    size_t count = 0;
    if (balancer_runs(fleet->balancer, &fleet->balancer_pid))
        return STATUS_OK;
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].instance.state == INSTANCE_IN_SERVICE)
            servers[count++] = (struct balancer_server){fleet->members[i].instance.name,
                                                        fleet->members[i].instance.address, fleet->members[i].weight};
    return balancer_start(fleet->balancer, servers, count, &fleet->balancer_pid, why);
}

static enum status open_all(struct fleet *fleet, struct text *why)
{
    const struct http_client_settings client = {
        .connect_timeout_ms = fleet->settings.probe_timeout_ms,
        .idle_connections = FLEET_MEMBERS,
    };
    enum status status = fleet->settings.launcher->check(&fleet->settings.launch, why);
    if (status == STATUS_OK)
        status = take_folder(fleet, why);
    if (status == STATUS_OK)
        status = activity_open(fleet->settings.run_folder, &fleet->activity, why);
    if (status == STATUS_OK)
        status = http_client_open(&client, &fleet->client, why);
    if (status == STATUS_OK)
        status = adopt_all(fleet, why);
    return status == STATUS_OK ? start_or_find_balancer(fleet, why) : status;
}

enum status fleet_open(const struct fleet_settings *settings, struct fleet **ret_fleet, struct text *why)
{
    struct fleet *fleet = NEW(struct fleet);
    fleet->settings = *settings;
    fleet->lock_fd = -1;
    fleet->next_number = 1;
    fleet->balancer = balancer_new(&settings->balancer);
    enum status status = open_all(fleet, why);
    if (status == STATUS_OK)
        *ret_fleet = fleet;
    else
        fleet_close(fleet);
    return status;
}

void fleet_close(struct fleet *fleet)
{
    if (!fleet)
        return;
    for (size_t i = 0; i < fleet->count; i++)
        probe_stop(fleet->members[i].probe);
    http_client_close(fleet->client);
    activity_close(fleet->activity);
    balancer_free(fleet->balancer);
    if (fleet->lock_fd >= 0)
        (void)close(fleet->lock_fd);
    free(fleet);
}

void fleet_tick(struct fleet *fleet)
{
    int64_t now_ms = clock_now_ms();
    fleet_check_balancer(fleet, now_ms);
    fleet_check_members(fleet, now_ms);
    if (fleet->ends)
        return;
    fleet_measure(fleet, now_ms);
    fleet_decide(fleet, now_ms);
    fleet_adjust(fleet, now_ms);
}

bool fleet_ends(struct fleet *fleet)
{
    int64_t now_ms = clock_now_ms();
    if (!fleet->ends) {
        fleet->ends = true;
        activity_add(fleet->activity, now_ms, fleet->wanted, fleet->wanted, "The fleet was told to end.");
        (void)kill(fleet->balancer_pid, SIGUSR1); /* takes no more connections, and ends after the last */
        for (size_t i = 0; i < fleet->count; i++) {
            if (fleet->members[i].instance.state == INSTANCE_STOPPING)
                continue;
            fleet->settings.launcher->stop(&fleet->settings.launch, &fleet->members[i].instance, false);
            fleet_set_state(fleet, &fleet->members[i], INSTANCE_STOPPING, now_ms);
        }
    }
    if (fleet->count == 0)
        (void)kill(fleet->balancer_pid, SIGTERM);
    return fleet->count == 0;
}

enum status fleet_drain(struct fleet *fleet, const char *name, struct text *why)
{
    struct member *member = fleet_find(fleet, name);
    if (!member || member->instance.state != INSTANCE_IN_SERVICE) {
        text_setf(why, member ? "%s isn't in service" : "there is no instance %s", name);
        return STATUS_NOT_FOUND;
    }
    enum status status = balancer_drain(fleet->balancer, name, why);
    if (status != STATUS_OK)
        return status;
    activity_add(fleet->activity, clock_now_ms(), fleet->wanted, fleet->wanted,
                 "%s is drained because somebody asked for it.", name);
    fleet_set_state(fleet, member, INSTANCE_DRAINING, clock_now_ms());
    return STATUS_OK;
}

void fleet_rolling_restart(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        fleet->members[i].instance.is_old = true;
        fleet_write_down(fleet, &fleet->members[i]);
    }
    activity_add(fleet->activity, clock_now_ms(), fleet->wanted, fleet->wanted,
                 "A rolling restart begins: each of %zu instances is replaced.", fleet->count);
}
