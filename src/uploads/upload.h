/* An upload as it arrives: streamed to the originals bucket, checked, and then answered for. Nothing of a refused or
 * broken one stays. Memory does not grow with the photo's size. */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "uploads.h"

struct upload;

/* TOO_MANY when as many photos of this author wait as are allowed: asked before a body crosses the network. What is
 * uploaded at the same time can't get past: upload_finish is bound by it too. */
enum status upload_check_pending(struct uploads *uploads, const char *author, struct text *why);

/* The photo that this author made with this key before; NOT_FOUND. */
enum status upload_find(struct uploads *uploads, const char *author, const char *idempotency_key, struct arena *arena,
                        struct photo *ret_photo, struct text *why);

/* FORBIDDEN for a bad name, INVALID for a bad key (1 to IDEMPOTENCY_KEY_MAX visible ASCII characters; NULL: none),
 * NO_SPACE, UNAVAILABLE, BUSY. Neither string is kept. */
enum status upload_begin(struct uploads *uploads, const char *author, const char *idempotency_key,
                         struct upload **ret_upload, struct text *why);
/* TOO_LARGE; UNSUPPORTED as soon as the first bytes tell; NO_SPACE and the like, of these bytes or earlier ones. The
 * upload must then be aborted. */
enum status upload_write(struct upload *upload, const char *data, size_t size, struct text *why);
/* Checks the whole, makes it durable and hands it to the workflow, with the author's words, which were checked. On
 * success the photo (in arena) is answered for: it will be published or refused with a reason, whatever is killed.
 * TOO_MANY. The upload is freed either way. */
enum status upload_finish(struct upload *upload, const struct photo_description *description, struct arena *arena,
                          struct photo *ret_photo, struct text *why);
void upload_abort(struct upload *upload); /* NULL is allowed */

#endif
