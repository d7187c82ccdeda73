#include "clock.h"

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

int64_t clock_parse_http_date(const char *text)
{
    struct tm parts = {0};
    char month[4] = "";
    int end = 0;
    if (sscanf(text, "%*3[A-Z a-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &parts.tm_mday, month, &parts.tm_year,
               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &end)
            != 6
        || end != CLOCK_HTTP_DATE_SIZE - 1 || text[end])
        return -1;
    for (parts.tm_mon = 0; parts.tm_mon < 12; parts.tm_mon++)
        if (strcmp(month, months[parts.tm_mon]) == 0)
            break;
    if (parts.tm_mon == 12 || parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 60)
        return -1;
    parts.tm_year -= 1900;
    return (int64_t)timegm(&parts);
}
