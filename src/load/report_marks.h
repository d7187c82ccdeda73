/* What is drawn beside a run's own figures, as members of JSON: events, levels (an alarm's threshold), and gauges,
 * which are figures that somebody else has noted over time. */
#ifndef REPORT_MARKS_H
#define REPORT_MARKS_H

#include "run_file.h"

/* "events":[…],"levels":[…],"gauges":[…], with a comma at the end. Those of the run, and those of files without a
 * head. */
void report_marks_add(const struct run *run, const struct run *runs, size_t count, struct text *out);

#endif
