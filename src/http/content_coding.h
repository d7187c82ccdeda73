/* Which coding of an answer a client takes (RFC 9110 12.5.3). */
#ifndef CONTENT_CODING_H
#define CONTENT_CODING_H

#include <stdbool.h>

/* Whether the client takes Brotli and does not like the plain bytes better; accept_encoding: the header's value, NULL
 * when absent. */
bool content_coding_takes_brotli(const char *accept_encoding);

#endif
