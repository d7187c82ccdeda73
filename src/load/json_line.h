/* Where in a JSON text something stands: trees don't remember. */
#ifndef JSON_LINE_H
#define JSON_LINE_H

#include <stddef.h>

/* The line (from 1) of the key to which the path of object keys leads, or of the last one of them that is there. The
 * text must be valid JSON. */
size_t json_line_of(const char *json, const char *const *path, size_t depth);

#endif
