/* As many instances as the requests in work and waiting need, at once: no alarm, no single steps. A long window decides
 * in calm times. A short one takes over when it alone asks for a multiple of what there is (panic), and then the number
 * only grows until the long window has passed without such a burst. The rules are those of Knative's autoscaler. */
#include "scaling.h"

#include <math.h>

/* The average of requests in work over the window that ends at `end_ms`, and of how many seconds of it. */
static double average(const struct scaling_history *history, int64_t end_ms, int64_t window_ms, size_t *ret_count)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = history->point_count; i-- > 0 && history->points[i].at_ms > end_ms - window_ms;)
        if (history->points[i].at_ms <= end_ms) {
            sum += history->points[i].concurrency;
            count++;
        }
    *ret_count = count;
    return count ? sum / (double)count : 0;
}

static int needed(double amount, double each)
{
    return amount > 0 && each > 0 ? (int)ceil(amount / each - 1e-9) : 0;
}

/* The most that the panic window has asked for at any second since the last calm stable window; 0 while calm. */
static int panic_peak(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms)
{
    int peak = 0;
    size_t measured;
    for (size_t i = 0; i < history->point_count; i++) {
        const struct scaling_point *point = &history->points[i];
        if (point->at_ms > now_ms || point->at_ms <= now_ms - settings->stable_ms)
            continue;
        int asked = needed(average(history, point->at_ms, settings->panic_ms, &measured), settings->target_concurrency);
        int there = point->in_service > 0 ? point->in_service : 1;
        if (asked > peak && (peak > 0 || asked >= settings->panic_threshold * there))
            peak = asked;
    }
    return peak;
}

static int decide(const struct scaling_settings *settings, const struct scaling_history *history, int64_t now_ms,
                  int wanted, struct text *ret_why)
{
    size_t measured, panic_measured;
    double stable = average(history, now_ms, settings->stable_ms, &measured);
    if (measured == 0)
        return wanted;
    int count = needed(stable, settings->target_concurrency), peak = panic_peak(settings, history, now_ms);
    text_setf(ret_why, "%.1f requests in work on average of %lld s, %.1f an instance are the target", stable,
              (long long)settings->stable_ms / 1000, settings->target_concurrency);
    if (peak > count || (peak > 0 && wanted > count)) {
        count = peak > wanted ? peak : wanted;
        text_setf(ret_why, "a burst needs %d: %.1f requests in work on average of %lld s", peak,
                  average(history, now_ms, settings->panic_ms, &panic_measured), (long long)settings->panic_ms / 1000);
    }
    int64_t jobs = history->points[history->point_count - 1].jobs;
    int workers = needed((double)jobs, settings->jobs_per_instance);
    if (workers > count) {
        count = workers;
        text_setf(ret_why, "%lld executions wait, %.0f an instance are the target", (long long)jobs,
                  settings->jobs_per_instance);
    }
    /* A fleet that has just begun to measure knows nothing of the requests before. */
    bool knows = (int64_t)measured * 1000 * 2 >= settings->stable_ms;
    return count < wanted && !knows ? wanted : count;
}

const struct scaling_policy policy_concurrency = {.name = "concurrency", .decide = decide};
