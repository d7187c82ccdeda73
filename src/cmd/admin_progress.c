#include "admin_progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR = 30, PARTS_TERMINAL = 200, PARTS_LINES = 10 };

static void show(const struct progress *progress, size_t done, bool is_terminal)
{
    static const char full[BAR + 1] = "##############################",
                                 empty[BAR + 1] = "..............................";
    int filled = (int)(done * BAR / progress->total);
    char found[64] = "";
    if (progress->found)
        (void)snprintf(found, sizeof found, ", %zu %s", atomic_load(&progress->found_count), progress->found);
    if (is_terminal)
        (void)fprintf(stderr, "\r[%.*s%.*s] %zu of %zu photos%s", filled, full, BAR - filled, empty, done,
                      progress->total, found);
    else
        (void)fprintf(stderr, "%zu of %zu photos%s\n", done, progress->total, found);
}

void progress_step(struct progress *progress, size_t found)
{
    bool is_terminal = isatty(STDERR_FILENO);
    size_t parts = is_terminal ? PARTS_TERMINAL : PARTS_LINES;
    (void)atomic_fetch_add(&progress->found_count, found);
    size_t done = atomic_fetch_add(&progress->done, 1) + 1;
    if (done * parts / progress->total != (done - 1) * parts / progress->total)
        show(progress, done, is_terminal);
}

void progress_end(const struct progress *progress)
{
    if (progress->total && isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
}
