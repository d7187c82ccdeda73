#include "json_line.h"

#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *at;
    size_t line;
};

static void skip_space(struct cursor *cursor)
{
    for (; *cursor->at && strchr(" \t\r\n", *cursor->at); cursor->at++)
        cursor->line += *cursor->at == '\n';
}

static void skip_string(struct cursor *cursor)
{
    for (cursor->at++; *cursor->at && *cursor->at != '"'; cursor->at++)
        if (*cursor->at == '\\' && cursor->at[1])
            cursor->at++;
    if (*cursor->at)
        cursor->at++;
}

/* Brackets within strings don't count; what is between them needs no look. */
static void skip_value(struct cursor *cursor)
{
    unsigned depth = 0;
    for (skip_space(cursor); *cursor->at; skip_space(cursor)) {
        char first = *cursor->at;
        if (depth == 0 && (first == ',' || first == '}' || first == ']'))
            return;
        if (first == '"') {
            skip_string(cursor);
            continue;
        }
        depth += first == '{' || first == '[';
        depth -= first == '}' || first == ']';
        cursor->at++;
    }
}

/* At the value of an object: true if one of its keys is `key`; then the cursor stands at that key's value. */
static bool enter(struct cursor *cursor, const char *key, size_t *ret_line)
{
    skip_space(cursor);
    if (*cursor->at != '{')
        return false;
    cursor->at++;
    for (skip_space(cursor); *cursor->at == '"'; skip_space(cursor)) {
        const char *name = cursor->at + 1;
        size_t line = cursor->line;
        skip_string(cursor);
        bool is_it = strncmp(name, key, strlen(key)) == 0 && name[strlen(key)] == '"';
        skip_space(cursor);
        cursor->at += *cursor->at == ':';
        if (is_it) {
            *ret_line = line;
            return true;
        }
        skip_value(cursor);
        cursor->at += *cursor->at == ',';
    }
    return false;
}

size_t json_line_of(const char *json, const char *const *path, size_t depth)
{
    struct cursor cursor = {.at = json, .line = 1};
    size_t line = 1;
    for (size_t i = 0; i < depth && enter(&cursor, path[i], &line); i++)
        continue;
    return line;
}
