/* What the files of move share. */
#ifndef MOVE_PRIVATE_H
#define MOVE_PRIVATE_H

#include "move.h"

void moved_release(struct moved *item);
/* Takes the objects of a photo along. The record is read again when it changes meanwhile; it is NULL then if it is
 * gone. Safe from any thread. */
enum status move_objects(struct mover *mover, struct moved *item, struct text *why);
/* Of one that is there in its present form: the objects that it hasn't any more. */
enum status remove_other_objects(struct mover *mover, const struct moved *item, struct text *why);

#endif
