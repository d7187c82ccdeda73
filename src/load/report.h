/* Runs as one page of HTML with plots, which needs nothing beside it. */
#ifndef REPORT_H
#define REPORT_H

#include "run_file.h"

/* Appends the page. Runs that have a head are shown; events and levels of files without one are drawn over all of them.
 * INVALID when no run has a head or an interval is damaged; UNAVAILABLE when the program was built without the
 * plots. */
enum status report_add(const struct run *runs, size_t count, const char *title, struct text *out, struct text *why);

#endif
