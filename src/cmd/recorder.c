#include "recorder.h"

#include "clock.h"
#include "latencies_codec.h"
#include "memory.h"
#include "summary.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Signals ---- */

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void recorder_catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

bool recorder_was_interrupted(void)
{
    return interrupted != 0;
}

/* ---- Files ---- */

/* "cloudphotos-load-20261122T210500Z.jsonl" in the working folder. */
static char *default_path(const char *command, int64_t now_ms)
{
    char time[CLOCK_ISO8601_SIZE];
    struct text path = {0};
    clock_format_iso8601(now_ms, time);
    text_addf(&path, "cloudphotos-%s-", command);
    for (const char *at = time; *at; at++)
        if (*at != '-' && *at != ':')
            text_addc(&path, *at);
    text_add(&path, ".jsonl");
    return text_take(&path);
}

static void keep_status(struct recorder *recorder, enum status status)
{
    if (recorder->status == STATUS_OK)
        recorder->status = status;
}

static void write_hdr(struct recorder *recorder, const struct text *lines)
{
    if (!recorder->hdr || recorder->status != STATUS_OK)
        return;
    if (fwrite(lines->data, 1, lines->length, recorder->hdr) == lines->length && fflush(recorder->hdr) == 0)
        return;
    text_setf(&recorder->why, "%s can't be written: %s", recorder->settings.hdr, strerror(errno));
    recorder->status = STATUS_UNAVAILABLE;
}

static enum status open_hdr(struct recorder *recorder, struct text *why)
{
    TEXT_CLEANUP struct text head = {0};
    if (!recorder->settings.hdr)
        return STATUS_OK;
    recorder->hdr = fopen(recorder->settings.hdr, "we");
    if (!recorder->hdr) {
        text_setf(why, "the histogram log %s can't be created: %s", recorder->settings.hdr, strerror(errno));
        return STATUS_INVALID;
    }
    latencies_log_begin(&head, recorder->begin_ms);
    write_hdr(recorder, &head);
    return STATUS_OK;
}

static void release(struct recorder *recorder)
{
    if (recorder->file && recorder->file != stdout)
        (void)fclose(recorder->file);
    if (recorder->hdr)
        (void)fclose(recorder->hdr);
    for (unsigned i = 0; i < recorder->settings.label_count; i++)
        tally_release(&recorder->totals[i]);
    free(recorder->totals);
    free(recorder->path);
    tally_release(&recorder->recent);
    live_line_release(&recorder->live);
    text_release(&recorder->why);
    text_release(&recorder->given_up);
}

enum status recorder_open(const struct recorder_settings *settings, struct recorder *ret_recorder, struct text *why)
{
    struct recorder recorder = {.settings = *settings, .begin_ms = clock_now_ms()};
    recorder.path =
        settings->out ? memory_copy_string(settings->out) : default_path(settings->command, recorder.begin_ms);
    recorder.totals = NEW_ARRAY(settings->label_count, struct tally);
    live_line_init(&recorder.live, settings->is_quiet, schedule_length(settings->schedule));
    const struct run_head head = {
        .command = settings->command,
        .title = settings->title,
        .begin_ms = recorder.begin_ms,
        .interval_ms = settings->interval_ms,
        .labels = settings->labels,
        .label_count = settings->label_count,
    };
    enum status status = run_file_create(recorder.path, &recorder.file, why);
    if (status == STATUS_OK)
        status = run_file_begin(recorder.file, &head, why);
    if (status == STATUS_OK)
        status = open_hdr(&recorder, why);
    if (status == STATUS_OK)
        *ret_recorder = recorder;
    else
        release(&recorder);
    return status;
}

/* ---- Intervals ---- */

/* A target that gives no answer for a while is dead; time-outs, refusals and cut connections are none. */
static void watch_life(struct recorder *recorder, int64_t at_ms)
{
    const struct tally *recent = &recorder->recent;
    uint64_t unanswered = tally_unanswered(recent), ended = tally_ended(recent);
    if (ended > unanswered)
        recorder->silent_ms = 0;
    else if (unanswered > 0)
        recorder->silent_ms += recorder->settings.interval_ms;
    if (recorder->settings.give_up_ms > 0 && recorder->silent_ms >= recorder->settings.give_up_ms
        && recorder->given_up.length == 0)
        text_setf(&recorder->given_up, "the target didn't respond for %.3g s, so the run stopped after %.3g s",
                  (double)recorder->silent_ms / 1e3, (double)at_ms / 1e3);
}

static void log_hdr(struct recorder *recorder, int64_t at_ms)
{
    TEXT_CLEANUP struct text line = {0};
    if (!recorder->hdr)
        return;
    latencies_log_add(&line, (double)at_ms / 1e3, (double)recorder->settings.interval_ms / 1e3,
                      &recorder->recent.latency);
    write_hdr(recorder, &line);
}

void recorder_add(struct recorder *recorder, int64_t index, const struct tally *tallies, double users)
{
    int64_t length_ms = recorder->settings.interval_ms, at_ms = index * length_ms;
    tally_clear(&recorder->recent);
    for (unsigned i = 0; i < recorder->settings.label_count; i++) {
        const struct run_interval interval = {
            .at_ms = at_ms,
            .length_ms = length_ms,
            .label = i,
            .planned =
                recorder->settings.shows_users ? 0 : schedule_value(recorder->settings.schedule, (double)at_ms / 1e3),
            .users = users,
            .tally = &tallies[i],
        };
        keep_status(recorder, run_file_add(recorder->file, &interval, &recorder->why));
        tally_add(&recorder->recent, &tallies[i]);
        tally_add(&recorder->totals[i], &tallies[i]);
    }
    log_hdr(recorder, at_ms);
    watch_life(recorder, at_ms + length_ms);
    live_line_note(&recorder->live, &recorder->recent, (double)length_ms / 1e3,
                   recorder->settings.shows_users ? users : -1);
}

void recorder_add_event(struct recorder *recorder, int64_t at_ms, const char *sentence)
{
    keep_status(recorder, run_file_add_event(recorder->file, at_ms, sentence, &recorder->why));
}

bool recorder_should_stop(struct recorder *recorder)
{
    live_line_draw(&recorder->live);
    return interrupted || recorder->given_up.length > 0 || recorder->status != STATUS_OK;
}

/* ---- The end ---- */

static void print_summary(struct recorder *recorder, const struct run_end *end)
{
    FILE *out = recorder->file == stdout ? stderr : stdout;
    TEXT_CLEANUP struct text table = {0};
    summary_add_table(end->labels, end->totals, end->label_count, end->elapsed_s, &table);
    live_line_clear(&recorder->live);
    (void)fprintf(out, "%.1f s, CPU time of the generator %.1f s, %s%s\n%s", end->elapsed_s, end->cpu_s,
                  recorder->file == stdout ? "" : "results in ", recorder->file == stdout ? "" : recorder->path,
                  text_get(&table));
    (void)fflush(out);
}

int recorder_close(struct recorder *recorder, double sending_s, double elapsed_s, double cpu_s)
{
    const struct run_end end = {
        .how = recorder->given_up.length ? text_get(&recorder->given_up)
               : interrupted             ? "interrupted"
                                         : "complete",
        .sending_s = sending_s,
        .elapsed_s = elapsed_s,
        .cpu_s = cpu_s,
        .labels = recorder->settings.labels,
        .totals = recorder->totals,
        .label_count = recorder->settings.label_count,
    };
    if (recorder->status == STATUS_OK)
        keep_status(recorder, run_file_end(recorder->file, &end, &recorder->why));
    print_summary(recorder, &end);
    const struct text *fault = recorder->status != STATUS_OK ? &recorder->why : &recorder->given_up;
    int code = fault->length ? 2 : 0;
    if (fault->length)
        (void)fprintf(stderr, "cloudphotos %s: %s\n", recorder->settings.command, text_get(fault));
    release(recorder);
    return code;
}
