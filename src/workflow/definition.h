/* A state machine in the Amazon States Language (states-language.net), JSONPath mode, parsed and checked once. What the interpreter does
 * not know is refused here, naming the place ("States.Resize.Retry[0].BackoffRate: …"). */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "status.h"
#include "text.h"

#include <stddef.h>

struct definition;
/* INVALID: not JSON, not ASL, or not understood. UNSUPPORTED: ASL that we do not interpret (Map, intrinsic functions, JSONata). */
enum status definition_parse(const char *text, size_t length, struct definition **ret_definition, struct text *why);
void definition_free(struct definition *definition);

#endif
