/* A fleet of servers on one machine: watches them, scales them and repairs them. All decisions are made in fleet_tick;
 * what a fleet knows is in its run folder and in HAProxy, so that one that was killed goes on where it was. */
#ifndef FLEET_H
#define FLEET_H

#include "balancer.h"
#include "launcher.h"
#include "scaling.h"

enum { FLEET_ZONES = 16, FLEET_SCHEDULES = 32 };

/* From this minute of the day on (UTC), at least so many. */
struct fleet_schedule {
    int minute, minimum;
};

struct fleet_settings {
    const char *run_folder;
    struct zone zones[FLEET_ZONES];
    size_t zone_count;
    int warm; /* instances that are started, healthy, and not in service */
    const struct scaling_policy *policy;
    struct scaling_settings scaling;
    struct fleet_schedule schedules[FLEET_SCHEDULES]; /* by minute */
    size_t schedule_count;
    const struct launcher_ops *launcher;
    struct launcher_settings launch;
    struct balancer_settings balancer;
    int64_t probe_interval_ms, probe_timeout_ms;
    int64_t start_timeout_ms; /* an instance that isn't healthy by then is replaced */
    int64_t slow_start_ms;    /* until a new instance gets its full share of the requests */
    int64_t drain_timeout_ms; /* for what is in work in an instance that leaves */
};

struct fleet;
/* Takes the run folder, adopts what runs, starts HAProxy where none does. CONFLICT when another fleet has the folder.
 * Nothing is left running when it fails. */
enum status fleet_open(const struct fleet_settings *settings, struct fleet **ret_fleet, struct text *why);
/* Forgets it; what runs goes on. */
void fleet_close(struct fleet *fleet);

/* Looks, decides and acts once; call it some times a second. */
void fleet_tick(struct fleet *fleet);
/* Every instance is told to end after its work, HAProxy after them: call fleet_tick until it returns true. */
bool fleet_ends(struct fleet *fleet);

/* Takes an instance out of service; another takes its place. NOT_FOUND. */
enum status fleet_drain(struct fleet *fleet, const char *name, struct text *why);
/* One after the other, a new one in service before an old one leaves. */
void fleet_rolling_restart(struct fleet *fleet);

/* As JSON: instances, figures, activity. */
void fleet_describe(struct fleet *fleet, struct text *out);
/* In the Prometheus text format. */
void fleet_metrics(struct fleet *fleet, struct text *out);

#endif
