#include "decoded_cache.h"

#include <string.h>
#include <unistd.h>

static const struct negative none = {.file = -1};

void negatives_init(struct negatives *negatives)
{
    (void)pthread_mutex_init(&negatives->lock, NULL);
    negatives->next = 0;
    for (size_t i = 0; i < NEGATIVES_MAX; i++)
        negatives->rows[i].negative = none;
}

void negatives_release(struct negatives *negatives)
{
    for (size_t i = 0; i < NEGATIVES_MAX; i++)
        negative_release(&negatives->rows[i].negative);
    (void)pthread_mutex_destroy(&negatives->lock);
}

/* Call with the lock. */
static struct negative take(struct negatives *negatives, const struct id *id)
{
    for (size_t i = 0; i < NEGATIVES_MAX; i++) {
        struct negative found = negatives->rows[i].negative;
        if (found.file >= 0 && memcmp(&negatives->rows[i].id, id, sizeof *id) == 0) {
            negatives->rows[i].negative = none;
            return found;
        }
    }
    return none;
}

void negatives_keep(struct negatives *negatives, const struct id *id, struct negative *negative)
{
    (void)pthread_mutex_lock(&negatives->lock);
    struct negative former = take(negatives, id), oldest = negatives->rows[negatives->next].negative;
    negatives->rows[negatives->next].id = *id;
    negatives->rows[negatives->next].negative = *negative;
    negatives->next = (negatives->next + 1) % NEGATIVES_MAX;
    (void)pthread_mutex_unlock(&negatives->lock);
    negative_release(&former);
    negative_release(&oldest);
    *negative = none;
}

struct negative negatives_take(struct negatives *negatives, const struct id *id)
{
    (void)pthread_mutex_lock(&negatives->lock);
    struct negative taken = take(negatives, id);
    (void)pthread_mutex_unlock(&negatives->lock);
    return taken;
}

void negatives_drop(struct negatives *negatives, const struct id *id)
{
    struct negative dropped = negatives_take(negatives, id);
    negative_release(&dropped);
}

void negative_release(struct negative *negative)
{
    if (negative->file >= 0)
        close(negative->file);
    *negative = none;
}
