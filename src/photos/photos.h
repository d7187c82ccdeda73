/* The rules of the service: who may do what with which photo, and what happens to it on the way. It owns the workflow
 * that takes an upload from PENDING to SUCCESS or ERROR, and tells whoever listens about every stage (events.h). */
#ifndef PHOTOS_H
#define PHOTOS_H

#include "blob.h"
#include "darkroom.h"
#include "moderator.h"
#include "runner.h"
#include "store.h"

struct photos;

struct photos_settings {
    struct store *store; /* these four stay the caller's, and outlive photos_close */
    struct blob *blob;
    struct darkroom *darkroom;
    struct moderator *moderator;
    /* What becomes of a photo that is less than MODERATION_SURE_AT sure to be refused; MODERATION_LABEL: it is
     * published. */
    enum moderation_action when_unsure;
    const char *uploads;         /* the folder of uploads that may be cut and go on */
    unsigned workers;            /* executions worked on at the same time */
    uint64_t max_upload;         /* bytes */
    unsigned max_partials;       /* uploads in pieces that one author may have under way */
    uint64_t max_pending;        /* photos of one author that are not yet published or refused; 0: any number */
    uint64_t max_partials_bytes; /* of all of them; a network may have half, an author a quarter */
    uint64_t disk_reserve;       /* bytes of the disk that new photos leave free; 0: as disk_has_room */
    struct image_limits limits;  /* of an original */
    int64_t history_ms;          /* how long ended executions are kept for `admin executions` */
    int64_t keep_failed_ms;      /* how long the original of a photo that failed by our fault is kept for a retry */
    /* Something an operator should know; any thread; must not block. NULL: nobody listens. */
    void (*trouble)(void *context, const char *sentence);
    void *context;
};

/* Starts the workflow's threads: executions that an earlier process left go on. */
enum status photos_open(const struct photos_settings *settings, struct photos **ret_photos, struct text *why);
/* Takes no new work and finishes the transitions under way; what is left goes on with the next process. */
void photos_drain(struct photos *photos, int64_t timeout_ms);
void photos_close(struct photos *photos);

struct events;
/* Where to subscribe to the stages of a photo. */
struct events *photos_events(const struct photos *photos);
struct resumables;
/* The uploads that may be cut and go on. */
struct resumables *photos_resumables(const struct photos *photos);
const struct photos_settings *photos_get_settings(const struct photos *photos);
/* Whether metadata or objects are on other machines, so that to ask for them is to wait. */
bool photos_are_remote(const struct photos *photos);

/* A user name: 1 to AUTHOR_NAME_MAX of a-z, 0-9 and _. FORBIDDEN, saying so. */
enum status photos_check_name(const char *name, struct text *why);

/* What the author says of a photo: NULL or "" is nothing. Wherever it goes on from here, photos_clean_description has
 * seen it. */
struct photo_description {
    const char *caption, *alt_text;
};
enum {
    CAPTION_MAX = 500,
    ALT_TEXT_MAX = 1000,
    DESCRIPTION_BYTES_MAX = 4 * ALT_TEXT_MAX
}; /* characters; bytes of either */
/* Ends lines in LF alone; the words are in the arena then. INVALID: too long, not UTF-8, or a control character other
 * than a line's end and a tab. */
enum status photos_clean_description(struct photo_description *description, struct arena *arena, struct text *why);

/* By its author, in any state: NULL leaves one as it is, "" removes it. NOT_FOUND, FORBIDDEN; INVALID as above. */
enum status photos_describe(struct photos *photos, const struct id *id, const char *author,
                            struct photo_description *description, struct arena *arena, struct text *why);

/* By its author. NOT_FOUND, FORBIDDEN. The photo is gone for everybody when this returns; its objects too, unless the
 * process dies in between: then the next one removes them. */
enum status photos_delete(struct photos *photos, const struct id *id, const char *author, struct text *why);

/* Takes a published photo back, for a newer moderator saw in it what a person has to decide about (labels and audit:
 * struct photo). Its images leave the public as soon as a server takes its execution up, at once if one is running;
 * approved they come back as they were. Needs no struct photos. As store_photo_withdraw. */
enum status photos_withdraw(struct store *store, const struct photo *photo, const char *labels, const char *audit,
                            struct text *why);

/* By the operator: a photo under way is refused as any other is, by the workflow's state "Reject", and its owner reads
 * who did it. At once when a server runs, or with the next start; *ret_held: when the step under way has ended. Nothing
 * changes where it is on its way to be refused. CONFLICT: its execution has ended. NOT_FOUND. Needs no struct
 * photos. */
enum status photos_stop(struct store *store, const struct id *id, bool *ret_held, struct text *why);

/* ---- Looking: lookups.c ---- */

/* In any state. *ret_stage is where it is now: "Queued", then the names of the workflow's states; NULL once it is
 * SUCCESS or ERROR. ret_stage may be NULL. NOT_FOUND. */
enum status photos_get(struct photos *photos, const struct id *id, struct arena *arena, struct photo *ret_photo,
                       const char **ret_stage, struct text *why);
/* One that everybody may see; else NOT_FOUND. */
enum status photos_get_published(struct photos *photos, const struct id *id, struct arena *arena,
                                 struct photo *ret_photo, struct text *why);
/* One that this author made of an original with this content, published or on its way. NOT_FOUND, also for a name that
 * nobody can have. */
enum status photos_find_content(struct photos *photos, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                struct arena *arena, struct photo *ret_photo, struct text *why);

enum post_order { ORDER_PUBLISHED, ORDER_CAPTURED /* by photo_time_ms */ };
/* A page of published photos: which ones. */
struct photos_asked {
    const char *author; /* NULL: everybody, in the order of publishing */
    enum post_order order;
    const struct post_cursor *after; /* NULL: the newest */
    int64_t limit;
};
enum status photos_list(struct photos *photos, const struct photos_asked *asked, store_photo_row *row, void *context,
                        struct text *why);

/* Who has published photos and how many, by name, as store_users_search and store_user_posts. */
enum status photos_search_people(struct photos *photos, const char *prefix, const char *after, int64_t limit,
                                 store_user_row *row, void *context, struct text *why);
enum status photos_list_posts(struct photos *photos, const char *author, const struct post_cursor *after, int64_t limit,
                              store_post_row *row, void *context, struct text *why);
struct person {
    int64_t posts_count;
    struct id newest; /* photo */
};
/* NOT_FOUND: nobody has published anything under this name. */
enum status photos_find_person(struct photos *photos, const char *name, struct person *ret_person, struct text *why);

/* An object that everybody may see; else NOT_FOUND. As blob_get. */
enum status photos_get_object(struct photos *photos, enum bucket bucket, const char *key,
                              struct blob_object *ret_object, struct text *why);

/* For operators: whether the store answers, and how much work there is. */
enum status photos_check(struct photos *photos, struct text *why);
enum status photos_count_work(struct photos *photos, struct store_counts *ret_counts, struct text *why);

/* Names of objects. */
enum { OBJECT_KEY_SIZE = 48 };
void photos_original_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_large_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_medium_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_thumbnail_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);

/* The workflow of an upload, as it was built in: workflows/photo-upload.asl.json. */
extern const char photos_workflow_name[];
extern const char photos_workflow_text[];
extern const size_t photos_workflow_length;

#endif
