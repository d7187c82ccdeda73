/* The work behind the states of workflows/photo-upload.asl.json. Each may run more than once for the same photo, so
 * each looks at what is there already. A failure becomes the name of an error, which the definition's retriers and
 * catchers go by. */
#ifndef TASKS_H
#define TASKS_H

#include "blob.h"
#include "darkroom.h"
#include "decoded_cache.h"
#include "events.h"
#include "inspect.h"
#include "moderator.h"
#include "photos.h"
#include "store.h"
#include "task.h"
#include "turns.h"

#include <stdatomic.h>

/* What they work with: the context of the runner. */
struct tasks {
    struct events *events;
    struct store *store;
    struct blob *blob;
    struct darkroom *darkroom;
    struct moderator *moderator;
    enum moderation_action when_unsure;
    struct image_limits limits;
    struct turns *turns;                                  /* at the darkroom */
    struct decoded_cache decoded;                         /* photos that passed */
    void (*trouble)(void *context, const char *sentence); /* for an operator; NULL: nobody listens */
    void *context;
    atomic_int_fast64_t told_outage_ms; /* when an operator was last told that photos can't be moderated */
};

extern const struct task_handler photo_tasks[];
extern const size_t photo_task_count;

/* task_moderate.c */
void task_detect_and_store(void *context, const struct task_call *call, struct task_outcome *outcome);
void task_review(void *context, const struct task_call *call, struct task_outcome *outcome);
/* task_resize.c */
void task_resize(void *context, const struct task_call *call, struct task_outcome *outcome);
/* task_publish.c */
void task_publish(void *context, const struct task_call *call, struct task_outcome *outcome);
void task_reject(void *context, const struct task_call *call, struct task_outcome *outcome);

/* ---- What several of them do ---- */

/* Of the photo; false, and the outcome says so, when there is none. */
bool task_read_id(const struct task_call *call, struct id *ret_id, struct task_outcome *outcome);
/* "" when there is none. */
const char *task_read_author(const struct task_call *call);
/* A photo that was published before. */
bool task_is_withdrawn(const struct task_call *call);
enum status task_open_original(struct tasks *tasks, const struct id *id, struct blob_object *ret_original,
                               struct text *why);
/* What the original is: as the upload that was answered for has found it, or probed again where it says nothing that
 * holds (image_record.h). As image_probe. */
enum status task_find_image(const struct tasks *tasks, const struct task_call *call, const struct blob_object *original,
                            struct image_info *ret_info, struct text *why);

#endif
