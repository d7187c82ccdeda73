/* Histograms of durations and their text form. That other implementations read it is tested in tests/load. */
#include "check.h"
#include "dice.h"
#include "latencies_codec.h"

#include <math.h>
#include <stdlib.h>

static void values_are_kept_to_three_digits(void)
{
    static const int64_t values[] = {
        0,     1,       2047,     2048,      2049,       4095,       4096,       4097,
        99999, 1000000, 10485759, 123456789, 1000000000, 3141592653, 3599999999, LATENCIES_HIGHEST - 1,
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        check_case("%lld ns", (long long)values[i]);
        struct latencies latencies = {0};
        latencies_record(&latencies, values[i]);
        CHECK(latencies_min(&latencies) <= values[i]);
        CHECK(latencies_max(&latencies) >= values[i]);
        CHECK((double)(latencies_max(&latencies) - latencies_min(&latencies)) <= (double)values[i] / 1000);
        CHECK(values[i] > 2047 || latencies_max(&latencies) == latencies_min(&latencies));
        CHECK_INT(latencies_percentile(&latencies, 50), latencies_max(&latencies));
        latencies_release(&latencies);
    }
}

static void neighbours_have_neighbouring_counts(void)
{
    uint32_t before = 0;
    for (int64_t value = 1; value < LATENCIES_HIGHEST; value += 1 + value / 4096) {
        uint32_t index = latencies_index(value);
        if (index != before && index != before + 1) {
            CHECK_INT(index, before + 1);
            return;
        }
        before = index;
    }
    CHECK_INT(latencies_index(LATENCIES_HIGHEST), latencies_index(INT64_MAX));
    CHECK(latencies_index(INT64_MAX) < LATENCIES_COUNTS);
    CHECK_INT(latencies_index(-1), 0);
}

static int compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* Against a sorted list of the values themselves. */
static void figures_are_those_of_the_values(void)
{
    enum { COUNT = 20000 };
    static const double percentiles[] = {0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100};
    static int64_t values[COUNT];
    struct latencies latencies = {0};
    struct dice dice;
    double sum = 0, squares = 0;
    dice_init(&dice, 1, 0);
    for (int i = 0; i < COUNT; i++) {
        values[i] = (int64_t)(dice_gap(&dice) * 20e6);
        latencies_record(&latencies, values[i]);
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        int rank = (int)fmax(1, ceil(percentiles[i] * COUNT / 100 - 1e-6));
        double exact = (double)values[rank - 1];
        check_case("percentile %g", percentiles[i]);
        CHECK(fabs((double)latencies_percentile(&latencies, percentiles[i]) - exact) <= exact / 1000 + 1);
    }
    check_case("mean and deviation");
    double mean = sum / COUNT, deviation = sqrt(squares / COUNT - mean * mean);
    CHECK(fabs(latencies_mean(&latencies) / mean - 1) < 0.00005); /* counted at the middle of their steps */
    CHECK(fabs(latencies_deviation(&latencies) / deviation - 1) < 0.00005);
    CHECK_INT(latencies.total, COUNT);
    latencies_release(&latencies);
}

static bool are_equal(const struct latencies *a, const struct latencies *b)
{
    return a->total == b->total && a->used == b->used
           && (a->used == 0 || memcmp(a->counts, b->counts, a->used * sizeof *a->counts) == 0);
}

static void fill(struct latencies *latencies, uint64_t seed, int count)
{
    struct dice dice;
    dice_init(&dice, seed, 0);
    for (int i = 0; i < count; i++)
        latencies_record_many(latencies, (int64_t)exp(dice_share(&dice) * 28), 1 + dice_below(&dice, 1000000));
}

static void parts_add_up_exactly(void)
{
    struct latencies one = {0}, other = {0}, sum = {0}, both = {0};
    fill(&one, 1, 1000);
    fill(&other, 2, 10);
    fill(&both, 1, 1000);
    fill(&both, 2, 10);
    latencies_add(&sum, &other);
    latencies_add(&sum, &one);
    CHECK(are_equal(&sum, &both));
    latencies_clear(&sum);
    CHECK_INT(sum.total, 0);
    CHECK_INT(latencies_max(&sum), 0);
    latencies_add(&sum, &one);
    CHECK(are_equal(&sum, &one));
    latencies_release(&one);
    latencies_release(&other);
    latencies_release(&sum);
    latencies_release(&both);
}

static void encoding_loses_nothing(void)
{
    static const int counts[] = {0, 1, 2, 1000, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        check_case("%d durations", counts[i]);
        struct latencies latencies = {0}, again = {0};
        TEXT_CLEANUP struct text text = {0}, why = {0};
        fill(&latencies, 7, counts[i]);
        if (counts[i] == 2)
            latencies_record_many(&latencies, LATENCIES_HIGHEST, INT64_MAX); /* all bits of nine bytes */
        latencies_encode(&latencies, &text);
        CHECK_INT(latencies_decode(text_get(&text), text.length, &again, &why), STATUS_OK);
        CHECK(are_equal(&latencies, &again));
        latencies_release(&latencies);
        latencies_release(&again);
    }
}

/* As HdrHistogram's own encoder for Java writes an empty histogram's head: cookie, then zlib. */
static void the_encoding_begins_as_others_do(void)
{
    struct latencies latencies = {0};
    TEXT_CLEANUP struct text text = {0};
    latencies_encode(&latencies, &text);
    CHECK(strncmp(text_get(&text), "HISTFAAAA", 9) == 0);
    latencies_release(&latencies);
}

static void damage_is_seen(void)
{
    struct latencies latencies = {0}, again = {0};
    TEXT_CLEANUP struct text text = {0}, why = {0};
    fill(&latencies, 3, 50);
    latencies_encode(&latencies, &text);
    for (size_t i = 0; i < text.length; i++) { /* zlib's checksum sees every bit but those that base64 leaves unused */
        char kept = text.data[i];
        text.data[i] = kept == 'A' ? '!' : kept == '!' ? 'A' : '-';
        if (latencies_decode(text.data, text.length, &again, &why) == STATUS_OK)
            CHECK_INT(i, -1);
        text.data[i] = kept;
        if (latencies_decode(text.data, i, &again, &why) == STATUS_OK)
            CHECK_INT(i, -2);
    }
    CHECK_INT(again.total, 0);
    CHECK(why.length > 0);
    latencies_release(&latencies);
    latencies_release(&again);
}

CHECK_MAIN({"a duration is kept to three digits", values_are_kept_to_three_digits},
           {"neighbouring durations have neighbouring counts", neighbours_have_neighbouring_counts},
           {"percentiles, mean and deviation are those of the values", figures_are_those_of_the_values},
           {"histograms add up exactly", parts_add_up_exactly}, {"encoding loses nothing", encoding_loses_nothing},
           {"the encoding begins with the format's cookie", the_encoding_begins_as_others_do},
           {"a damaged histogram is refused, and nothing of it counts", damage_is_seen})
