/* What can go wrong with a photo in the workflow: the names of its errors, which the definition's retriers and catchers
 * go by, and whose fault each is. What its owner reads is in refusal.h.
 *
 * A picture's own faults end in a refusal at once. Faults that a picture may be the cause of (a process crashed or ran
 * out of time over it) are tried a few times. Those that say nothing of the picture (a disk, somebody who can't look)
 * last as long as they last. */
#ifndef TASK_ERRORS_H
#define TASK_ERRORS_H

#include "status.h"
#include "task.h"

#include <stdbool.h>

/* The operator stopped it: pipeline_stop. */
#define PHOTO_STOPPED "Photo.Stopped"

void fail(struct task_outcome *outcome, const char *error, const char *cause);
/* Of the storage. */
void fail_storage(struct task_outcome *outcome, enum status status, const struct text *why);
/* Of the picture, or of the darkroom's process that worked on it. */
void fail_darkroom(struct task_outcome *outcome, enum status status, const struct text *why);
/* Of the picture, or of a moderator. can_look: it can look at another picture now. */
void fail_moderator(struct task_outcome *outcome, enum status status, bool can_look, const struct text *why);
/* Whether it is of those that last as long as they last, and say nothing of the picture. */
bool task_error_is_outage(const char *error);

/* Errors that may be ours: the original is kept for a while, so that an operator can retry the execution. */
bool task_error_is_ours(const char *error);

#endif
