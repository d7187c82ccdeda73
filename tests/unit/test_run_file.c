/* Runs: written, read again, and added up exactly. */
#include "check.h"
#include "dice.h"
#include "memory.h"
#include "merge.h"

#include <stdlib.h>

static const char *const labels[] = {"GET /a", "GET /b"};

static char *path_of(const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", check_folder(), name);
    return text_take(&path);
}

/* What a generator would have counted, from chance; added to *sum too. */
static void fill(struct tally *tally, struct dice *dice, struct tally *sum)
{
    for (int i = 0; i < 200; i++) {
        int64_t planned = (int64_t)(dice_share(dice) * 1e9), lag = (int64_t)(dice_gap(dice) * 1e5);
        enum outcome outcome = (enum outcome)dice_below(dice, OUTCOMES);
        const struct request_result result = {
            .outcome = outcome,
            .code = outcome == OUTCOME_OK       ? 200
                    : outcome == OUTCOME_STATUS ? 500 + (int)dice_below(dice, 4)
                                                : 0,
            .planned_ns = planned,
            .sent_ns = planned + lag,
            .done_ns = planned + lag + (int64_t)(dice_gap(dice) * 1e7),
            .bytes = dice_below(dice, 5000),
        };
        tally->started++;
        tally->dropped += dice_below(dice, 2);
        latencies_record(&tally->lag, lag);
        tally_count(tally, &result);
    }
    if (sum)
        tally_add(sum, tally);
}

static void write_run(const char *path, int64_t begin_ms, uint64_t seed, struct tally *sums)
{
    TEXT_CLEANUP struct text why = {0};
    const struct run_head head = {.command = "load",
                                  .title = "a \"title\"",
                                  .begin_ms = begin_ms,
                                  .interval_ms = 1000,
                                  .labels = labels,
                                  .label_count = 2};
    FILE *file = NULL;
    struct dice dice;
    dice_init(&dice, seed, 0);
    CHECK_INT(run_file_create(path, &file, &why), STATUS_OK);
    CHECK_INT(run_file_begin(file, &head, &why), STATUS_OK);
    for (unsigned i = 0; i < 10; i++) {
        struct tally tally = {0};
        fill(&tally, &dice, &sums[i % 2]);
        const struct run_interval interval = {
            .at_ms = i / 2 * 1000, .length_ms = 1000, .label = i % 2, .planned = 400, .users = 7, .tally = &tally};
        CHECK_INT(run_file_add(file, &interval, &why), STATUS_OK);
        tally_release(&tally);
    }
    CHECK_INT(run_file_add_event(file, 1500, "a second server", &why), STATUS_OK);
    const struct run_end end = {
        .how = "complete", .elapsed_s = 5, .cpu_s = 0.5, .labels = labels, .totals = sums, .label_count = 2};
    CHECK_INT(run_file_end(file, &end, &why), STATUS_OK);
    (void)fclose(file);
}

static void check_tallies(const struct tally *a, const struct tally *b)
{
    TEXT_CLEANUP struct text one = {0}, other = {0};
    tally_add_json(a, &one);
    tally_add_json(b, &other);
    CHECK_STR(text_get(&one), text_get(&other));
}

static void sum_of_lines(const struct run *run, struct tally *sums)
{
    TEXT_CLEANUP struct text why = {0};
    for (size_t i = 0; i < run->interval_count; i++)
        CHECK_INT(tally_read_json(run->intervals[i].object, &sums[run->intervals[i].label], &why), STATUS_OK);
}

static void runs_are_read_as_they_were_written(void)
{
    char *path = path_of("run.jsonl");
    struct tally sums[2] = {0}, read[2] = {0};
    struct run run = {0};
    TEXT_CLEANUP struct text why = {0};
    write_run(path, 1000000, 1, sums);
    CHECK_INT(run_read(path, &run, &why), STATUS_OK);
    CHECK_STR(run.title, "a \"title\"");
    CHECK_STR(run.ended, "complete");
    CHECK_STR(run.labels[1], labels[1]);
    CHECK_INT(run.interval_count, 10);
    CHECK_INT(run.event_count, 1);
    CHECK_INT(run.events[0].at_ms, 1001500);
    sum_of_lines(&run, read);
    for (size_t i = 0; i < 2; i++) {
        check_tallies(&sums[i], &read[i]);
        tally_release(&sums[i]);
        tally_release(&read[i]);
    }
    run_release(&run);
    free(path);
}

/* The second generator began 2.4 s after the first: its intervals fall into the slots 2 to 6. */
static void runs_add_up_exactly(void)
{
    char *paths[] = {path_of("one.jsonl"), path_of("two.jsonl"), path_of("sum.jsonl")};
    struct tally sums[2] = {0}, read[2] = {0};
    struct run runs[2] = {0}, sum = {0};
    struct merged merged;
    TEXT_CLEANUP struct text why = {0};
    FILE *out = NULL;
    write_run(paths[0], 5000000, 1, sums);
    write_run(paths[1], 5002400, 2, sums);
    for (int i = 0; i < 2; i++)
        CHECK_INT(run_read(paths[i], &runs[i], &why), STATUS_OK);
    CHECK_INT(run_file_create(paths[2], &out, &why), STATUS_OK);
    CHECK_INT(merge_runs(runs, 2, out, &merged, &why), STATUS_OK);
    (void)fclose(out);
    CHECK_INT(run_read(paths[2], &sum, &why), STATUS_OK);
    CHECK_INT(sum.begin_ms, 5000000);
    CHECK_INT(sum.interval_count, 14);
    CHECK_INT(sum.event_count, 2);
    CHECK_INT(sum.events[0].at_ms, 5001500);
    CHECK_INT(sum.events[1].at_ms, 5003900);
    sum_of_lines(&sum, read);
    for (size_t i = 0; i < 2; i++) {
        check_tallies(&merged.totals[i], &sums[i]);
        check_tallies(&read[i], &sums[i]);
        tally_release(&sums[i]);
        tally_release(&read[i]);
        run_release(&runs[i]);
    }
    CHECK_INT(run_number(sum.intervals[3].object, "users"), 7); /* the second has not begun */
    CHECK_INT(run_number(sum.intervals[4].object, "users"), 14);
    CHECK_INT(run_number(sum.intervals[4].object, "planned"), 800);
    merge_release(&merged);
    run_release(&sum);
    for (int i = 0; i < 3; i++)
        free(paths[i]);
}

static void damaged_runs_are_refused(void)
{
    static const char head[] =
        "{\"type\":\"run\",\"format\":1,\"command\":\"load\",\"title\":\"\",\"begin_ms\":1,\"interval_ms\":1000,"
        "\"labels\":[\"a\"]}\n";
    static const struct {
        const char *says, *text;
        const char *why; /* NULL: taken */
    } cases[] = {
        {"a head alone", head, NULL},
        {"a last line that was cut", "{\"type\":\"event\",\"time_ms\":5,\"text\":\"x\"}\n{\"type\":\"ev", NULL},
        {"nothing", "", "is empty"},
        {"no JSON", "hello\n", ":1: "},
        {"no type", "{\"a\":1}\n", ":1: no object"},
        {"an unknown type", "{\"type\":\"x\"}\n", "other than"},
        {"an interval before the head", "{\"type\":\"interval\",\"at_ms\":0,\"label\":0}\n", "before the head"},
        {"another format", "{\"type\":\"run\",\"format\":2}\n", "format"},
        {"a head without labels",
         "{\"type\":\"run\",\"format\":1,\"command\":\"load\",\"title\":\"\",\"begin_ms\":1,\"interval_ms\":1}\n",
         "labels"},
    };
    char *path = path_of("damaged.jsonl");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = {0};
        TEXT_CLEANUP struct text why = {0};
        FILE *file = fopen(path, "we");
        check_case("%s", cases[i].says);
        if (!CHECK(file != NULL))
            break;
        (void)fputs(cases[i].text, file);
        (void)fclose(file);
        CHECK_INT(run_read(path, &run, &why), cases[i].why ? STATUS_INVALID : STATUS_OK);
        if (cases[i].why)
            CHECK(strstr(text_get(&why), cases[i].why) != NULL);
        run_release(&run);
    }
    free(path);
}

/* Planned at 1 s, begun 5 ms later, ended 20 ms after the plan. */
static void times_count_from_the_plan(void)
{
    static const bool is_timed[OUTCOMES] = {[OUTCOME_OK] = true, [OUTCOME_TIMEOUT] = true};
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        struct tally tally = {0};
        const struct request_result result = {.outcome = (enum outcome)outcome,
                                              .code = outcome == OUTCOME_STATUS ? 404 : 200,
                                              .planned_ns = 1000000000,
                                              .sent_ns = 1005000000,
                                              .done_ns = 1020000000,
                                              .bytes = 7};
        check_case("%s", outcome_name((enum outcome)outcome));
        tally_count(&tally, &result);
        CHECK_INT(tally.latency.total, is_timed[outcome]);
        CHECK_INT(latencies_max(&tally.latency) / 100000, is_timed[outcome] ? 200 : 0);
        CHECK_INT(latencies_max(&tally.service) / 100000, is_timed[outcome] ? 150 : 0);
        CHECK_INT(tally_failed(&tally), outcome != OUTCOME_OK);
        CHECK_INT(tally_unanswered(&tally), outcome != OUTCOME_OK && outcome != OUTCOME_STATUS);
        CHECK_INT(tally.codes[200] + tally.codes[404], outcome == OUTCOME_OK || outcome == OUTCOME_STATUS);
        CHECK_INT(tally.bytes, 7);
        tally_release(&tally);
    }
}

CHECK_MAIN({"latency counts from the plan, service from the start; of answers and of time-outs",
            times_count_from_the_plan},
           {"a run is read as it was written", runs_are_read_as_they_were_written},
           {"runs add up exactly, by the time of their intervals", runs_add_up_exactly},
           {"a damaged run is refused with file and line", damaged_runs_are_refused})
