#include "moderator.h"

#include <string.h>

static const struct moderator_ops *const moderators[] = {&moderation_none_ops, &moderation_onnx_ops};

enum status moderator_open(const char *name, const struct moderation_settings *settings,
                           struct moderator **ret_moderator, struct text *why)
{
    enum { COUNT = sizeof moderators / sizeof moderators[0] };
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(moderators[i]->name, name) == 0)
            return moderators[i]->open(settings, ret_moderator, why);
    text_setf(why, "there is no moderator \"%s\"; known are:", name);
    for (size_t i = 0; why && i < COUNT; i++)
        text_addf(why, " %s", moderators[i]->name);
    return STATUS_INVALID;
}

void moderator_close(struct moderator *moderator)
{
    if (moderator)
        moderator->ops->close(moderator);
}

const char *moderation_action_name(enum moderation_action action)
{
    static const char *const names[] = {"label", "hold", "refuse"};
    return names[action];
}

const struct moderation_label *moderation_find(const struct moderation_labels *labels, enum moderation_action action)
{
    const struct moderation_label *surest = NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const struct moderation_label *label = &labels->rows[i];
        if (label->action == action && label->confidence >= MODERATION_REFUSE_AT
            && (!surest || label->confidence > surest->confidence))
            surest = label;
    }
    return surest;
}
