/* The rules of the service: who may do what with which photo, what it may be called, and which objects are its own.
 * How photos arrive is uploads.h, what happens to them on the way pipeline.h; each of these knows the rules, and
 * neither the other one. */
#ifndef PHOTOS_H
#define PHOTOS_H

#include "blob.h"
#include "json.h"
#include "objects.h"
#include "store.h"

struct photos;

/* Both stay the caller's, and outlive photos_free. */
struct photos *photos_new(struct store *store, struct blob *blob);
void photos_free(struct photos *photos); /* NULL is allowed */
/* Who keeps something of photos in memory is told of each that is forgotten, on any thread. Once, before anybody else
 * uses `photos`, and with NULL when nobody does any more. */
void photos_on_purge(struct photos *photos, void (*purged)(void *context, const struct id *id), void *context);

struct events;
/* Where the stages of a photo are published, and where to subscribe to them. */
struct events *photos_events(const struct photos *photos);
/* Whether metadata or objects are on other machines, so that to ask for them is to wait. */
bool photos_are_remote(const struct photos *photos);
/* Publishes, from now on, what other processes that share the store do. Calls `changed` after anything that they do,
 * too, because there may be work: any thread; must not block. */
enum status photos_listen(struct photos *photos, void (*changed)(void *context), void *context, struct text *why);
/* Before what `changed` needs is gone. OK without photos_listen. */
void photos_unlisten(struct photos *photos);

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
 * process dies in between, or another one hasn't noticed and makes them public a moment later: then the janitor
 * removes them. */
enum status photos_delete(struct photos *photos, const struct id *id, const char *author, struct text *why);

/* Removes every object of a deleted photo. */
enum status photos_remove_objects(struct photos *photos, const struct id *id, struct text *why);
/* The same, then forgets it. */
enum status photos_purge(struct photos *photos, const struct id *id, struct text *why);

/* Steps of the clean-up that have failed in this process, for operators. */
void photos_count_failures(struct photos *photos, uint64_t count);
uint64_t photos_get_failures(const struct photos *photos);

/* The workflow that every photo goes through. */
extern const char photos_workflow_name[];
/* An execution of it for this photo, from the start and at once, with an input of photo_id, author and the members of
 * `more` (stolen; NULL: none). The execution's strings live in `data`. */
struct execution photos_execution(const struct id *id, const char *author, int64_t now_ms, json_t *more,
                                  struct text *data);

/* Takes a published photo back, because a newer moderator saw in it what a person has to decide about (labels and
 * audit: struct photo). Its images leave the public as soon as a server takes its execution up, at once if one is
 * running; approved they come back as they were. Needs no struct photos. As store_photo_withdraw. */
enum status photos_withdraw(struct store *store, const struct photo *photo, const char *labels, const char *audit,
                            struct text *why);

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

#endif
