/* How much there shall be when: a rate of requests, or a number of users, as pieces of time in which it goes straight
 * from one value to another. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "status.h"
#include "text.h"

#include <stdint.h>

enum { SCHEDULE_PIECES = 128 };

struct schedule_piece {
    double begin_s, end_s;
    double from, to; /* requests a second, or users */
    double before;   /* the integral of all earlier pieces: how many requests were planned by begin_s */
};

struct schedule {
    size_t count;
    struct schedule_piece pieces[SCHEDULE_PIECES];
};

/* All refuse with INVALID and a reason that quotes the text and says what is allowed. `duration_ms` 0: none was given.
 *   rate   "4000/m": that all the time; needs a duration. Per s, m or h; a bare number is per second
 *   ramp   "0:100/s,60s:3000/s": straight from point to point; ends at the last one, or holds it until the end of the
 *          duration
 *   steps  "0:100/s,60s:3000/s": each until the next; the last until the duration's end
 *
 * The same three for users are written without a unit: "20", "0:20,10m:100". */
enum schedule_unit { SCHEDULE_RATE, SCHEDULE_USERS };
enum status schedule_parse_rate(const char *text, double *ret_per_second, struct text *why);
enum status schedule_parse_ramp(const char *text, enum schedule_unit unit, int64_t duration_ms,
                                struct schedule *ret_schedule, struct text *why);
enum status schedule_parse_steps(const char *text, enum schedule_unit unit, int64_t duration_ms,
                                 struct schedule *ret_schedule, struct text *why);
/* "20,60,100": each as long as `each_ms`. */
enum status schedule_parse_list(const char *text, enum schedule_unit unit, int64_t each_ms,
                                struct schedule *ret_schedule, struct text *why);
struct schedule schedule_constant(double value, double length_s);

double schedule_length(const struct schedule *schedule);             /* seconds */
double schedule_total(const struct schedule *schedule);              /* the integral over all of it: requests planned */
double schedule_value(const struct schedule *schedule, double at_s); /* 0 outside */
double schedule_highest(const struct schedule *schedule);
/* The moment in seconds by which `amount` (from 0 to the total) have been planned. */
double schedule_moment(const struct schedule *schedule, double amount);

#endif
