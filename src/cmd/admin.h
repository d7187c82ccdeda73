/* What the files of `cloudphotos admin` share. */
#ifndef ADMIN_H
#define ADMIN_H

#include "darkroom.h"
#include "moderator.h"
#include "settings.h"
#include "store.h"

struct admin_settings {
    const char *data, *store, *buckets, *status, *models, *curve;
    const char *from_store, *from_buckets, *to_store, *to_buckets;
    int64_t limit, processes, grace_ms;
    bool everything, repair, json, last;
    bool is_in_data_folder; /* something of what is worked on */
};

/* What looks at photos: the local moderator and its darkroom, `processes` of each. */
struct admin_inspector {
    struct darkroom *darkroom;
    struct moderator *moderator;
};
enum status admin_inspector_open(const struct admin_settings *settings, struct admin_inspector *ret_inspector,
                                 struct text *why);
enum status admin_darkroom_open(const struct admin_settings *settings, struct darkroom **ret_darkroom,
                                struct text *why);
void admin_inspector_close(struct admin_inspector *inspector); /* {0} is allowed */
/* Returns when all of `count` threads have. */
void admin_run_threads(void *(*work)(void *context), void *context, unsigned count);

/* Of a photo, or of its execution. INVALID when it is missing (NULL) or no id. */
enum status admin_read_id(const char *text, struct id *ret_id, struct text *why);

/* moderation eval FOLDER. Needs no store. */
enum status admin_moderation_eval(const struct settings_words *words, const struct admin_settings *settings,
                                  struct text *why);
/* moderation rescan */
enum status admin_moderation_rescan(const struct admin_settings *settings, struct store *store, struct text *why);
/* moderation … */
enum status admin_moderation(const struct settings_words *words, const struct admin_settings *settings,
                             struct store *store, struct text *why);
/* buckets … Needs no store. */
enum status admin_buckets(const struct settings_words *words, const struct admin_settings *settings, struct text *why);
/* photos … */
enum status admin_photos(const struct settings_words *words, const struct admin_settings *settings, struct store *store,
                         struct text *why);
/* verify */
enum status admin_verify(const struct settings_words *words, const struct admin_settings *settings, struct text *why);

/* backup FOLDER, restore FOLDER, copy */
enum status admin_backup(const struct settings_words *words, const struct admin_settings *settings, struct text *why);
enum status admin_restore(const struct settings_words *words, const struct admin_settings *settings, struct text *why);
enum status admin_copy(const struct settings_words *words, const struct admin_settings *settings, struct text *why);

/* One that is there already: opening would make it. */
enum status admin_open_store(const char *address, struct store **ret_store, struct text *why);

#endif
