/* Objectives, and the search for the highest rate at which one holds. */
#include "check.h"
#include "dice.h"
#include "knee.h"
#include "slo.h"

#include <math.h>

static void objectives_are_read(void)
{
    static const struct {
        const char *text;
        size_t terms; /* 0: refused */
        double limit; /* of the first term */
    } cases[] = {
        {"p99<100ms", 1, 100e6},
        {"p99.9<1s", 1, 1e9},
        {"p50<1.5ms,max<2s", 2, 1.5e6},
        {"failed<0.1%", 1, 0.001},
        {"mean<50ms", 1, 50e6},
        {"deviation<20ms,failed<5%,p90<1m", 3, 20e6},
        {"", 0, 0},
        {"p99", 0, 0},
        {"p99<100", 1, 100e9},
        {"p101<1s", 0, 0},
        {"p<1s", 0, 0},
        {"p99>1s", 0, 0},
        {"failed<0.1", 0, 0},
        {"failed<101%", 0, 0},
        {"p99<0ms", 0, 0},
        {"median<1s", 0, 0},
        {"p99<1s,", 0, 0},
        {"p99<fast", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slo slo;
        TEXT_CLEANUP struct text why = {0};
        check_case("\"%s\"", cases[i].text);
        enum status status = slo_parse(cases[i].text, &slo, &why);
        CHECK_INT(status, cases[i].terms ? STATUS_OK : STATUS_INVALID);
        CHECK_INT(why.length > 0, cases[i].terms == 0);
        if (status == STATUS_OK) {
            CHECK_INT(slo.count, cases[i].terms);
            CHECK(fabs(slo.terms[0].limit / cases[i].limit - 1) < 1e-9);
        }
    }
}

static void objectives_are_held_against_figures(void)
{
    static const struct {
        const char *text;
        const char *broken; /* NULL: holds */
    } cases[] = {
        {"p50<11ms", NULL},       {"p50<10ms", "p50"},   {"p99<200ms", NULL},
        {"p99.9<200ms", "p99.9"}, {"max<2s", NULL},      {"max<500ms", "max"},
        {"failed<1%", "failed"},  {"failed<1.1%", NULL}, {"p50<11ms,mean<5ms", "mean"},
    };
    struct tally tally = {0};
    latencies_record_many(&tally.latency, 10000000, 985);
    latencies_record_many(&tally.latency, 100000000, 5);
    latencies_record_many(&tally.latency, 1000000000, 2);
    tally.outcomes[OUTCOME_OK] = 990;
    tally.outcomes[OUTCOME_TIMEOUT] = 2;
    tally.outcomes[OUTCOME_STATUS] = 8;
    tally.dropped = 500; /* of these nobody knows how they would have ended */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slo slo;
        TEXT_CLEANUP struct text why = {0};
        check_case("%s", cases[i].text);
        CHECK_INT(slo_parse(cases[i].text, &slo, &why), STATUS_OK);
        CHECK_INT(slo_holds(&slo, &tally, &why), cases[i].broken == NULL);
        if (cases[i].broken)
            CHECK(strstr(text_get(&why), cases[i].broken) != NULL);
    }
    tally_release(&tally);
}

struct server {
    double limit, noise;
    double generator; /* above that rate the generator is the limit */
    unsigned tries, stop_after;
    unsigned hiccups; /* each so-manieth try breaks at any rate; 0: none does */
    struct dice dice;
};

static enum knee_verdict try_rate(void *context, double rate)
{
    struct server *server = context;
    double limit = server->limit * (1 + server->noise * (dice_share(&server->dice) - 0.5));
    if (++server->tries == server->stop_after)
        return KNEE_STOPPED;
    if (server->generator > 0 && rate > server->generator)
        return KNEE_SATURATED;
    if (server->hiccups > 0 && server->tries % server->hiccups == 0)
        return KNEE_BREAKS;
    return rate <= limit ? KNEE_HOLDS : KNEE_BREAKS;
}

/* The 95 % interval of a mean of five: Student's t with four degrees of freedom is 2.776. */
static void check_interval(const struct knee *knee)
{
    double mean = 0, variance = 0;
    for (size_t k = 0; k < 5; k++)
        mean += knee->rates[k] / 5;
    for (size_t k = 0; k < 5; k++)
        variance += (knee->rates[k] - mean) * (knee->rates[k] - mean) / 4;
    CHECK(fabs(knee->mean - mean) < 1e-6 * mean);
    CHECK(fabs(knee->margin - 2.776 * sqrt(variance / 5)) < 1e-6 * mean);
}

static void the_knee_is_found_from_anywhere(void)
{
    static const struct {
        double limit, first, noise;
        unsigned hiccups;
    } cases[] = {{1000, 100, 0, 0},    {1000, 5000, 0, 0}, {1000, 1000, 0, 0}, {3, 1, 0, 0},      {123456, 1, 0, 0},
                 {1000, 100, 0.02, 0}, {777, 30, 0.04, 0}, {1000, 100, 0, 3},  {1000, 5000, 0, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server server = {.limit = cases[i].limit, .noise = cases[i].noise, .hiccups = cases[i].hiccups};
        const struct knee_settings settings = {.first = cases[i].first,
                                               .highest = 1e7,
                                               .precision = 0.01,
                                               .repeats = 5,
                                               .try_rate = try_rate,
                                               .context = &server};
        check_case("a limit of %g, from %g, noise %g, hiccups in each of %u tries", cases[i].limit, cases[i].first,
                   cases[i].noise, cases[i].hiccups);
        dice_init(&server.dice, 5, i);
        struct knee knee = knee_find(&settings);
        CHECK_INT(knee.count, 5);
        CHECK(fabs(knee.mean / cases[i].limit - 1) < 0.05);
        CHECK(knee.margin < 0.05 * cases[i].limit);
        for (size_t k = 0; k < knee.count; k++) {
            CHECK(fabs(knee.rates[k] / cases[i].limit - 1) < 0.05);
            CHECK(cases[i].noise > 0 || (knee.rates[k] <= cases[i].limit && knee.rates[k] * 1.01 >= cases[i].limit));
        }
        check_interval(&knee);
    }
}

static void searches_that_can_not_end_well_end(void)
{
    struct server nothing = {.limit = 0}, saturated = {.limit = 1e9, .generator = 5000},
                  stopped = {.limit = 1000, .stop_after = 9}, endless = {.limit = 1e9};
    struct knee_settings settings = {
        .first = 100, .highest = 1e5, .precision = 0.01, .repeats = 5, .try_rate = try_rate};
    check_case("nothing holds");
    settings.context = &nothing;
    CHECK_INT(knee_find(&settings).count, 0);
    check_case("the generator is the limit");
    settings.context = &saturated;
    struct knee knee = knee_find(&settings);
    CHECK_INT(knee.last, KNEE_SATURATED);
    CHECK_INT(knee.count, 1);
    CHECK_INT(knee.mean, 3200);
    check_case("it was stopped");
    settings.context = &stopped;
    CHECK_INT(knee_find(&settings).last, KNEE_STOPPED);
    CHECK_INT(stopped.tries, 9);
    check_case("nothing breaks");
    settings.context = &endless;
    knee = knee_find(&settings);
    CHECK_INT(knee.mean, 1e5);
}

CHECK_MAIN({"an objective is read, or refused with a reason", objectives_are_read},
           {"an objective is held against a run's figures", objectives_are_held_against_figures},
           {"the knee is found within 5 % from anywhere", the_knee_is_found_from_anywhere},
           {"a search that can't end well ends", searches_that_can_not_end_well_end})
