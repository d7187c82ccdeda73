/* The settings of `cloudphotos fleet`: its own, and all of `serve` for its instances. */
#ifndef FLEET_SETTINGS_H
#define FLEET_SETTINGS_H

#include "fleet.h"
#include "serve_settings.h"

/* As they are written; times in ms. */
struct fleet_flags {
    const char *listen, *run, *dashboard, *certificate, *policy, *instance, *engine, *image, *program;
    struct settings_list zones, schedules;
    int64_t minimum, maximum, warm, max_requests, connections, queue_timeout_ms, request_timeout_ms;
    int64_t period_ms, out_above, in_below, out_datapoints, in_datapoints, out_warm_up_ms, in_warm_up_ms;
    int64_t target_requests, target_concurrency, stable_ms, panic_ms, jobs_per_instance;
    int64_t probe_interval_ms, probe_timeout_ms, start_timeout_ms, slow_start_ms, stop_timeout_ms;
    bool json;
    struct serve_settings serve; /* but `listen` */
};

enum status fleet_flags_read(int argc, char *const *argv, struct arena *arena, struct fleet_flags *ret_flags,
                             struct settings_words *ret_words, bool *ret_help, struct text *why);

/* All of it in the arena. INVALID names the setting. */
enum status fleet_settings_make(const struct fleet_flags *flags, struct arena *arena,
                                struct fleet_settings *ret_settings, struct text *why);

#endif
