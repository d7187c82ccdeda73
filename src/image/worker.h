/* One worker of the darkroom: takes jobs from its socket, one after the other, inside the sandbox. */
#ifndef WORKER_H
#define WORKER_H

#include "sandbox.h"

/* Enters the sandbox and works until the socket ends or the worker has worked enough; never returns. */
_Noreturn void worker_run(int socket, const struct sandbox_limits *limits);

#endif
