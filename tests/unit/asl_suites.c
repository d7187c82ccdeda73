#include "asl_suites.h"

#include "memory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *asl_suite(const char *name)
{
    static char path[400];
    const char *root = getenv("CLOUDPHOTOS_ASL_SUITES");
    (void)snprintf(path, sizeof path, "%s/%s", root ? root : ASL_SUITES, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

char *asl_read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    struct text text = {0};
    char buffer[4096];
    if (!file)
        return NULL;
    for (size_t count; (count = fread(buffer, 1, sizeof buffer, file)) > 0;)
        text_append(&text, buffer, count);
    (void)fclose(file);
    return text_take(&text);
}

/* nftw has no context. */
static struct {
    json_t *paths;
    const char *suffix;
} listing;

static int add_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)where;
    size_t length = strlen(path), suffix = strlen(listing.suffix);
    if (type == FTW_F && length > suffix && strcmp(path + length - suffix, listing.suffix) == 0)
        (void)json_array_append_new(listing.paths, json_string(path));
    return 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

json_t *asl_list_files(const char *folder, const char *suffix)
{
    JSON_CLEANUP json_t *found = listing.paths = json_array();
    listing.suffix = suffix;
    (void)nftw(folder, add_file, 16, FTW_PHYS);
    size_t count = json_array_size(found);
    json_t **paths = NEW_ARRAY(count + 1, json_t *);
    for (size_t i = 0; i < count; i++)
        paths[i] = json_array_get(found, i);
    qsort(paths, count, sizeof(json_t *), compare_strings);
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append(sorted, paths[i]);
    free(paths);
    return sorted;
}

/* ---- Gherkin ---- */

struct gherkin {
    json_t *scenarios, *outline; /* outline NULL: the scenario stands for itself */
    json_t *steps;               /* of the scenario that is read */
    json_t *columns;             /* of the examples that are read */
    const char *name;
    struct text document;
    bool in_document, in_examples;
};

static void add_scenario(struct gherkin *reader, const char *name, json_t *steps)
{
    (void)json_array_append_new(reader->scenarios, json_pack("{s:s,s:o}", "name", name, "steps", steps));
}

static void fill_in(struct text *out, const char *text, json_t *columns, json_t *values)
{
    while (*text) {
        bool filled = false;
        for (size_t i = 0; *text == '<' && i < json_array_size(columns) && !filled; i++) {
            const char *column = json_string_value(json_array_get(columns, i));
            size_t length = strlen(column);
            filled = strncmp(text + 1, column, length) == 0 && text[length + 1] == '>';
            if (filled) {
                text_add(out, json_string_value(json_array_get(values, i)));
                text += length + 2;
            }
        }
        if (!filled)
            text_addc(out, *text++);
    }
}

static void add_example(struct gherkin *reader, json_t *values)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < json_array_size(reader->outline); i++) {
        const json_t *step = json_array_get(reader->outline, i);
        TEXT_CLEANUP struct text text = {0};
        TEXT_CLEANUP struct text document = {0};
        fill_in(&text, json_string_value(json_object_get(step, "text")), reader->columns, values);
        fill_in(&document, json_string_value(json_object_get(step, "document")), reader->columns, values);
        (void)json_array_append_new(steps,
                                    json_pack("{s:s,s:s}", "text", text_get(&text), "document", text_get(&document)));
    }
    TEXT_CLEANUP struct text name = {0};
    text_addf(&name, "%s:", reader->name);
    for (size_t i = 0; i < json_array_size(values); i++)
        text_addf(&name, " %s", json_string_value(json_array_get(values, i)));
    add_scenario(reader, text_get(&name), steps);
}

/* "| a | b |" */
static json_t *read_row(const char *line)
{
    json_t *cells = json_array();
    for (const char *end; (end = strchr(++line, '|')); line = end) {
        const char *from = line + strspn(line, " ");
        const char *to = end;
        while (to > from && to[-1] == ' ')
            to--;
        (void)json_array_append_new(cells, json_stringn(from, (size_t)(to - from)));
    }
    return cells;
}

static void read_table_row(struct gherkin *reader, const char *line)
{
    json_t *row = read_row(line);
    if (!reader->in_examples) {
        json_decref(row);
    } else if (reader->columns) {
        add_example(reader, row);
        json_decref(row);
    } else {
        reader->columns = row;
    }
}

static void finish_scenario(struct gherkin *reader)
{
    if (reader->steps && !reader->outline)
        add_scenario(reader, reader->name, json_incref(reader->steps));
    json_decref(reader->steps);
    json_decref(reader->columns);
    reader->steps = reader->outline = reader->columns = NULL;
    reader->in_examples = false;
}

static bool begins(const char *line, const char *word, const char **ret_rest)
{
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0)
        return false;
    *ret_rest = line + length + strspn(line + length, " ");
    return true;
}

static void read_step(struct gherkin *reader, const char *line)
{
    static const char *const words[] = {"Given ", "When ", "Then ", "And ", "But ", "* "};
    const char *rest;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (begins(line, words[i], &rest)) {
            (void)json_array_append_new(reader->steps, json_pack("{s:s,s:s}", "text", rest, "document", ""));
            return;
        }
}

static void read_line(struct gherkin *reader, char *line)
{
    char *text = line + strspn(line, " \t"), *end = text + strlen(text);
    const char *rest;
    while (!reader->in_document && end > text && strchr(" \t\r", end[-1]))
        *--end = '\0';
    if (begins(text, "\"\"\"", &rest)) {
        if (reader->in_document) {
            json_t *step = json_array_get(reader->steps, json_array_size(reader->steps) - 1);
            (void)json_object_set_new(step, "document", json_string(text_get(&reader->document)));
        }
        text_clear(&reader->document);
        reader->in_document = !reader->in_document;
    } else if (reader->in_document) {
        text_addf(&reader->document, "%s\n", line);
    } else if (begins(text, "Scenario Outline:", &rest)) {
        finish_scenario(reader);
        reader->steps = reader->outline = json_array();
        reader->name = rest;
    } else if (begins(text, "Scenario:", &rest)) {
        finish_scenario(reader);
        reader->steps = json_array();
        reader->name = rest;
    } else if (begins(text, "Examples:", &rest)) {
        json_decref(reader->columns);
        reader->columns = NULL;
        reader->in_examples = true;
    } else if (*text == '|') {
        read_table_row(reader, text);
    } else if (reader->steps) {
        read_step(reader, text);
    }
}

json_t *gherkin_read(const char *text)
{
    struct gherkin reader = {.scenarios = json_array()};
    char *copy = memory_copy_string(text), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        read_line(&reader, line);
    finish_scenario(&reader);
    text_release(&reader.document);
    free(copy);
    return reader.scenarios;
}
