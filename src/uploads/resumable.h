/* Uploads that may be cut and go on, through any process: a session of the store says how many bytes are there and who
 * may add to them, and the bytes grow in the originals bucket (blob_growing_begin), under the key that they keep as an
 * original. What was told to be there survives a power cut. With the last byte the same follows as for any upload
 * (upload.h), under an idempotency key made of the id, so that a crash makes no photo twice. Whatever is older than a
 * day goes. All but resumable_piece_write wait for a disk or a network. */
#ifndef RESUMABLE_H
#define RESUMABLE_H

#include "failures.h"
#include "uploads.h"

enum { RESUMABLE_LIFE_MS = 24 * 60 * 60 * 1000 };

/* Removes what has expired, and bytes that no session has. failures: NULL is allowed. */
void resumables_sweep(struct resumables *resumables, struct failures *failures);

struct resumable {
    struct id id;
    const char *author; /* in the arena of the call */
    struct photo_description description;
    const char *network;     /* from which it is begun: http_network */
    uint64_t length, offset; /* bytes in all, and there */
    int64_t expires_ms;
    bool has_photo;
    struct id photo; /* once it is whole */
};

/* FORBIDDEN (name), INVALID (an empty photo), TOO_LARGE; NO_SPACE, also when author, network or all have as much under
 * way as they may, or the disk is too full for so long a photo, and the like. Sets id and expires_ms of *resumable. */
enum status resumable_create(struct resumables *resumables, struct resumable *resumable, struct text *why);
/* How far it is; what is whole becomes a photo. NOT_FOUND: never was, ended, expired or refused; FORBIDDEN when the
 * author is another one; BUSY: somebody writes to it; else as upload_finish. */
enum status resumable_look(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct resumable *ret_resumable, struct text *why);
/* NOT_FOUND, FORBIDDEN, BUSY. */
enum status resumable_remove(struct resumables *resumables, const struct id *id, const char *author, struct text *why);

/* A piece, which begins at the offset. Between begin and end nobody else can write. */
struct resumable_piece;
/* `size`: bytes that are to come, UINT64_MAX if unknown. As resumable_look; CONFLICT when `offset` is not where it goes
 * on; TOO_LARGE beyond the length. */
enum status resumable_piece_begin(struct resumables *resumables, const struct id *id, const char *author,
                                  uint64_t offset, uint64_t size, struct resumable_piece **ret_piece, struct text *why);
/* TOO_LARGE beyond the length; NO_SPACE and the like. Then the piece is to be undone. Doesn't wait. */
enum status resumable_piece_write(struct resumable_piece *piece, const char *data, size_t size, struct text *why);
/* Makes it durable. When it was the last one, the photo is made; a refusal removes all. UNSUPPORTED as soon as the
 * first bytes tell. BUSY: this process was stopped for so long that somebody else has taken over. */
enum status resumable_piece_keep(struct resumable_piece *piece, struct arena *arena, struct resumable *ret_resumable,
                                 struct text *why);
/* Ends it: what was written and not kept is forgotten if `undo`, else kept. NULL is allowed. */
void resumable_piece_end(struct resumable_piece *piece, bool undo);

#endif
