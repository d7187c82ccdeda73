/* Whether the disk takes new photos. Photos that were answered for still have to be developed, and the database
 * written: for these a part of the disk is kept free. */
#ifndef DISK_ROOM_H
#define DISK_ROOM_H

#include "status.h"
#include "text.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct disk_room {
    uint64_t reserve;                                     /* bytes; 0: as disk_has_room */
    void (*trouble)(void *context, const char *sentence); /* for an operator; NULL: nobody listens */
    void *context;
    atomic_int_fast64_t told_ms; /* when that was last told */
};
/* NO_SPACE when `wanted` more bytes would leave too little of the disk that holds the file; of an upload that has begun
 * or is to begin. Any thread. */
enum status disk_room_check(struct disk_room *room, int file, uint64_t wanted, bool has_begun, struct text *why);

#endif
