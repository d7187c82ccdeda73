/* Base64 (RFC 4648, section 4), for bytes in JSON. */
#ifndef BASE64_H
#define BASE64_H

#include "text.h"

void base64_add(struct text *out, const void *bytes, size_t size);

#endif
