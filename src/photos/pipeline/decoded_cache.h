/* What a moderator's look leaves for the Resize task: photos that were decoded already. They are in memory that no name leads to, so
 * nothing of them outlives the process, and no bucket ever holds a photo that did not pass. There are few, for a photo is
 * resized right after its verdict; one that is gone is decoded again. Safe from any thread. */
#ifndef NEGATIVES_H
#define NEGATIVES_H

#include "darkroom.h"
#include "id.h"

#include <pthread.h>
#include <stdbool.h>

enum { NEGATIVES_MAX = 16 }; /* of at most 17 MB (negative.h), most of 3 MB */

struct negative {
    int file; /* -1: none */
    struct darkroom_negative shape;
};

struct negatives {
    pthread_mutex_t lock;
    size_t next; /* the row that has been there for longest */
    struct {
        struct id id;
        struct negative negative;
    } rows[NEGATIVES_MAX];
};
void negatives_init(struct negatives *negatives);
void negatives_release(struct negatives *negatives);

/* *negative is moved into it; the one that has been there for longest goes. */
void negatives_keep(struct negatives *negatives, const struct id *id, struct negative *negative);
/* The photo's, now the caller's to release; without a file if there is none. */
struct negative negatives_take(struct negatives *negatives, const struct id *id);
/* Of a photo that needs none any more. */
void negatives_drop(struct negatives *negatives, const struct id *id);

#define NEGATIVE_CLEANUP __attribute__((cleanup(negative_release)))
void negative_release(struct negative *negative);

#endif
