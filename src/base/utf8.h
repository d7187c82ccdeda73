/* UTF-8 (RFC 3629): overlong forms, surrogates and what is cut off are none. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the sequence at `bytes`, of which `size` (at least 1) are there; 0 if it is none. */
size_t utf8_sequence(const uint8_t *bytes, size_t size);
/* How many characters (code points) it is; false when it is no UTF-8. */
bool utf8_count(const char *text, size_t length, size_t *ret_characters);

#endif
