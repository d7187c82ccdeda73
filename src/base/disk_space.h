/* How full the disk is that holds a file. Part of it is kept back: what was answered for has to be finished, and that
 * needs room. */
#ifndef DISK_SPACE_H
#define DISK_SPACE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether `wanted` more bytes leave as many free as are kept back; and some files' entries, where they are counted.
 * What has begun may take half of that, so that it can end while nothing new begins. `reserve` 0: a twentieth of the
 * disk, DISK_RESERVE_MOST at most. True when the disk can't be asked: then writing will tell. */
bool disk_has_room(int file, uint64_t reserve, uint64_t wanted, bool has_begun);
enum { DISK_RESERVE_MOST = 1 << 30 };

#endif
