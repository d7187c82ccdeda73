#include "fleet_settings.h"

#include "reach.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD(name) offsetof(struct fleet_flags, name)
enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

static const struct setting own_rows[] = {
    {"listen", SETTING_STRING, FIELD(listen), "127.0.0.1:8080", 0, 0, "ADDRESS:PORT", "address HAProxy listens on"},
    {"run", SETTING_STRING, FIELD(run), NULL, 0, 0, "FOLDER",
     "folder for HAProxy's configuration, logs and what is known of instances; default: DATA/fleet"},
    {"dashboard", SETTING_STRING, FIELD(dashboard), "127.0.0.1:8081", 0, 0, "ADDRESS:PORT",
     "address of the page that shows the fleet; anyone who can reach it can look"},
    {"certificate", SETTING_STRING, FIELD(certificate), NULL, 0, 0, "FILE",
     "certificates with their key in PEM: HTTPS and HTTP/2 instead of HTTP"},
    {"zones", SETTING_LIST, FIELD(zones), NULL, 0, 0, "ZONE",
     "zones to spread instances over: NAME or NAME@ADDRESS; may be repeated, or comma-separated; default: a and b"},
    {"minimum", SETTING_INTEGER, FIELD(minimum), "1", 1, 32, "N", "fewest instances in service"},
    {"maximum", SETTING_INTEGER, FIELD(maximum), "4", 1, 32, "N", "most instances in service"},
    {"warm", SETTING_INTEGER, FIELD(warm), "1", 0, 16, "N", "instances that are ready and wait to be needed"},
    {"minimum-at", SETTING_LIST, FIELD(schedules), NULL, 0, 0, "HH:MM=N",
     "from this time of day (UTC) on, the fewest instances in service; may be repeated"},
    {"policy", SETTING_STRING, FIELD(policy), "concurrency", 0, 0, "NAME",
     "what decides how many are in service: concurrency, target or step (docs/fleet.md)"},
    {"instance", SETTING_STRING, FIELD(instance), "process", 0, 0, "KIND",
     "what an instance is: process or container, with limits such as t2.micro, cpu=20% or memory=256M after commas"},
    {"program", SETTING_STRING, FIELD(program), NULL, 0, 0, "FILE",
     "what an instance that is a process runs; default: this program"},
    {"engine", SETTING_STRING, FIELD(engine), "podman", 0, 0, "PROGRAM", "what runs containers: podman or docker"},
    {"image", SETTING_STRING, FIELD(image), "localhost/cloudphotos", 0, 0, "NAME", "image of containers"},
    {"max-requests", SETTING_INTEGER, FIELD(max_requests), "32", 1, 65536, "N",
     "short requests an instance works on at once; others wait in the balancer"},
    {"queue-timeout", SETTING_SECONDS, FIELD(queue_timeout_ms), "10s", 100, HOUR_MS, "TIME",
     "how long a request waits in the balancer before it gets a 503"},
    {"request-timeout", SETTING_SECONDS, FIELD(request_timeout_ms), "10s", 100, HOUR_MS, "TIME",
     "time limit for an instance to begin or go on answering a short request; then another one is asked"},
    {"balancer-connections", SETTING_INTEGER, FIELD(connections), "8192", 16, 1 << 20, "N", "maximum open connections"},
    {"datapoint", SETTING_SECONDS, FIELD(period_ms), "1m", 1000, HOUR_MS, "TIME",
     "step and target: how long requests are counted for one datapoint"},
    {"scale-out-above", SETTING_INTEGER, FIELD(out_above), "2400", 1, 1 << 30, "N",
     "step: requests a minute per instance above which one is added"},
    {"scale-in-below", SETTING_INTEGER, FIELD(in_below), "1200", 0, 1 << 30, "N",
     "step: requests a minute per instance below which one is removed"},
    {"scale-out-datapoints", SETTING_INTEGER, FIELD(out_datapoints), "1", 1, 60, "N", "step: so many in a row"},
    {"scale-in-datapoints", SETTING_INTEGER, FIELD(in_datapoints), "2", 1, 60, "N",
     "step and target: so many in a row"},
    {"scale-out-warm-up", SETTING_SECONDS, FIELD(out_warm_up_ms), "4m", 0, HOUR_MS, "TIME",
     "step and target: time to wait after one was added"},
    {"scale-in-warm-up", SETTING_SECONDS, FIELD(in_warm_up_ms), "3m", 0, HOUR_MS, "TIME",
     "step and target: time to wait after one was removed"},
    {"target-requests", SETTING_INTEGER, FIELD(target_requests), "1800", 1, 1 << 30, "N",
     "target: requests a minute per instance"},
    {"target-concurrency", SETTING_INTEGER, FIELD(target_concurrency), "8", 1, 65536, "N",
     "concurrency: requests at work or waiting per instance"},
    {"stable-window", SETTING_SECONDS, FIELD(stable_ms), "1m", 6000, HOUR_MS, "TIME",
     "concurrency: time over which they are averaged"},
    {"panic-window", SETTING_SECONDS, FIELD(panic_ms), "6s", 1000, HOUR_MS, "TIME", "concurrency: the same for bursts"},
    {"check-interval", SETTING_SECONDS, FIELD(probe_interval_ms), "500ms", 50, HOUR_MS, "TIME",
     "time between health checks of an instance"},
    {"check-timeout", SETTING_SECONDS, FIELD(probe_timeout_ms), "1s", 50, HOUR_MS, "TIME",
     "time limit for a health check"},
    {"start-timeout", SETTING_SECONDS, FIELD(start_timeout_ms), "1m", 1000, HOUR_MS, "TIME",
     "an instance that isn't healthy by then is replaced"},
    {"slow-start", SETTING_SECONDS, FIELD(slow_start_ms), "5s", 0, HOUR_MS, "TIME",
     "time until a new instance gets its full share of the requests"},
    {"instance-drain-timeout", SETTING_SECONDS, FIELD(stop_timeout_ms), "30s", 0, HOUR_MS, "TIME",
     "time for the requests of an instance that leaves"},
    {"json", SETTING_SWITCH, FIELD(json), "no", 0, 0, NULL, "status: as JSON"},
};
enum { OWN = sizeof own_rows / sizeof own_rows[0] };

static bool is_own(const struct setting *row)
{
    for (size_t i = 0; i < OWN; i++)
        if (strcmp(own_rows[i].name, row->name) == 0)
            return true;
    return false;
}

enum status fleet_flags_read(int argc, char *const *argv, struct arena *arena, struct fleet_flags *ret_flags,
                             struct settings_words *ret_words, bool *ret_help, struct text *why)
{
    struct setting *rows = arena_new(arena, (OWN + serve_table.count) * sizeof *rows);
    size_t count = OWN;
    memcpy(rows, own_rows, sizeof own_rows);
    for (size_t i = 0; i < serve_table.count; i++) {
        if (is_own(&serve_table.rows[i]))
            continue;
        rows[count] = serve_table.rows[i];
        rows[count++].offset += FIELD(serve);
    }
    const struct settings_table table = {
        .command = "fleet",
        .summary =
            "Usage: cloudphotos fleet [OPTIONS]\n"
            "       cloudphotos fleet status [--json] | drain NAME | rolling-restart [--run FOLDER]\n\n"
            "Runs HAProxy and as many servers behind it as the load needs, until SIGTERM or SIGINT. If it is killed,\n"
            "they run on, and the next start takes them up. The settings of `cloudphotos serve` hold for each server.",
        .rows = rows,
        .count = count,
    };
    return settings_read(&table, argc, argv, arena, ret_flags, ret_words, ret_help, why);
}

/* Of `serve`, as it was set for the fleet. NULL: not set. */
static const char *write_flag(const struct fleet_flags *flags, const struct setting *row, struct arena *arena)
{
    const char *field = (const char *)&flags->serve + row->offset;
    switch (row->type) {
    case SETTING_STRING: {
        const char *value = *(const char *const *)(const void *)field;
        return value ? arena_printf(arena, "--%s=%s", row->name, value) : NULL;
    }
    case SETTING_SWITCH:
        return *(const bool *)field ? arena_printf(arena, "--%s", row->name) : NULL;
    case SETTING_SECONDS:
        return arena_printf(arena, "--%s=%lldms", row->name, (long long)*(const int64_t *)(const void *)field);
    default: {
        int64_t value = *(const int64_t *)(const void *)field;
        return value < 0 ? NULL : arena_printf(arena, "--%s=%lld", row->name, (long long)value);
    }
    }
}

/* The balancer comes from this machine. */
static const char *const *write_arguments(const struct fleet_flags *flags, struct arena *arena)
{
    const char **arguments = arena_new(arena, (serve_table.count + 2 * SETTINGS_LIST_MAX + 2) * sizeof *arguments);
    size_t count = 0;
    arguments[count++] = "--trusted-proxy=loopback";
    for (size_t i = 0; i < serve_table.count; i++) {
        const struct setting *row = &serve_table.rows[i];
        const struct settings_list *list = (const void *)((const char *)&flags->serve + row->offset);
        if (strcmp(row->name, "listen") == 0)
            continue;
        for (size_t j = 0; row->type == SETTING_LIST && j < list->count; j++)
            arguments[count++] = arena_printf(arena, "--%s=%s", row->name, list->values[j]);
        const char *flag = row->type == SETTING_LIST ? NULL : write_flag(flags, row, arena);
        if (flag)
            arguments[count++] = flag;
    }
    arguments[count] = NULL;
    return arguments;
}

static enum status read_zones(const struct settings_list *list, struct fleet_settings *settings, struct text *why)
{
    static const struct settings_list usual = {{"a,b"}, 1};
    enum status status = STATUS_OK;
    list = list->count ? list : &usual;
    for (size_t i = 0; i < list->count; i++) {
        TEXT_CLEANUP struct text words = {0};
        text_add(&words, list->values[i]);
        for (char *rest = words.data, *word; status == STATUS_OK && rest && (word = strsep(&rest, ","));) {
            word += strspn(word, " ");
            word[strcspn(word, " ")] = '\0';
            if (settings->zone_count == FLEET_ZONES) {
                text_setf(why, "--zones: at most %d zones", FLEET_ZONES);
                status = STATUS_INVALID;
            } else {
                status = zone_parse(word, &settings->zones[settings->zone_count++], why);
            }
        }
    }
    return status;
}

static int compare_schedules(const void *a, const void *b)
{
    return ((const struct fleet_schedule *)a)->minute - ((const struct fleet_schedule *)b)->minute;
}

/* A number up to `most`, and then this character. */
static bool take_number(const char **at, long most, char then, int *ret_number)
{
    char *end;
    long number = strtol(*at, &end, 10);
    if (end == *at || !strchr("0123456789", **at) || number > most || *end != then)
        return false;
    *ret_number = (int)number;
    *at = end + 1;
    return true;
}

static enum status read_schedules(const struct settings_list *list, struct fleet_settings *settings, struct text *why)
{
    enum { LAST_HOUR = 23, MINUTES = 60 };
    for (size_t i = 0; i < list->count; i++) {
        const char *at = list->values[i];
        int hour, minute, minimum;
        if (!take_number(&at, LAST_HOUR, ':', &hour) || !take_number(&at, MINUTES - 1, '=', &minute)
            || !take_number(&at, settings->scaling.maximum, '\0', &minimum)) {
            text_setf(why, "--minimum-at: \"%s\" is not HH:MM=N with N at most --maximum (%d)", list->values[i],
                      settings->scaling.maximum);
            return STATUS_INVALID;
        }
        settings->schedules[settings->schedule_count++] = (struct fleet_schedule){hour * MINUTES + minute, minimum};
    }
    qsort(settings->schedules, settings->schedule_count, sizeof settings->schedules[0], compare_schedules);
    return STATUS_OK;
}

static struct scaling_settings scaling_settings(const struct fleet_flags *flags)
{
    return (struct scaling_settings){
        .minimum = (int)flags->minimum,
        .maximum = (int)flags->maximum,
        .period_ms = flags->period_ms,
        .out_above = (double)flags->out_above,
        .in_below = (double)flags->in_below,
        .out_datapoints = (int)flags->out_datapoints,
        .in_datapoints = (int)flags->in_datapoints,
        .out_warm_up_ms = flags->out_warm_up_ms,
        .in_warm_up_ms = flags->in_warm_up_ms,
        .target_requests = (double)flags->target_requests,
        .target_concurrency = (double)flags->target_concurrency,
        .stable_ms = flags->stable_ms,
        .panic_ms = flags->panic_ms,
        .panic_threshold = 2,
    };
}

static const char *own_program(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    return length > 0 ? arena_copy(arena, path, (size_t)length) : "cloudphotos";
}

static enum status check_flags(const struct fleet_flags *flags, struct fleet_settings *settings, struct text *why)
{
    struct instance_kind kind;
    if (flags->minimum > flags->maximum) {
        text_setf(why, "--minimum: %lld is more than --maximum (%lld)", (long long)flags->minimum,
                  (long long)flags->maximum);
        return STATUS_INVALID;
    }
    settings->policy = scaling_policy_find(flags->policy);
    if (!settings->policy) {
        TEXT_CLEANUP struct text names = {0};
        scaling_policy_names(&names);
        text_setf(why, "--policy: \"%s\" is not one of %s", flags->policy, text_get(&names));
        return STATUS_INVALID;
    }
    enum status status = instance_kind_parse(flags->instance, &kind, why);
    if (status != STATUS_OK)
        return status;
    settings->launcher = kind.launcher;
    settings->launch.limits = kind.limits;
    return reach_check_login(flags->listen, flags->serve.open_login, why);
}

enum status fleet_settings_make(const struct fleet_flags *flags, struct arena *arena,
                                struct fleet_settings *ret_settings, struct text *why)
{
    const char *run_folder = flags->run ? flags->run : arena_printf(arena, "%s/fleet", flags->serve.data);
    struct fleet_settings settings = {
        .run_folder = run_folder,
        .warm = (int)flags->warm,
        .scaling = scaling_settings(flags),
        .launch = {.run_folder = run_folder,
                   .program = flags->program ? flags->program : own_program(arena),
                   .arguments = write_arguments(flags, arena),
                   .data = flags->serve.data,
                   .image = flags->image,
                   .engine = flags->engine},
        .balancer = {.run_folder = run_folder,
                     .listen = flags->listen,
                     .certificate = flags->certificate,
                     .connections = flags->connections,
                     .max_requests = flags->max_requests,
                     .queue_timeout_ms = flags->queue_timeout_ms,
                     .request_timeout_ms = flags->request_timeout_ms,
                     .check_interval_ms = flags->probe_interval_ms},
        .probe_interval_ms = flags->probe_interval_ms,
        .probe_timeout_ms = flags->probe_timeout_ms,
        .start_timeout_ms = flags->start_timeout_ms,
        .slow_start_ms = flags->slow_start_ms,
        .drain_timeout_ms = flags->stop_timeout_ms,
    };
    enum status status = check_flags(flags, &settings, why);
    if (status == STATUS_OK)
        status = read_zones(&flags->zones, &settings, why);
    if (status == STATUS_OK)
        status = read_schedules(&flags->schedules, &settings, why);
    if (status == STATUS_OK)
        *ret_settings = settings;
    return status;
}
