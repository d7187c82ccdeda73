/* Anonymous temporary files, which are gone with their descriptor, whatever ends the process. */
#ifndef BLOB_SPOOL_H
#define BLOB_SPOOL_H

#include "status.h"
#include "text.h"

/* In TMPDIR, or in /var/tmp, because photos may be larger than what a system keeps for /tmp in memory. The descriptor
 * is the caller's; readable and writable. */
enum status blob_spool_new(int *ret_fd, struct text *why);
/* The sentence and the status of an errno value that writing to one gave. */
enum status blob_spool_fail(int error, struct text *why);

#endif
