#include "schedule.h"

#include "settings.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HINT  "a rate is written 100/s, 4000/m or 36000/h, above 0 and at most 10 million a second"
#define USERS_HINT "a number of users is 0 to 1000000"
static const double most_a_second = 1e7, most_users = 1e6;

static double piece_amount(const struct schedule_piece *piece)
{
    return (piece->from + piece->to) / 2 * (piece->end_s - piece->begin_s);
}

static void add_piece(struct schedule *schedule, double end_s, double from, double to)
{
    const struct schedule_piece *last = schedule->count ? &schedule->pieces[schedule->count - 1] : NULL;
    schedule->pieces[schedule->count++] = (struct schedule_piece){
        .begin_s = last ? last->end_s : 0,
        .end_s = end_s,
        .from = from,
        .to = to,
        .before = last ? last->before + piece_amount(last) : 0,
    };
}

struct schedule schedule_constant(double value, double length_s)
{
    struct schedule schedule = {0};
    add_piece(&schedule, length_s, value, value);
    return schedule;
}

double schedule_length(const struct schedule *schedule)
{
    return schedule->count ? schedule->pieces[schedule->count - 1].end_s : 0;
}

double schedule_total(const struct schedule *schedule)
{
    const struct schedule_piece *last = schedule->count ? &schedule->pieces[schedule->count - 1] : NULL;
    return last ? last->before + piece_amount(last) : 0;
}

double schedule_value(const struct schedule *schedule, double at_s)
{
    for (size_t i = 0; i < schedule->count; i++) {
        const struct schedule_piece *piece = &schedule->pieces[i];
        if (at_s >= piece->begin_s && at_s < piece->end_s)
            return piece->from + (piece->to - piece->from) * (at_s - piece->begin_s) / (piece->end_s - piece->begin_s);
    }
    return 0;
}

double schedule_highest(const struct schedule *schedule)
{
    double highest = 0;
    for (size_t i = 0; i < schedule->count; i++)
        highest = fmax(highest, fmax(schedule->pieces[i].from, schedule->pieces[i].to));
    return highest;
}

/* Within a piece the amount after t seconds is from·t + slope/2·t²; this is its inverse in the form that is exact near
 * a slope of 0 too. */
double schedule_moment(const struct schedule *schedule, double amount)
{
    size_t i = 0;
    while (i + 1 < schedule->count && schedule->pieces[i + 1].before <= amount)
        i++;
    const struct schedule_piece *piece = &schedule->pieces[i];
    double slope = (piece->to - piece->from) / (piece->end_s - piece->begin_s), rest = amount - piece->before;
    double root = sqrt(fmax(0, piece->from * piece->from + 2 * slope * rest));
    return rest > 0 ? fmin(piece->end_s, piece->begin_s + 2 * rest / (piece->from + root)) : piece->begin_s;
}

/* ---- Parsing ---- */

static bool parse_number(const char *text, double *ret_number, const char **ret_end)
{
    char *end;
    if (strspn(text, "0123456789.") == 0)
        return false;
    *ret_number = strtod(text, &end);
    *ret_end = end;
    return isfinite(*ret_number);
}

static bool parse_value(const char *text, enum schedule_unit unit, double *ret_value)
{
    static const struct {
        const char *name;
        double per_second;
    } units[] = {{"", 1}, {"/s", 1}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}};
    const char *end;
    double number;
    if (!parse_number(text, &number, &end))
        return false;
    if (unit == SCHEDULE_USERS) {
        *ret_value = number;
        return *end == '\0' && number <= most_users;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].name) == 0) {
            *ret_value = number * units[i].per_second;
            return *ret_value <= most_a_second;
        }
    return false;
}

static enum status refuse_value(const char *text, enum schedule_unit unit, struct text *why)
{
    text_setf(why, "\"%s\" isn't a %s: %s", text, unit == SCHEDULE_RATE ? "rate" : "number of users",
              unit == SCHEDULE_RATE ? RATE_HINT : USERS_HINT);
    return STATUS_INVALID;
}

enum status schedule_parse_rate(const char *text, double *ret_per_second, struct text *why)
{
    double value;
    if (!parse_value(text, SCHEDULE_RATE, &value) || value <= 0)
        return refuse_value(text, SCHEDULE_RATE, why);
    *ret_per_second = value;
    return STATUS_OK;
}

struct point {
    double at_s, value;
};

/* "60s:3000/s". */
static enum status parse_point(char *word, enum schedule_unit unit, struct point *ret_point, struct text *why)
{
    char *colon = strchr(word, ':');
    int64_t at_ms;
    if (!colon) {
        text_setf(why, "\"%s\" has no time; write points as TIME:%s, such as %s", word,
                  unit == SCHEDULE_RATE ? "RATE" : "USERS", unit == SCHEDULE_RATE ? "60s:3000/s" : "10m:100");
        return STATUS_INVALID;
    }
    if (!parse_value(colon + 1, unit, &ret_point->value))
        return refuse_value(colon + 1, unit, why);
    *colon = '\0';
    if (settings_parse_seconds(word, &at_ms) != STATUS_OK) {
        text_setf(why, "\"%s\" isn't a time; write 20s, 500ms, 5m or 2h", word);
        return STATUS_INVALID;
    }
    ret_point->at_s = (double)at_ms / 1e3;
    return STATUS_OK;
}

/* Splits at commas; gives each word to `parse_word`, which fills points[n]. */
static enum status parse_points(const char *text, enum schedule_unit unit, struct point *ret_points, size_t *ret_count,
                                struct text *why)
{
    TEXT_CLEANUP struct text copy = {0};
    size_t count = 0;
    text_add(&copy, text);
    for (char *word = copy.data, *next; word; word = next) {
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        if (count == SCHEDULE_PIECES) {
            text_setf(why, "\"%s\" has more than %d points", text, SCHEDULE_PIECES);
            return STATUS_INVALID;
        }
        enum status status = parse_point(word, unit, &ret_points[count], why);
        if (status != STATUS_OK)
            return status;
        if (count == 0 ? ret_points[0].at_s != 0 : ret_points[count].at_s <= ret_points[count - 1].at_s) {
            text_setf(why, "\"%s\": %s", text,
                      count ? "each point must be later than the one before it" : "the first point must be at time 0");
            return STATUS_INVALID;
        }
        count++;
    }
    *ret_count = count;
    return STATUS_OK;
}

static enum status check_some(const char *text, const struct schedule *schedule, struct text *why)
{
    if (schedule_total(schedule) > 0)
        return STATUS_OK;
    text_setf(why, "\"%s\" is always 0", text);
    return STATUS_INVALID;
}

static enum status check_end(const char *text, double last_s, int64_t duration_ms, struct text *why)
{
    if ((double)duration_ms / 1e3 > last_s)
        return STATUS_OK;
    text_setf(why, "the last point of \"%s\" is at %.3g s; give a --duration longer than that", text, last_s);
    return STATUS_INVALID;
}

enum status schedule_parse_ramp(const char *text, enum schedule_unit unit, int64_t duration_ms,
                                struct schedule *ret_schedule, struct text *why)
{
    struct point points[SCHEDULE_PIECES];
    struct schedule schedule = {0};
    size_t count = 0;
    enum status status = parse_points(text, unit, points, &count, why);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 1; i < count; i++)
        add_piece(&schedule, points[i].at_s, points[i - 1].value, points[i].value);
    double last_s = points[count - 1].at_s;
    if (count == 1 || duration_ms > 0) {
        if (last_s * 1e3 != (double)duration_ms || count == 1)
            status = check_end(text, last_s, duration_ms, why);
        if (status == STATUS_OK && last_s * 1e3 < (double)duration_ms)
            add_piece(&schedule, (double)duration_ms / 1e3, points[count - 1].value, points[count - 1].value);
    }
    if (status == STATUS_OK)
        status = check_some(text, &schedule, why);
    if (status == STATUS_OK)
        *ret_schedule = schedule;
    return status;
}

enum status schedule_parse_steps(const char *text, enum schedule_unit unit, int64_t duration_ms,
                                 struct schedule *ret_schedule, struct text *why)
{
    struct point points[SCHEDULE_PIECES];
    struct schedule schedule = {0};
    size_t count = 0;
    enum status status = parse_points(text, unit, points, &count, why);
    if (status == STATUS_OK)
        status = check_end(text, points[count - 1].at_s, duration_ms, why);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        add_piece(&schedule, i + 1 < count ? points[i + 1].at_s : (double)duration_ms / 1e3, points[i].value,
                  points[i].value);
    status = check_some(text, &schedule, why);
    if (status == STATUS_OK)
        *ret_schedule = schedule;
    return status;
}

enum status schedule_parse_list(const char *text, enum schedule_unit unit, int64_t each_ms,
                                struct schedule *ret_schedule, struct text *why)
{
    TEXT_CLEANUP struct text copy = {0};
    struct schedule schedule = {0};
    text_add(&copy, text);
    for (char *word = copy.data, *next; word; word = next) {
        double value;
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        if (!parse_value(word, unit, &value))
            return refuse_value(word, unit, why);
        if (schedule.count == SCHEDULE_PIECES) {
            text_setf(why, "\"%s\" has more than %d steps", text, SCHEDULE_PIECES);
            return STATUS_INVALID;
        }
        add_piece(&schedule, (double)(each_ms * ((int64_t)schedule.count + 1)) / 1e3, value, value);
    }
    enum status status = check_some(text, &schedule, why);
    if (status == STATUS_OK)
        *ret_schedule = schedule;
    return status;
}
