/* Looks at nothing and finds nothing: every photo is published. For whom that is right, and until a model is there. */
#include "memory.h"
#include "moderator.h"

#include <stdlib.h>

static enum status none_open(struct moderator **ret_moderator, struct text *why)
{
    (void)why;
    *ret_moderator = NEW(struct moderator);
    (*ret_moderator)->ops = &moderation_none_ops;
    return STATUS_OK;
}

static void none_close(struct moderator *moderator)
{
    free(moderator);
}

static enum status none_inspect(struct moderator *moderator, const struct moderation_image *image,
                                struct moderation_labels *ret_labels, struct text *why)
{
    (void)moderator, (void)image, (void)why;
    *ret_labels = (struct moderation_labels){0};
    return STATUS_OK;
}

const struct moderator_ops moderation_none_ops = {
    .name = "none",
    .blind = "everything: photos are published without being looked at",
    .needs_pixels = false,
    .open = none_open,
    .close = none_close,
    .inspect = none_inspect,
};
