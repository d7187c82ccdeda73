/* Cleans up in the background, at once and then every ten minutes: objects of photos that were deleted, originals that
 * no photo needs any more, the history of executions that ended long ago. What fails is told once a round, counted
 * (photos_get_failures), and tried again in the next.
 *
 * One janitor works at a time for all processes that share a store: it has the lease JANITOR_LEASE for its round. That
 * saves work, and nothing depends on it, because what is removed is judged by its age alone. */
#ifndef JANITOR_H
#define JANITOR_H

#include "failures.h"
#include "photos.h"

#define JANITOR_LEASE "janitor"

/* How old an original without a photo is before it is removed: 25 hours. An upload may last a day, and its original
 * may be whole for most of it while the photo can't be made yet: the store is away, or its author has too many under
 * way. The hour leaves room for a machine that has no time, and for clocks that differ by minutes: the bucket's and
 * the store's. */
enum { ORIGINAL_WITHOUT_PHOTO_S = 25 * 3600 };

/* How long a deleted photo is remembered. A process that has lost its lease while it was stopped, or cut off, may make
 * an image public after the photo was deleted, and die before it looks at the photo again: each round until then
 * removes the objects once more. */
enum { DELETED_FOR_S = 3600 };

struct janitor_settings {
    struct photos *photos; /* borrowed, as all pointers here, until janitor_close */
    struct store *store;
    struct blob *blob;
    int64_t history_ms, keep_failed_ms; /* as struct pipeline_settings has them */
    void (*clean_up)(void *context, struct failures *failures);
    void (*trouble)(void *context, const char *sentence); /* NULL: nobody listens */
    void *context;
};

struct janitor;
enum status janitor_open(const struct janitor_settings *settings, struct janitor **ret_janitor, struct text *why);
/* Ends its round after the step under way; what is left is for the next process. */
void janitor_close(struct janitor *janitor);

#endif
