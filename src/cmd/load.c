/* cloudphotos load: open-loop load on URLs, the search for the highest rate that holds, and adding up runs. */
#include "commands.h"
#include "knee.h"
#include "load_merge.h"
#include "load_run.h"
#include "load_targets.h"
#include "memory.h"
#include "recorder.h"
#include "request_build.h"
#include "settings.h"
#include "slo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FALLBACK_DURATION_MS = 10000, TARGETS_MAX = 64 };

struct load_options {
    const char *rate, *ramp, *steps, *arrivals, *method, *body, *photos, *field, *out, *hdr, *title, *slo;
    struct settings_list headers;
    int64_t duration_ms, interval_ms, timeout_ms, give_up_ms, pause_ms, seed, connections, threads, repeats;
    bool yes, reconnect, quiet, find_knee;
};

#define FIELD(name) offsetof(struct load_options, name)
static const struct setting rows[] = {
    {"rate", SETTING_STRING, FIELD(rate), NULL, 0, 0, "RATE",
     "request rate, such as 4000/m, 100/s or 36000/h; with --find-knee, the first rate to try"},
    {"ramp", SETTING_STRING, FIELD(ramp), NULL, 0, 0, "POINTS",
     "change the rate linearly between points: 0:100/s,60s:3000/s"},
    {"steps", SETTING_STRING, FIELD(steps), NULL, 0, 0, "POINTS", "change the rate in steps: 0:100/s,60s:3000/s"},
    {"duration", SETTING_SECONDS, FIELD(duration_ms), "0", 0, 604800000, "TIME",
     "length of the test; 0: 10 s, or until the last point of the ramp"},
    {"arrivals", SETTING_STRING, FIELD(arrivals), "uniform", 0, 0, "KIND",
     "uniform: evenly spaced; poisson: independent of one another"},
    {"seed", SETTING_INTEGER, FIELD(seed), "1", 0, 0, "N", "random seed; the same seed gives the same schedule"},
    {"method", SETTING_STRING, FIELD(method), NULL, 0, 0, "METHOD", "HTTP method; default: GET, or POST with a body"},
    {"header", SETTING_LIST, FIELD(headers), NULL, 0, 0, "'NAME: VALUE'",
     "header to send with every request; may be repeated"},
    {"body", SETTING_STRING, FIELD(body), NULL, 0, 0, "FILE", "file to send as the body of every request"},
    {"photos", SETTING_STRING, FIELD(photos), NULL, 0, 0, "FOLDER",
     "folder of files to send in turn, each as a multipart form"},
    {"field", SETTING_STRING, FIELD(field), "photo", 0, 0, "NAME", "name of the form field"},
    {"timeout", SETTING_SECONDS, FIELD(timeout_ms), "1s", 1, 3600000, "TIME",
     "time limit from the planned start; later responses count as failed"},
    {"connections", SETTING_INTEGER, FIELD(connections), "1024", 1, 100000, "N",
     "maximum open connections; requests that find none free are dropped and counted"},
    {"reconnect", SETTING_SWITCH, FIELD(reconnect), "no", 0, 0, NULL, "open a new connection for every request"},
    {"threads", SETTING_INTEGER, FIELD(threads), "0", 0, 256, "N", "threads; 0: one per core"},
    {"interval", SETTING_SECONDS, FIELD(interval_ms), "1s", 100, 3600000, "TIME",
     "length of one interval in the results"},
    {"give-up", SETTING_SECONDS, FIELD(give_up_ms), "10s", 0, 0, "TIME",
     "stop when the target hasn't responded for this long; 0: never"},
    {"find-knee", SETTING_SWITCH, FIELD(find_knee), "no", 0, 0, NULL,
     "find the highest rate at which the objective still holds; each try lasts --duration"},
    {"slo", SETTING_STRING, FIELD(slo), "p99<100ms,failed<0.1%", 0, 0, "OBJECTIVE",
     "objective: pN, mean, deviation, max or failed, each below a limit"},
    {"repeats", SETTING_INTEGER, FIELD(repeats), "5", 1, KNEE_REPEATS, "N",
     "number of searches, for the confidence interval"},
    {"pause", SETTING_SECONDS, FIELD(pause_ms), "2s", 0, 3600000, "TIME",
     "pause between tries, so that the target can recover"},
    RUN_SETTINGS,
};
static const struct settings_table table = {
    .command = "load",
    .summary = "Usage: cloudphotos load [OPTIONS] URL…\n       cloudphotos load merge OUT RUN…\n\n"
               "Sends each request at its scheduled time, whether or not earlier ones have been answered, and measures "
               "latency\nfrom the scheduled time. See docs/load.md.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

/* All that a run needs, made from the options. */
struct load {
    struct load_options options;
    struct arena arena;
    struct load_target targets[TARGETS_MAX];
    struct load_label labels[TARGETS_MAX];
    const char *names[TARGETS_MAX];
    unsigned count;
    struct schedule schedule;
    struct slo slo;
    struct load_settings settings;
};

/* ---- From options to settings ---- */

static enum status read_schedule(struct load *load, struct text *why)
{
    const struct load_options *options = &load->options;
    double rate;
    int64_t duration_ms = options->duration_ms ? options->duration_ms : FALLBACK_DURATION_MS;
    if ((options->rate != NULL) + (options->ramp != NULL) + (options->steps != NULL) != 1) {
        text_setf(why, "give one of --rate, --ramp and --steps (see cloudphotos load --help)");
        return STATUS_INVALID;
    }
    if (options->find_knee && !options->rate) {
        text_setf(why, "--find-knee needs a rate to start with: give --rate");
        return STATUS_INVALID;
    }
    if (options->ramp)
        return schedule_parse_ramp(options->ramp, SCHEDULE_RATE, options->duration_ms, &load->schedule, why);
    if (options->steps)
        return schedule_parse_steps(options->steps, SCHEDULE_RATE, duration_ms, &load->schedule, why);
    enum status status = schedule_parse_rate(options->rate, &rate, why);
    if (status == STATUS_OK)
        load->schedule = schedule_constant(rate, (double)duration_ms / 1e3);
    return status;
}

static enum status read_arrivals(struct load *load, struct text *why)
{
    static const char *const kinds[] = {[ARRIVALS_UNIFORM] = "uniform", [ARRIVALS_POISSON] = "poisson"};
    for (int i = 0; i < 2; i++)
        if (strcmp(load->options.arrivals, kinds[i]) == 0) {
            load->settings.arrivals = (enum arrivals_kind)i;
            return STATUS_OK;
        }
    text_setf(why, "--arrivals: \"%s\" is neither uniform nor poisson", load->options.arrivals);
    return STATUS_INVALID;
}

static enum status read_bodies(struct load *load, struct request_bodies *ret_bodies, struct text *why)
{
    const struct load_options *options = &load->options;
    *ret_bodies = (struct request_bodies){0};
    if (options->body && options->photos) {
        text_setf(why, "--body and --photos can't be combined");
        return STATUS_INVALID;
    }
    if (options->photos)
        return bodies_from_photos(options->photos, options->field, &load->arena, ret_bodies, why);
    return options->body ? bodies_from_file(options->body, &load->arena, ret_bodies, why) : STATUS_OK;
}

/* Targets of one address share connections. */
static unsigned place_of(const struct load *load, unsigned index, unsigned *places)
{
    for (unsigned i = 0; i < index; i++)
        if (load_target_is_same_place(&load->targets[i], &load->targets[index]))
            return load->labels[i].requests[0].place;
    return (*places)++;
}

static void build_requests(struct load *load, const struct request_form *form, const struct request_bodies *bodies)
{
    size_t count = bodies->count ? bodies->count : 1;
    for (unsigned i = 0; i < load->count; i++) {
        struct request *requests = arena_new(&load->arena, count * sizeof *requests);
        unsigned place = place_of(load, i, &load->settings.places);
        for (size_t k = 0; k < count; k++)
            requests[k] =
                request_build(form, &load->targets[i], place, bodies->count ? &bodies->rows[k] : NULL, &load->arena);
        load->names[i] = arena_printf(&load->arena, "%s %s", form->method, load->targets[i].url);
        load->labels[i] = (struct load_label){.name = load->names[i], .requests = requests, .count = count};
    }
}

static enum status read_targets(struct load *load, const struct settings_words *words, struct text *why)
{
    if (words->count == 0 || words->count > TARGETS_MAX) {
        text_setf(why, "give the URL to load, or up to %d of them (see cloudphotos load --help)", TARGETS_MAX);
        return STATUS_INVALID;
    }
    enum status status = STATUS_OK;
    for (; load->count < words->count && status == STATUS_OK; load->count++)
        status = load_target_parse(words->words[load->count], &load->arena, &load->targets[load->count], why);
    return status;
}

static void fill_settings(struct load *load)
{
    const struct load_options *options = &load->options;
    struct load_settings *settings = &load->settings;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    settings->labels = load->labels;
    settings->label_count = load->count;
    settings->schedule = &load->schedule;
    settings->seed = (uint64_t)options->seed;
    settings->threads = options->threads ? (unsigned)options->threads : cores > 0 ? (unsigned)cores : 1;
    if (settings->threads > options->connections)
        settings->threads = (unsigned)options->connections;
    settings->connections = load_targets_allow_connections((unsigned)options->connections);
    settings->timeout_ns = options->timeout_ms * 1000000;
    settings->interval_ns = options->interval_ms * 1000000;
    settings->closes_each = options->reconnect;
}

static enum status prepare(struct load *load, const struct settings_words *words, struct text *why)
{
    const struct load_options *options = &load->options;
    struct request_bodies bodies;
    enum status status = read_targets(load, words, why);
    if (status == STATUS_OK)
        status = read_schedule(load, why);
    if (status == STATUS_OK)
        status = read_arrivals(load, why);
    if (status == STATUS_OK)
        status = slo_parse(options->slo, &load->slo, why);
    if (status == STATUS_OK)
        status = read_bodies(load, &bodies, why);
    if (status != STATUS_OK)
        return status;
    const struct request_form form = {
        .method = options->method ? options->method
                  : bodies.count  ? "POST"
                                  : "GET",
        .headers = options->headers.values,
        .header_count = options->headers.count,
        .content_type = bodies.content_type,
        .closes_each = options->reconnect,
    };
    status = request_check_form(&form, why);
    if (status == STATUS_OK)
        build_requests(load, &form, &bodies);
    fill_settings(load);
    return status == STATUS_OK ? load_targets_check(load->targets, load->count, options->yes, why) : status;
}

/* ---- A run ---- */

static void add_interval(void *context, const struct load_sheet *sheet)
{
    recorder_add(context, sheet->index, sheet->tallies, 0);
}

static bool should_stop(void *context)
{
    return recorder_should_stop(context);
}

static int run_load(struct load *load, struct text *why)
{
    struct recorder recorder;
    const struct recorder_settings settings = {
        .command = "load",
        .title = load->options.title,
        .out = load->options.out,
        .hdr = load->options.hdr,
        .labels = load->names,
        .label_count = load->count,
        .interval_ms = load->options.interval_ms,
        .give_up_ms = load->options.give_up_ms,
        .schedule = &load->schedule,
        .is_quiet = load->options.quiet,
    };
    if (recorder_open(&settings, &recorder, why) != STATUS_OK)
        return 2;
    const struct load_hooks hooks = {.interval = add_interval, .should_stop = should_stop, .context = &recorder};
    struct load_outcome outcome = {0};
    enum status status = load_run(&load->settings, &hooks, &outcome, why);
    load_sheet_free(outcome.totals);
    int code = recorder_close(&recorder, outcome.sending_s, outcome.elapsed_s, outcome.cpu_s);
    return status == STATUS_OK ? code : 2;
}

/* ---- The knee ---- */

static void ignore_interval(void *context, const struct load_sheet *sheet)
{
    (void)context;
    (void)sheet;
}

static bool was_interrupted(void *context)
{
    (void)context;
    return recorder_was_interrupted();
}

static void pause_between(int64_t pause_ms)
{
    struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL); /* a signal ends it */
}

static enum knee_verdict judge(const struct load *load, const struct tally *tally, struct text *reason)
{
    if (recorder_was_interrupted())
        return KNEE_STOPPED;
    if (slo_holds(&load->slo, tally, reason) && tally->dropped * 1000 <= tally->started + tally->dropped)
        return KNEE_HOLDS;
    if (tally->dropped * 1000 <= tally->started + tally->dropped)
        return KNEE_BREAKS;
    /* Connections are all in use when the target answers too slowly; when it answers in time, the generator can't keep
     * up. */
    text_setf(reason, "%.1f%% of the starts found no free connection, or came too late",
              100.0 * (double)tally->dropped / (double)(tally->started + tally->dropped));
    return latencies_percentile(&tally->service, 50) * 2 < latencies_percentile(&tally->latency, 50) ? KNEE_SATURATED
                                                                                                     : KNEE_BREAKS;
}

static enum knee_verdict try_rate(void *context, double rate)
{
    struct load *load = context;
    const struct load_hooks hooks = {.interval = ignore_interval, .should_stop = was_interrupted};
    struct load_outcome outcome;
    TEXT_CLEANUP struct text why = {0};
    struct tally all = {0};
    load->schedule = schedule_constant(rate, schedule_length(&load->schedule));
    load->settings.seed++;
    if (load_run(&load->settings, &hooks, &outcome, &why) != STATUS_OK) {
        (void)fprintf(stderr, "cloudphotos load: %s\n", text_get(&why));
        return KNEE_STOPPED;
    }
    load_sheet_sum(outcome.totals, &all);
    enum knee_verdict verdict = judge(load, &all, &why);
    if (verdict != KNEE_STOPPED)
        (void)fprintf(stderr, "%10.1f/s  %s%s%s\n", rate, verdict == KNEE_HOLDS ? "holds" : "breaks",
                      verdict == KNEE_HOLDS ? "" : ": ", verdict == KNEE_HOLDS ? "" : text_get(&why));
    tally_release(&all);
    load_sheet_free(outcome.totals);
    if (verdict != KNEE_STOPPED)
        pause_between(load->options.pause_ms);
    return verdict;
}

static int find_knee(struct load *load, struct text *why)
{
    const struct knee_settings settings = {
        .first = schedule_highest(&load->schedule),
        .highest = 1e7,
        .precision = 0.01,
        .repeats = (unsigned)load->options.repeats,
        .try_rate = try_rate,
        .context = load,
    };
    struct knee knee = knee_find(&settings);
    if (knee.count == 0) {
        text_setf(why, "no rate held %s%s", load->options.slo,
                  knee.last == KNEE_STOPPED ? " before the search was ended" : "");
        return 2;
    }
    printf("%.1f/s is the highest rate that holds %s", knee.mean, load->options.slo);
    if (knee.count > 1)
        printf("; 95%% confidence interval %.1f to %.1f, of %zu repeats", knee.mean - knee.margin,
               knee.mean + knee.margin, knee.count);
    printf("\n");
    if (knee.last == KNEE_SATURATED)
        printf("The generator was the limit, not the target: the target holds at least that.\n");
    return knee.last == KNEE_STOPPED ? 2 : 0;
}

static int run(int argc, char **argv)
{
    TEXT_CLEANUP struct text why = {0};
    struct load *load = NEW(struct load);
    struct settings_words words = {0};
    bool help;
    int code = 2;
    if (argc > 1 && strcmp(argv[1], "merge") == 0) {
        free(load);
        return load_merge(argc - 1, argv + 1);
    }
    enum status status = settings_read(&table, argc - 1, argv + 1, &load->arena, &load->options, &words, &help, &why);
    if (status == STATUS_OK && help)
        code = 0;
    else if (status == STATUS_OK && prepare(load, &words, &why) == STATUS_OK) {
        recorder_catch_signals();
        code = load->options.find_knee ? find_knee(load, &why) : run_load(load, &why);
    }
    if (why.length)
        (void)fprintf(stderr, "cloudphotos load: %s\n", text_get(&why));
    arena_release(&load->arena);
    free(load);
    return code;
}

const struct command load_command = {
    .name = "load", .summary = "sends requests at a planned rate and measures the responses", .run = run};
