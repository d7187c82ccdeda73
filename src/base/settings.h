/* Settings of a sub-command, from one table: each row is a flag (--max-upload), an environment variable
 * (CLOUDPHOTOS_MAX_UPLOAD) and a key of an INI file (max-upload = 64M, in the section of the sub-command's name, or
 * before any section for all of them). A flag wins over the environment, that over the file, that over the default. The
 * same table prints --help. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "arena.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_STRING,  /* const char * */
    SETTING_SWITCH,  /* bool; the flag takes no value, variable and file take yes/no, true/false, 1/0 */
    SETTING_INTEGER, /* int64_t */
    SETTING_BYTES,   /* int64_t; 64M, 512K, 2G in powers of 1024 */
    SETTING_SECONDS, /* int64_t in milliseconds; 20s, 500ms, 5m, 2h; a bare number is seconds */
    SETTING_LIST,    /* struct settings_list; the flag may be given again and again */
};

enum { SETTINGS_LIST_MAX = 32 };
struct settings_list {
    const char *values[SETTINGS_LIST_MAX];
    size_t count;
};

struct setting {
    const char *name; /* in kebab case, as the flag without its dashes */
    enum setting_type type;
    size_t offset;             /* of the field in the struct that is filled */
    const char *default_value; /* as a person would write it; NULL: the field stays as it was */
    int64_t minimum, maximum;  /* in the field's unit; both 0: any value that isn't negative */
    const char *value_name;    /* for --help: "ADDRESS", "SIZE" */
    const char *help;          /* one sentence, no full stop */
};

struct settings_table {
    const char *command; /* "serve" */
    const char *summary; /* "cloudphotos serve [OPTIONS]: …" */
    const struct setting *rows;
    size_t count;
};

struct settings_words {
    const char *const *words; /* what stands on the command line besides flags, in order */
    size_t count;
};

/* Fills `fields` (its strings live as long as the arena, argv and the environment). --config FILE or CLOUDPHOTOS_CONFIG
 * names the INI file. --help or -h prints to stdout and sets *ret_help. INVALID names what was wrong, where (flag,
 * variable, or file:line) and what is allowed. Words are refused unless ret_words is given. */
enum status settings_read(const struct settings_table *table, int argc, char *const *argv, struct arena *arena,
                          void *fields, struct settings_words *ret_words, bool *ret_help, struct text *why);

/* "64M", "20s": the values as SETTING_BYTES and SETTING_SECONDS take them. INVALID for anything else or too large. */
enum status settings_parse_bytes(const char *text, int64_t *ret_bytes);
enum status settings_parse_seconds(const char *text, int64_t *ret_ms);

#endif
