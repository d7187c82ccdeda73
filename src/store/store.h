/* The metadata: photos, users, and workflow executions with their history. One set of promises, many back ends
 * (store_ops.h); tests/contract/ runs the same suite against each of them.
 *
 * Every function is safe to call from any thread and blocks until the change is durable. Functions that change
 * something return NO_SPACE (disk full), UNAVAILABLE (read-only, unreachable, corrupt) or BUSY (try again) when the
 * back end can't; nothing has changed then, unless a store elsewhere was lost while it saved (UNAVAILABLE). `why` may
 * be NULL. What is put in an arena lives as long as that arena.
 *
 * A change is seen by every later call in this process, and within a fifth of a second by other processes. Functions
 * that are called for a row may not call the store. Strings end with a NUL and are UTF-8; names are compared byte by
 * byte. INVALID for a name, a key or a reason that is missing, empty or too long. A limit of 0 finds nothing. */
#ifndef STORE_H
#define STORE_H

#include "arena.h"
#include "capture_time.h"
#include "fingerprint.h"
#include "id.h"
#include "json.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUTHOR_NAME_MAX = 64, IDEMPOTENCY_KEY_MAX = 255, LEASE_NAME_MAX = 64, SHA256_BYTES = 32 };

struct store;

/* address: "sqlite:PATH", or "postgresql://USER@HOST:PORT,HOST2:PORT/DATABASE" as libpq reads it. INVALID for an
 * unknown scheme, naming the known ones. */
enum status store_open(const char *address, struct store **ret_store, struct text *why);
void store_close(struct store *store); /* NULL is allowed */
/* Appends the address without the password that it may hold, for logs and sentences. */
void store_show_address(const char *address, struct text *out);
/* Whether store_open would begin with nothing: the database is missing, or has no bytes. */
enum status store_is_new(const char *address, bool *ret_is_new, struct text *why);
/* Looks for damage, for so long; *ret_is_whole: all was looked at. UNAVAILABLE, saying what is damaged; then the store
 * is only to be closed, and nothing more is written. */
enum status store_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why);
/* Whether it is on another machine, so that all calls but store_now_ms wait for the network. Else reading takes
 * microseconds. */
bool store_is_remote(const struct store *store);
/* A real search, in the database itself. */
enum status store_check(struct store *store, struct text *why);

/* The store's clock, in milliseconds since 1970 UTC. Leases, due times and all that is dated in a store go by it, so
 * the clocks of the machines that share one may differ. Never waits, because it is asked under locks: a back end
 * elsewhere knows how far its clock is from ours. */
int64_t store_now_ms(struct store *store);
/* Gives it another clock, before anybody uses it: tests have their own time. NULL: its own again. */
void store_set_clock(struct store *store, int64_t (*now_ms)(void *context), void *context);

/* ---- Photos ---- */

enum photo_state { PHOTO_PENDING, PHOTO_SUCCESS, PHOTO_ERROR };
/* Whether a person has to decide, and how they did. */
enum photo_review { REVIEW_NONE, REVIEW_WAITING, REVIEW_APPROVED, REVIEW_REFUSED };

struct rendition {
    uint32_t width, height; /* pixels; 0 while unknown */
    uint64_t bytes;
};

struct photo {
    struct id id;
    const char *author;
    enum photo_state state;
    int64_t created_ms, updated_ms; /* store_now_ms */
    const char *error_message;      /* NULL unless state is ERROR */
    const char *format;             /* of the original: "jpeg", "png", … */
    uint32_t frames;                /* 1 for a still */
    struct rendition original, large, thumbnail;
    const char *labels; /* JSON array of {"name","parent","confidence"}; NULL while unknown */
    const char *audit;  /* JSON object: how the moderator came to the labels; NULL while unknown */
    enum photo_review review;
    const char *caption, *alt_text; /* the author's words; NULL: none */
    const char *thumbhash;          /* of the thumbnail (evanw.github.io/thumbhash), in base64; NULL while unknown */
    const uint8_t *sha256;          /* SHA256_BYTES, of the original's bytes; NULL: unknown */
    struct rendition medium;        /* between the two others; width 0: there is none */
    struct capture_time captured;   /* when it was taken, as its file says: nothing else of a file's metadata is kept */
};

/* PENDING, SUCCESS, ERROR: as the API writes them. */
const char *photo_state_name(enum photo_state state);

struct execution;

/* What changes a photo below follows one table of transitions, photo_rules.c: from which states, to which, what is
 * written, and what becomes of the author's count and of the execution. Each change is one transaction. NOT_FOUND:
 * there is no such photo, or it was deleted. FORBIDDEN: `author` isn't its author. CONFLICT: not in its state. What is
 * so already is OK, and nothing changes. */

/* Writes the photo (state PENDING) and its execution (RUNNING, of the same id) in one transaction. With an idempotency
 * key that this author has used before, nothing is written and *ret_existing (in arena) is that photo; *ret_created
 * says which it was, and *ret_existing is left alone when it is true. CONFLICT for an id that is there already;
 * TOO_MANY when max_pending photos of the author (0: any number) are pending already. With a claim of the session of
 * that id, this is finished and given back in the same transaction; BUSY: the session isn't this claim's any more. */
struct session_claim {
    const char *owner;
    int64_t lease_number;
};
enum status store_photo_create(struct store *store, const struct photo *photo, const char *idempotency_key,
                               const struct execution *execution, uint64_t max_pending,
                               const struct session_claim *session, struct arena *arena, struct photo *ret_existing,
                               bool *ret_created, struct text *why);
/* How many photos of this author are pending: their executions are RUNNING. */
enum status store_photos_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why);
enum status store_photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                            struct text *why);
/* The photo that this author made with this key; NOT_FOUND. */
enum status store_photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                 struct arena *arena, struct photo *ret_photo, struct text *why);

/* The author's words: NULL leaves one as it is, "" removes it. */
enum status store_photo_describe(struct store *store, const struct id *id, const char *author, const char *caption,
                                 const char *alt_text, struct text *why);
/* A photo that this author made of an original with this SHA-256, PENDING or SUCCESS, the latter first; NOT_FOUND. */
enum status store_photo_find_content(struct store *store, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                     struct arena *arena, struct photo *ret_photo, struct text *why);

/* Who has claimed the photo's execution, and with which version, as store_execution_save has it. A change by such a
 * claim is CONFLICT when the execution isn't theirs any more: a process that has lost its lease, and doesn't know,
 * changes nothing. NULL: by whoever. */
struct execution_claim {
    const char *owner;
    uint64_t version;
};

/* What the moderator saw; labels and audit as in struct photo. */
enum status store_photo_set_labels(struct store *store, const struct id *id, const char *labels, const char *audit,
                                   const struct execution_claim *claim, struct text *why);
/* A person has to decide. CONFLICT when one has decided already. */
enum status store_photo_hold(struct store *store, const struct id *id, const struct execution_claim *claim,
                             struct text *why);
/* REVIEW_APPROVED or REVIEW_REFUSED, by a person: the first of several counts. The execution, which waits for that, is
 * due at once. CONFLICT when the photo doesn't wait for a decision. */
enum status store_photo_decide(struct store *store, const struct id *id, enum photo_review review, struct text *why);
/* A published photo waits for a person (REVIEW_WAITING), with what the moderator sees in it now, and its execution
 * begins anew as *execution says: the old one, if there still is one, is replaced. */
enum status store_photo_withdraw(struct store *store, const struct id *id, const char *labels, const char *audit,
                                 const struct execution *execution, struct text *why);
/* With large, medium and thumbnail of *photo, and its labels and thumbhash unless they are NULL. CONFLICT also while a
 * person has to decide, and when they have refused it. */
enum status store_photo_publish(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                                struct text *why);
/* A published photo has this medium rendition from now on; when it was last changed stays as it was. */
enum status store_photo_render(struct store *store, const struct id *id, const struct rendition *medium,
                               struct text *why);
/* With a reason for its owner, and these labels unless they are NULL. */
enum status store_photo_reject(struct store *store, const struct id *id, const char *error_message, const char *labels,
                               const struct execution_claim *claim, struct text *why);

/* Deleting takes two steps, so that a crash between leaves nothing behind: from `delete` on the photo is NOT_FOUND to
 * every other function; its objects are then removed by the caller, and `purge` forgets it, when nobody can still be
 * at work who hasn't noticed. A key used for it may be used again. */
enum status store_photo_delete(struct store *store, const struct id *id, const char *author, struct text *why);
/* Up to `limit` that were deleted and not yet purged, oldest id first, after `after` (NULL: from the first). */
struct deleted_photo {
    struct id id;
    int64_t deleted_ms;
};
enum status store_photos_deleted(struct store *store, const struct id *after, struct deleted_photo *ret_photos,
                                 size_t limit, size_t *ret_count, struct text *why);
/* One that never was is OK. Its execution stays until it is pruned. */
enum status store_photo_purge(struct store *store, const struct id *id, struct text *why);

/* Of one state and review (other than none), oldest id first, after `after` (NULL: from the first), at most `limit`
 * rows. */
typedef bool store_photo_row(void *context, const struct photo *photo);
enum status store_photos_list(struct store *store, enum photo_state state, enum photo_review review,
                              const struct id *after, size_t limit, store_photo_row *row, void *context,
                              struct text *why);

/* The published ones, likewise. */
enum status store_photos_published(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                   void *context, struct text *why);

/* All, in order of their ids, from that id on (inclusive; NULL: from the first), at most `limit` rows; also those that
 * were deleted and not yet purged. For whoever compares a store with its buckets. */
typedef bool store_any_photo_row(void *context, const struct photo *photo, bool is_deleted);
enum status store_photos_from(struct store *store, const struct id *first, size_t limit, store_any_photo_row *row,
                              void *context, struct text *why);

struct post_cursor {
    int64_t time_ms; /* by which the listing is ordered */
    struct id id;
};
/* Published photos, of this author (NULL: of everybody), newest first (created_ms, then id, descending), beyond `after`
 * (exclusive; NULL: from the newest), at most `limit` rows. */
enum status store_photos_newest(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                                store_photo_row *row, void *context, struct text *why);
/* When it was taken; of a photo that doesn't say, when it was made here. */
int64_t photo_time_ms(const struct photo *photo);
/* This author's, as store_photos_newest, but by photo_time_ms. */
enum status store_photos_by_capture(struct store *store, const char *author, const struct post_cursor *after,
                                    size_t limit, store_photo_row *row, void *context, struct text *why);

/* ---- Verdicts: pictures that were refused or approved before, so that they needn't be decided again ---- */

enum verdict_kind { VERDICT_WAITING /* for a person; not found yet */, VERDICT_REFUSED, VERDICT_APPROVED };
enum { VERDICTS_MAX = 10000 }; /* older ones are forgotten */

struct verdict {
    struct id photo;
    enum verdict_kind kind;
    struct fingerprint fingerprint;
    const char *reason; /* the sentence for its owner; NULL unless REFUSED */
    const char *labels; /* as in struct photo */
    int64_t decided_ms;
};
struct verdict_match {
    bool is_exact;                 /* the same pixels */
    unsigned distance, difference; /* else, as fingerprint.h has them */
};
/* Whether that is the same picture, in another size or coding perhaps. */
bool verdict_match_is_copy(const struct verdict_match *match);

/* Writes the verdict on a photo, over an older one. The photo need not be there any more. */
enum status store_verdict_add(struct store *store, const struct verdict *verdict, struct text *why);
/* A person has decided, now. Approving it also forgets each other photo that was refused and is a copy of it. OK
 * without doing anything when nothing is known of that photo. */
enum status store_verdict_decide(struct store *store, const struct id *photo, enum verdict_kind kind,
                                 const char *reason, struct text *why);
/* The newest verdict on the same pixels, else that on a copy, else that on the shape that is nearest, at most
 * `distance` away; NOT_FOUND. */
enum status store_verdict_find(struct store *store, const struct fingerprint *fingerprint, unsigned distance,
                               struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                               struct text *why);
/* Newest first, at most `limit` rows. */
typedef bool store_verdict_row(void *context, const struct verdict *verdict);
enum status store_verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                struct text *why);
/* NOT_FOUND. */
enum status store_verdict_forget(struct store *store, const struct id *photo, struct text *why);

/* ---- Users: whoever has at least one published photo ---- */

/* Called for each row in order, on the caller's thread; strings are borrowed for the call. Returning false ends the
 * listing. */
typedef bool store_user_row(void *context, const char *name, size_t name_length, int64_t posts_count);
typedef bool store_post_row(void *context, const struct id *id, int64_t created_ms);

/* Names that begin with `prefix`, in byte order, beyond `after` (exclusive; NULL: from the start), at most `limit`
 * rows. */
enum status store_users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                               store_user_row *row, void *context, struct text *why);

/* The ids of the author's published photos, newest first (created_ms, then id, descending), beyond `after` (exclusive;
 * NULL: from the newest), at most `limit` rows. */
enum status store_user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                             store_post_row *row, void *context, struct text *why);

/* ---- Workflow executions ---- */

enum execution_status { EXECUTION_RUNNING, EXECUTION_SUCCEEDED, EXECUTION_FAILED, EXECUTION_ABORTED };
enum { EXECUTION_STATUSES = 4, STATE_NAME_MAX = 80 /* characters: states-language.net */ };

struct execution {
    struct id id; /* the photo's id: one execution a photo */
    enum execution_status status;
    const char *workflow; /* name of the definition */
    const char *state;    /* name of the state that it is in, "" before the first */
    const char *data;     /* JSON: all that the interpreter needs to go on; opaque to the store */
    int64_t started_ms, updated_ms;
    int64_t due_ms;   /* not claimed before */
    uint64_t version; /* grows with each claim and each save */
    bool was_lost;    /* set by a claim alone: another owner's lease of it ran out, instead of being given back */
};

struct execution_event {
    int64_t time_ms;
    const char *type;   /* "TaskStateEntered", …: the event names of Step Functions' GetExecutionHistory */
    const char *detail; /* JSON object */
};

/* RUNNING, SUCCEEDED, FAILED, ABORTED. */
const char *execution_status_name(enum execution_status status);

/* A store's clock that is set back by less than this changes nothing. What is dated later than now by more was dated
 * before the clock was set right: such a lease is void, and such a due time is now. */
enum { CLOCK_TOLERANCE_MS = 60000 };

/* Takes up to `limit` due, RUNNING executions that nobody holds (or whose holder's lease ran out), and leases them to
 * `owner` until now + lease. Which ones is fair to authors: each time it is the turn of the author with the fewest
 * under way (of all owners), and among those of the one who has waited longest, since an execution was due or since the
 * author was last given one. Of an author's executions, the one that has waited longest is first: it joins the queue
 * when it is due, and keeps its place whoever takes and loses it; one that is tried again joins anew when that is
 * due. */
enum status store_executions_claim(struct store *store, const char *owner, int64_t lease_ms, size_t limit,
                                   struct arena *arena, struct execution *ret_executions, size_t *ret_count,
                                   struct text *why);
/* Prolongs every lease that `owner` holds and that has not run out, to now + lease. */
enum status store_executions_renew(struct store *store, const char *owner, int64_t lease_ms, struct text *why);
/* One transition in one transaction: status, state, data, due_ms, and the events after those already there. CONFLICT
 * when the lease was lost or the execution has ended (aborted, or forgotten): then drop it. A lease that ran out is
 * lost once the execution was claimed again, even by the same owner: `version` is that of the claim, or any later one
 * of this holder; the store's own grows by one. The lease is kept while `keep_lease` and RUNNING; else anybody may
 * claim it: at once and at its old place, or, when due_ms is after updated_ms, from due_ms on. */
enum status store_execution_save(struct store *store, const char *owner, const struct execution *execution,
                                 const struct execution_event *events, size_t event_count, bool keep_lease,
                                 struct text *why);
/* Gives back what was claimed and not worked on: due at once for anybody, at its old place (or at its due_ms, if that
 * was saved as later than updated_ms). CONFLICT when `owner` no longer holds it. */
enum status store_execution_release(struct store *store, const char *owner, const struct id *id, struct text *why);

enum status store_execution_get(struct store *store, const struct id *id, struct arena *arena,
                                struct execution *ret_execution, struct text *why);
typedef bool store_execution_row(void *context, const struct execution *execution);
typedef bool store_event_row(void *context, const struct execution_event *event);
/* Newest first (the order of their making), of one status or of all (status -1), at most `limit` rows. */
enum status store_executions_list(struct store *store, int status, size_t limit, store_execution_row *row,
                                  void *context, struct text *why);
/* In order of happening; NOT_FOUND for an unknown execution. */
enum status store_execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                   struct text *why);
/* A FAILED or ABORTED execution whose photo still exists becomes RUNNING with the given data, before its first state
 * (""), due at once; its photo follows the table, too. NOT_FOUND when either is gone, CONFLICT for other statuses. */
enum status store_execution_retry(struct store *store, const struct id *id, const char *data, struct text *why);

/* A RUNNING execution goes on with *data, ahead of all that its author has waiting: at once when nobody holds it, else
 * when its holder has saved its next transition (which is CONFLICT then), or loses it: *ret_held. Nothing comes of it
 * when that save ends the execution. NOT_FOUND; CONFLICT when it has ended. */
enum status store_execution_divert(struct store *store, const struct id *id, const char *data, bool *ret_held,
                                   struct text *why);

struct store_counts {
    uint64_t executions[EXECUTION_STATUSES]; /* since the store was made: those that were pruned stay counted */
    uint64_t queue_depth;                    /* RUNNING, due and held by nobody */
};
enum status store_get_counts(struct store *store, struct store_counts *ret_counts, struct text *why);
/* In how many milliseconds the next execution that nobody holds is due or a lease ends, 0 when that was before now; -1:
 * none. */
enum status store_executions_next_due(struct store *store, int64_t *ret_in_ms, struct text *why);
/* Forgets executions that ended more than age_ms ago, with their history, at most `limit` in one call. */
enum status store_executions_prune(struct store *store, int64_t age_ms, size_t limit, size_t *ret_pruned,
                                   struct text *why);

/* ---- Processes that share the store ---- */

/* A lease that has a name, of what one process of all may do at a time. `owner` has it until now + lease_ms if nobody
 * has it, if its lease ran out, or if that is the owner already; *ret_taken is false while another has it. Leases of
 * one name are of one length, by which those that a clock has written that was ahead are known to be void. */
enum status store_lease_take(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                             bool *ret_taken, struct text *why);
/* OK, too, when another has it, or nobody. */
enum status store_lease_give_back(struct store *store, const char *name, const char *owner, struct text *why);

/* Calls `changed` soon after other processes have changed something, on a thread of the store's own, one call at a
 * time: of this photo or its execution, or (NULL) of any. `has_work`: an execution may be claimed that couldn't be
 * before. A call may stand for many changes, and may come without one. There is one listener at most. */
typedef void store_changed(void *context, const struct id *photo, bool has_work);
enum status store_listen(struct store *store, store_changed *changed, void *context, struct text *why);
/* Nothing is called any more when it has returned. OK without a listener. Before store_close. */
void store_unlisten(struct store *store);
/* The versions of these executions, of those that there are, in one query. */
typedef bool store_version_row(void *context, const struct id *id, uint64_t version);
enum status store_execution_versions(struct store *store, const struct id *ids, size_t count, store_version_row *row,
                                     void *context, struct text *why);

/* ---- Sessions: uploads that come in pieces, over hours and through several processes. The bytes are in the
 * buckets; a session says how many of them are there and who may add to them. Its id is that of the photo that it
 * becomes. ---- */

struct session {
    struct id id;
    const char *author, *network;   /* where it was begun; NULL: unknown */
    const char *caption, *alt_text; /* NULL: none */
    uint64_t length, offset;        /* bytes announced, and there */
    const char *bytes;              /* where they are: blob_growing_open; NULL once it is finished, as are network and
                                       words: nothing that is about a person is kept for longer than it serves */
    int64_t expires_ms;
    bool is_finished; /* the photo is made, so it takes no room any more */
    /* Set by the store: */
    bool is_held;         /* somebody's lease hasn't ended */
    int64_t lease_number; /* of the last claim */
    bool was_lost;        /* whoever claimed it before never gave it back, and may still be writing somewhere */
};
/* What unfinished sessions may announce. A session counts as SESSION_BYTES_LEAST at least, because many small ones cost
 * room too. */
enum { SESSION_BYTES_LEAST = 1 << 20 };
struct session_limits {
    uint64_t sessions_each;                      /* of an author */
    uint64_t bytes, bytes_author, bytes_network; /* of all, an author, a network */
};
/* SESSION_MADE, or the first limit that is in the way. */
enum session_outcome { SESSION_MADE, SESSION_MANY, SESSION_AUTHOR_FULL, SESSION_NETWORK_FULL, SESSION_FULL };

/* With limits NULL it is made whatever there is: it was accepted earlier. CONFLICT: the id is there already. */
enum status store_session_create(struct store *store, const struct session *session,
                                 const struct session_limits *limits, enum session_outcome *ret_outcome,
                                 struct text *why);
/* Also of one that has expired and that nobody has removed yet. NOT_FOUND. */
enum status store_session_get(struct store *store, const struct id *id, struct arena *arena,
                              struct session *ret_session, struct text *why);
/* Nobody else can claim or change it for lease_ms (SESSION_LEASE_MAX_MS at most), and longer with
 * store_sessions_renew. An end that is further away was written by a clock that was set back since, and
 * doesn't count. BUSY: somebody else has it. NOT_FOUND. */
enum { SESSION_LEASE_MAX_MS = 10000 };
enum status store_session_claim(struct store *store, const struct id *id, const char *owner, int64_t lease_ms,
                                struct arena *arena, struct session *ret_session, struct text *why);
/* Those of these sessions that this owner has claimed and nobody since. */
enum status store_sessions_renew(struct store *store, const char *owner, const struct id *ids, size_t count,
                                 int64_t lease_ms, struct text *why);
/* Writes offset, bytes and is_finished of a session as this claim (owner and lease_number) found it, and gives it back
 * unless the lease is kept. BUSY: the lease was lost to somebody else. NOT_FOUND. */
enum status store_session_save(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                               struct text *why);
/* As this claim found it: BUSY, as above. One that isn't there is OK. */
enum status store_session_remove(struct store *store, const struct session *session, const char *owner,
                                 struct text *why);
/* Up to `limit` that have expired, the oldest first. */
enum status store_sessions_expired(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                   struct text *why);

/* ---- Records: all that a store has, for moving it to another one of any back end. A record is a JSON object with the
 * rows of each table, the same for every back end. What follows from others (users, queues) is no record, and neither
 * is what is of the moment (leases). ---- */

enum record_kind {
    RECORD_PHOTO,   /* with its execution and that one's events, or an execution without its photo */
    RECORD_VERDICT, /* under the photo's id */
    RECORD_SESSION, /* of those that are finished: the bytes of others are in their buckets in a form of their own */
    RECORD_KINDS
};
typedef bool store_record_row(void *context, const struct id *id, json_t *record); /* borrowed for the call */
/* In order of their ids, from that id on (inclusive; NULL: from the first), at most `limit`. Each is as it was at one
 * moment. */
enum status store_records_read(struct store *store, enum record_kind kind, const struct id *first, size_t limit,
                               store_record_row *row, void *context, struct text *why);
struct record_change {
    struct id id;
    json_t *record; /* as it is from now on; NULL: it is removed */
};
/* Whatever there is, in one transaction, for whoever has the store for itself. INVALID for what is no such record. */
enum status store_records_write(struct store *store, enum record_kind kind, const struct record_change *changes,
                                size_t count, struct text *why);
/* After the last of them: users and queues follow from what was written, and the counts of executions (struct
 * store_counts) are these. The store can be used then. */
enum status store_records_finish(struct store *store, const uint64_t executions[static EXECUTION_STATUSES],
                                 struct text *why);

#endif
