#include "decoded_cache.h"

#include <string.h>
#include <unistd.h>

static const struct negative none = {.file = -1};

void decoded_cache_init(struct decoded_cache *cache)
{
    (void)pthread_mutex_init(&cache->lock, NULL);
    cache->next = 0;
    for (size_t i = 0; i < DECODED_CACHE_MAX; i++)
        cache->rows[i].negative = none;
}

void decoded_cache_release(struct decoded_cache *cache)
{
    for (size_t i = 0; i < DECODED_CACHE_MAX; i++)
        negative_release(&cache->rows[i].negative);
    (void)pthread_mutex_destroy(&cache->lock);
}

/* Call with the lock. */
static struct negative take(struct decoded_cache *cache, const struct id *id)
{
    for (size_t i = 0; i < DECODED_CACHE_MAX; i++) {
        struct negative found = cache->rows[i].negative;
        if (found.file >= 0 && memcmp(&cache->rows[i].id, id, sizeof *id) == 0) {
            cache->rows[i].negative = none;
            return found;
        }
    }
    return none;
}

void decoded_cache_keep(struct decoded_cache *cache, const struct id *id, struct negative *negative)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct negative former = take(cache, id), oldest = cache->rows[cache->next].negative;
    cache->rows[cache->next].id = *id;
    cache->rows[cache->next].negative = *negative;
    cache->next = (cache->next + 1) % DECODED_CACHE_MAX;
    (void)pthread_mutex_unlock(&cache->lock);
    negative_release(&former);
    negative_release(&oldest);
    *negative = none;
}

struct negative decoded_cache_take(struct decoded_cache *cache, const struct id *id)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct negative taken = take(cache, id);
    (void)pthread_mutex_unlock(&cache->lock);
    return taken;
}

void decoded_cache_drop(struct decoded_cache *cache, const struct id *id)
{
    struct negative dropped = decoded_cache_take(cache, id);
    negative_release(&dropped);
}

void negative_release(struct negative *negative)
{
    if (negative->file >= 0)
        close(negative->file);
    *negative = none;
}
