/* Looks at nothing and finds nothing: every photo is published. For whom that is right. */
#include "memory.h"
#include "moderator.h"

#include <stdlib.h>

static enum status none_open(const struct moderation_settings *settings, struct moderator **ret_moderator,
                             struct text *why)
{
    (void)settings, (void)why;
    struct moderator *moderator = NEW(struct moderator);
    moderator->ops = &moderation_none_ops;
    moderator->unsupported_labels = "everything: photos are published without being looked at";
    *ret_moderator = moderator;
    return STATUS_OK;
}

static void none_close(struct moderator *moderator)
{
    free(moderator);
}

static enum status none_inspect(struct moderator *moderator, const struct moderation_image *image,
                                struct moderation_labels *ret_labels, struct text *audit, struct text *why)
{
    (void)moderator, (void)image, (void)why;
    *ret_labels = (struct moderation_labels){0};
    text_setf(audit, "{\"moderator\":\"none\"}");
    return STATUS_OK;
}

const struct moderator_ops moderation_none_ops = {
    .name = "none",
    .open = none_open,
    .close = none_close,
    .inspect = none_inspect,
};
