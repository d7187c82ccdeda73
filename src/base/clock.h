/* Time: the wall clock in milliseconds since 1970 UTC, and a monotonic one for durations. */
#ifndef CLOCK_H
#define CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_ISO8601_SIZE = 21, CLOCK_HTTP_DATE_SIZE = 30 };

int64_t clock_now_ms(void);
int64_t clock_monotonic_ns(void);
/* Waits for the condition, with the lock, but no longer than until that moment of clock_monotonic_ns. False: it has
 * come. */
bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ns);

/* ISO 8601 in UTC without fraction: "2026-11-22T21:05:00Z". */
void clock_format_iso8601(int64_t ms, char ret_text[static CLOCK_ISO8601_SIZE]);

/* IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". */
void clock_format_http_date(int64_t seconds, char ret_text[static CLOCK_HTTP_DATE_SIZE]);
/* Parses an IMF-fixdate alone (the obsolete forms are no longer sent); -1 if it isn't one. Seconds since 1970. */
int64_t clock_parse_http_date(const char *text);

#endif
