/* Which system calls a worker may make. sandbox.h says what follows from it, sandbox_calls.c holds the table. */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <stdbool.h>

/* Filters the calls of this process from now on, of its later threads too; for ever. False with errno set when the
 * kernel can't. */
bool sandbox_filter_calls(void);

#endif
