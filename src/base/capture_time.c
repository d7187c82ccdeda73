#include "capture_time.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FIRST_YEAR = 1826, OFFSET_LEAST = -12 * 60, OFFSET_MOST = 14 * 60, MINUTE_MS = 60000, DAY_MS = 86400000 };

static size_t length_without_spaces(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* Whether the text is made as the pattern says, in which a 0 stands for any digit. */
static bool has_form(const char *text, const char *pattern)
{
    size_t length = strlen(pattern);
    if (length_without_spaces(text) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
            return false;
    }
    return true;
}

static int number_at(const char *digits, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + digits[i] - '0';
    return number;
}

/* timegm turns the 30th of February into a day of March: a date is one if it comes back as it went. */
static bool parse_date(const char *text, int64_t *ret_seconds)
{
    if (!has_form(text, "0000:00:00 00:00:00"))
        return false;
    struct tm parts = {.tm_year = number_at(text, 4) - 1900,
                       .tm_mon = number_at(text + 5, 2) - 1,
                       .tm_mday = number_at(text + 8, 2),
                       .tm_hour = number_at(text + 11, 2),
                       .tm_min = number_at(text + 14, 2),
                       .tm_sec = number_at(text + 17, 2)};
    struct tm same = parts;
    int64_t seconds = (int64_t)timegm(&same);
    if (number_at(text, 4) < FIRST_YEAR || same.tm_mon != parts.tm_mon || same.tm_mday != parts.tm_mday
        || same.tm_hour != parts.tm_hour || same.tm_min != parts.tm_min || same.tm_sec != parts.tm_sec)
        return false;
    *ret_seconds = seconds;
    return true;
}

static bool parse_offset(const char *text, int32_t *ret_minutes)
{
    if (!has_form(text, "+00:00") && !has_form(text, "-00:00"))
        return false;
    int32_t minutes = number_at(text + 4, 2), offset = number_at(text + 1, 2) * 60 + minutes;
    offset = text[0] == '-' ? -offset : offset;
    if (minutes >= 60 || offset < OFFSET_LEAST || offset > OFFSET_MOST)
        return false;
    *ret_minutes = offset;
    return true;
}

/* The digits behind the point, as many as there are. */
static int64_t parse_fraction(const char *text)
{
    size_t length = length_without_spaces(text);
    int64_t ms = 0, unit = 100;
    if (strspn(text, "0123456789") != length)
        return 0;
    for (size_t i = 0; i < length && unit > 0; i++, unit /= 10)
        ms += (text[i] - '0') * unit;
    return ms;
}

bool capture_time_parse(const char *original, const char *offset, const char *fraction, struct capture_time *ret_time)
{
    int64_t seconds;
    if (!parse_date(original, &seconds))
        return false;
    struct capture_time time = {.is_known = true, .ms = seconds * 1000 + parse_fraction(fraction)};
    time.has_offset = parse_offset(offset, &time.offset_minutes);
    time.ms -= (int64_t)time.offset_minutes * MINUTE_MS;
    *ret_time = time;
    return true;
}

bool capture_time_is_future(const struct capture_time *time, int64_t now_ms)
{
    return time->ms > now_ms + DAY_MS;
}

void capture_time_format(const struct capture_time *time, char ret_text[static CAPTURE_TIME_SIZE])
{
    int64_t local = time->ms + (int64_t)time->offset_minutes * MINUTE_MS, ms = (local % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((local - ms) / 1000);
    struct tm parts = {0};
    char fraction[8] = "", offset[8] = "";
    (void)gmtime_r(&seconds, &parts);
    size_t length = strftime(ret_text, CAPTURE_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    if (ms)
        (void)snprintf(fraction, sizeof fraction, ".%03u", (unsigned)ms % 1000);
    unsigned minutes = (unsigned)(time->offset_minutes < 0 ? -time->offset_minutes : time->offset_minutes);
    if (time->has_offset) /* % 24 is for gcc, which wants to know how many digits there are */
        (void)snprintf(offset, sizeof offset, "%c%02u:%02u", time->offset_minutes < 0 ? '-' : '+', minutes / 60 % 24,
                       minutes % 60);
    (void)snprintf(ret_text + length, CAPTURE_TIME_SIZE - length, "%s%s", fraction, offset);
}
