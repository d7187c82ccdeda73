/* What a back end of the metadata implements: a table for each aggregate. A back end compares, stores and finds;
 * store.h has the promises, and the rules are beside this file, once for all back ends. Arguments were checked already:
 * names and keys are of a legal length, limits are not zero, listings of photos say after which (users: NULL for the
 * first), a photo and its execution bear one id.
 *
 * Each call is one transaction. NOT_FOUND is returned without a sentence, other failures with one. What was expected
 * and isn't so is no failure: it is OK, with nothing written, and the ret_ argument tells what there is instead. Time
 * is store_now_ms, or, in the statement itself, that of the database. */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "store.h"

/* ---- Photos ---- */

/* The states of a photo that only the store knows, after those of enum photo_state. */
enum {
    PHOTO_DELETED = PHOTO_ERROR + 1, /* a tombstone, until its objects are gone */
    PHOTO_ABSENT,
    PHOTO_STATES
};
#define PHOTO_IN(state) (1U << (state)) /* in a set of states */

struct photo_creation {
    const struct photo *photo;
    const char *idempotency_key; /* NULL: none */
    const struct execution *execution;
    uint64_t max_pending;                /* of the author's executions that are RUNNING; 0: any number */
    const struct session_claim *session; /* of the session that becomes this photo; NULL: none does */
};
enum creation_outcome { CREATION_DONE, CREATION_KEY_USED, CREATION_ID_USED, CREATION_SESSION_LOST, CREATION_TOO_MANY };
struct photo_created {
    enum creation_outcome outcome;
    struct photo existing; /* with KEY_USED: the photo that was made with it, in the arena */
    uint64_t pending;      /* with TOO_MANY: how many there are */
};

/* What of a photo a change writes. */
enum photo_field {
    PHOTO_FIELD_STATE = 1 << 0,
    PHOTO_FIELD_UPDATED = 1 << 1, /* to now */
    PHOTO_FIELD_ERROR_MESSAGE = 1 << 2,
    PHOTO_FIELD_LARGE = 1 << 3,
    PHOTO_FIELD_MEDIUM = 1 << 4,
    PHOTO_FIELD_THUMBNAIL = 1 << 5,
    PHOTO_FIELD_THUMBHASH = 1 << 6,
    PHOTO_FIELD_LABELS = 1 << 7,
    PHOTO_FIELD_AUDIT = 1 << 8,
    PHOTO_FIELD_REVIEW = 1 << 9,
    PHOTO_FIELD_CAPTION = 1 << 10,
    PHOTO_FIELD_ALT_TEXT = 1 << 11,
    PHOTO_FIELD_SHA256 = 1 << 12,
    PHOTO_FIELD_CAPTURED = 1 << 13,
    PHOTO_FIELD_KEY = 1 << 14, /* the idempotency key, which is taken away */
};
/* What becomes of the photo's execution. */
enum execution_effect {
    EXECUTION_STAYS,
    EXECUTION_HURRIES, /* due now, if it is RUNNING and nobody holds it */
    EXECUTION_ENDS,    /* ABORTED, if it is RUNNING; whoever holds it has lost it */
    EXECUTION_ANEW, /* as change->execution says, its version grown by one; whoever held it has lost it. It is made if
                       there is none */
};

/* A conditional write. */
struct photo_change {
    const struct id *id;
    unsigned from;           /* states that are expected: PHOTO_IN */
    const char *author;      /* who is expected; NULL: whoever */
    unsigned reviews;        /* that are expected, likewise; 0: any */
    unsigned execution_from; /* statuses of the execution that are expected, likewise; 0: any, or no execution */
    const struct execution_claim *claim; /* whose execution it is expected to be; NULL: anybody's, or none */
    unsigned to;                         /* the state, with PHOTO_FIELD_STATE; PHOTO_ABSENT: the row is removed */
    unsigned fields;                     /* that are written */
    const struct photo *values;          /* to be written: NULL where there is none */
    int posts;                           /* added to the author's count of published photos: 1, 0 or -1 */
    enum execution_effect effect;
    const struct execution *execution;
};
struct photo_found {
    bool is_changed; /* all that was expected was so */
    unsigned state;
    enum photo_review review;
    bool is_authors; /* change->author is NULL or the photo's */
    bool is_claimed; /* this and the next only where all before was as expected */
    bool has_execution;
    enum execution_status execution_status;
};

/* What a back end finds. */
struct photo_creation_found {
    bool is_key_used, is_id_used;
    bool is_session_claimed; /* as creation->session says */
    uint64_t pending;
};
/* Whether the photo may be made. */
enum creation_outcome photo_creation_judge(const struct photo_creation *creation,
                                           const struct photo_creation_found *found);

struct store_photo_ops {
    enum status (*create)(struct store *store, const struct photo_creation *creation, struct arena *arena,
                          struct photo_created *ret_created, struct text *why);
    enum status (*update)(struct store *store, const struct photo_change *change, struct photo_found *ret_found,
                          struct text *why);
    /* None of these finds a deleted one. */
    enum status (*get)(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                       struct text *why);
    enum status (*find_key)(struct store *store, const char *author, const char *idempotency_key, struct arena *arena,
                            struct photo *ret_photo, struct text *why);
    enum status (*find_content)(struct store *store, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                struct arena *arena, struct photo *ret_photo, struct text *why);
    enum status (*count_pending)(struct store *store, const char *author, uint64_t *ret_pending, struct text *why);
};

struct store_photo_list_ops {
    enum status (*newest)(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                          store_photo_row *row, void *context, struct text *why);
    enum status (*by_capture)(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                              store_photo_row *row, void *context, struct text *why);
    enum status (*published)(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                             void *context, struct text *why);
    enum status (*in_review)(struct store *store, enum photo_state state, enum photo_review review,
                             const struct id *after, size_t limit, store_photo_row *row, void *context,
                             struct text *why);
    enum status (*deleted)(struct store *store, const struct id *after, struct deleted_photo *ret_photos, size_t limit,
                           size_t *ret_count, struct text *why);
    /* In any state, PHOTO_DELETED too. */
    enum status (*from)(struct store *store, const struct id *first, size_t limit, store_photo_row *row, void *context,
                        struct text *why);
};

/* ---- Users ---- */

struct store_user_ops {
    enum status (*search)(struct store *store, const char *prefix, const char *after, size_t limit, store_user_row *row,
                          void *context, struct text *why);
    enum status (*posts)(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                         store_post_row *row, void *context, struct text *why);
    /* Searches the database itself, for whoever asks whether it is there. */
    enum status (*check)(struct store *store, struct text *why);
};

/* ---- Verdicts ---- */

struct verdict_decision {
    const struct verdict *decided;
    struct verdict before; /* what there was: the back end's, whose strings nobody reads */
    struct id *forgotten;
    size_t forgotten_count;
};
/* Whether anything is to be forgotten: an approval, which wasn't one before, undoes refusals. */
bool verdict_decision_forgets(const struct verdict_decision *decision);
/* For each that is REFUSED, then: notes it if it is to be forgotten. Always true. */
bool verdict_decision_note(void *decision, const struct verdict *refused);

enum { VERDICT_CANDIDATES = 16 };
struct store_verdict_ops {
    /* Over an older one on that photo. All but the newest VERDICTS_MAX are forgotten. */
    enum status (*add)(struct store *store, const struct verdict *verdict, struct text *why);
    /* Changes kind, reason and decided_ms of a photo's verdict, and forgets what verdict_decision_note wants of all
     * that are REFUSED. NOT_FOUND. */
    enum status (*decide)(struct store *store, struct verdict_decision *decision, struct text *why);
    /* The newest that isn't WAITING on the same pixels; NOT_FOUND. */
    enum status (*find_pixels)(struct store *store, const uint8_t pixels[static FINGERPRINT_PIXELS],
                               struct arena *arena, struct verdict *ret_verdict, struct text *why);
    /* Those that aren't WAITING and whose shapes are at most `distance` away, the nearest first, of those as near the
     * newest; at most VERDICT_CANDIDATES rows. */
    enum status (*nearest)(struct store *store, const uint8_t shape[static FINGERPRINT_SHAPE], unsigned distance,
                           store_verdict_row *row, void *context, struct text *why);
    enum status (*list)(struct store *store, size_t limit, store_verdict_row *row, void *context, struct text *why);
    /* NOT_FOUND. */
    enum status (*forget)(struct store *store, const struct id *photo, struct text *why);
};
/* Copies into the arena what is borrowed from a row. */
void verdict_own_strings(struct verdict *verdict, struct arena *arena);

/* ---- Executions, and who may work on them ---- */

struct store_execution_ops {
    enum status (*get)(struct store *store, const struct id *id, struct arena *arena, struct execution *ret_execution,
                       struct text *why);
    enum status (*list)(struct store *store, int status, size_t limit, store_execution_row *row, void *context,
                        struct text *why);
    enum status (*events)(struct store *store, const struct id *id, store_event_row *row, void *context,
                          struct text *why);
    enum status (*count)(struct store *store, struct store_counts *ret_counts, struct text *why);
    enum status (*prune)(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned, struct text *why);
};

struct execution_found {
    bool is_changed; /* what was expected was so */
    enum execution_status status;
    bool is_held;      /* by somebody */
    bool was_diverted; /* before */
};

struct store_lease_ops {
    enum status (*claim)(struct store *store, const char *owner, int64_t lease_ms, size_t limit, struct arena *arena,
                         struct execution *ret_executions, size_t *ret_count, struct text *why);
    enum status (*renew)(struct store *store, const char *owner, int64_t lease_ms, struct text *why);
    /* Expected: RUNNING, held by `owner`, since a claim of this version or an earlier one. What was diverted goes back
     * in the same transaction, with the data that it was diverted to, unless this ends it. NOT_FOUND. */
    enum status (*save)(struct store *store, const char *owner, const struct execution *execution,
                        const struct execution_event *events, size_t event_count, bool keep_lease,
                        struct execution_found *ret_found, struct text *why);
    /* Expected: RUNNING, held by `owner`. NOT_FOUND. */
    enum status (*release)(struct store *store, const char *owner, const struct id *id,
                           struct execution_found *ret_found, struct text *why);
    /* Expected: RUNNING. NOT_FOUND. */
    enum status (*divert)(struct store *store, const struct id *id, const char *data, struct execution_found *ret_found,
                          struct text *why);
    /* When something can be claimed next, or a lease ends: before now_ms, perhaps; -1: never. */
    enum status (*next_due)(struct store *store, int64_t now_ms, int64_t *ret_due_ms, struct text *why);
};

/* Copies into the arena what is borrowed from a row. */
void execution_own_strings(struct execution *execution, struct arena *arena);

/* ---- Processes that share the store ---- */

struct store_named_lease_ops {
    /* Expected: nobody has the lease, or `owner`, or it has ended by now, or it ends after now + lease_ms +
     * CLOCK_TOLERANCE_MS. */
    enum status (*take)(struct store *store, const char *name, const char *owner, int64_t lease_ms, bool *ret_taken,
                        struct text *why);
    /* Expected: `owner` has it. */
    enum status (*give_back)(struct store *store, const char *name, const char *owner, struct text *why);
};

struct store_change_ops {
    /* What processes notify each other of, or what it costs little to see; a back end that can do neither looks every
     * 100 ms. */
    enum status (*listen)(struct store *store, store_changed *changed, void *context, struct text *why);
    void (*unlisten)(struct store *store);
    enum status (*versions)(struct store *store, const struct id *ids, size_t count, store_version_row *row,
                            void *context, struct text *why);
};

/* ---- Sessions ---- */

struct session_found {
    bool is_changed; /* it was held by this claim */
};
struct store_session_ops {
    /* Counts and writes in one transaction. CONFLICT without a sentence: the id is there. */
    enum status (*create)(struct store *store, const struct session *session, const struct session_limits *limits,
                          enum session_outcome *ret_outcome, struct text *why);
    enum status (*get)(struct store *store, const struct id *id, struct arena *arena, struct session *ret_session,
                       struct text *why);
    /* Expected: not held. *ret_session is as get found it before. */
    enum status (*claim)(struct store *store, const struct id *id, const char *owner, int64_t lease_ms,
                         struct arena *arena, struct session *ret_session, struct session_found *ret_found,
                         struct text *why);
    enum status (*renew)(struct store *store, const char *owner, const struct id *ids, size_t count, int64_t lease_ms,
                         struct text *why);
    /* Expected by both: claimed by `owner` as session->lease_number says, and not since by anybody else. */
    enum status (*save)(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                        struct session_found *ret_found, struct text *why);
    enum status (*remove)(struct store *store, const struct session *session, const char *owner,
                          struct session_found *ret_found, struct text *why);
    enum status (*expired)(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count, struct text *why);
};
/* What a session counts as. */
uint64_t session_counts_as(const struct session *session);
/* Whether a lease that ends then still holds. */
bool session_lease_holds(int64_t until_ms, int64_t now_ms);
/* Whether the lease that there is (owner NULL: none) is that of this claim. */
bool session_is_claimed(const struct session_claim *claim, const char *lease_owner, int64_t lease_number);
/* What there is, of those that aren't finished; and what one more such session makes of it. With limits NULL: MADE. */
struct session_use {
    uint64_t sessions, bytes_author, bytes_network, bytes;
};
enum session_outcome session_judge(const struct session *session, const struct session_use *use,
                                   const struct session_limits *limits);

/* ---- Records ---- */

struct store_record_ops {
    enum status (*read)(struct store *store, enum record_kind kind, const struct id *first, size_t limit,
                        store_record_row *row, void *context, struct text *why);
    /* In one transaction. Whatever else there is under an idempotency key or a number that is written loses it. */
    enum status (*write)(struct store *store, enum record_kind kind, const struct record_change *changes, size_t count,
                         struct text *why);
    enum status (*finish)(struct store *store, const uint64_t executions[static EXECUTION_STATUSES], struct text *why);
};

/* ---- The back end ---- */

struct store_ops {
    const char *scheme; /* of the address: "sqlite" */
    bool is_remote;     /* store_is_remote */
    enum status (*open)(const char *rest, struct store **ret_store, struct text *why);
    void (*close)(struct store *store);
    enum status (*is_new)(const char *rest, bool *ret_is_new, struct text *why);
    enum status (*verify)(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why);
    /* Called often, by any thread, and under locks, so it never waits: a thread of the back end's own asks a database
     * on the network from time to time, and a monotonic clock counts on from its answer. */
    int64_t (*now_ms)(struct store *store);
    const struct store_photo_ops *photos;
    const struct store_photo_list_ops *photo_lists;
    const struct store_user_ops *users;
    const struct store_verdict_ops *verdicts;
    const struct store_execution_ops *executions;
    const struct store_lease_ops *leases;
    const struct store_named_lease_ops *named_leases;
    const struct store_change_ops *changes;
    const struct store_session_ops *sessions;
    const struct store_record_ops *records;
};

/* Back ends embed this as their first field. */
struct store {
    const struct store_ops *ops;
    int64_t (*now_ms)(void *context); /* NULL: the back end's own clock */
    void *clock_context;
};

extern const struct store_ops store_sqlite_ops, store_postgres_ops;

#endif
