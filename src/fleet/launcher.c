#include "launcher.h"

#include "settings.h"

#include <stdlib.h>
#include <string.h>

enum { GIGABYTE = 1 << 30, PERCENT_MOST = 100 * 1024 };

/* Amazon's names for sizes of a machine, as far as cores and memory say what they are
 * (aws.amazon.com/ec2/instance-types/t2). */
static const struct {
    const char *name;
    int cpu_percent;
    int64_t memory_bytes;
} presets[] = {
    {"t2.nano", 100, GIGABYTE / 2},
    {"t2.micro", 100, GIGABYTE},
    {"t2.small", 100, 2LL * GIGABYTE},
    {"t2.medium", 200, 4LL * GIGABYTE},
};

static bool find_preset(const char *name, struct instance_limits *limits)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0) {
            *limits = (struct instance_limits){presets[i].cpu_percent, presets[i].memory_bytes};
            return true;
        }
    return false;
}

static bool take_cpu(const char *value, struct instance_limits *limits)
{
    char *end;
    long percent = strtol(value, &end, 10);
    limits->cpu_percent = (int)percent;
    return end != value && strcmp(end, "%") == 0 && percent > 0 && percent <= PERCENT_MOST;
}

static bool take_memory(const char *value, struct instance_limits *limits)
{
    return settings_parse_bytes(value, &limits->memory_bytes) == STATUS_OK && limits->memory_bytes > 0;
}

static bool take_word(const char *word, struct instance_kind *kind)
{
    static const struct launcher_ops *const launchers[] = {&launcher_process, &launcher_container};
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++)
        if (strcmp(launchers[i]->name, word) == 0) {
            kind->launcher = launchers[i];
            return true;
        }
    if (strncmp(word, "cpu=", strlen("cpu=")) == 0)
        return take_cpu(word + strlen("cpu="), &kind->limits);
    if (strncmp(word, "memory=", strlen("memory=")) == 0)
        return take_memory(word + strlen("memory="), &kind->limits);
    return find_preset(word, &kind->limits);
}

enum status instance_kind_parse(const char *text, struct instance_kind *ret_kind, struct text *why)
{
    TEXT_CLEANUP struct text copy = {0};
    struct instance_kind kind = {.launcher = &launcher_process};
    text_add(&copy, text);
    for (char *rest = copy.data, *word; rest && (word = strsep(&rest, ","));) {
        if (take_word(word, &kind))
            continue;
        text_setf(
            why,
            "\"%s\" is no kind of instance; write process or container, and after a comma t2.nano, t2.micro, t2.small, "
            "t2.medium, cpu=20%% or memory=256M",
            word);
        return STATUS_INVALID;
    }
    *ret_kind = kind;
    return STATUS_OK;
}
