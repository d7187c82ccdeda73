/* How photos arrive: in one request (upload.h), or in pieces that may be cut and go on (resumable.h). An upload that
 * was answered for has become a photo with an execution of the workflow; who works on it is not known here. */
#ifndef UPLOADS_H
#define UPLOADS_H

#include "photos.h"
#include "probe.h"

struct uploads;

struct uploads_settings {
    struct store *store; /* these two stay the caller's, and outlive uploads_close */
    struct blob *blob;
    const char *earlier_folder;  /* where an earlier version kept uploads that go on; NULL: nowhere */
    uint64_t max_upload;         /* bytes */
    uint64_t max_pending;        /* photos of one author that are not yet published or refused; 0: any number */
    unsigned max_partials;       /* uploads in pieces that one author may have under way */
    uint64_t max_partials_bytes; /* of all of them; a network may have half, an author a quarter */
    uint64_t disk_reserve;       /* bytes of the disk that new photos leave free; 0: as disk_has_room */
    struct image_limits limits;  /* of an original */
    /* There is a new photo to work on. Any thread; must not block. NULL: nobody is to be woken. */
    void (*arrived)(void *context);
    /* Something an operator should know; the same. */
    void (*trouble)(void *context, const char *sentence);
    void *context; /* of both */
};

enum status uploads_open(const struct uploads_settings *settings, struct uploads **ret_uploads, struct text *why);
void uploads_close(struct uploads *uploads); /* NULL is allowed */
/* Bytes of a photo. */
uint64_t uploads_max_upload(const struct uploads *uploads);

struct resumables;
struct resumables *uploads_resumables(const struct uploads *uploads);

#endif
