/* Base64 (RFC 4648, 4): the standard alphabet, padded. */
#ifndef BASE64_H
#define BASE64_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

void base64_add(struct text *out, const void *bytes, size_t size);
/* Appends the bytes; false, and nothing is appended, for what base64_add would not have written. */
bool base64_decode(struct text *out, const char *encoded, size_t length);

#endif
