/* What the files of this layer share, and nobody else sees. */
#ifndef PHOTOS_PRIVATE_H
#define PHOTOS_PRIVATE_H

#include "decoded_cache.h"
#include "events.h"
#include "inspect.h"
#include "photos.h"
#include "task.h"

#include <pthread.h>
#include <stdatomic.h>

struct janitor;

struct photos {
    struct photos_settings settings;
    struct definition *definition;
    struct runner_workflow workflow;
    struct runner *runner;
    struct events *events;
    struct janitor *janitor;
    atomic_int_fast64_t told_outage_ms; /* when an operator was last told that photos can't be moderated */
    atomic_int_fast64_t told_full_ms;   /* the same, that the disk is full */
    struct resumables *resumables;
    struct decoded_cache decoded; /* of photos that passed */
    struct turns *turns;
};

/* The workflow's tasks; their context is a struct photos. */
extern const struct task_handler photo_tasks[];
extern const size_t photo_task_count;

/* Shows the photo to the moderator and writes what it saw to the photo, whatever will become of it. As inspect_in_turn,
 * then as store_photo_set_labels: ret_findings->stage tells which. ret_findings, which begins as {0}, and *ret_negative
 * are the caller's to release, whatever came of it. */
enum status photos_inspect(struct photos *photos, const struct id *id, const char *author, int original_fd,
                           struct findings *ret_findings, struct negative *ret_negative, struct text *why);

/* A person has decided. */
enum status photos_keep_decision(struct photos *photos, const struct id *id, bool is_approved, struct text *why);

/* NO_SPACE when `wanted` more bytes would leave too little of the disk that holds the file; of an upload that has begun
 * or is to begin. */
enum status photos_check_room(struct photos *photos, int file, uint64_t wanted, bool has_begun, struct text *why);

/* The public objects of a photo. Not every photo has a medium one (renditions.h); those of earlier versions have
 * none. */
enum { OBJECT_LARGE, OBJECT_MEDIUM, OBJECT_THUMBNAIL, PUBLIC_OBJECTS };
extern const struct public_object {
    const char *name; /* in the output of the task "resize" */
    enum bucket bucket;
    void (*make_key)(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
} public_objects[PUBLIC_OBJECTS];

/* Removes all public objects. */
enum status photos_remove_renditions(struct photos *photos, const struct id *id, struct text *why);
/* Of a photo that was withdrawn: moves what is public to where nobody can read it. */
enum status photos_quarantine(struct photos *photos, const struct id *id, struct text *why);
/* Copies it back; NOT_FOUND when it is not there: the medium one may be missing. */
enum status photos_leave_quarantine(struct photos *photos, const struct id *id, struct text *why);
enum status photos_remove_quarantined(struct photos *photos, const struct id *id, struct text *why);
/* Removes every object of a deleted photo, then forgets it. */
enum status photos_purge(struct photos *photos, const struct id *id, struct text *why);

/* Cleans up in the background, at once and then every ten minutes: photos that were deleted when the process died,
 * originals that no photo needs any more, the history of executions that ended long ago. */
struct janitor *janitor_open(struct photos *photos);
void janitor_close(struct janitor *janitor);

#endif
