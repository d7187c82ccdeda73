/* What the files of this folder share. */
#ifndef UPLOADS_PRIVATE_H
#define UPLOADS_PRIVATE_H

#include "disk_room.h"
#include "upload.h"
#include "uploads.h"

struct uploads {
    struct uploads_settings settings;
    struct disk_room room;
    struct resumables *resumables;
};

/* ---- Whole uploads (upload.c) ---- */

/* The same as upload_finish for an original that is in its bucket already, as that of this photo. It stays there,
 * whatever comes of it. NOT_FOUND: it isn't there. With a claim of a session, and *ret_created, as
 * store_photo_create. */
enum status upload_take(struct uploads *uploads, const struct id *id, const char *author, const char *idempotency_key,
                        const struct photo_description *description, const struct session_claim *session,
                        struct arena *arena, struct photo *ret_photo, bool *ret_created, struct text *why);

/* Whether there may be a photo though the store has failed: a store elsewhere may have kept what its answer, which was
 * lost, would have said. The original stays then; without a photo, the janitor removes it later. */
bool upload_may_have_photo(const struct uploads *uploads, enum status status);

/* ---- Uploads in pieces (resumable.c) ---- */

/* Those of an earlier version go on from where they are, too. */
enum status resumables_open(struct uploads *uploads, struct resumables **ret_resumables, struct text *why);
void resumables_close(struct resumables *resumables); /* NULL is allowed */

#endif
