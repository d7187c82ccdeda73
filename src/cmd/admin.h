/* What the files of `cloudphotos admin` share. */
#ifndef ADMIN_H
#define ADMIN_H

#include "settings.h"
#include "store.h"

struct admin_settings {
    const char *data, *store, *status, *models, *curve;
    int64_t limit, processes;
    bool everything;
};

/* moderation eval FOLDER. Needs no store. */
enum status admin_moderation_eval(const struct settings_words *words, const struct admin_settings *settings,
                                  struct text *why);
/* moderation review … */
enum status admin_moderation(const struct settings_words *words, const struct admin_settings *settings,
                             struct store *store, struct text *why);

#endif
