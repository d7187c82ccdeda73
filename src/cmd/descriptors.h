/* How many files the process may have open: enough for what it is told to do, or a sentence at the start instead of
 * faults later. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "status.h"
#include "text.h"

struct descriptor_needs {
    unsigned event_threads, workers, darkrooms, moderators;
    unsigned connections; /* each has a file beside it at most */
};

/* Raises the limit as far as it is needed and allowed. *ret_connections: as many as there is room for. UNAVAILABLE when
 * that is less than a server can do with. */
enum status descriptors_secure(const struct descriptor_needs *needs, unsigned *ret_connections, struct text *why);

#endif
