/* How far a long command is: a bar that moves on a terminal, a line for each tenth elsewhere. On standard error. */
#ifndef ADMIN_PROGRESS_H
#define ADMIN_PROGRESS_H

#include <stdatomic.h>
#include <stddef.h>

struct progress {
    size_t total;      /* photos; set once, the rest begins as 0 */
    const char *found; /* what is counted besides: "to review"; NULL: nothing */
    atomic_size_t done, found_count;
};

/* One more is done. Safe from any thread. */
void progress_step(struct progress *progress, size_t found);
/* Ends the bar's line. */
void progress_end(const struct progress *progress);

#endif
