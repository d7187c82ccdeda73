/* JSON (RFC 8259): jansson for trees, and two writers for text that is built directly. */
#ifndef JSON_H
#define JSON_H

#include "arena.h"
#include "status.h"
#include "text.h"

#include <jansson.h>
#include <stdbool.h>

#define JSON_CLEANUP __attribute__((cleanup(json_cleanup)))
void json_cleanup(json_t **value);

/* Appends `string` in quotes, escaped. Bytes that are not UTF-8 become U+FFFD. */
void json_add_string(struct text *out, const char *string, size_t length);
/* The same; NULL becomes null. */
void json_add_string_or_null(struct text *out, const char *string);

/* Parses a whole document; INVALID with line and column in *why. Duplicate keys are refused. Caller owns *ret. */
enum status json_parse(const char *text, size_t length, json_t **ret_value, struct text *why);
/* Appends the compact form; object keys keep the order of insertion, numbers read back as the same. */
void json_add(struct text *out, const json_t *value);

#endif
