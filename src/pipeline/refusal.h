/* What the owner of a photo reads when it was refused: sentences of reasons.h and no others, so that everybody's
 * program can say them in its own language. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "moderator.h"
#include "text.h"

/* A moderator saw this in it. */
void refusal_of_label(struct text *ret_sentence, const struct moderation_label *label);
/* The workflow ended with this error ("Photo.Broken"): its cause where that is such a sentence; else what the error's
 * name tells. The execution's history keeps the cause as it was, for the operator. */
void refusal_of_failure(struct text *ret_sentence, const char *error, const char *cause);

#endif
