#include "activity.h"

#include "json.h"
#include "memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 500 };

struct activity {
    FILE *file;
    struct activity_entry entries[KEPT];
    struct scaling_action actions[KEPT];
    size_t count, action_count;
};

/* The oldest makes room. */
static void keep(struct activity *activity, int64_t at_ms, int from, int to, char *sentence)
{
    if (activity->count == KEPT) {
        free(activity->entries[0].sentence);
        memmove(activity->entries, activity->entries + 1, (KEPT - 1) * sizeof activity->entries[0]);
        activity->count--;
    }
    activity->entries[activity->count++] = (struct activity_entry){at_ms, from, to, sentence};
    if (from == to)
        return;
    if (activity->action_count == KEPT)
        memmove(activity->actions, activity->actions + 1, --activity->action_count * sizeof activity->actions[0]);
    activity->actions[activity->action_count++] = (struct scaling_action){at_ms, from, to};
}

/* A line that was cut by a crash is no entry. */
static void read_line(struct activity *activity, const char *line)
{
    JSON_CLEANUP json_t *object = NULL;
    TEXT_CLEANUP struct text sentence = {0}, why = {0};
    if (json_parse(line, strlen(line), &object, &why) != STATUS_OK)
        return;
    const char *said = json_string_value(json_object_get(object, "activity"));
    text_add(&sentence, said ? said : "");
    keep(activity, json_integer_value(json_object_get(object, "at_ms")),
         (int)json_integer_value(json_object_get(object, "from")),
         (int)json_integer_value(json_object_get(object, "to")), text_take(&sentence));
}

enum status activity_open(const char *run_folder, struct activity **ret_activity, struct text *why)
{
    TEXT_CLEANUP struct text path = {0};
    char *line = NULL;
    size_t size = 0;
    text_addf(&path, "%s/activity.ndjson", run_folder);
    FILE *file = fopen(text_get(&path), "a+e");
    if (!file) {
        text_setf(why, "%s can't be written: %s", text_get(&path), strerror(errno));
        return status_from_errno(errno);
    }
    struct activity *activity = NEW(struct activity);
    activity->file = file;
    ssize_t length;
    bool is_whole = true;
    for (; (length = getline(&line, &size, file)) > 0; is_whole = line[length - 1] == '\n')
        read_line(activity, line);
    if (!is_whole)
        (void)fputc('\n', file); /* a crash cut the last line; the next one is to stand alone */
    free(line);
    *ret_activity = activity;
    return STATUS_OK;
}

void activity_close(struct activity *activity)
{
    if (!activity)
        return;
    for (size_t i = 0; i < activity->count; i++)
        free(activity->entries[i].sentence);
    (void)fclose(activity->file);
    free(activity);
}

void activity_add(struct activity *activity, int64_t at_ms, int from, int to, const char *format, ...)
{
    TEXT_CLEANUP struct text sentence = {0}, line = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(&sentence, format, arguments);
    va_end(arguments);
    text_addf(&line, "{\"at_ms\":%lld,\"from\":%d,\"to\":%d,\"activity\":", (long long)at_ms, from, to);
    json_add_string(&line, text_get(&sentence), sentence.length);
    text_add(&line, "}\n");
    (void)fwrite(line.data, 1, line.length, activity->file);
    (void)fflush(activity->file); /* a full disk costs history, not instances */
    keep(activity, at_ms, from, to, text_take(&sentence));
}

const struct activity_entry *activity_entries(const struct activity *activity, size_t *ret_count)
{
    *ret_count = activity->count;
    return activity->entries;
}

const struct scaling_action *activity_actions(const struct activity *activity, size_t *ret_count)
{
    *ret_count = activity->action_count;
    return activity->actions;
}
