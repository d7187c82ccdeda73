/* Conditional and range requests (RFC 9110 13 and 14), as a pure decision. One range only: several, as S3 does, are
 * answered with the whole object. */
#ifndef CONDITIONAL_H
#define CONDITIONAL_H

#include <stdint.h>

struct conditional_request { /* header values; NULL when absent */
    const char *if_match, *if_none_match, *if_modified_since, *if_unmodified_since, *range, *if_range;
};
struct conditional_object {
    const char *etag; /* with quotes */
    int64_t modified_s;
    uint64_t size;
};
struct conditional_answer {
    unsigned code;         /* 200, 206, 304, 412, 416 */
    uint64_t offset, size; /* what to send with 200 and 206 */
};
struct conditional_answer conditional_decide(const struct conditional_request *request,
                                             const struct conditional_object *object);

#endif
