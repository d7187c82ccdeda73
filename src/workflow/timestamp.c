#include "timestamp.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Exactly `count` digits, of a value from least to most. */
static bool take_number(const char **at, int count, int least, int most, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!is_digit(**at))
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret_value = value;
    return value >= least && value <= most;
}

static bool take(const char **at, char character)
{
    if (**at != character)
        return false;
    (*at)++;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **at, struct tm *parts)
{
    int year, month;
    if (!take_number(at, 4, 0, 9999, &year) || !take(at, '-') || !take_number(at, 2, 1, 12, &month) || !take(at, '-')
        || !take_number(at, 2, 1, days_of_month(year, month), &parts->tm_mday))
        return false;
    parts->tm_year = year - 1900;
    parts->tm_mon = month - 1;
    return true;
}

static bool take_time(const char **at, struct tm *parts)
{
    return take_number(at, 2, 0, 23, &parts->tm_hour) && take(at, ':') && take_number(at, 2, 0, 59, &parts->tm_min)
           && take(at, ':') && take_number(at, 2, 0, 60, &parts->tm_sec);
}

static bool take_fraction(const char **at, int32_t *ret_nanoseconds)
{
    *ret_nanoseconds = 0;
    if (!take(at, '.'))
        return true;
    if (!is_digit(**at))
        return false;
    for (int32_t weight = 100000000; is_digit(**at); weight /= 10, (*at)++)
        *ret_nanoseconds += (**at - '0') * weight;
    return true;
}

static bool take_offset(const char **at, int64_t *ret_seconds)
{
    *ret_seconds = 0;
    if (take(at, 'Z'))
        return true;
    int sign = **at == '-' ? -1 : 1, hours, minutes;
    if (!take(at, '+') && !take(at, '-'))
        return false;
    if (!take_number(at, 2, 0, 23, &hours) || !take(at, ':') || !take_number(at, 2, 0, 59, &minutes))
        return false;
    *ret_seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
    return true;
}

bool timestamp_parse(const char *text, struct timestamp *ret_timestamp)
{
    struct tm parts = {0};
    struct timestamp timestamp = {0};
    int64_t offset;
    if (!take_date(&text, &parts) || !take(&text, 'T') || !take_time(&text, &parts)
        || !take_fraction(&text, &timestamp.nanoseconds) || !take_offset(&text, &offset) || *text)
        return false;
    timestamp.seconds = (int64_t)timegm(&parts) - offset;
    *ret_timestamp = timestamp;
    return true;
}

int timestamp_compare(const struct timestamp *a, const struct timestamp *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->nanoseconds > b->nanoseconds) - (a->nanoseconds < b->nanoseconds);
}

int64_t timestamp_to_ms(const struct timestamp *timestamp)
{
    return timestamp->seconds * 1000 + (timestamp->nanoseconds + 999999) / 1000000;
}

void timestamp_format(int64_t ms, char ret_text[static TIMESTAMP_SIZE])
{
    char whole[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(ms, whole);
    (void)snprintf(ret_text, TIMESTAMP_SIZE, "%.19s.%03dZ", whole, (int)(ms % 1000));
}
