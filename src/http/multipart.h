/* multipart/form-data (RFC 7578, RFC 2046 5.1), parsed as it arrives, in constant memory. */
#ifndef MULTIPART_H
#define MULTIPART_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

enum { MULTIPART_NAME_MAX = 255, MULTIPART_HEADER_MAX = 4096, MULTIPART_PARTS_MAX = 64 };

struct multipart_events {
    /* A part begins. filename is NULL for a plain field. Anything but OK ends the parse with that status. */
    enum status (*part)(void *context, const char *name, const char *filename, struct text *why);
    enum status (*data)(void *context, const char *data, size_t size, struct text *why);
    enum status (*part_end)(void *context, struct text *why);
};

struct multipart;
/* content_type: the request's header. INVALID when it isn't multipart/form-data or its boundary is missing or bad. */
enum status multipart_open(const char *content_type, const struct multipart_events *events, void *context,
                           struct multipart **ret_multipart, struct text *why);
enum status multipart_feed(struct multipart *multipart, const char *data, size_t size, struct text *why);
/* INVALID when the closing boundary has not come. */
enum status multipart_finish(struct multipart *multipart, struct text *why);
void multipart_close(struct multipart *multipart); /* NULL is allowed */

#endif
