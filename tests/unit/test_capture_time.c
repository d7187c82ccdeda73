/* When a photo was taken, of what cameras write and of what they shouldn't. */
#include "capture_time.h"
#include "check.h"

#include <stdio.h>

static void test_parse(void)
{
    static const struct {
        const char *what, *original, *offset, *fraction;
        int64_t ms;
        const char *text; /* NULL: ignored */
    } cases[] = {
        {"with an offset", "2024:05:12 18:03:00", "+02:00", "", 1715529780000, "2024-05-12T18:03:00+02:00"},
        {"without one, local time counts as it is", "2024:05:12 18:03:00", "", "", 1715536980000,
         "2024-05-12T18:03:00"},
        {"UTC is an offset", "2024:05:12 18:03:00", "+00:00", "", 1715536980000, "2024-05-12T18:03:00+00:00"},
        {"west of UTC", "2024:05:12 18:03:00", "-03:30", "", 1715549580000, "2024-05-12T18:03:00-03:30"},
        {"the date of UTC may be another", "2024:01:01 00:30:00", "+14:00", "", 1704018600000,
         "2024-01-01T00:30:00+14:00"},
        {"tenths", "2024:05:12 18:03:00", "+02:00", "2", 1715529780200, "2024-05-12T18:03:00.200+02:00"},
        {"hundredths, filled with spaces", "2024:05:12 18:03:00", "", "07 ", 1715536980070, "2024-05-12T18:03:00.070"},
        {"more digits than count", "2024:05:12 18:03:00", "", "123456", 1715536980123, "2024-05-12T18:03:00.123"},
        {"digits without end", "2024:05:12 18:03:00", "", "99999999999999999999999999999999", 1715536980999,
         "2024-05-12T18:03:00.999"},
        {"a fraction that is none", "2024:05:12 18:03:00", "", "1x", 1715536980000, "2024-05-12T18:03:00"},
        {"a leap day", "2024:02:29 23:59:59", "", "", 1709251199000, "2024-02-29T23:59:59"},
        {"before 1970", "1969:12:31 23:59:59", "", "5", -500, "1969-12-31T23:59:59.500"},
        {"the year of the first photo", "1826:01:01 00:00:00", "", "", -4544208000000, "1826-01-01T00:00:00"},
        {"the year before", "1825:12:31 23:59:59", "", "", 0, NULL},
        {"after 2038", "2038:01:19 03:14:08", "", "", 2147483648000, "2038-01-19T03:14:08"},
        {"the last year", "9999:12:31 23:59:59", "", "", 253402300799000, "9999-12-31T23:59:59"},
        {"spaces at the end", "2024:05:12 18:03:00  ", "", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an unknown date", "0000:00:00 00:00:00", "", "", 0, NULL},
        {"an unknown date, in blanks", "    :  :     :  :  ", "   :  ", "", 0, NULL},
        {"no date", "", "+02:00", "25", 0, NULL},
        {"a month that is none", "2024:13:01 00:00:00", "", "", 0, NULL},
        {"month 0", "2024:00:10 00:00:00", "", "", 0, NULL},
        {"day 0", "2024:05:00 00:00:00", "", "", 0, NULL},
        {"a day that is none", "2023:02:29 00:00:00", "", "", 0, NULL},
        {"hour 24", "2024:05:12 24:00:00", "", "", 0, NULL},
        {"minute 60", "2024:05:12 18:60:00", "", "", 0, NULL},
        {"second 60", "2016:12:31 23:59:60", "", "", 0, NULL},
        {"another form", "2024-05-12T18:03:00", "", "", 0, NULL},
        {"a form of 18 characters", "2024:05:12 18:03:0", "", "", 0, NULL},
        {"more behind it", "2024:05:12 18:03:00Z", "", "", 0, NULL},
        {"signs for digits", "+024:05:12 18:03:00", "", "", 0, NULL},
        {"garbage", "\xff\xfe\x01garbagegarbageX", "", "", 0, NULL},
        {"an offset in blanks", "2024:05:12 18:03:00", "   :  ", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an offset too far east", "2024:05:12 18:03:00", "+14:01", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an offset too far west", "2024:05:12 18:03:00", "-12:01", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an offset of 60 minutes", "2024:05:12 18:03:00", "+01:60", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an offset without its sign", "2024:05:12 18:03:00", "02:00", "", 1715536980000, "2024-05-12T18:03:00"},
        {"an offset that is garbage", "2024:05:12 18:03:00", "\xc3\x28", "", 1715536980000, "2024-05-12T18:03:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct capture_time time = {.ms = 77};
        char text[CAPTURE_TIME_SIZE];
        check_case("%s: \"%s\"", cases[i].what, cases[i].text ? cases[i].text : "ignored");
        bool is_date = capture_time_parse(cases[i].original, cases[i].offset, cases[i].fraction, &time);
        CHECK_INT(is_date, cases[i].text != NULL);
        CHECK_INT(time.ms, cases[i].text ? cases[i].ms : 77);
        CHECK_INT(time.is_known, is_date);
        if (!is_date)
            continue;
        capture_time_format(&time, text);
        CHECK_STR(text, cases[i].text);
    }
}

static void test_future(void)
{
    enum { HOUR_MS = 3600000 };
    const int64_t now = 1715529780000;
    static const struct {
        const char *what;
        int hours;
        bool is_future;
    } cases[] = {{"a year ago", -8760, false},
                 {"now", 0, false},
                 {"a clock of the far east, without an offset", 14, false},
                 {"a day later", 24, false},
                 {"more than a day later", 25, true},
                 {"a century later", 876600, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s is%s the future", cases[i].what, cases[i].is_future ? "" : " not");
        const struct capture_time time = {.is_known = true, .ms = now + (int64_t)cases[i].hours * HOUR_MS};
        CHECK_INT(capture_time_is_future(&time, now), cases[i].is_future);
    }
}

CHECK_MAIN({"a time of capture is read strictly", test_parse}, {"a time of the future is known", test_future})
