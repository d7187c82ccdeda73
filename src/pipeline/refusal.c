#include "refusal.h"

#include "reasons.h"

#include <string.h>

/* By the names of Rekognition's taxonomy, old and new, which models/manifest.json follows: a label's own, or the one
 * above it. */
static const struct {
    const char *name;
    enum reason reason;
} shown[] = {
    {"Weapons", REASON_SHOWS_WEAPON},
    {"Weapon Violence", REASON_SHOWS_WEAPON},
    {"Graphic Violence", REASON_SHOWS_VIOLENCE},
    {"Graphic Violence Or Gore", REASON_SHOWS_VIOLENCE},
    {"Explicit Nudity", REASON_SHOWS_NUDITY},
    {"Nudity", REASON_SHOWS_NUDITY},
    {"Graphic Female Nudity", REASON_SHOWS_NUDITY},
    {"Graphic Male Nudity", REASON_SHOWS_NUDITY},
    {MODERATION_UNSEEN, REASON_ANIMATION_UNCHECKED},
};

static bool find_shown(const char *name, enum reason *ret_reason)
{
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strcmp(shown[i].name, name) == 0) {
            *ret_reason = shown[i].reason;
            return true;
        }
    }
    return false;
}

void refusal_of_label(struct text *ret_sentence, const struct moderation_label *label)
{
    char confidence[REASON_NUMBER_SIZE];
    enum reason reason;
    (void)reason_percent(confidence, label->confidence);
    if (find_shown(label->name, &reason) || find_shown(label->parent, &reason))
        reason_set(ret_sentence, reason, confidence);
    else
        reason_set(ret_sentence, REASON_SHOWS_LABEL, label->name, confidence);
}

/* By how the error's name begins; the first row counts. */
static const struct {
    const char *prefix;
    enum reason reason;
} failures[] = {
    {"Photo.Gone", REASON_SERVER_LOST_FILE},
    {"Photo.", REASON_IMAGE_UNREADABLE},
    {"Moderation.Refused", REASON_REFUSED_BY_REVIEWER},
    {"Moderation.Crashed", REASON_MODERATION_FAILED},
    {"Moderation.Timeout", REASON_MODERATION_FAILED},
    {"Darkroom.Crashed", REASON_IMAGE_CRASHES},
    {"Darkroom.Timeout", REASON_IMAGE_NEEDS_TIME},
    {"", REASON_SERVER_GAVE_UP},
};

void refusal_of_failure(struct text *ret_sentence, const char *error, const char *cause)
{
    struct reason_found found;
    if (reason_find(cause, &found)) {
        text_setf(ret_sentence, "%s", cause);
        return;
    }
    size_t i = 0;
    while (strncmp(error, failures[i].prefix, strlen(failures[i].prefix)) != 0)
        i++;
    reason_set(ret_sentence, failures[i].reason);
}
