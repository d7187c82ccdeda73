#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit byte_units[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit time_units[] = {{"", 1000},     {"ms", 1},       {"s", 1000}, {"m", 60000},
                                         {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

static enum status parse_number(const char *text, const struct unit *units, int64_t *ret_value)
{
    char *rest;
    errno = 0;
    long long number = strtoll(text, &rest, 10);
    if (rest == text || errno || isspace((unsigned char)*text) || *text == '+')
        return STATUS_INVALID;
    for (; units->suffix; units++)
        if (strcmp(rest, units->suffix) == 0)
            return __builtin_mul_overflow(number, units->factor, ret_value) ? STATUS_INVALID : STATUS_OK;
    return STATUS_INVALID;
}

enum status settings_parse_bytes(const char *text, int64_t *ret_bytes)
{
    return parse_number(text, byte_units, ret_bytes);
}

enum status settings_parse_seconds(const char *text, int64_t *ret_ms)
{
    return parse_number(text, time_units, ret_ms);
}

static enum status parse_integer(const char *text, int64_t *ret_value)
{
    static const struct unit plain[] = {{"", 1}, {NULL, 0}};
    return parse_number(text, plain, ret_value);
}

static enum status parse_switch(const char *text, bool *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"true", true}, {"1", true}, {"no", false}, {"false", false}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0) {
            *ret_value = words[i].value;
            return STATUS_OK;
        }
    return STATUS_INVALID;
}

static const char *const type_hints[] = {
    [SETTING_STRING] = "text",
    [SETTING_SWITCH] = "yes or no",
    [SETTING_INTEGER] = "a whole number",
    [SETTING_BYTES] = "a number of bytes such as 64M, 512K or 2G",
    [SETTING_SECONDS] = "a time such as 20s, 500ms, 5m, 2h or 7d",
    [SETTING_LIST] = "a text, at most 32 times",
};

static void add_limit(struct text *out, const struct setting *row, int64_t value)
{
    const struct unit *units = row->type == SETTING_BYTES     ? byte_units
                               : row->type == SETTING_SECONDS ? time_units
                                                              : NULL;
    const struct unit *best = NULL;
    for (; units && units->suffix; units++)
        if (units->suffix[0] && value && value % units->factor == 0 && (!best || units->factor > best->factor))
            best = units;
    text_addf(out, "%" PRId64 "%s", best ? value / best->factor : value, best ? best->suffix : "");
}

static enum status add_to_list(struct settings_list *list, const char *value)
{
    if (list->count == SETTINGS_LIST_MAX)
        return STATUS_INVALID;
    list->values[list->count++] = value;
    return STATUS_OK;
}

/* `where` names the source in the message: "--max-upload", "CLOUDPHOTOS_MAX_UPLOAD", "photos.ini:3: max-upload". */
static enum status assign(const struct setting *row, const char *where, const char *value, void *fields,
                          struct text *why)
{
    typedef enum status parser(const char *, int64_t *);
    static parser *const parsers[] = {
        [SETTING_INTEGER] = parse_integer,
        [SETTING_BYTES] = settings_parse_bytes,
        [SETTING_SECONDS] = settings_parse_seconds,
    };
    char *field = (char *)fields + row->offset;
    enum status status = STATUS_OK;
    if (row->type == SETTING_STRING) {
        *(const char **)(void *)field = value;
    } else if (row->type == SETTING_LIST) {
        status = add_to_list((struct settings_list *)(void *)field, value);
    } else if (row->type == SETTING_SWITCH) {
        status = parse_switch(value, (bool *)field);
    } else {
        int64_t number;
        int64_t maximum = row->maximum || row->minimum ? row->maximum : INT64_MAX;
        status = parsers[row->type](value, &number);
        if (status == STATUS_OK && (number < row->minimum || number > maximum)) {
            text_setf(why, "%s: \"%s\" is out of range; allowed is ", where, value);
            if (why) {
                add_limit(why, row, row->minimum);
                text_add(why, maximum == INT64_MAX ? " or more" : " to ");
                if (maximum != INT64_MAX)
                    add_limit(why, row, maximum);
            }
            return STATUS_INVALID;
        }
        if (status == STATUS_OK)
            *(int64_t *)(void *)field = number;
    }
    if (status != STATUS_OK)
        text_setf(why, "%s: \"%s\" is not %s", where, value, type_hints[row->type]);
    return status;
}

static const struct setting *find_row(const struct settings_table *table, const char *name, size_t length)
{
    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->rows[i].name) == length && memcmp(table->rows[i].name, name, length) == 0)
            return &table->rows[i];
    return NULL;
}

static void variable_name(const char *setting, struct text *ret_name)
{
    text_setf(ret_name, "CLOUDPHOTOS_");
    for (; *setting; setting++)
        text_addc(ret_name, *setting == '-' ? '_' : (char)toupper((unsigned char)*setting));
}

static enum status read_defaults(const struct settings_table *table, void *fields, struct text *why)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting *row = &table->rows[i];
        enum status status = row->default_value ? assign(row, row->name, row->default_value, fields, why) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_environment(const struct settings_table *table, void *fields, struct text *why)
{
    TEXT_CLEANUP struct text name = {0};
    for (size_t i = 0; i < table->count; i++) {
        variable_name(table->rows[i].name, &name);
        const char *value = getenv(text_get(&name));
        enum status status = value ? assign(&table->rows[i], text_get(&name), value, fields, why) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* One line of an INI file: comment, [section] or key = value. *is_ours says whether the section is for this command. */
static enum status read_line(const struct settings_table *table, char *line, const char *where, bool *is_ours,
                             struct arena *arena, void *fields, struct text *why)
{
    line = trim(line);
    size_t length = strlen(line);
    if (length == 0 || *line == '#' || *line == ';')
        return STATUS_OK;
    if (*line == '[') {
        if (line[length - 1] != ']') {
            text_setf(why, "%s: a section is written [name]", where);
            return STATUS_INVALID;
        }
        line[length - 1] = '\0';
        *is_ours = strcmp(trim(line + 1), table->command) == 0;
        return STATUS_OK;
    }
    char *equals = strchr(line, '=');
    if (!equals) {
        text_setf(why, "%s: expected key = value", where);
        return STATUS_INVALID;
    }
    if (!*is_ours)
        return STATUS_OK;
    *equals = '\0';
    const char *key = trim(line);
    const struct setting *row = find_row(table, key, strlen(key));
    if (!row) {
        text_setf(why, "%s: there is no setting \"%s\" (see cloudphotos %s --help)", where, key, table->command);
        return STATUS_INVALID;
    }
    TEXT_CLEANUP struct text place = {0};
    text_setf(&place, "%s: %s", where, key);
    return assign(row, text_get(&place), arena_copy_string(arena, trim(equals + 1)), fields, why);
}

static enum status read_file(const struct settings_table *table, const char *path, struct arena *arena, void *fields,
                             struct text *why)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        text_setf(why, "the settings file %s can't be read: %s", path, strerror(errno));
        return STATUS_INVALID;
    }
    char *line = NULL;
    size_t capacity = 0, number = 0;
    bool is_ours = true;
    enum status status = STATUS_OK;
    TEXT_CLEANUP struct text where = {0};
    while (status == STATUS_OK && getline(&line, &capacity, file) >= 0) {
        text_setf(&where, "%s:%zu", path, ++number);
        status = read_line(table, line, text_get(&where), &is_ours, arena, fields, why);
    }
    free(line);
    (void)fclose(file);
    return status;
}

static const char help_of_help[] = "print this and exit";
static const char help_of_config[] = "read settings from an INI file (CLOUDPHOTOS_CONFIG)";

static void print_row(const char *name, const char *value_name, const char *help, const char *default_value)
{
    char flag[64];
    (void)snprintf(flag, sizeof flag, "--%s%s%s", name, value_name ? " " : "", value_name ? value_name : "");
    printf("  %-34s %s%s%s%s\n", flag, help, default_value ? " [" : "", default_value ? default_value : "",
           default_value ? "]" : "");
}

static void print_help(const struct settings_table *table)
{
    printf("%s\n\nOptions (each can also be set as an environment variable, CLOUDPHOTOS_…, or in the INI file):\n",
           table->summary);
    for (size_t i = 0; i < table->count; i++) {
        const struct setting *row = &table->rows[i];
        bool is_switch = row->type == SETTING_SWITCH;
        print_row(row->name, is_switch ? NULL : row->value_name, row->help, is_switch ? NULL : row->default_value);
    }
    print_row("config", "FILE", help_of_config, NULL);
    print_row("help", NULL, help_of_help, NULL);
}

struct arguments {
    int count, next;
    char *const *values;
};

/* The flag's value: what follows "=", or the next argument. */
static const char *flag_value(const char *equals, struct arguments *arguments)
{
    if (equals)
        return equals + 1;
    return arguments->next < arguments->count ? arguments->values[arguments->next++] : NULL;
}

/* One flag. "config" was read before and is skipped here. */
static enum status read_flag(const struct settings_table *table, const char *flag, struct arguments *arguments,
                             void *fields, struct text *why)
{
    const char *equals = strchr(flag, '=');
    size_t length = equals ? (size_t)(equals - flag) : strlen(flag);
    const struct setting *row = length > 2 ? find_row(table, flag + 2, length - 2) : NULL;
    bool is_config = length == strlen("--config") && strncmp(flag, "--config", length) == 0;
    if (!row && !is_config) {
        text_setf(why, "there is no option %.*s (see cloudphotos %s --help)", (int)length, flag, table->command);
        return STATUS_INVALID;
    }
    if (row && row->type == SETTING_SWITCH && !equals)
        return assign(row, flag, "yes", fields, why);
    const char *value = flag_value(equals, arguments);
    if (!value) {
        text_setf(why, "%s needs a value: %s", flag, row ? type_hints[row->type] : "a file");
        return STATUS_INVALID;
    }
    TEXT_CLEANUP struct text where = {0};
    text_append(&where, flag, length);
    return row ? assign(row, text_get(&where), value, fields, why) : STATUS_OK;
}

static enum status read_flags(const struct settings_table *table, struct arguments arguments, struct arena *arena,
                              void *fields, struct settings_words *ret_words, struct text *why)
{
    const char **words = arena_new(arena, ((size_t)arguments.count + 1) * sizeof *words);
    size_t count = 0;
    bool flags_ended = false;
    while (arguments.next < arguments.count) {
        const char *argument = arguments.values[arguments.next++];
        enum status status = STATUS_OK;
        if (!flags_ended && strcmp(argument, "--") == 0) {
            flags_ended = true;
        } else if (!flags_ended && argument[0] == '-' && argument[1]) {
            status = read_flag(table, argument, &arguments, fields, why);
        } else if (ret_words) {
            words[count++] = argument;
        } else {
            text_setf(why, "\"%s\" is not expected (see cloudphotos %s --help)", argument, table->command);
            status = STATUS_INVALID;
        }
        if (status != STATUS_OK)
            return status;
    }
    if (ret_words)
        *ret_words = (struct settings_words){.words = words, .count = count};
    return STATUS_OK;
}

/* --help and --config act before everything else, wherever they stand. */
static const char *find_early(struct arguments arguments, bool *ret_help)
{
    const char *config = getenv("CLOUDPHOTOS_CONFIG");
    for (int i = 0; i < arguments.count && strcmp(arguments.values[i], "--") != 0; i++) {
        const char *argument = arguments.values[i];
        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
            *ret_help = true;
        else if (strncmp(argument, "--config=", 9) == 0)
            config = argument + 9;
        else if (strcmp(argument, "--config") == 0 && i + 1 < arguments.count)
            config = arguments.values[i + 1];
    }
    return config;
}

enum status settings_read(const struct settings_table *table, int argc, char *const *argv, struct arena *arena,
                          void *fields, struct settings_words *ret_words, bool *ret_help, struct text *why)
{
    struct arguments arguments = {.count = argc, .values = argv};
    *ret_help = false;
    const char *config = find_early(arguments, ret_help);
    if (*ret_help) {
        print_help(table);
        return STATUS_OK;
    }
    enum status status = read_defaults(table, fields, why);
    if (status == STATUS_OK && config)
        status = read_file(table, config, arena, fields, why);
    if (status == STATUS_OK)
        status = read_environment(table, fields, why);
    if (status == STATUS_OK)
        status = read_flags(table, arguments, arena, fields, ret_words, why);
    return status;
}
