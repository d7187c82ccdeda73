/* Compares a store with its buckets: has every photo its objects, and every object its photo? Works beside servers that
 * run, because a difference counts only if it is still there when it is looked at again, and if neither the row nor the
 * object was changed within the grace time. */
#ifndef VERIFY_H
#define VERIFY_H

#include "blob.h"
#include "store.h"

/* How old something is before it can be a difference: longer than a server takes for one photo, and than its clean-up
 * takes to come round. */
enum { VERIFY_GRACE_MS = 15 * 60 * 1000 };

enum difference_kind {
    OBJECT_MISSING,   /* a photo needs it */
    OBJECT_SIZE,      /* it hasn't the bytes that its photo has noted */
    OBJECT_SUM,       /* nor the SHA-256 */
    OBJECT_LEFT_OVER, /* it is named after a photo that doesn't need it, or isn't there */
    OBJECT_UNKNOWN,   /* its key is none that photos have */
    PHOTO_STUCK,      /* it is PENDING, and nothing works on it */
    DIFFERENCE_KINDS
};
/* "object-missing", … */
const char *difference_kind_name(enum difference_kind kind);

struct difference {
    enum difference_kind kind;
    bool has_object;
    enum bucket bucket; /* these two with has_object */
    const char *key;
    const char *sentence; /* for a person; borrowed for the call, as all strings here */
    bool is_repaired;
};

struct verify_settings {
    struct store *store;
    struct blob *blob; /* BLOB_READ is enough without `repair` */
    int64_t grace_ms;
    /* Removes what is OBJECT_LEFT_OVER. A published photo without its medium image is noted as one that never had one,
     * because `admin photos render` makes it then. All else is left to a person. */
    bool repair;
    /* Called for each difference, one at a time. */
    void (*found)(void *context, const struct difference *difference);
    void *context;
};

struct verify_counts {
    size_t photos, objects;
    size_t in_progress; /* photos and objects that a server is about to change, or may be */
    size_t to_clean_up; /* objects that the next clean-up of a server removes */
    size_t differences, repaired;
};

/* OK also when there are differences: *ret_counts. Other statuses are of the store or the buckets. */
enum status verify_run(const struct verify_settings *settings, struct verify_counts *ret_counts, struct text *why);

#endif
