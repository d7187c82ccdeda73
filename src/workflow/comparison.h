/* The comparison operators of Choice rules, in one table. */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "json.h"

#include <stdbool.h>
#include <stddef.h>

struct comparison {
    const char *name;    /* "StringLessThan" */
    bool takes_path;     /* "StringLessThanPath" is an operator too */
    bool takes_nothing;  /* is also decided when the variable is not there */
    const char *operand; /* what it compares with, for a person */
    bool (*accepts)(json_t *operand);
    /* How the value stands to the operand: one of the bits below, 0 when they cannot be compared. `value` is NULL when
     * it is not there. */
    unsigned (*relate)(json_t *value, json_t *operand);
    unsigned holds; /* for which of them it holds */
};

enum { IS_LESS = 1, IS_EQUAL = 2, IS_GREATER = 4 };

extern const struct comparison comparisons[];
extern const size_t comparison_count;

#endif
