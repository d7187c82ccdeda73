/* Schedules, and the planned moments of their requests. */
#include "arrivals.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum form { RATE, RAMP, STEPS, LIST, USERS_RAMP, USERS_LIST };

static enum status parse(enum form form, const char *text, int64_t duration_ms, struct schedule *ret_schedule,
                         struct text *why)
{
    double rate;
    enum status status;
    switch (form) {
    case RATE:
        status = schedule_parse_rate(text, &rate, why);
        if (status == STATUS_OK)
            *ret_schedule = schedule_constant(rate, (double)duration_ms / 1e3);
        return status;
    case RAMP:
        return schedule_parse_ramp(text, SCHEDULE_RATE, duration_ms, ret_schedule, why);
    case STEPS:
        return schedule_parse_steps(text, SCHEDULE_RATE, duration_ms, ret_schedule, why);
    case LIST:
        return schedule_parse_list(text, SCHEDULE_RATE, duration_ms, ret_schedule, why);
    case USERS_RAMP:
        return schedule_parse_ramp(text, SCHEDULE_USERS, duration_ms, ret_schedule, why);
    default:
        return schedule_parse_list(text, SCHEDULE_USERS, duration_ms, ret_schedule, why);
    }
}

static void good_ones_are_taken(void)
{
    static const struct {
        enum form form;
        const char *text;
        int64_t duration_ms;
        double length_s, total, at_s, value;
    } cases[] = {
        {RATE, "4000/m", 90000, 90, 6000, 30, 4000.0 / 60},
        {RATE, "100", 1000, 1, 100, 0, 100},
        {RATE, "7200/h", 3600000, 3600, 7200, 1, 2},
        {RATE, "0.5/s", 10000, 10, 5, 9.9, 0.5},
        {RAMP, "0:100/s,60s:3000/s", 0, 60, 93000, 30, 1550},
        {RAMP, "0:100/s,60s:3000/s", 60000, 60, 93000, 60, 0},
        {RAMP, "0:0/s,10s:10/s,20s:0/s", 0, 20, 100, 15, 5},
        {RAMP, "0:60/m,10s:120/m", 20000, 20, 35, 19, 2},
        {RAMP, "0:5/s", 2000, 2, 10, 1, 5},
        {STEPS, "0:100/s,500ms:200/s", 1000, 1, 150, 0.5, 200},
        {STEPS, "0:0/s,1m:60/m", 120000, 120, 60, 59, 0},
        {LIST, "1/s,2/s,3/s", 10000, 30, 60, 10, 2},
        {USERS_LIST, "20,60,100,60,20", 600000, 3000, 156000, 1500, 100},
        {USERS_RAMP, "0:20,10m:100", 0, 600, 36000, 300, 60},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule schedule;
        TEXT_CLEANUP struct text why = {0};
        check_case("\"%s\" for %lld ms", cases[i].text, (long long)cases[i].duration_ms);
        if (!CHECK_INT(parse(cases[i].form, cases[i].text, cases[i].duration_ms, &schedule, &why), STATUS_OK))
            continue;
        CHECK(fabs(schedule_length(&schedule) - cases[i].length_s) < 1e-9);
        CHECK(fabs(schedule_total(&schedule) - cases[i].total) < 1e-6);
        CHECK(fabs(schedule_value(&schedule, cases[i].at_s) - cases[i].value) < 1e-9);
    }
}

static void bad_ones_are_refused_with_a_reason(void)
{
    static const struct {
        enum form form;
        const char *text;
        int64_t duration_ms;
        const char *why; /* what the reason has to name */
    } cases[] = {
        {RATE, "", 1000, "a rate is written"},
        {RATE, "0", 1000, "\"0\""},
        {RATE, "-5/s", 1000, "\"-5/s\""},
        {RATE, "5/x", 1000, "\"5/x\""},
        {RATE, "5 /s", 1000, "100/s"},
        {RATE, "nan", 1000, "\"nan\""},
        {RATE, "1e3/s", 60000, NULL},
        {RATE, "20000000/s", 1000, "10 million"},
        {RAMP, "100/s", 0, "TIME:RATE"},
        {RAMP, "", 0, "TIME:RATE"},
        {RAMP, "0:100/s,", 0, "TIME:RATE"},
        {RAMP, "0:100/s,60x:200/s", 0, "\"60x\""},
        {RAMP, "0:100/s,60s:fast", 0, "\"fast\""},
        {RAMP, "10s:100/s,60s:1/s", 0, "time 0"},
        {RAMP, "0:100/s,60s:1/s,60s:2/s", 0, "later"},
        {RAMP, "0:100/s", 0, "duration"},
        {RAMP, "0:100/s,60s:200/s", 30000, "60 s"},
        {RAMP, "0:0/s,60s:0/s", 0, "always 0"},
        {STEPS, "0:100/s,60s:200/s", 60000, "duration"},
        {LIST, "1/s,,2/s", 1000, "\"\""},
        {USERS_LIST, "20,-1", 1000, "\"-1\""},
        {USERS_LIST, "20/s", 1000, "number of users"},
        {USERS_LIST, "2000000", 1000, "1000000"},
        {USERS_RAMP, "20,30", 1000, "TIME:USERS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule schedule = {.count = 77};
        TEXT_CLEANUP struct text why = {0};
        check_case("\"%s\" for %lld ms", cases[i].text, (long long)cases[i].duration_ms);
        enum status status = parse(cases[i].form, cases[i].text, cases[i].duration_ms, &schedule, &why);
        CHECK_INT(status, cases[i].why ? STATUS_INVALID : STATUS_OK);
        if (cases[i].why) {
            CHECK(strstr(text_get(&why), cases[i].why) != NULL);
            CHECK_INT(schedule.count, 77);
        }
    }
}

/* The whole of a schedule by so many threads: how many, and whether each thread's moments go forward. */
static size_t collect(const struct schedule *schedule, enum arrivals_kind kind, unsigned shares, double *ret_moments,
                      size_t room)
{
    size_t count = 0;
    for (unsigned share = 0; share < shares; share++) {
        struct arrivals arrivals;
        int64_t at_ns, before_ns = 0;
        arrivals_init(&arrivals, schedule, kind, share, shares, 42);
        while (arrivals_next(&arrivals, &at_ns) && count < room) {
            CHECK(at_ns >= before_ns && (double)at_ns / 1e9 <= schedule_length(schedule));
            ret_moments[count++] = (double)at_ns / 1e9;
            before_ns = at_ns;
        }
    }
    return count;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

enum { ROOM = 200000 };
static double moments[ROOM];

static void uniform_arrivals_keep_to_the_rate(void)
{
    static const char *const texts[] = {"0:100/s,60s:3000/s", "0:0/s,10s:10/s,20s:0/s", "0:5/s,2s:5/s",
                                        "0:1000/s,1s:0/s,2s:0/s,3s:1000/s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (unsigned shares = 1; shares <= 3; shares++) {
            struct schedule schedule = {0};
            check_case("%s by %u threads", texts[i], shares);
            CHECK_INT(schedule_parse_ramp(texts[i], SCHEDULE_RATE, 0, &schedule, NULL), STATUS_OK);
            size_t count = collect(&schedule, ARRIVALS_UNIFORM, shares, moments, ROOM);
            CHECK_INT(count, llround(schedule_total(&schedule)));
            qsort(moments, count, sizeof moments[0], compare);
            double worst = 0; /* how far the number planned by a moment is from the integral of the rate up to it */
            for (size_t n = 0; n < count; n++) {
                double integral = 0;
                for (size_t k = 0; k < schedule.count && schedule.pieces[k].begin_s < moments[n]; k++) {
                    const struct schedule_piece *piece = &schedule.pieces[k];
                    double t = fmin(piece->end_s, moments[n]) - piece->begin_s;
                    double slope = (piece->to - piece->from) / (piece->end_s - piece->begin_s);
                    integral += piece->from * t + slope * t * t / 2;
                }
                worst = fmax(worst, fabs(integral - (double)n));
            }
            CHECK(worst < 0.01);
        }
}

/* Of a Poisson process the count's variance is its mean, and so many gaps are longer than the mean one as e says. */
static void poisson_arrivals_are_poisson(void)
{
    struct schedule schedule = schedule_constant(1000, 100);
    for (unsigned shares = 1; shares <= 4; shares += 3) {
        check_case("by %u threads", shares);
        size_t count = collect(&schedule, ARRIVALS_POISSON, shares, moments, ROOM), longer = 0;
        double variance = 0;
        unsigned slots[10000] = {0};
        qsort(moments, count, sizeof moments[0], compare);
        for (size_t i = 0; i < count; i++) {
            slots[(size_t)(moments[i] * 100)]++;
            longer += i > 0 && moments[i] - moments[i - 1] > 0.001;
        }
        for (size_t i = 0; i < 10000; i++)
            variance += ((double)slots[i] - 10) * ((double)slots[i] - 10) / 10000;
        CHECK(fabs((double)count - 100000) < 4 * sqrt(100000));
        CHECK(fabs(variance - 10) < 0.6); /* four standard errors */
        CHECK(fabs((double)longer / (double)count - exp(-1)) < 0.0065);
    }
}

CHECK_MAIN({"a schedule is read", good_ones_are_taken},
           {"a bad schedule is refused with a reason that names it", bad_ones_are_refused_with_a_reason},
           {"uniform arrivals keep to the rate at every moment", uniform_arrivals_keep_to_the_rate},
           {"Poisson arrivals have the gaps and the variance of a Poisson process", poisson_arrivals_are_poisson})
