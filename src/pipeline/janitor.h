/* Cleans up in the background, at once and then every ten minutes: photos that were deleted when the process died,
 * originals that no photo needs any more, the history of executions that ended long ago. */
#ifndef JANITOR_H
#define JANITOR_H

#include "photos.h"

struct janitor_settings {
    struct photos *photos; /* borrowed, as all pointers here, until janitor_close */
    struct store *store;
    struct blob *blob;
    int64_t history_ms, keep_failed_ms; /* as struct pipeline_settings has them */
    void (*clean_up)(void *context);
    void *context;
};

struct janitor;
struct janitor *janitor_open(const struct janitor_settings *settings);
void janitor_close(struct janitor *janitor);

#endif
