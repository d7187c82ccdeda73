/* Identifiers: 16 bytes, written as 32 lower-case hex digits. The first 48 bits are the time of making in
 * milliseconds, big-endian (as in RFC 9562, UUID version 7), so that new rows land side by side in an index; the
 * other 80 bits come from the kernel's random generator, so that nobody can guess one. */
#ifndef ID_H
#define ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_BYTES = 16, ID_TEXT_SIZE = 33 };

struct id {
    uint8_t bytes[ID_BYTES];
};

struct id id_new(void);
void id_format(const struct id *id, char ret_text[static ID_TEXT_SIZE]);
/* Exactly 32 hex digits in lower case; false otherwise, and *ret_id is left alone. */
bool id_parse(const char *text, size_t length, struct id *ret_id);
bool id_equal(const struct id *a, const struct id *b);

#endif
