#include "aws_profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *variable, *place;
    const char *section_prefix; /* of sections other than "default" */
} files[] = {
    [AWS_FILE_CREDENTIALS] = {"AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", ""},
    [AWS_FILE_CONFIG] = {"AWS_CONFIG_FILE", ".aws/config", "profile "},
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *trim(const char *line, size_t *length)
{
    static const char space[] = " \t\r\n";
    while (*length && strchr(space, line[*length - 1]))
        --*length;
    while (*length && strchr(space, *line)) {
        line++;
        --*length;
    }
    return line;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* "[default]", "[profile  other]" */
static bool is_section(const char *line, size_t length, const char *prefix, const char *profile)
{
    size_t skipped = strlen(prefix);
    length -= 2;
    line = trim(line + 1, &length);
    if (is_word(line, length, profile) && (skipped == 0 || strcmp(profile, "default") == 0))
        return true;
    if (skipped == 0 || length <= skipped || memcmp(line, prefix, skipped) != 0)
        return false;
    length -= skipped;
    line = trim(line + skipped, &length);
    return is_word(line, length, profile);
}

/* A key may stand indented below another one, as its part: that is not ours. */
static const char *find_value(FILE *file, const char *prefix, const char *profile, const char *key, struct arena *arena)
{
    char *buffer = NULL;
    size_t capacity = 0;
    bool is_ours = false;
    const char *found = NULL;
    for (ssize_t count; !found && (count = getline(&buffer, &capacity, file)) >= 0;) {
        size_t length = (size_t)count;
        bool is_indented = *buffer == ' ' || *buffer == '\t';
        const char *line = trim(buffer, &length);
        if (length == 0 || *line == '#' || *line == ';')
            continue;
        if (*line == '[' && length >= 2 && line[length - 1] == ']') {
            is_ours = is_section(line, length, prefix, profile);
            continue;
        }
        const char *equals = memchr(line, '=', length);
        if (!is_ours || is_indented || !equals)
            continue;
        size_t name_length = (size_t)(equals - line), value_length = length - name_length - 1;
        const char *name = trim(line, &name_length), *value = trim(equals + 1, &value_length);
        if (is_word(name, name_length, key))
            found = arena_copy(arena, value, value_length);
    }
    free(buffer);
    return found;
}

const char *aws_profile_get(enum aws_file which, const char *key, struct arena *arena, struct text *why)
{
    const char *path = variable(files[which].variable), *home = variable("HOME"), *profile = variable("AWS_PROFILE");
    if (!path && !home) {
        text_setf(why, "neither %s nor HOME is set", files[which].variable);
        return NULL;
    }
    if (!path)
        path = arena_printf(arena, "%s/%s", home, files[which].place);
    if (!profile)
        profile = "default";
    FILE *file = fopen(path, "re");
    if (!file) {
        text_setf(why, "%s can't be read: %s", path, strerror(errno));
        return NULL;
    }
    const char *value = find_value(file, files[which].section_prefix, profile, key, arena);
    if (!value)
        text_setf(why, "%s has no %s for the profile \"%s\"", path, key, profile);
    (void)fclose(file);
    return value;
}
