/* The activity history of a fleet: what it did, when and why, in sentences; a line of JSON each in
 * RUN/activity.ndjson. */
#ifndef ACTIVITY_H
#define ACTIVITY_H

#include "scaling.h"
#include "status.h"
#include "text.h"

#include <stdint.h>

struct activity_entry {
    int64_t at_ms;
    int from, to; /* instances wanted; equal: something else happened */
    char *sentence;
};

struct activity;
/* Reads the last entries of before. */
enum status activity_open(const char *run_folder, struct activity **ret_activity, struct text *why);
void activity_close(struct activity *activity);

void activity_add(struct activity *activity, int64_t at_ms, int from, int to, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Oldest first; borrowed until the next is added. */
const struct activity_entry *activity_entries(const struct activity *activity, size_t *ret_count);
/* Those that changed how many are wanted, oldest first; likewise. */
const struct scaling_action *activity_actions(const struct activity *activity, size_t *ret_count);

#endif
