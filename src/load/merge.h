/* Runs of several generators as one: intervals of the same label and time are added up, exactly. */
#ifndef MERGE_H
#define MERGE_H

#include "run_file.h"

/* Writes the sum of the runs, which must have the same length of intervals. An interval belongs to the one of the
 * earliest run in which it began. CONFLICT names runs that don't fit together. ret_totals gets a tally for each of
 * *ret_labels, both in the order of their first appearance; the caller frees them with merge_release. */
struct merged {
    char **labels;
    struct tally *totals;
    size_t label_count;
    double elapsed_s;
};
enum status merge_runs(const struct run *runs, size_t count, FILE *out, struct merged *ret_merged, struct text *why);
void merge_release(struct merged *merged);

#endif
