/* The settings of `cloudphotos serve` and `cloudphotos worker`: flags, environment variables, the INI file and --help
 * come from these rows. */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORKERS_BY_CORES = -1 };

/* A string without a default is NULL where it isn't set: nothing listens without `listen`. Times are in ms, sizes in
 * bytes. */
struct serve_settings {
    bool is_worker; /* by the command: of the API, only what tells how the process is */
    const char *listen, *data, *store, *buckets, *images_url, *moderator, *models, *when_unsure, *refuse_labels,
        *log_level;
    const char *uploads; /* no row: it follows from `data` */
    const char *rekognition_region, *rekognition_endpoint, *rekognition_label_only, *rekognition_hold;
    bool open_login;
    const char *base_path;
    struct settings_list allow_origin, trusted_proxy;
    int64_t event_threads, pool_threads, workers, darkrooms;
    int64_t connections, connections_each, streams, streams_each, answers_memory;
    int64_t max_upload, max_partials, max_partials_bytes, disk_reserve, max_pixels, max_side, max_frames;
    int64_t max_pending;
    int64_t idle_timeout_ms, header_timeout_ms, drain_timeout_ms;
    int64_t darkroom_timeout_ms, darkroom_memory;
    int64_t moderators, moderator_timeout_ms, moderator_memory;
    int64_t history_ms, keep_failed_ms;
};

extern const struct settings_table serve_table, worker_table;

#endif
