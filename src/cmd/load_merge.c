#include "load_merge.h"

#include "memory.h"
#include "merge.h"
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status merge_all(const char *path, char **names, size_t count, struct run *runs, struct text *why)
{
    struct merged merged;
    FILE *out = NULL;
    TEXT_CLEANUP struct text table = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = run_read(names[i], &runs[i], why);
    if (status == STATUS_OK && access(path, F_OK) == 0) {
        text_setf(why, "%s already exists; name a new file for the sum", path);
        status = STATUS_CONFLICT;
    }
    if (status == STATUS_OK)
        status = run_file_create(path, &out, why);
    if (status != STATUS_OK)
        return status;
    status = merge_runs(runs, count, out, &merged, why);
    if (out != stdout)
        (void)fclose(out);
    if (status != STATUS_OK)
        return status;
    summary_add_table((const char *const *)merged.labels, merged.totals, merged.label_count, merged.elapsed_s, &table);
    (void)fprintf(out == stdout ? stderr : stdout, "%s", text_get(&table));
    merge_release(&merged);
    return STATUS_OK;
}

int load_merge(int argc, char **argv)
{
    TEXT_CLEANUP struct text why = {0};
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("Usage: cloudphotos load merge OUT RUN…\n\n"
               "Adds up runs of several generators, by label and time, and writes the sum to the new file OUT.\n");
        return 0;
    }
    if (argc < 3) {
        (void)fprintf(stderr,
                      "cloudphotos load merge: give the new file, then the runs to add up (see cloudphotos load "
                      "merge --help)\n");
        return 2;
    }
    size_t count = (size_t)argc - 2;
    struct run *runs = NEW_ARRAY(count, struct run);
    enum status status = merge_all(argv[1], argv + 2, count, runs, &why);
    for (size_t i = 0; i < count; i++)
        run_release(&runs[i]);
    free(runs);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos load merge: %s\n", text_get(&why));
    return status == STATUS_OK ? 0 : 2;
}
