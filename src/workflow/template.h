/* Payload templates (states-language.net, "Payload Template"): JSON in which a field "x.$" holds a path, and becomes
 * the field "x" with what the path selects. An intrinsic function would be one more kind of value beside the path:
 * until there are any, a template that calls one is refused. */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "definition_reader.h"
#include "failure.h"

struct template;

/* `value` stays the caller's and must outlive the template. */
bool template_read(struct reader *reader, json_t *value, const struct template **ret_template);
/* A new reference; NULL on failure. */
json_t *template_fill(const struct template *template, json_t *input, json_t *context, struct failure *failure);

#endif
