#include "moderator.h"

#include <stdio.h>

const char *moderation_action_name(enum moderation_action action)
{
    static const char *const names[] = {"label", "hold", "refuse"};
    return names[action];
}

struct moderation_label moderation_label_make(const char *name, const char *parent, double confidence,
                                              enum moderation_action action)
{
    struct moderation_label label = {.confidence = confidence, .action = action};
    (void)snprintf(label.name, sizeof label.name, "%s", name);
    (void)snprintf(label.parent, sizeof label.parent, "%s", parent);
    return label;
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
