#include "comparison.h"

#include "timestamp.h"

#include <string.h>

static unsigned relation(int order)
{
    return order < 0 ? IS_LESS : order > 0 ? IS_GREATER : IS_EQUAL;
}

static bool is_string(json_t *value)
{
    return json_is_string(value);
}

static bool is_number(json_t *value)
{
    return json_is_number(value);
}

static bool is_boolean(json_t *value)
{
    return json_is_boolean(value);
}

static bool is_null(json_t *value)
{
    return json_is_null(value);
}

static bool is_timestamp(json_t *value)
{
    struct timestamp timestamp;
    return json_is_string(value) && timestamp_parse(json_string_value(value), &timestamp);
}

/* "*" stands for anything; "\*" and "\\" for themselves, and a backslash before anything else for nothing. */
static bool is_pattern(json_t *value)
{
    const char *at = json_string_value(value);
    for (; at && *at; at++)
        if (*at == '\\' && *++at != '*' && *at != '\\')
            return false;
    return at != NULL;
}

/* By bytes, which in UTF-8 is by code points. */
static unsigned relate_strings(json_t *value, json_t *operand)
{
    if (!json_is_string(value) || !json_is_string(operand))
        return 0;
    return relation(strcmp(json_string_value(value), json_string_value(operand)));
}

static unsigned relate_numbers(json_t *value, json_t *operand)
{
    if (!json_is_number(value) || !json_is_number(operand))
        return 0;
    if (json_is_integer(value) && json_is_integer(operand)) {
        json_int_t a = json_integer_value(value), b = json_integer_value(operand);
        return relation((a > b) - (a < b));
    }
    double a = json_number_value(value), b = json_number_value(operand);
    return relation((a > b) - (a < b));
}

static unsigned relate_booleans(json_t *value, json_t *operand)
{
    return json_is_boolean(value) && json_is_boolean(operand) && json_is_true(value) == json_is_true(operand) ? IS_EQUAL
                                                                                                              : 0;
}

static unsigned relate_timestamps(json_t *value, json_t *operand)
{
    struct timestamp a, b;
    if (!json_is_string(value) || !json_is_string(operand) || !timestamp_parse(json_string_value(value), &a)
        || !timestamp_parse(json_string_value(operand), &b))
        return 0;
    return relation(timestamp_compare(&a, &b));
}

/* A star first takes nothing; whenever the rest does not match, the last star takes one character more. */
static bool matches(const char *text, const char *pattern)
{
    const char *star = NULL, *taken = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            taken = text;
            continue;
        }
        const char *literal = *pattern == '\\' ? pattern + 1 : pattern;
        if (*literal == *text) {
            pattern = literal + 1;
            text++;
        } else if (star) {
            pattern = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static unsigned relate_pattern(json_t *value, json_t *operand)
{
    return json_is_string(value) && matches(json_string_value(value), json_string_value(operand)) ? IS_EQUAL : 0;
}

static unsigned relate_test(bool found, json_t *wanted)
{
    return found == json_is_true(wanted) ? IS_EQUAL : 0;
}

static unsigned relate_present(json_t *value, json_t *operand)
{
    return relate_test(value != NULL, operand);
}

static unsigned relate_null(json_t *value, json_t *operand)
{
    return relate_test(is_null(value), operand);
}

static unsigned relate_numeric(json_t *value, json_t *operand)
{
    return relate_test(is_number(value), operand);
}

static unsigned relate_string(json_t *value, json_t *operand)
{
    return relate_test(is_string(value), operand);
}

static unsigned relate_boolean(json_t *value, json_t *operand)
{
    return relate_test(is_boolean(value), operand);
}

static unsigned relate_timestamp(json_t *value, json_t *operand)
{
    return relate_test(is_timestamp(value), operand);
}

#define ORDERED(family, operand, accepts, relate)                                                                      \
    {family "Equals", true, false, operand, accepts, relate, IS_EQUAL},                                                \
        {family "LessThan", true, false, operand, accepts, relate, IS_LESS},                                           \
        {family "GreaterThan", true, false, operand, accepts, relate, IS_GREATER},                                     \
        {family "LessThanEquals", true, false, operand, accepts, relate, IS_LESS | IS_EQUAL},                          \
    {                                                                                                                  \
        family "GreaterThanEquals", true, false, operand, accepts, relate, IS_GREATER | IS_EQUAL                       \
    }

const struct comparison comparisons[] = {
    ORDERED("String", "a string", is_string, relate_strings),
    ORDERED("Numeric", "a number", is_number, relate_numbers),
    ORDERED("Timestamp", "a timestamp like \"2026-11-22T21:05:00Z\"", is_timestamp, relate_timestamps),
    {"BooleanEquals", true, false, "true or false", is_boolean, relate_booleans, IS_EQUAL},
    {"StringMatches", false, false, "a string in which a backslash stands before * or \\", is_pattern, relate_pattern,
     IS_EQUAL},
    {"IsPresent", false, true, "true or false", is_boolean, relate_present, IS_EQUAL},
    {"IsNull", false, false, "true or false", is_boolean, relate_null, IS_EQUAL},
    {"IsNumeric", false, false, "true or false", is_boolean, relate_numeric, IS_EQUAL},
    {"IsString", false, false, "true or false", is_boolean, relate_string, IS_EQUAL},
    {"IsBoolean", false, false, "true or false", is_boolean, relate_boolean, IS_EQUAL},
    {"IsTimestamp", false, false, "true or false", is_boolean, relate_timestamp, IS_EQUAL},
};
const size_t comparison_count = sizeof comparisons / sizeof comparisons[0];
