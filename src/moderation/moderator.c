#include "moderator.h"

#include <string.h>

static const struct moderator_ops *const moderators[] = {&moderation_none_ops, &moderation_onnx_ops,
                                                         &moderation_rekognition_ops};

enum status moderator_open(const char *name, const struct moderation_settings *settings,
                           struct moderator **ret_moderator, struct text *why)
{
    enum { COUNT = sizeof moderators / sizeof moderators[0] };
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(moderators[i]->name, name) == 0)
            return moderators[i]->open(settings, ret_moderator, why);
    text_setf(why, "there is no moderator \"%s\"; there are:", name);
    for (size_t i = 0; why && i < COUNT; i++)
        text_addf(why, " %s", moderators[i]->name);
    return STATUS_INVALID;
}

void moderator_close(struct moderator *moderator)
{
    if (moderator)
        moderator->ops->close(moderator);
}
