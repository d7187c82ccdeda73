#include "summary.h"

#include <inttypes.h>
#include <string.h>

enum { LATE_NS = 10000000, LABEL_WIDTH = 80 };

static const double percentiles[] = {50, 90, 95, 99, 99.9, 99.99};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

void summary_add_duration(double ns, struct text *out)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}};
    size_t i = 0;
    while (i < 2 && ns < units[i].ns)
        i++;
    double value = ns / units[i].ns;
    text_addf(out, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, units[i].name);
}

/* A cell of 10 columns, to the right. Without any duration there is no mean either. */
static void add_cell(const struct latencies *latencies, double ns, struct text *out)
{
    TEXT_CLEANUP struct text cell = {0};
    if (latencies->total > 0)
        summary_add_duration(ns, &cell);
    else
        text_addc(&cell, '-');
    text_addf(out, " %9s", text_get(&cell));
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void add_row(const char *label, int width, const struct tally *tally, double seconds, struct text *out)
{
    const struct latencies *latency = &tally->latency;
    uint64_t ended = tally_ended(tally), failed = tally_failed(tally);
    text_addf(out, "%-*.*s %9" PRIu64 " %8" PRIu64 " %6.2f%% %9.1f", width, width, label, ended, failed,
              share(failed, ended), seconds > 0 ? (double)ended / seconds : 0);
    add_cell(latency, latencies_mean(latency), out);
    add_cell(latency, latencies_deviation(latency), out);
    for (size_t i = 0; i < PERCENTILES; i++)
        add_cell(latency, (double)latencies_percentile(latency, percentiles[i]), out);
    add_cell(latency, (double)latencies_max(latency), out);
    text_addc(out, '\n');
}

static void add_kinds(const struct tally *tally, struct text *out)
{
    const char *before = "failed: ";
    for (int i = OUTCOME_OK + 1; i < OUTCOMES; i++)
        if (tally->outcomes[i]) {
            text_addf(out, "%s%s %" PRIu64, before, outcome_name(i), tally->outcomes[i]);
            before = ", ";
        }
    if (tally_failed(tally))
        text_addc(out, '\n');
    before = "codes: ";
    for (int code = 0; code < STATUS_CODES; code++)
        if (tally->codes[code]) {
            text_addf(out, "%s%d %" PRIu64, before, code, tally->codes[code]);
            before = ", ";
        }
    text_add(out, before[0] == ',' ? "\n" : "");
}

static void add_generator(const struct tally *tally, struct text *out)
{
    if (tally->service.total > 0) {
        text_add(out, "service time (from the real start): p50 ");
        summary_add_duration((double)latencies_percentile(&tally->service, 50), out);
        text_add(out, ", p99 ");
        summary_add_duration((double)latencies_percentile(&tally->service, 99), out);
        text_addc(out, '\n');
    }
    text_add(out, "generator: starts late by p50 ");
    summary_add_duration((double)latencies_percentile(&tally->lag, 50), out);
    text_add(out, ", p99 ");
    summary_add_duration((double)latencies_percentile(&tally->lag, 99), out);
    text_add(out, ", max ");
    summary_add_duration((double)latencies_max(&tally->lag), out);
    text_addf(out, "; dropped %" PRIu64 "\n", tally->dropped);
}

/* A generator is at its limit when more than one of a thousand starts was dropped, or one of a hundred was late by over
 * 10 ms. */
static void add_saturation(const struct tally *tally, struct text *out)
{
    uint64_t planned = tally->started + tally->dropped;
    if (tally->dropped * 1000 > planned)
        text_addf(out,
                  "The generator was at its limit: it could not make %" PRIu64 " of %" PRIu64 " planned starts. "
                  "Figures are of the others; more connections, threads or machines would help.\n",
                  tally->dropped, planned);
    else if (latencies_percentile(&tally->lag, 99) > LATE_NS)
        text_add(out, "The generator was at its limit: more than one of a hundred starts was late by over 10 ms. "
                      "Latencies contain that; service times don't.\n");
}

/* Of the column of labels: targets often differ at their ends. */
static int width_of(const char *const *labels, size_t count)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width = strlen(labels[i]) > width ? strlen(labels[i]) : width;
    return width < LABEL_WIDTH ? (int)width : LABEL_WIDTH;
}

void summary_add_table(const char *const *labels, const struct tally *tallies, size_t count, double seconds,
                       struct text *out)
{
    struct tally all = {0};
    int width = width_of(labels, count);
    text_addf(out, "%-*s %9s %8s %7s %9s %9s %9s", width, "", "requests", "failed", "", "per s", "mean", "deviation");
    for (size_t i = 0; i < PERCENTILES; i++)
        text_addf(out, "     p%-4g", percentiles[i]);
    text_addf(out, " %9s\n", "max");
    for (size_t i = 0; i < count; i++) {
        tally_add(&all, &tallies[i]);
        if (count > 1)
            add_row(labels[i], width, &tallies[i], seconds, out);
    }
    add_row(count > 1 ? "all" : labels[0], width, &all, seconds, out);
    add_kinds(&all, out);
    add_generator(&all, out);
    add_saturation(&all, out);
    tally_release(&all);
}

static double ms(double ns)
{
    return ns / 1e6;
}

void summary_add_json(const char *label, const struct tally *tally, double seconds, struct text *out)
{
    uint64_t ended = tally_ended(tally);
    text_add(out, "{\"label\":");
    json_add_string_or_null(out, label);
    text_addf(out,
              ",\"count\":%" PRIu64 ",\"started\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"ok\":%" PRIu64
              ",\"failed\":%" PRIu64 ",\"failures\":{",
              ended, tally->started, tally->dropped, tally->outcomes[OUTCOME_OK], tally_failed(tally));
    for (int i = OUTCOME_OK + 1; i < OUTCOMES; i++)
        text_addf(out, "%s\"%s\":%" PRIu64, i > OUTCOME_OK + 1 ? "," : "", outcome_name(i), tally->outcomes[i]);
    text_addf(out, "},\"per_second\":%.3f,\"bytes\":%" PRIu64, seconds > 0 ? (double)ended / seconds : 0, tally->bytes);
    text_addf(out, ",\"mean_ms\":%.6f,\"deviation_ms\":%.6f,\"min_ms\":%.6f,\"max_ms\":%.6f",
              ms(latencies_mean(&tally->latency)), ms(latencies_deviation(&tally->latency)),
              ms((double)latencies_min(&tally->latency)), ms((double)latencies_max(&tally->latency)));
    static const struct {
        const char *name;
        size_t offset;
    } histograms[] = {{"percentiles_ms", offsetof(struct tally, latency)},
                      {"service_ms", offsetof(struct tally, service)},
                      {"lag_ms", offsetof(struct tally, lag)}};
    for (size_t k = 0; k < 3; k++) {
        const struct latencies *latencies = (const void *)((const char *)tally + histograms[k].offset);
        text_addf(out, ",\"%s\":{", histograms[k].name);
        for (size_t i = 0; i < PERCENTILES; i++)
            text_addf(out, "%s\"%g\":%.6f", i ? "," : "", percentiles[i],
                      ms((double)latencies_percentile(latencies, percentiles[i])));
        text_addc(out, '}');
    }
    text_addc(out, '}');
}
