/* Uploads that go straight to the bucket: a client gets an address to which it may PUT one object of a size and a type,
 * and says when it is there. A session stands for it meanwhile, with the limits of resumable uploads (resumable.h). The
 * photo is made of a copy, whose key nobody was ever given an address for: what is put later changes nothing. */
#ifndef PRESIGNED_H
#define PRESIGNED_H

#include "resumable.h"

/* How long one may begin to send it; what becomes of it takes as long as a resumable upload may. */
enum { PRESIGNED_LIFE_MS = 60 * 60 * 1000 };
/* How old an object is that no photo will be made of, whatever a session says: 25 hours, as an original without one. */
enum { PRESIGNED_STRAY_S = RESUMABLE_LIFE_MS / 1000 + 3600 };
enum { PRESIGNED_KEY_SIZE = sizeof BLOB_INCOMING + ID_TEXT_SIZE };

struct presigned {
    const char *author, *network; /* as struct resumable has them */
    const char *content_type;
    uint64_t length;
    char key[PRESIGNED_KEY_SIZE];
    int64_t expires_ms; /* the address */
};
/* Sets key and expires_ms. UNSUPPORTED where buckets have no addresses; else as resumable_create. */
enum status presigned_create(struct resumables *resumables, struct presigned *presigned, struct text *ret_url,
                             struct text *why);
/* Makes the photo of what was put there; the second time, gives the same photo. NOT_FOUND: nothing was put there yet,
 * or as resumable_look; FORBIDDEN when the author is another one; INVALID: another size than announced; else as
 * upload_finish. What is refused goes. */
enum status presigned_take(struct resumables *resumables, const char *key, const char *author,
                           const struct photo_description *description, struct arena *arena, struct photo *ret_photo,
                           struct text *why);
struct uploads;
/* What was put there, if anything. */
enum status presigned_remove(struct uploads *uploads, const struct id *id, struct text *why);

#endif
