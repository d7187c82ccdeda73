/* SHA-1 and SHA-256, counted while the bytes arrive. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum digest_kind { DIGEST_SHA1, DIGEST_SHA256 };
enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32, DIGEST_BYTES_MAX = DIGEST_SHA256_BYTES };

struct digest;
struct digest *digest_new(enum digest_kind kind);
void digest_free(struct digest *digest); /* NULL is allowed */
void digest_add(struct digest *digest, const void *bytes, size_t size);
/* The digest of all that was added; nothing may be added afterwards. Returns its size. */
size_t digest_finish(struct digest *digest, uint8_t ret_bytes[static DIGEST_BYTES_MAX]);

#endif
