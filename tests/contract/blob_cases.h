/* The promises of blob.h as cases that hold for every back end; test_blob_*.c runs them on each. */
#ifndef BLOB_CASES_H
#define BLOB_CASES_H

#include "blob.h"
#include "check.h"

struct blob_case {
    const char *behaviour;
    void (*run)(struct blob *blob, const char *address);
};
extern const struct blob_case blob_object_cases[], blob_crowd_cases[], blob_part_cases[],
    blob_growing_cases[]; /* {0} ends each */

/* Runs all cases on these buckets, which are empty and are emptied after each. */
void blob_run_cases(const char *back_end, const char *address);

/* A status is checked by its name, which reads better in a failure, and the sentence that belongs to it must be
 * there. */
#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        struct text why_ TEXT_CLEANUP = {0};                                                                           \
        struct text *why = &why_;                                                                                      \
        enum status status_ = (call);                                                                                  \
        if (!CHECK_STR(status_name(status_), status_name(expected)) || (status_ && why_.length == 0))                  \
            check_true(false, text_get(&why_), __FILE__, __LINE__);                                                    \
    } while (0)
#define CHECK_OK(call) CHECK_STATUS(call, STATUS_OK)

#define BLOB_CASE_KEY "0123456789abcdef0123456789abcdef-comp.webp"

/* Through an upload. */
enum status put(struct blob *blob, enum bucket bucket, const char *key, const void *data, size_t size,
                struct text *why);
/* The content as a string; the status's name when it can't be had. */
const char *content_of(struct blob *blob, enum bucket bucket, const char *key, struct text *ret_content);
size_t count_keys(struct blob *blob, enum bucket bucket);
/* An anonymous file of `size` bytes that differ from place to place, and what is at a place. */
int make_file(size_t size);
unsigned char byte_at(uint64_t place);

#endif
