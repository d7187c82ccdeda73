/* When a photo was taken, as its camera has written it into Exif (CIPA DC-008, 4.6.6): a time on the clock where the
 * camera was, and perhaps that clock's distance from UTC. */
#ifndef CAPTURE_TIME_H
#define CAPTURE_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct capture_time {
    bool is_known, has_offset;
    int32_t offset_minutes; /* of the local time from UTC; 0 unless has_offset */
    int64_t ms; /* since 1970 UTC; without an offset, the local time as if it were UTC. By this, photos are ordered. */
};

enum { CAPTURE_TIME_SIZE = 32 };

/* Of DateTimeOriginal ("2024:05:12 18:03:00"), OffsetTimeOriginal ("+02:00") and SubSecTimeOriginal ("25"); spaces at
 * their ends don't count. False, and nothing is written, for a date that isn't one, and for one before 1826, when the
 * first photo was taken. What is wrong or empty of the other two is as if it weren't there. */
bool capture_time_parse(const char *original, const char *offset, const char *fraction, struct capture_time *ret_time);

/* Whether it lies more than a day after `now_ms`: no clock that is right says so, whatever its zone. */
bool capture_time_is_future(const struct capture_time *time, int64_t now_ms);

/* ISO 8601, the local time: "2024-05-12T18:03:00+02:00"; "2024-05-12T18:03:00.250" has a fraction, and no known
 * offset. */
void capture_time_format(const struct capture_time *time, char ret_text[static CAPTURE_TIME_SIZE]);

#endif
