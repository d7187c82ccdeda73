/* What the page of a report draws, as JSON. report/page.js names the members. */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include "run_file.h"

enum status report_data_add(const struct run *runs, size_t count, const char *title, struct text *out,
                            struct text *why);

#endif
