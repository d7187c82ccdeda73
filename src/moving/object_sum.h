/* The SHA-256 of an object. */
#ifndef OBJECT_SUM_H
#define OBJECT_SUM_H

#include "blob.h"
#include "digest.h"

/* Reads all of it. NOT_FOUND: it was removed or replaced meanwhile. */
enum status object_sum(struct blob_object *object, uint8_t ret_sum[static DIGEST_BYTES_MAX], struct text *why);

enum { SUM_TEXT_SIZE = 2 * DIGEST_SHA256_BYTES + 1 };
void sum_format(const uint8_t sum[static DIGEST_SHA256_BYTES], char ret_text[static SUM_TEXT_SIZE]);

#endif
