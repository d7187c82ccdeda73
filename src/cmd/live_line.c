#include "live_line.h"

#include "clock.h"
#include "summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char erase[] = "\r\033[K";

void live_line_init(struct live_line *line, bool is_quiet, double length_s)
{
    *line = (struct live_line){.is_on = !is_quiet && isatty(STDERR_FILENO),
                               .length_s = length_s,
                               .begin_ns = clock_monotonic_ns(),
                               .shown_s = -1};
}

void live_line_release(struct live_line *line)
{
    text_release(&line->figures);
}

void live_line_note(struct live_line *line, const struct tally *tally, double interval_s, double users)
{
    uint64_t ended = tally_ended(tally);
    struct text *out = &line->figures;
    text_clear(out);
    text_addf(out, "  %.1f/s", (double)ended / interval_s);
    if (users >= 0)
        text_addf(out, "  %.0f users", users);
    text_addf(out, "  failed %.2f %%", ended ? 100.0 * (double)tally_failed(tally) / (double)ended : 0);
    if (tally->latency.total > 0) {
        text_add(out, "  p50 ");
        summary_add_duration((double)latencies_percentile(&tally->latency, 50), out);
        text_add(out, "  p99 ");
        summary_add_duration((double)latencies_percentile(&tally->latency, 99), out);
    }
    if (tally->dropped)
        text_addf(out, "  dropped %" PRIu64, tally->dropped);
    line->shown_s = -1;
}

/* "45 s", "9:05", "1:00:00". */
static void add_time(int64_t seconds, struct text *out)
{
    if (seconds < 60)
        text_addf(out, "%" PRId64 " s", seconds);
    else if (seconds < 3600)
        text_addf(out, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
    else
        text_addf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

void live_line_write(const struct live_line *line, int64_t elapsed_s, unsigned columns, struct text *out)
{
    TEXT_CLEANUP struct text all = {0};
    double left_s = ceil(line->length_s - (double)elapsed_s);
    add_time(elapsed_s, &all);
    text_add(&all, ", ");
    add_time(left_s > 0 ? (int64_t)left_s : 0, &all);
    text_add(&all, " left");
    text_append(&all, text_get(&line->figures), line->figures.length);
    /* A line that is wrapped could not be drawn over. */
    text_append(out, all.data, columns > 0 && all.length >= columns ? columns - 1 : all.length);
}

void live_line_draw(struct live_line *line)
{
    TEXT_CLEANUP struct text out = {0};
    int64_t elapsed_s = (clock_monotonic_ns() - line->begin_ns) / 1000000000;
    struct winsize size = {0};
    if (!line->is_on || elapsed_s == line->shown_s)
        return;
    line->shown_s = elapsed_s;
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    text_add(&out, erase);
    live_line_write(line, elapsed_s, size.ws_col, &out);
    (void)fwrite(out.data, 1, out.length, stderr);
}

void live_line_clear(struct live_line *line)
{
    if (line->is_on)
        (void)fputs(erase, stderr);
}
