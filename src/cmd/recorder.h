/* What load and simulate share: the run's file, the log of histograms, the live line, and when to end before the
 * end. */
#ifndef RECORDER_H
#define RECORDER_H

#include "live_line.h"
#include "run_file.h"
#include "schedule.h"

#include <stdbool.h>

/* Rows of both commands' settings; FIELD is the command's own, and its options have fields of these names. */
/* clang-format off */
#define RUN_SETTINGS \
    {"out", SETTING_STRING, FIELD(out), NULL, 0, 0, "FILE", \
     "write the run as JSON lines; default: a name made from the time"}, \
    {"hdr", SETTING_STRING, FIELD(hdr), NULL, 0, 0, "FILE", "also write the latencies as an HdrHistogram log"}, \
    {"title", SETTING_STRING, FIELD(title), "", 0, 0, "TEXT", "title of the report"}, \
    {"quiet", SETTING_SWITCH, FIELD(quiet), "no", 0, 0, NULL, "don't show live progress"}, \
    {"yes", SETTING_SWITCH, FIELD(yes), "no", 0, 0, NULL, \
     "confirm that you want to load another host than this machine"}
/* clang-format on */

struct recorder_settings {
    const char *command, *title;
    const char *out; /* the run's file; NULL: one named after command and time; "-": stdout */
    const char *hdr; /* the log of histograms, or NULL */
    const char *const *labels;
    unsigned label_count;
    int64_t interval_ms;
    int64_t give_up_ms; /* without any answer; 0: never */
    const struct schedule *schedule;
    bool shows_users; /* the schedule is one of users */
    bool is_quiet;    /* no live line */
};

struct recorder {
    struct recorder_settings settings;
    char *path;
    FILE *file, *hdr;
    int64_t begin_ms;
    struct live_line live;
    int64_t silent_ms;         /* for how long there was no answer */
    struct tally recent;       /* of the last interval */
    struct tally *totals;      /* one a label */
    enum status status;        /* of writing */
    struct text why, given_up; /* reasons for a failed write, and for ending early */
};

/* SIGINT and SIGTERM end the run in order from here on; a second one ends the program. */
void recorder_catch_signals(void);
bool recorder_was_interrupted(void);

enum status recorder_open(const struct recorder_settings *settings, struct recorder *ret_recorder, struct text *why);
/* An interval is over. `users` 0 where there are none. */
void recorder_add(struct recorder *recorder, int64_t index, const struct tally *tallies, double users);
void recorder_add_event(struct recorder *recorder, int64_t at_ms, const char *sentence);
/* Interrupted, the target dead, or the disk full. To be asked several times a second: it keeps the live line going as
 * well. */
bool recorder_should_stop(struct recorder *recorder);

/* Writes the summary, prints it, closes. The exit status: 0 when the run is complete or was interrupted, 2 when the
 * target died or the file could not be written: then one line on stderr says so. */
int recorder_close(struct recorder *recorder, double sending_s, double elapsed_s, double cpu_s);

#endif
