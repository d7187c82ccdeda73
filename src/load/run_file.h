/* What a run leaves, in JSON lines, each written when it is known, so that a run that was cut is kept up to there. The
 * first line is the head, {"type":"run"}; then {"type":"interval"} a label and interval, {"type":"event"} for what
 * happened, {"type":"level"} for lines to be drawn (an alarm's threshold), and at last {"type":"summary"}. docs/load.md
 * describes the members. */
#ifndef RUN_FILE_H
#define RUN_FILE_H

#include "tally.h"

#include <stdio.h>

enum { RUN_LABELS_MAX = 256 };

struct run_head {
    const char *command, *title;
    int64_t begin_ms, interval_ms;
    const char *const *labels;
    size_t label_count;
};

struct run_interval {
    int64_t at_ms, length_ms; /* since the run's begin */
    unsigned label;
    double planned; /* starts a second, of the whole run; 0 where there is no plan */
    double users;   /* active ones, of the whole run */
    const struct tally *tally;
};

struct run_end {
    const char *how; /* "complete", or why it ended before that */
    double sending_s, elapsed_s, cpu_s;
    const char *const *labels;
    const struct tally *totals; /* one a label */
    size_t label_count;
};

/* ---- Writing; UNAVAILABLE when the disk refuses ---- */

enum status run_file_create(const char *path, FILE **ret_file, struct text *why);
enum status run_file_begin(FILE *file, const struct run_head *head, struct text *why);
enum status run_file_add(FILE *file, const struct run_interval *interval, struct text *why);
enum status run_file_add_event(FILE *file, int64_t at_ms, const char *sentence, struct text *why);
enum status run_file_end(FILE *file, const struct run_end *end, struct text *why);

/* ---- Reading ---- */

struct run_line {
    int64_t at_ms; /* since 1970 */
    unsigned label;
    json_t *object; /* owned by the run */
};

/* A whole run: intervals keep their histograms encoded, so that an hour fits into memory. Events, levels and gauges of
 * a file without a head (what a scaler wrote) have absolute times in "time_ms". */
struct run {
    char *title, *command, *ended; /* ended: "" if the run was cut */
    int64_t begin_ms, interval_ms, end_ms;
    double cpu_s;
    char **labels;
    size_t label_count;
    struct run_line *intervals, *events, *levels, *gauges;
    size_t interval_count, event_count, level_count, gauge_count;
    bool has_head;
};

/* INVALID names file, line and what is wrong. A last line that was cut is left out. */
enum status run_read(const char *path, struct run *ret_run, struct text *why);
void run_release(struct run *run);
/* The numbers of an interval's line, 0 when it has none. */
double run_number(const json_t *object, const char *name);

#endif
