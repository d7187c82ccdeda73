/* JSONPath as the Amazon States Language uses it (states-language.net, "Paths"): names with and without quotes, indexes
 * from either end, slices, unions, wildcards, recursive descent and filters. Script expressions and functions are not
 * understood. A path that can only name a single node is what the language calls a Reference Path. */
#ifndef PATH_H
#define PATH_H

#include "arena.h"
#include "json.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>

struct path;

/* INVALID: not a path. UNSUPPORTED: JSONPath that we do not understand. The path lives in the arena. */
enum status path_parse(const char *text, struct arena *arena, const struct path **ret_path, struct text *why);

/* As it was written. */
const char *path_get_text(const struct path *path);
/* It began with "$$": it applies to the context object. */
bool path_reads_context(const struct path *path);
/* A Reference Path: it names at most one node. */
bool path_is_reference(const struct path *path);
/* Its first name is `name`, and its second is `next` (NULL: whatever): so that parts of the context object that are
 * not there can be refused early. */
bool path_begins_with(const struct path *path, const char *name, const char *next);

/* What the path selects, as a new reference. A path that may select many gives an array, empty when nothing is there;
 * a Reference Path to nothing is NOT_FOUND. TOO_LARGE when the path takes too much work. The tree is shared, not
 * copied: values of a workflow are never changed in place. */
enum status path_get(const struct path *path, json_t *root, json_t **ret_value, struct text *why);

/* A copy of `root` in which `value` stands at the Reference Path; missing objects on the way are made. What the path
 * does not touch is shared. CONFLICT when something that is no object (or no such element) stands in the way. */
enum status path_put(const struct path *path, json_t *root, json_t *value, json_t **ret_root, struct text *why);

#endif
