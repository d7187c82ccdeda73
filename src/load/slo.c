#include "slo.h"

#include "settings.h"
#include "summary.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum slo_figure figure;
} figures[] = {{"mean", SLO_MEAN}, {"deviation", SLO_DEVIATION}, {"max", SLO_MAX}, {"failed", SLO_FAILED}};

static bool parse_figure(const char *name, struct slo_term *term)
{
    char *end;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (strcmp(name, figures[i].name) == 0) {
            term->figure = figures[i].figure;
            return true;
        }
    if (name[0] != 'p' || strspn(name + 1, "0123456789.") == 0)
        return false;
    term->figure = SLO_PERCENTILE;
    term->percentile = strtod(name + 1, &end);
    return *end == '\0' && term->percentile > 0 && term->percentile <= 100;
}

static bool parse_share(const char *text, double *ret)
{
    char *end;
    if (strspn(text, "0123456789.") == 0)
        return false;
    *ret = strtod(text, &end) / 100;
    return strcmp(end, "%") == 0 && *ret > 0 && *ret <= 1;
}

static bool parse_limit(const char *text, struct slo_term *term)
{
    int64_t ms;
    char *end;
    if (term->figure == SLO_FAILED)
        return parse_share(text, &term->limit);
    /* Milliseconds may have places after the point here; the rest is as in settings. */
    if (strspn(text, "0123456789.") == 0)
        return false;
    double number = strtod(text, &end);
    if (number > 0 && strcmp(end, "ms") == 0) {
        term->limit = number * 1e6;
        return true;
    }
    if (settings_parse_seconds(text, &ms) != STATUS_OK || ms <= 0)
        return false;
    term->limit = (double)ms * 1e6;
    return true;
}

enum status slo_parse(const char *text, struct slo *ret_slo, struct text *why)
{
    TEXT_CLEANUP struct text copy = {0}, term_text = {0};
    struct slo slo = {0};
    text_add(&copy, text);
    for (char *word = copy.data, *next; word; word = next) {
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        text_setf(&term_text, "%s", word);
        char *less = strchr(word, '<');
        struct slo_term term = {0};
        if (less)
            *less = '\0';
        if (!less || slo.count == SLO_TERMS || !parse_figure(word, &term) || !parse_limit(less + 1, &term)) {
            text_setf(why,
                      "\"%s\" is no objective: write FIGURE<LIMIT, such as p99<100ms, p99.9<1s, mean<50ms, "
                      "deviation<20ms, max<2s or failed<0.1%%, at most %d of them with commas",
                      text_get(&term_text), SLO_TERMS);
            return STATUS_INVALID;
        }
        slo.terms[slo.count++] = term;
    }
    *ret_slo = slo;
    return STATUS_OK;
}

static double figure_of(const struct slo_term *term, const struct tally *tally)
{
    uint64_t ended = tally_ended(tally);
    switch (term->figure) {
    case SLO_MEAN:
        return latencies_mean(&tally->latency);
    case SLO_DEVIATION:
        return latencies_deviation(&tally->latency);
    case SLO_MAX:
        return (double)latencies_max(&tally->latency);
    case SLO_FAILED:
        return ended ? (double)tally_failed(tally) / (double)ended : 1;
    default:
        return (double)latencies_percentile(&tally->latency, term->percentile);
    }
}

static void say(const struct slo_term *term, double value, struct text *out)
{
    text_clear(out);
    if (term->figure == SLO_FAILED) {
        text_addf(out, "%.3g%% failed", value * 100);
        return;
    }
    if (term->figure == SLO_PERCENTILE)
        text_addf(out, "p%g", term->percentile);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        text_add(out, figures[i].figure == term->figure ? figures[i].name : "");
    text_add(out, " was ");
    summary_add_duration(value, out);
}

bool slo_holds(const struct slo *slo, const struct tally *tally, struct text *ret_why)
{
    if (tally->outcomes[OUTCOME_OK] == 0) {
        text_setf(ret_why, "there were no responses");
        return false;
    }
    for (size_t i = 0; i < slo->count; i++) {
        double value = figure_of(&slo->terms[i], tally);
        if (value < slo->terms[i].limit)
            continue;
        say(&slo->terms[i], value, ret_why);
        return false;
    }
    return true;
}
