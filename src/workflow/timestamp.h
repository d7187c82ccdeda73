/* Timestamps of the States Language: RFC 3339 with an upper-case "T", and an upper-case "Z" or a numeric offset. */
#ifndef TIMESTAMP_H
#define TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds matter when timestamps are compared: seconds since 1970 and the rest apart. */
struct timestamp {
    int64_t seconds;
    int32_t nanoseconds;
};

bool timestamp_parse(const char *text, struct timestamp *ret_timestamp);
/* Below, at or above 0, as a is before, at or after b. */
int timestamp_compare(const struct timestamp *a, const struct timestamp *b);
/* The first whole millisecond that is not before it. */
int64_t timestamp_to_ms(const struct timestamp *timestamp);

enum { TIMESTAMP_SIZE = 32 };
/* "2026-11-22T21:05:00.250Z", as the context object has it. */
void timestamp_format(int64_t ms, char ret_text[static TIMESTAMP_SIZE]);

#endif
