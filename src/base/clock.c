#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int64_t clock_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ns)
{
    const struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    return pthread_cond_clockwait(condition, lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT;
}

/* Years outside 0..9999 do not occur: times come from the clock or from a file system. */
static void split(int64_t seconds, struct tm *ret_parts)
{
    time_t time = (time_t)seconds;
    if (!gmtime_r(&time, ret_parts) || ret_parts->tm_year > 8099 || ret_parts->tm_year < -1900)
        *ret_parts = (struct tm){.tm_mday = 1, .tm_year = 70, .tm_wday = 4};
}

void clock_format_iso8601(int64_t ms, char ret_text[static CLOCK_ISO8601_SIZE])
{
    struct tm parts;
    split(ms / 1000, &parts);
    (void)strftime(ret_text, CLOCK_ISO8601_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void clock_format_http_date(int64_t seconds, char ret_text[static CLOCK_HTTP_DATE_SIZE])
{
    struct tm parts;
    split(seconds, &parts);
    char rest[24];
    (void)strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &parts);
    (void)snprintf(ret_text, CLOCK_HTTP_DATE_SIZE, "%s, %02d %s %s", weekdays[parts.tm_wday], parts.tm_mday,
                   months[parts.tm_mon], rest);
}

static int number_at(const char *digits, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + digits[i] - '0';
    return number;
}

static int month_at(const char *name)
{
    int month = 0;
    while (month < 12 && memcmp(name, months[month], 3) != 0)
        month++;
    return month;
}

int64_t clock_parse_http_date(const char *text)
{
    char again[CLOCK_HTTP_DATE_SIZE];
    if (strlen(text) != CLOCK_HTTP_DATE_SIZE - 1)
        return -1;
    struct tm parts = {
        /* "Sun, 06 Nov 1994 08:49:37 GMT" */
        .tm_mday = number_at(text + 5, 2),         .tm_mon = month_at(text + 8),
        .tm_year = number_at(text + 12, 4) - 1900, .tm_hour = number_at(text + 17, 2),
        .tm_min = number_at(text + 20, 2),         .tm_sec = number_at(text + 23, 2),
    };
    int64_t seconds = (int64_t)timegm(&parts);
    clock_format_http_date(seconds, again); /* of what is malformed or out of range comes another text */
    return strcmp(text, again) == 0 ? seconds : -1;
}
