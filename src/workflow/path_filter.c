/* Filters of JSONPath: "[?(@.price < 10 && @.name != 'x')]". Comparisons of different types are false, and "!=" is true
 * then; a path alone asks whether something is there. */
#include "path_tree.h"

#include <stdlib.h>
#include <string.h>

enum filter_type { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_PRESENT, FILTER_COMPARE };
enum comparison { EQUAL, NOT_EQUAL, LESS_OR_EQUAL, LESS, GREATER_OR_EQUAL, GREATER };

struct operand {
    enum { OPERAND_STRING, OPERAND_NUMBER, OPERAND_BOOLEAN, OPERAND_NULL, OPERAND_NODE_PATH, OPERAND_ROOT_PATH } type;
    const char *string;
    double number; /* of a boolean: 0 or 1 */
    struct path path;
};

struct filter {
    enum filter_type type;
    const struct filter *left, *right; /* NOT: left alone */
    enum comparison comparison;
    struct operand a, b; /* PRESENT: a alone */
};

/* Longer words first: "<=" before "<". */
static const struct {
    const char *word;
    enum comparison comparison;
} comparisons[] = {
    {"==", EQUAL}, {"!=", NOT_EQUAL}, {"<=", LESS_OR_EQUAL}, {">=", GREATER_OR_EQUAL}, {"<", LESS}, {">", GREATER},
};
enum { COMPARISONS = sizeof comparisons / sizeof comparisons[0] };

static const struct {
    const char *word;
    struct operand operand;
} constants[] = {
    {"true", {.type = OPERAND_BOOLEAN, .number = 1}},
    {"false", {.type = OPERAND_BOOLEAN, .number = 0}},
    {"null", {.type = OPERAND_NULL}},
};

static bool parse_number(struct path_parser *parser, struct operand *operand)
{
    char *end;
    operand->type = OPERAND_NUMBER;
    operand->number = strtod(parser->at, &end);
    if (end == parser->at)
        return path_refuse(parser, STATUS_INVALID, "a value was expected");
    parser->at = end;
    return true;
}

static bool parse_operand(struct path_parser *parser, struct operand *operand)
{
    path_skip_blanks(parser);
    if (*parser->at == '\'' || *parser->at == '"')
        return operand->type = OPERAND_STRING, path_parse_quoted(parser, &operand->string);
    if (path_accept(parser, "@"))
        return operand->type = OPERAND_NODE_PATH, path_parse_segments(parser, &operand->path);
    if (path_accept(parser, "$"))
        return operand->type = OPERAND_ROOT_PATH, path_parse_segments(parser, &operand->path);
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (path_accept(parser, constants[i].word))
            return *operand = constants[i].operand, true;
    if (*parser->at && strchr("-0123456789", *parser->at))
        return parse_number(parser, operand);
    return path_refuse(parser, STATUS_INVALID, "a value was expected");
}

static bool parse_test(struct path_parser *parser, struct filter *filter)
{
    if (!parse_operand(parser, &filter->a))
        return false;
    path_skip_blanks(parser);
    for (size_t i = 0; i < COMPARISONS; i++)
        if (path_accept(parser, comparisons[i].word)) {
            filter->type = FILTER_COMPARE;
            filter->comparison = comparisons[i].comparison;
            return parse_operand(parser, &filter->b);
        }
    if (path_accept(parser, "=~"))
        return path_refuse(parser, STATUS_UNSUPPORTED, "regular expressions are not supported");
    filter->type = FILTER_PRESENT;
    return filter->a.type == OPERAND_NODE_PATH || filter->a.type == OPERAND_ROOT_PATH
           || path_refuse(parser, STATUS_INVALID, "a comparison was expected");
}

static bool parse_or(struct path_parser *parser, const struct filter **ret_filter);

static bool parse_unary(struct path_parser *parser, const struct filter **ret_filter)
{
    struct filter *filter = arena_new(parser->arena, sizeof *filter);
    *ret_filter = filter;
    path_skip_blanks(parser);
    if (path_accept(parser, "(")) {
        if (!parse_or(parser, ret_filter))
            return false;
        path_skip_blanks(parser);
        return path_accept(parser, ")") || path_refuse(parser, STATUS_INVALID, "\")\" was expected");
    }
    if (!path_accept(parser, "!"))
        return parse_test(parser, filter);
    filter->type = FILTER_NOT;
    if (++parser->nesting > PATH_NESTING_MAX)
        return path_refuse(parser, STATUS_INVALID, "too deeply nested");
    bool parsed = parse_unary(parser, &filter->left);
    parser->nesting--;
    return parsed;
}

/* A chain of `parse`d parts that are joined by `word`. */
static bool parse_chain(struct path_parser *parser, const char *word, enum filter_type type,
                        bool (*parse)(struct path_parser *, const struct filter **), const struct filter **ret_filter)
{
    const struct filter *left;
    if (!parse(parser, &left))
        return false;
    for (path_skip_blanks(parser); path_accept(parser, word); path_skip_blanks(parser)) {
        struct filter *both = arena_new(parser->arena, sizeof *both);
        *both = (struct filter){.type = type, .left = left};
        if (!parse(parser, &both->right))
            return false;
        left = both;
    }
    *ret_filter = left;
    return true;
}

static bool parse_and(struct path_parser *parser, const struct filter **ret_filter)
{
    return parse_chain(parser, "&&", FILTER_AND, parse_unary, ret_filter);
}

static bool parse_or(struct path_parser *parser, const struct filter **ret_filter)
{
    if (++parser->nesting > PATH_NESTING_MAX)
        return path_refuse(parser, STATUS_INVALID, "too deeply nested");
    bool parsed = parse_chain(parser, "||", FILTER_OR, parse_and, ret_filter);
    parser->nesting--;
    return parsed;
}

bool filter_parse(struct path_parser *parser, const struct filter **ret_filter)
{
    return parse_or(parser, ret_filter);
}

/* ---- Does it hold? ---- */

struct value {
    enum { VALUE_MISSING, VALUE_NULL, VALUE_BOOLEAN, VALUE_NUMBER, VALUE_STRING, VALUE_TREE } type;
    double number;
    const char *string;
    json_t *tree;
};

static struct value value_of_node(json_t *node)
{
    switch (json_typeof(node)) {
    case JSON_NULL:
        return (struct value){.type = VALUE_NULL};
    case JSON_TRUE:
    case JSON_FALSE:
        return (struct value){.type = VALUE_BOOLEAN, .number = json_is_true(node)};
    case JSON_INTEGER:
    case JSON_REAL:
        return (struct value){.type = VALUE_NUMBER, .number = json_number_value(node)};
    case JSON_STRING:
        return (struct value){.type = VALUE_STRING, .string = json_string_value(node)};
    default:
        return (struct value){.type = VALUE_TREE, .tree = node};
    }
}

static void operand_matches(struct path_evaluation *evaluation, const struct operand *operand, json_t *node,
                            struct path_matches *ret_matches)
{
    path_evaluate(evaluation, &operand->path, operand->type == OPERAND_NODE_PATH ? node : evaluation->root,
                  ret_matches);
}

static struct value value_of_operand(struct path_evaluation *evaluation, const struct operand *operand, json_t *node)
{
    switch (operand->type) {
    case OPERAND_STRING:
        return (struct value){.type = VALUE_STRING, .string = operand->string};
    case OPERAND_NUMBER:
        return (struct value){.type = VALUE_NUMBER, .number = operand->number};
    case OPERAND_BOOLEAN:
        return (struct value){.type = VALUE_BOOLEAN, .number = operand->number};
    case OPERAND_NULL:
        return (struct value){.type = VALUE_NULL};
    default:
        break;
    }
    struct path_matches matches = {0};
    operand_matches(evaluation, operand, node, &matches);
    struct value value = {.type = VALUE_MISSING};
    if (matches.count == 1)
        value = value_of_node(matches.nodes[0]);
    free(matches.nodes);
    return value;
}

static bool are_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_STRING:
        return strcmp(a->string, b->string) == 0;
    case VALUE_TREE:
        return json_equal(a->tree, b->tree);
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
        return a->number == b->number;
    default:
        return true;
    }
}

static bool is_less(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_STRING && b->type == VALUE_STRING)
        return strcmp(a->string, b->string) < 0;
    return a->type == VALUE_NUMBER && b->type == VALUE_NUMBER && a->number < b->number;
}

static bool compare(const struct value *a, enum comparison comparison, const struct value *b)
{
    switch (comparison) {
    case EQUAL:
        return are_equal(a, b);
    case NOT_EQUAL:
        return !are_equal(a, b);
    case LESS:
        return is_less(a, b);
    case GREATER:
        return is_less(b, a);
    case LESS_OR_EQUAL:
        return is_less(a, b) || are_equal(a, b);
    case GREATER_OR_EQUAL:
        return is_less(b, a) || are_equal(a, b);
    }
    return false;
}

static bool is_present(struct path_evaluation *evaluation, const struct operand *operand, json_t *node)
{
    struct path_matches matches = {0};
    operand_matches(evaluation, operand, node, &matches);
    free(matches.nodes);
    return matches.count > 0;
}

bool filter_holds(struct path_evaluation *evaluation, const struct filter *filter, json_t *node)
{
    switch (filter->type) {
    case FILTER_AND:
        return filter_holds(evaluation, filter->left, node) && filter_holds(evaluation, filter->right, node);
    case FILTER_OR:
        return filter_holds(evaluation, filter->left, node) || filter_holds(evaluation, filter->right, node);
    case FILTER_NOT:
        return !filter_holds(evaluation, filter->left, node);
    case FILTER_PRESENT:
        return is_present(evaluation, &filter->a, node);
    case FILTER_COMPARE:
        break;
    }
    struct value a = value_of_operand(evaluation, &filter->a, node);
    struct value b = value_of_operand(evaluation, &filter->b, node);
    return compare(&a, filter->comparison, &b);
}
