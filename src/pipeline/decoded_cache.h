/* What a moderator's look leaves for the Resize task: photos that were decoded already. They are in memory that no name
 * leads to, so nothing of them outlives the process, and no bucket ever holds a photo that did not pass. There are few,
 * because a photo is resized right after its verdict; one that is gone is decoded again. Safe from any thread. */
#ifndef DECODED_CACHE_H
#define DECODED_CACHE_H

#include "darkroom.h"
#include "id.h"

#include <pthread.h>
#include <stdbool.h>

enum { DECODED_CACHE_MAX = 16 }; /* of at most 17 MB (negative.h), most of 3 MB */

struct negative {
    int file; /* -1: none */
    struct darkroom_negative shape;
};

struct decoded_cache {
    pthread_mutex_t lock;
    size_t next; /* the row that has been there for longest */
    struct {
        struct id id;
        struct negative negative;
    } rows[DECODED_CACHE_MAX];
};
void decoded_cache_init(struct decoded_cache *cache);
void decoded_cache_release(struct decoded_cache *cache);

/* *negative is moved into it; the one that has been there for longest goes. */
void decoded_cache_keep(struct decoded_cache *cache, const struct id *id, struct negative *negative);
/* The photo's, now the caller's to release; without a file if there is none. */
struct negative decoded_cache_take(struct decoded_cache *cache, const struct id *id);
/* Of a photo that needs none any more. */
void decoded_cache_drop(struct decoded_cache *cache, const struct id *id);

#define NEGATIVE_CLEANUP __attribute__((cleanup(negative_release)))
void negative_release(struct negative *negative);

#endif
