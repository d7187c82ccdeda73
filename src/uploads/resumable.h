/* Uploads that may be cut and go on: the bytes that came so far, in a folder of this machine:
 *
 *     FOLDER/ID.info    20 digits: how many bytes are durable; then a line of JSON: author, length, the author's words
 *     FOLDER/ID.data    the bytes; until the photo is made of them
 *
 * What was told to be there survives a power cut. With the last byte the same follows as for any upload (upload.h),
 * under an idempotency key made of the ID, so that a crash makes no photo twice. Whatever is older than a day goes. */
#ifndef RESUMABLE_H
#define RESUMABLE_H

#include "uploads.h"

/* An id holds the time of its making. */
int64_t resumable_expires_ms(const struct id *id);
enum { RESUMABLE_LIFE_MS = 24 * 60 * 60 * 1000 };

struct resumables;
enum status resumables_open(struct uploads *uploads, const char *folder, struct resumables **ret_resumables,
                            struct text *why);
void resumables_close(struct resumables *resumables); /* NULL is allowed */
/* Removes what has expired. */
void resumables_sweep(struct resumables *resumables);

struct resumable {
    struct id id;
    const char *author; /* in the arena of the call */
    struct photo_description description;
    const char *network;     /* from which it is begun: http_network; not kept beside the bytes */
    uint64_t length, offset; /* bytes in all, and there */
    bool has_photo;
    struct id photo; /* once it is whole */
};

/* FORBIDDEN (name), INVALID (an empty photo), TOO_LARGE; NO_SPACE, also when author, network or all have as much under
 * way as they may, or the disk is too full for so long a photo, and the like. Sets the id of *resumable. */
enum status resumable_create(struct resumables *resumables, struct resumable *resumable, struct text *why);
/* How far it is; what a cut left becomes durable first, and what is whole becomes a photo. NOT_FOUND: never was, ended,
 * expired or refused; FORBIDDEN when the author is another one; BUSY: somebody writes to it; else as upload_finish. */
enum status resumable_look(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct resumable *ret_resumable, struct text *why);
/* NOT_FOUND, FORBIDDEN, BUSY. */
enum status resumable_remove(struct resumables *resumables, const struct id *id, const char *author, struct text *why);

/* A piece, which begins at the offset. Between begin and end nobody else can write. */
struct resumable_piece;
/* As resumable_look; CONFLICT when `offset` is not where it goes on. */
enum status resumable_piece_begin(struct resumables *resumables, const struct id *id, const char *author,
                                  uint64_t offset, struct resumable_piece **ret_piece, struct text *why);
/* TOO_LARGE beyond the length; NO_SPACE and the like. Then the piece is to be undone. */
enum status resumable_piece_write(struct resumable_piece *piece, const char *data, size_t size, struct text *why);
/* Makes it durable. When it was the last one, the photo is made; a refusal removes all. UNSUPPORTED as soon as the
 * first bytes tell. */
enum status resumable_piece_keep(struct resumable_piece *piece, struct arena *arena, struct resumable *ret_resumable,
                                 struct text *why);
/* Ends it: what was written and not kept is forgotten if `undo`, else kept until somebody looks. */
void resumable_piece_end(struct resumable_piece *piece, bool undo);

#endif
