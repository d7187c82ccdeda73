/* A state machine in the Amazon States Language (states-language.net), JSONPath mode, parsed and checked once. What the
 * interpreter does not know is refused here, naming the place ("States.Resize.Retry[0].BackoffRate: …"). */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

struct definition;
/* INVALID: not JSON, not ASL, or not understood. UNSUPPORTED: ASL that we do not interpret (Map, intrinsic functions,
 * JSONata). */
enum status definition_parse(const char *text, size_t length, struct definition **ret_definition, struct text *why);
void definition_free(struct definition *definition); /* NULL is allowed */

/* Calls `resource` for each Task state, also inside branches, in the order of the text; false ends it, and is
 * returned. */
bool definition_each_resource(const struct definition *definition,
                              bool (*resource)(void *context, const char *resource), void *context);

#endif
