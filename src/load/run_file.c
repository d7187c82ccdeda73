#include "run_file.h"

#include "clock.h"
#include "memory.h"
#include "summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Writing ---- */

static enum status complain(struct text *why)
{
    text_setf(why, "the output file can't be written: %s", strerror(errno));
    return STATUS_UNAVAILABLE;
}

enum status run_file_create(const char *path, FILE **ret_file, struct text *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!file) {
        text_setf(why, "the output file %s can't be created: %s", path, strerror(errno));
        return STATUS_INVALID;
    }
    *ret_file = file;
    return STATUS_OK;
}

static enum status write_line(FILE *file, struct text *line, struct text *why)
{
    text_addc(line, '\n');
    if (fwrite(line->data, 1, line->length, file) == line->length && fflush(file) == 0)
        return STATUS_OK;
    return complain(why);
}

enum status run_file_begin(FILE *file, const struct run_head *head, struct text *why)
{
    TEXT_CLEANUP struct text line = {0};
    char begin[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(head->begin_ms, begin);
    text_addf(&line, "{\"type\":\"run\",\"format\":1,\"command\":\"%s\",\"version\":\"%s\",\"title\":", head->command,
              CLOUDPHOTOS_VERSION);
    json_add_string_or_null(&line, head->title);
    text_addf(&line, ",\"begin\":\"%s\",\"begin_ms\":%" PRId64 ",\"interval_ms\":%" PRId64 ",\"labels\":[", begin,
              head->begin_ms, head->interval_ms);
    for (size_t i = 0; i < head->label_count; i++) {
        text_add(&line, i ? "," : "");
        json_add_string_or_null(&line, head->labels[i]);
    }
    text_add(&line, "]}");
    return write_line(file, &line, why);
}

enum status run_file_add(FILE *file, const struct run_interval *interval, struct text *why)
{
    TEXT_CLEANUP struct text line = {0};
    text_addf(&line,
              "{\"type\":\"interval\",\"at_ms\":%" PRId64 ",\"length_ms\":%" PRId64
              ",\"label\":%u,\"planned\":%.6g,\"users\":%.6g,",
              interval->at_ms, interval->length_ms, interval->label, interval->planned, interval->users);
    tally_add_json(interval->tally, &line);
    text_addc(&line, '}');
    return write_line(file, &line, why);
}

enum status run_file_add_event(FILE *file, int64_t at_ms, const char *sentence, struct text *why)
{
    TEXT_CLEANUP struct text line = {0};
    text_addf(&line, "{\"type\":\"event\",\"at_ms\":%" PRId64 ",\"text\":", at_ms);
    json_add_string_or_null(&line, sentence);
    text_addc(&line, '}');
    return write_line(file, &line, why);
}

enum status run_file_end(FILE *file, const struct run_end *end, struct text *why)
{
    TEXT_CLEANUP struct text line = {0};
    struct tally all = {0};
    text_add(&line, "{\"type\":\"summary\",\"ended\":");
    json_add_string_or_null(&line, end->how);
    text_addf(&line, ",\"sending_s\":%.6f,\"elapsed_s\":%.6f,\"cpu_s\":%.6f,\"labels\":[", end->sending_s,
              end->elapsed_s, end->cpu_s);
    for (size_t i = 0; i < end->label_count; i++) {
        text_add(&line, i ? "," : "");
        summary_add_json(end->labels[i], &end->totals[i], end->elapsed_s, &line);
        tally_add(&all, &end->totals[i]);
    }
    text_add(&line, "],\"all\":");
    summary_add_json("all", &all, end->elapsed_s, &line);
    text_addc(&line, '}');
    tally_release(&all);
    return write_line(file, &line, why);
}

/* ---- Reading ---- */

void run_release(struct run *run)
{
    struct run_line *lists[] = {run->intervals, run->events, run->levels, run->gauges};
    const size_t counts[] = {run->interval_count, run->event_count, run->level_count, run->gauge_count};
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        for (size_t i = 0; i < counts[k]; i++)
            json_decref(lists[k][i].object);
        free(lists[k]);
    }
    for (size_t i = 0; i < run->label_count; i++)
        free(run->labels[i]);
    free(run->labels);
    free(run->title);
    free(run->command);
    free(run->ended);
    *run = (struct run){0};
}

double run_number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static const char *read_head(struct run *run, json_t *object)
{
    const json_t *labels = json_object_get(object, "labels");
    if (run->has_head)
        return "a second head";
    if (json_integer_value(json_object_get(object, "format")) != 1)
        return "a format other than 1";
    run->begin_ms = json_integer_value(json_object_get(object, "begin_ms"));
    run->interval_ms = json_integer_value(json_object_get(object, "interval_ms"));
    const char *title = json_string_value(json_object_get(object, "title"));
    const char *command = json_string_value(json_object_get(object, "command"));
    size_t count = json_array_size(labels);
    if (run->begin_ms <= 0 || run->interval_ms <= 0 || !title || !command || count == 0 || count > RUN_LABELS_MAX)
        return "a head without title, command, begin_ms, interval_ms or labels";
    run->labels = NEW_ARRAY(count, char *);
    for (size_t i = 0; i < count; i++) {
        const char *label = json_string_value(json_array_get(labels, i));
        run->labels[run->label_count++] = memory_copy_string(label ? label : "");
    }
    run->title = memory_copy_string(title);
    run->command = memory_copy_string(command);
    run->has_head = true;
    return NULL;
}

static void keep_line(struct run_line **list, size_t *count, struct run_line line)
{
    if ((*count & (*count - 1)) == 0) /* grows at powers of two */
        *list = memory_resize(*list, (*count ? *count * 2 : 1) * sizeof **list);
    json_incref(line.object);
    (*list)[(*count)++] = line;
}

static const char *read_line(struct run *run, json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    json_int_t at_ms = json_integer_value(json_object_get(object, "at_ms"));
    json_int_t label = json_integer_value(json_object_get(object, "label"));
    json_int_t absolute = json_integer_value(json_object_get(object, "time_ms"));
    struct run_line line = {.at_ms = absolute ? absolute : run->begin_ms + at_ms, .object = object};
    if (!type)
        return "no object with a \"type\"";
    if (strcmp(type, "run") == 0)
        return read_head(run, object);
    if (!run->has_head && !absolute && (strcmp(type, "event") == 0 || strcmp(type, "gauge") == 0))
        return "an event or gauge without a head before it, and without time_ms";
    if (strcmp(type, "interval") == 0) {
        if (!run->has_head || at_ms < 0 || label < 0 || (size_t)label >= run->label_count)
            return "an interval before the head, or with a label or time that isn't the run's";
        line.label = (unsigned)label;
        int64_t end_ms = line.at_ms + (int64_t)run_number(object, "length_ms");
        run->end_ms = end_ms > run->end_ms ? end_ms : run->end_ms;
        keep_line(&run->intervals, &run->interval_count, line);
    } else if (strcmp(type, "event") == 0) {
        keep_line(&run->events, &run->event_count, line);
    } else if (strcmp(type, "level") == 0) {
        keep_line(&run->levels, &run->level_count, line);
    } else if (strcmp(type, "gauge") == 0) {
        keep_line(&run->gauges, &run->gauge_count, line);
    } else if (strcmp(type, "summary") == 0) {
        const char *ended = json_string_value(json_object_get(object, "ended"));
        free(run->ended);
        run->ended = memory_copy_string(ended ? ended : "");
        run->cpu_s = run_number(object, "cpu_s");
    } else {
        return "a type other than run, interval, event, level, gauge and summary";
    }
    return NULL;
}

static enum status read_lines(const char *path, FILE *file, struct run *run, struct text *why)
{
    TEXT_CLEANUP struct text fault = {0};
    char *line = NULL;
    size_t capacity = 0, number = 0;
    enum status status = STATUS_OK;
    for (ssize_t length; status == STATUS_OK && (length = getline(&line, &capacity, file)) > 0;) {
        json_t *object = NULL;
        number++;
        if (line[length - 1] != '\n')
            break; /* the generator was killed while it wrote */
        status = json_parse(line, (size_t)length, &object, &fault);
        const char *wrong = status == STATUS_OK ? read_line(run, object) : text_get(&fault);
        if (wrong) {
            text_setf(why, "%s:%zu: %s", path, number, wrong);
            status = STATUS_INVALID;
        }
        json_decref(object);
    }
    free(line);
    if (status == STATUS_OK && number == 0) {
        text_setf(why, "%s is empty", path);
        status = STATUS_INVALID;
    }
    return status;
}

enum status run_read(const char *path, struct run *ret_run, struct text *why)
{
    struct run run = {0};
    FILE *file = fopen(path, "re");
    if (!file) {
        text_setf(why, "the run %s can't be read: %s", path, strerror(errno));
        return STATUS_INVALID;
    }
    enum status status = read_lines(path, file, &run, why);
    (void)fclose(file);
    if (!run.ended)
        run.ended = memory_copy_string("");
    if (status == STATUS_OK)
        *ret_run = run;
    else
        run_release(&run);
    return status;
}
