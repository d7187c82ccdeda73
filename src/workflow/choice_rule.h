/* The rules of a Choice state: comparisons, and And, Or and Not of them (states-language.net, "Choice State"). */
#ifndef CHOICE_RULE_H
#define CHOICE_RULE_H

#include "definition_reader.h"
#include "failure.h"

struct choice_rule;

/* At the top a rule has a Next, which the caller reads; below it must have none. */
bool choice_rule_read(struct reader *reader, json_t *object, bool at_top, const struct choice_rule **ret_rule);
/* False with the failure when a path in it leads nowhere. */
bool choice_rule_decide(const struct choice_rule *rule, json_t *input, json_t *context, bool *ret_holds,
                        struct failure *failure);

#endif
