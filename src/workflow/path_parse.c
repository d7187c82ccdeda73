/* Reads a JSONPath. The grammar, from the inside out: selector (a name, an index, a slice, "*", a filter), segment
 * (selectors in brackets, or a name after a dot), path ("$" and segments). */
#include "path_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_MAX = 1 << 30, LENGTH_MAX = 4096 };

bool path_refuse(struct path_parser *parser, enum status status, const char *reason)
{
    if (parser->status == STATUS_OK) {
        parser->status = status;
        if (*parser->at)
            text_setf(parser->why, "%s, at \"%.20s\"", reason, parser->at);
        else
            text_setf(parser->why, "%s, at its end", reason);
    }
    return false;
}

void path_skip_blanks(struct path_parser *parser)
{
    parser->at += strspn(parser->at, " \t\r\n");
}

bool path_accept(struct path_parser *parser, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

/* Copies up to a character of `ends`; a backslash takes what follows it as it is. */
static bool parse_escaped(struct path_parser *parser, const char *ends, const char **ret_string)
{
    char *string = arena_new(parser->arena, strlen(parser->at) + 1);
    char *end = string;
    while (*parser->at && !strchr(ends, *parser->at)) {
        if (*parser->at == '\\' && *++parser->at == '\0')
            return path_refuse(parser, STATUS_INVALID, "nothing follows the backslash");
        *end++ = *parser->at++;
    }
    *ret_string = string;
    return true;
}

bool path_parse_quoted(struct path_parser *parser, const char **ret_string)
{
    const char quote[2] = {*parser->at++, '\0'};
    return parse_escaped(parser, quote, ret_string)
           && (path_accept(parser, quote) || path_refuse(parser, STATUS_INVALID, "a quote is not closed"));
}

#define NAME_ENDS ".[@,:?*()'\"] \t\r\n"

/* A name after a dot. What the language reserves has to be escaped with a backslash in it. */
static bool parse_name(struct path_parser *parser, const char **ret_name)
{
    bool in_filter = parser->nesting > 0;
    const char *start = parser->at;
    if (!parse_escaped(parser, in_filter ? NAME_ENDS "=!<>&|" : NAME_ENDS, ret_name))
        return false;
    if (parser->at == start)
        return path_refuse(parser, STATUS_INVALID, "a name is missing");
    if (*parser->at == '(')
        return path_refuse(parser, STATUS_UNSUPPORTED, "functions in paths are not supported");
    if (!in_filter && *parser->at && !strchr(".[", *parser->at))
        return path_refuse(parser, STATUS_INVALID, "this character must be escaped or quoted");
    return true;
}

static bool at_integer(const struct path_parser *parser)
{
    return *parser->at == '-' || (*parser->at >= '0' && *parser->at <= '9');
}

static bool parse_integer(struct path_parser *parser, int64_t *ret_value)
{
    char *end;
    errno = 0;
    long long value = strtoll(parser->at, &end, 10);
    if (end == parser->at || errno || value > INDEX_MAX || value < -INDEX_MAX)
        return path_refuse(parser, STATUS_INVALID, "not an index");
    parser->at = end;
    *ret_value = value;
    return true;
}

/* What follows the start of a slice: ":", maybe an end, maybe ":" and a step. */
static bool parse_slice(struct path_parser *parser, struct selector *selector)
{
    struct slice *slice = &selector->slice;
    selector->type = SELECT_SLICE;
    slice->step = 1;
    path_skip_blanks(parser);
    if (at_integer(parser)) {
        slice->has_end = true;
        if (!parse_integer(parser, &slice->end))
            return false;
        path_skip_blanks(parser);
    }
    if (!path_accept(parser, ":"))
        return true;
    path_skip_blanks(parser);
    return !at_integer(parser) || parse_integer(parser, &slice->step);
}

static bool parse_index_or_slice(struct path_parser *parser, struct selector *selector)
{
    if (at_integer(parser)) {
        selector->type = SELECT_INDEX;
        selector->slice.has_start = true;
        if (!parse_integer(parser, &selector->index))
            return false;
        selector->slice.start = selector->index;
        path_skip_blanks(parser);
    }
    if (path_accept(parser, ":"))
        return parse_slice(parser, selector);
    return selector->slice.has_start
           || path_refuse(parser, STATUS_INVALID, "a name, an index, \"*\" or a filter was expected");
}

static bool parse_selector(struct path_parser *parser, struct selector *selector)
{
    path_skip_blanks(parser);
    if (*parser->at == '\'' || *parser->at == '"')
        return selector->type = SELECT_NAME, path_parse_quoted(parser, &selector->name);
    if (path_accept(parser, "*"))
        return selector->type = SELECT_ALL, true;
    if (path_accept(parser, "?"))
        return selector->type = SELECT_FILTER, filter_parse(parser, &selector->filter);
    if (*parser->at == '(')
        return path_refuse(parser, STATUS_UNSUPPORTED, "script expressions are not supported");
    return parse_index_or_slice(parser, selector);
}

static bool parse_brackets(struct path_parser *parser, struct segment *segment)
{
    struct selector **end = &segment->selectors;
    do {
        struct selector *selector = *end = arena_new(parser->arena, sizeof *selector);
        if (!parse_selector(parser, selector))
            return false;
        end = &selector->next;
        path_skip_blanks(parser);
    } while (path_accept(parser, ","));
    return path_accept(parser, "]") || path_refuse(parser, STATUS_INVALID, "\"]\" was expected");
}

static bool parse_after_dot(struct path_parser *parser, struct segment *segment)
{
    struct selector *selector = segment->selectors = arena_new(parser->arena, sizeof *selector);
    if (path_accept(parser, "*"))
        return selector->type = SELECT_ALL, true;
    selector->type = SELECT_NAME;
    return parse_name(parser, &selector->name);
}

static bool parse_segment(struct path_parser *parser, struct segment *segment)
{
    segment->descends = path_accept(parser, "..");
    if (path_accept(parser, "["))
        return parse_brackets(parser, segment);
    if (!segment->descends && !path_accept(parser, "."))
        return path_refuse(parser, STATUS_INVALID, "\".\" or \"[\" was expected");
    return parse_after_dot(parser, segment);
}

static bool names_one_node(const struct segment *segment)
{
    const struct selector *selector = segment->selectors;
    return !segment->descends && !selector->next && (selector->type == SELECT_NAME || selector->type == SELECT_INDEX);
}

bool path_parse_segments(struct path_parser *parser, struct path *path)
{
    struct segment **end = &path->segments;
    path->reference = true;
    while (*parser->at == '.' || *parser->at == '[') {
        struct segment *segment = *end = arena_new(parser->arena, sizeof *segment);
        if (!parse_segment(parser, segment))
            return false;
        path->reference = path->reference && names_one_node(segment);
        end = &segment->next;
    }
    return true;
}

enum status path_parse(const char *text, struct arena *arena, const struct path **ret_path, struct text *why)
{
    struct path_parser parser = {.at = text, .arena = arena, .why = why};
    JSON_CLEANUP json_t *utf8 = json_string(text);
    if (!utf8)
        return text_setf(why, "a path is text in UTF-8"), STATUS_INVALID;
    if (strlen(text) > LENGTH_MAX)
        return text_setf(why, "a path has at most %d bytes", LENGTH_MAX), STATUS_INVALID;
    struct path *path = arena_new(arena, sizeof *path);
    path->text = arena_copy_string(arena, text);
    if (!path_accept(&parser, "$"))
        return path_refuse(&parser, STATUS_INVALID, "a path begins with \"$\""), parser.status;
    path->context = path_accept(&parser, "$");
    if (*parser.at && *parser.at != '.' && *parser.at != '[') {
        bool is_variable = strspn(parser.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") > 0;
        path_refuse(&parser, is_variable ? STATUS_UNSUPPORTED : STATUS_INVALID,
                    is_variable ? "variables are not supported" : "\".\" or \"[\" was expected");
        return parser.status;
    }
    if (path_parse_segments(&parser, path) && *parser.at)
        path_refuse(&parser, STATUS_INVALID, "\".\" or \"[\" was expected");
    if (parser.status == STATUS_OK)
        *ret_path = path;
    return parser.status;
}
