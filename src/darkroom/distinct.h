/* Which frames of an animation differ from all those before, so that each is looked at once, wherever it stands and
 * however short it is shown. */
#ifndef DISTINCT_H
#define DISTINCT_H

#include "picture.h"

#include <stdbool.h>

struct distinct;

struct distinct *distinct_new(void);
void distinct_free(struct distinct *distinct);

/* Whether the frame (PICTURE_RGB) differs visibly, at least in a small part, from every one that was added before; then
 * it is added. All have one size. */
bool distinct_add(struct distinct *distinct, const struct picture *frame);

#endif
