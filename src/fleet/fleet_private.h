/* What the files of the fleet share. All of it is touched by the one thread that calls fleet_tick. */
#ifndef FLEET_PRIVATE_H
#define FLEET_PRIVATE_H

#include "activity.h"
#include "fleet.h"
#include "health_probe.h"

enum { FLEET_MEMBERS = 64, FLEET_POINTS = 3600 };

struct member {
    struct instance instance;
    struct probe *probe;
    struct balancer_figures figures;
    uint64_t buckets[HISTOGRAM_BUCKETS]; /* of its requests, at the last point */
    int weight;                          /* that the balancer has */
    bool is_failing;                     /* out of the balancer, and to be replaced */
};

/* Starts that fail again and again are tried more and more seldom, a zone for itself. */
struct zone_health {
    int failures; /* in a row */
    int64_t retry_ms;
};

/* In ms; 0: there were no requests. */
struct latency_point {
    double p50, p95, p99;
};

struct fleet {
    struct fleet_settings settings;
    int lock_fd;
    struct balancer *balancer;
    pid_t balancer_pid;
    int64_t balancer_retry_ms; /* after a start that failed */
    struct http_client *client;
    struct activity *activity;
    struct member members[FLEET_MEMBERS];
    size_t count;
    struct zone_health zones[FLEET_ZONES];
    int64_t next_number; /* of an instance's name */
    int wanted;
    bool ends;
    struct scaling_point points[FLEET_POINTS];
    size_t point_count;
    int64_t replaced; /* because they failed, since this process began */
    struct balancer_view view;
    bool view_is_fresh;
    struct balancer_view before;                  /* at the last point */
    int64_t point_ms;                             /* of the last point */
    struct latency_point latencies[FLEET_POINTS]; /* of the same seconds as points */
    double concurrency_sum;                       /* since then */
    int concurrency_count;
};

/* fleet_members.c: starting, moving between states, ending. */
size_t fleet_count(const struct fleet *fleet, enum instance_state state);
struct member *fleet_find(struct fleet *fleet, const char *name);
/* Starts one in the emptiest zone that isn't waited for. False: none can be started now. */
bool fleet_start_one(struct fleet *fleet, int64_t now_ms);
void fleet_write_down(struct fleet *fleet, const struct member *member);
void fleet_set_state(struct fleet *fleet, struct member *member, enum instance_state state, int64_t now_ms);
bool fleet_put_into_service(struct fleet *fleet, struct member *member, int64_t now_ms);
/* Out of the balancer at once. */
void fleet_fail(struct fleet *fleet, struct member *member, int64_t now_ms, const char *what);
/* Forgets it, when its process has ended. False: HAProxy still holds a connection. */
bool fleet_forget(struct fleet *fleet, struct member *member);
/* Takes up an instance of before. */
struct member *fleet_adopt(struct fleet *fleet, const struct instance *instance);
size_t fleet_zone_of(const struct fleet *fleet, const struct member *member);

/* fleet_health.c: what became of each, a tick. */
void fleet_check_members(struct fleet *fleet, int64_t now_ms);
void fleet_check_balancer(struct fleet *fleet, int64_t now_ms);

/* fleet_scale.c: how many there should be, and getting there. */
void fleet_measure(struct fleet *fleet, int64_t now_ms);
void fleet_decide(struct fleet *fleet, int64_t now_ms);
void fleet_adjust(struct fleet *fleet, int64_t now_ms);

#endif
