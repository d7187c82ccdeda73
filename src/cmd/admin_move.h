/* What copy, backup and restore share. */
#ifndef ADMIN_MOVE_H
#define ADMIN_MOVE_H

#include "admin.h"
#include "admin_progress.h"
#include "move.h"

/* A mover whose progress is shown; for moves of at most so many photos. */
struct admin_move {
    struct mover mover;
    struct progress progress;
};
void admin_move_init(struct admin_move *move, struct store *from_store, struct blob *from, struct blob *to,
                     size_t photos);
/* Ends the bar; UNAVAILABLE when photos lacked objects. */
enum status admin_move_end(struct admin_move *move, struct text *why);
/* How many photos a store has. */
enum status admin_count_photos(struct store *store, size_t *ret_count, struct text *why);
/* That all photos there have their objects now; with `repair`, nothing is left over. */
enum status admin_move_verify(struct store *store, struct blob *blob, bool repair, struct text *why);

#endif
