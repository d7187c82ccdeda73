#include "object_sum.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { READ_BYTES = 256 << 10 };

enum status object_sum(struct blob_object *object, uint8_t ret_sum[static DIGEST_BYTES_MAX], struct text *why)
{
    struct digest *digest = digest_new(DIGEST_SHA256);
    char *buffer = memory_new(READ_BYTES);
    enum status status = STATUS_OK;
    size_t count = 0;
    for (uint64_t at = 0; status == STATUS_OK && at < object->size; at += count) {
        status = blob_object_read(object, at, buffer, READ_BYTES, &count, why);
        if (status == STATUS_OK && count == 0)
            status = STATUS_CONFLICT;
        if (status == STATUS_OK)
            digest_add(digest, buffer, count);
    }
    (void)digest_finish(digest, ret_sum);
    digest_free(digest);
    free(buffer);
    return status == STATUS_CONFLICT ? STATUS_NOT_FOUND : status;
}

void sum_format(const uint8_t sum[static DIGEST_SHA256_BYTES], char ret_text[static SUM_TEXT_SIZE])
{
    for (size_t i = 0; i < DIGEST_SHA256_BYTES; i++)
        (void)snprintf(ret_text + 2 * i, 3, "%02x", sum[i]);
}
