#include "report_marks.h"

#include <string.h>

static const char *string_of(const struct run_line *line, const char *name)
{
    const char *value = json_string_value(json_object_get(line->object, name));
    return value ? value : "";
}

static void add_string(const struct run_line *line, const char *name, struct text *out)
{
    text_addf(out, "\"%s\":", name);
    json_add_string_or_null(out, string_of(line, name));
}

/* Of a list that has just been opened, or has one before. */
static void begin_next(struct text *out)
{
    text_add(out, out->data[out->length - 1] == '[' ? "{" : ",{");
}

static double seconds_into(const struct run *run, const struct run_line *line)
{
    return (double)(line->at_ms - run->begin_ms) / 1e3;
}

static void add_events(const struct run *run, const struct run *source, struct text *out)
{
    for (size_t i = 0; i < source->event_count; i++) {
        begin_next(out);
        text_addf(out, "\"at\":%.3f,", seconds_into(run, &source->events[i]));
        add_string(&source->events[i], "text", out);
        text_addc(out, '}');
    }
}

static void add_levels(const struct run *run, const struct run *source, struct text *out)
{
    (void)run;
    for (size_t i = 0; i < source->level_count; i++) {
        begin_next(out);
        text_addf(out, "\"value\":%.6g,", run_number(source->levels[i].object, "value"));
        add_string(&source->levels[i], "plot", out);
        text_addc(out, ',');
        add_string(&source->levels[i], "text", out);
        text_addc(out, '}');
    }
}

/* ---- Gauges: the values of one name and plot together ---- */

static bool is_during(const struct run *run, const struct run_line *line)
{
    return line->at_ms >= run->begin_ms && line->at_ms <= run->end_ms;
}

static bool is_same_gauge(const struct run_line *a, const struct run_line *b)
{
    return strcmp(string_of(a, "plot"), string_of(b, "plot")) == 0
           && strcmp(string_of(a, "name"), string_of(b, "name")) == 0;
}

static bool is_first_of_gauge(const struct run *run, const struct run *source, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_during(run, &source->gauges[i]) && is_same_gauge(&source->gauges[i], &source->gauges[index]))
            return false;
    return is_during(run, &source->gauges[index]);
}

static void add_gauge(const struct run *run, const struct run *source, size_t first, struct text *out)
{
    begin_next(out);
    add_string(&source->gauges[first], "plot", out);
    text_addc(out, ',');
    add_string(&source->gauges[first], "name", out);
    text_add(out, ",\"points\":[");
    for (size_t i = first; i < source->gauge_count; i++)
        if (is_during(run, &source->gauges[i]) && is_same_gauge(&source->gauges[first], &source->gauges[i]))
            text_addf(out, "%s[%.3f,%.6g]", i > first ? "," : "", seconds_into(run, &source->gauges[i]),
                      run_number(source->gauges[i].object, "value"));
    text_add(out, "]}");
}

static void add_gauges(const struct run *run, const struct run *source, struct text *out)
{
    for (size_t i = 0; i < source->gauge_count; i++)
        if (is_first_of_gauge(run, source, i))
            add_gauge(run, source, i, out);
}

/* ---- All ---- */

void report_marks_add(const struct run *run, const struct run *runs, size_t count, struct text *out)
{
    static const struct {
        const char *name;
        void (*add)(const struct run *run, const struct run *source, struct text *out);
    } kinds[] = {{"events", add_events}, {"levels", add_levels}, {"gauges", add_gauges}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        text_addf(out, "\"%s\":[", kinds[k].name);
        for (size_t i = 0; i < count; i++)
            if (&runs[i] == run || !runs[i].has_head)
                kinds[k].add(run, &runs[i], out);
        text_add(out, "],");
    }
}
