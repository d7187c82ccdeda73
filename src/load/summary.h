/* The figures of a tally, as a person reads them and as JSON. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "tally.h"

/* A table with a line a label and one for all, then failures by kind, codes, and what is known of the generator itself.
 * `seconds` is what rates are over. */
void summary_add_table(const char *const *labels, const struct tally *tallies, size_t count, double seconds,
                       struct text *out);
/* {"label":…,"count":…,"failed":…,"mean_ms":…,"deviation_ms":…,"percentiles_ms":{"50":…},"max_ms":…,…} */
void summary_add_json(const char *label, const struct tally *tally, double seconds, struct text *out);
/* "1.23 ms", "4.5 s". */
void summary_add_duration(double ns, struct text *out);

#endif
