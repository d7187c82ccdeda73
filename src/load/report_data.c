#include "report_data.h"

#include "clock.h"
#include "memory.h"
#include "report_marks.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- The series of a run: one value an interval, of all labels together ---- */

static double ms(double ns)
{
    return ns / 1e6;
}

static double p50(const struct tally *tally)
{
    return ms((double)latencies_percentile(&tally->latency, 50));
}

static double p90(const struct tally *tally)
{
    return ms((double)latencies_percentile(&tally->latency, 90));
}

static double p99(const struct tally *tally)
{
    return ms((double)latencies_percentile(&tally->latency, 99));
}

static double slowest(const struct tally *tally)
{
    return ms((double)latencies_max(&tally->latency));
}

static double mean(const struct tally *tally)
{
    return ms(latencies_mean(&tally->latency));
}

static double deviation(const struct tally *tally)
{
    return ms(latencies_deviation(&tally->latency));
}

static double succeeded(const struct tally *tally)
{
    return (double)tally->outcomes[OUTCOME_OK];
}

static double failed(const struct tally *tally)
{
    return (double)tally_failed(tally);
}

static double dropped(const struct tally *tally)
{
    return (double)tally->dropped;
}

static const struct series {
    const char *name;
    double (*value)(const struct tally *tally);
    bool is_time; /* unknown where nothing was answered */
} series[] = {
    {"p50", p50, true},       {"p90", p90, true},        {"p99", p99, true},
    {"max", slowest, true},   {"mean", mean, true},      {"deviation", deviation, true},
    {"ok", succeeded, false}, {"failed", failed, false}, {"dropped", dropped, false},
};
enum { SERIES = sizeof series / sizeof series[0], BINS = 24 };

struct columns {
    struct text at, users, series[SERIES];
    struct text *labels; /* requests that ended, of each label */
    size_t label_count;
};

static void add_value(struct text *column, double value)
{
    text_addf(column, "%s%.6g", column->length ? "," : "", value);
}

static void release_columns(struct columns *columns)
{
    text_release(&columns->at);
    text_release(&columns->users);
    for (size_t i = 0; i < SERIES; i++)
        text_release(&columns->series[i]);
    for (size_t i = 0; i < columns->label_count; i++)
        text_release(&columns->labels[i]);
    free(columns->labels);
}

/* ---- Time and failures against the rate: intervals of a similar planned rate together ---- */

struct bin {
    struct tally tally;
    double rates; /* their sum */
    size_t count;
};

struct curve {
    double highest;
    struct bin bins[BINS];
};

static void add_to_curve(struct curve *curve, double planned, const struct tally *tally)
{
    if (planned <= 0 || curve->highest <= 0)
        return;
    size_t index = (size_t)fmin(BINS - 1, planned / curve->highest * BINS);
    tally_add(&curve->bins[index].tally, tally);
    curve->bins[index].rates += planned;
    curve->bins[index].count++;
}

/* The highest planned rate of a run; 0 where none is planned. */
static double highest_plan(const struct run *run)
{
    double highest = 0;
    for (size_t k = 0; k < run->interval_count; k++)
        highest = fmax(highest, run_number(run->intervals[k].object, "planned"));
    return highest;
}

/* A run of many rates has a curve of its own; runs of one rate make one together. */
static bool has_many_rates(const struct run *run)
{
    double highest = highest_plan(run);
    for (size_t k = 0; k < run->interval_count; k++) {
        double planned = run_number(run->intervals[k].object, "planned");
        if (planned > 0 && planned < highest)
            return true;
    }
    return false;
}

static void add_curve(struct curve *curve, struct text *out)
{
    bool is_first = true;
    text_add(out, "\"curve\":[");
    for (size_t i = 0; i < BINS; i++) {
        struct bin *bin = &curve->bins[i];
        uint64_t ended = tally_ended(&bin->tally);
        if (ended > 0) {
            text_addf(out, "%s{\"rate\":%.6g,\"mean\":%.6g,\"deviation\":%.6g,\"failed\":%.6g}", is_first ? "" : ",",
                      bin->rates / (double)bin->count, mean(&bin->tally), deviation(&bin->tally),
                      100 * failed(&bin->tally) / (double)ended);
            is_first = false;
        }
        tally_release(&bin->tally);
    }
    text_add(out, "]");
}

/* ---- The summary table: JMeter's columns ---- */

static void add_table_row(const char *label, const struct tally *tally, double seconds, struct text *out)
{
    uint64_t ended = tally_ended(tally);
    text_add(out, "{\"label\":");
    json_add_string_or_null(out, label);
    text_addf(out, ",\"samples\":%" PRIu64 ",\"average\":%.6g,\"min\":%.6g,\"max\":%.6g,\"deviation\":%.6g", ended,
              mean(tally), ms((double)latencies_min(&tally->latency)), slowest(tally), deviation(tally));
    text_addf(out,
              ",\"errors\":%.6g,\"throughput\":%.6g,\"kilobytes\":%.6g,\"p50\":%.6g,\"p99\":%.6g,\"dropped\":%" PRIu64,
              ended ? 100 * failed(tally) / (double)ended : 0, seconds > 0 ? (double)ended / seconds : 0,
              seconds > 0 ? (double)tally->bytes / 1024 / seconds : 0, p50(tally), p99(tally), tally->dropped);
    text_add(out, ",\"failures\":{");
    for (int i = OUTCOME_OK + 1, written = 0; i < OUTCOMES; i++)
        if (tally->outcomes[i])
            text_addf(out, "%s\"%s\":%" PRIu64, written++ ? "," : "", outcome_name(i), tally->outcomes[i]);
    text_add(out, "}}");
}

static void add_table(const struct run *run, const struct tally *totals, struct text *out)
{
    struct tally all = {0};
    double seconds = (double)(run->end_ms - run->begin_ms) / 1e3;
    text_add(out, "\"table\":[");
    for (size_t i = 0; i < run->label_count; i++) {
        tally_add(&all, &totals[i]);
        if (run->label_count > 1) {
            add_table_row(run->labels[i], &totals[i], seconds, out);
            text_addc(out, ',');
        }
    }
    add_table_row(run->label_count > 1 ? "all" : run->labels[0], &all, seconds, out);
    text_add(out, "],");
    tally_release(&all);
}

/* ---- A run ---- */

/* The lines of one moment, a label each. */
static enum status add_moment(const struct run_line *lines, size_t count, const struct run *run,
                              struct columns *columns, struct tally *totals, struct curve *curve, struct text *why)
{
    struct tally all = {0};
    double length_s = fmax(1, run_number(lines[0].object, "length_ms")) / 1e3;
    uint64_t *ended = NEW_ARRAY(columns->label_count, uint64_t);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct tally tally = {0};
        status = tally_read_json(lines[i].object, &tally, why);
        ended[lines[i].label] += tally_ended(&tally);
        tally_add(&totals[lines[i].label], &tally);
        tally_add(&all, &tally);
        tally_release(&tally);
    }
    add_value(&columns->at, (double)(lines[0].at_ms - run->begin_ms) / 1e3);
    add_value(&columns->users, run_number(lines[0].object, "users"));
    for (size_t i = 0; i < columns->label_count; i++)
        add_value(&columns->labels[i], (double)ended[i] / length_s);
    for (size_t i = 0; i < SERIES; i++)
        if (series[i].is_time && all.latency.total == 0)
            text_addf(&columns->series[i], "%snull", columns->series[i].length ? "," : "");
        else
            add_value(&columns->series[i], series[i].value(&all) / (series[i].is_time ? 1 : length_s));
    add_to_curve(curve, run_number(lines[0].object, "planned"), &all);
    tally_release(&all);
    free(ended);
    return status;
}

static void add_columns(const struct columns *columns, const struct run *run, struct text *out)
{
    text_addf(out, "\"at\":[%s],\"users\":[%s],\"series\":{", text_get(&columns->at), text_get(&columns->users));
    for (size_t i = 0; i < SERIES; i++)
        text_addf(out, "%s\"%s\":[%s]", i ? "," : "", series[i].name, text_get(&columns->series[i]));
    text_add(out, "},\"labels\":[");
    for (size_t i = 0; i < columns->label_count; i++) {
        text_addf(out, "%s{\"name\":", i ? "," : "");
        json_add_string_or_null(out, run->labels[i]);
        text_addf(out, ",\"requests\":[%s]}", text_get(&columns->labels[i]));
    }
    text_add(out, "]");
}

static void add_facts(const struct run *run, struct text *out)
{
    char begin[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(run->begin_ms, begin);
    text_add(out, "{\"title\":");
    json_add_string_or_null(out, run->title);
    text_addf(out, ",\"command\":\"%s\",\"begin\":\"%s\",\"interval\":%.6g,\"ended\":", run->command, begin,
              (double)run->interval_ms / 1e3);
    json_add_string_or_null(out, run->ended[0] ? run->ended : "cut: the generator did not end in order");
    text_addc(out, ',');
}

static enum status add_run(const struct run *run, const struct run *runs, size_t count, struct curve *curve,
                           struct text *out, struct text *why)
{
    struct curve *own = NEW(struct curve);
    struct columns columns = {.labels = NEW_ARRAY(run->label_count, struct text), .label_count = run->label_count};
    struct tally *totals = NEW_ARRAY(run->label_count, struct tally);
    enum status status = STATUS_OK;
    own->highest = highest_plan(run);
    if (has_many_rates(run))
        curve = own;
    for (size_t i = 0, next; i < run->interval_count && status == STATUS_OK; i = next) {
        for (next = i + 1; next < run->interval_count && run->intervals[next].at_ms == run->intervals[i].at_ms;)
            next++;
        status = add_moment(&run->intervals[i], next - i, run, &columns, totals, curve, why);
    }
    add_facts(run, out);
    add_table(run, totals, out);
    report_marks_add(run, runs, count, out);
    add_columns(&columns, run, out);
    text_addc(out, ',');
    add_curve(own, out);
    text_addc(out, '}');
    free(own);
    for (size_t i = 0; i < run->label_count; i++)
        tally_release(&totals[i]);
    free(totals);
    release_columns(&columns);
    return status;
}

enum status report_data_add(const struct run *runs, size_t count, const char *title, struct text *out, struct text *why)
{
    struct curve *curve = NEW(struct curve);
    enum status status = STATUS_OK;
    size_t shown = 0;
    for (size_t i = 0; i < count; i++)
        curve->highest = fmax(curve->highest, highest_plan(&runs[i]));
    text_add(out, "{\"title\":");
    json_add_string_or_null(out, title);
    text_add(out, ",\"runs\":[");
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (!runs[i].has_head)
            continue;
        text_add(out, shown++ ? "," : "");
        status = add_run(&runs[i], runs, count, curve, out, why);
    }
    text_add(out, "],");
    add_curve(curve, out);
    text_addc(out, '}');
    free(curve);
    if (status == STATUS_OK && shown == 0) {
        text_setf(why, "none of these files contains a run");
        status = STATUS_INVALID;
    }
    return status;
}
