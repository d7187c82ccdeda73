/* What the files of resumable uploads share. */
#ifndef RESUMABLE_PRIVATE_H
#define RESUMABLE_PRIVATE_H

#include "resumable.h"
#include "uploads_private.h"

struct held_sessions;

struct resumables {
    struct uploads *uploads;
    struct held_sessions *held;
    int disk; /* a file, without a name, where the bytes go first */
};

/* What stands for the bytes of a session whose upload goes straight to the bucket (presigned.c): no back end's state of
 * an object that grows is like this. */
#define PRESIGNED_BYTES "presigned"
bool resumable_is_presigned(const struct session *session);

/* As resumable_create says, of author and length; then makes the session of it. */
enum status resumable_check_new(struct resumables *resumables, const struct resumable *resumable, struct text *why);
enum status resumable_add(struct resumables *resumables, const struct resumable *resumable, const char *bytes,
                          struct text *why);
/* Under which there is one photo of it at most, however often a crash brings us here. */
const char *resumable_make_key(const struct id *id, struct arena *arena);
/* Whether it says that this upload can't become a photo. */
bool resumable_is_refusal(enum status status);
/* Of a claimed session whose photo is there; is_finished: in the store, it is already. Gives it back. */
enum status resumable_finish(struct resumables *resumables, struct session *session, bool is_finished,
                             struct text *why);
/* NOT_FOUND with the sentence for it. */
enum status resumable_gone(struct text *why);
/* The session, if it is this author's and hasn't expired. NOT_FOUND, FORBIDDEN. */
enum status resumable_read(struct resumables *resumables, const struct id *id, const char *author, struct arena *arena,
                           struct session *ret_session, struct text *why);
/* A claimed session whose bytes are all there: its photo, which is there already or is made now. A refusal removes the
 * session. Gives the session back in any case. */
enum status resumable_settle(struct resumables *resumables, struct session *session, struct arena *arena,
                             struct resumable *ret_resumable, struct text *why);
/* Removes a claimed session and its bytes, unless these are a photo's. */
enum status resumable_forget(struct resumables *resumables, const struct session *session, struct text *why);
void resumable_describe(const struct session *session, struct resumable *ret_resumable);

/* ---- Sessions that this process has claimed (held_sessions.c) ---- */

enum status held_sessions_open(struct store *store, struct held_sessions **ret_held, struct text *why);
void held_sessions_close(struct held_sessions *held); /* NULL is allowed */
/* As store_session_claim; renewed until it is given back. */
enum status held_sessions_claim(struct held_sessions *held, const struct id *id, struct arena *arena,
                                struct session *ret_session, struct text *why);
/* The claim, for store_photo_create; with the photo the session is given back: then held_sessions_let_go. */
struct session_claim held_sessions_prove(const struct held_sessions *held, const struct session *session);
void held_sessions_let_go(struct held_sessions *held, const struct session *session);
/* As store_session_save. Gives it back unless it is kept, whatever comes of it: if the store can't be reached, the
 * lease ends by itself. */
enum status held_sessions_save(struct held_sessions *held, const struct session *session, bool keep, struct text *why);
/* As it is. If whoever claimed it before may still be writing, and nothing was saved since, the lease is left to end by
 * itself, so that the next claim knows it, too. */
void held_sessions_give_back(struct held_sessions *held, const struct session *session);
/* As store_session_remove, and gives it back. */
enum status held_sessions_remove(struct held_sessions *held, const struct session *session, struct text *why);

/* ---- What an earlier version left (earlier_uploads.c) ---- */

/* Takes over what there is, file by file, so that it may be done again after a crash; then the folder goes. */
enum status earlier_uploads_take(struct uploads *uploads, const char *folder, struct text *why);

#endif
