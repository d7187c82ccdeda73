#include "disk_room.h"

#include "clock.h"
#include "disk_space.h"
#include "reasons.h"

/* Tells an operator, but not with every refusal. */
static void report_full(struct disk_room *room)
{
    enum { PAUSE_MS = 60000 };
    int64_t now = clock_monotonic_ns() / 1000000, last = atomic_load(&room->told_ms);
    if (room->trouble && (!last || now - last >= PAUSE_MS)
        && atomic_compare_exchange_strong(&room->told_ms, &last, now))
        room->trouble(room->context,
                      "New photos are refused, because no more of the disk is free than is kept for those that were "
                      "answered (--disk-reserve): make room.");
}

enum status disk_room_check(struct disk_room *room, int file, uint64_t wanted, bool has_begun, struct text *why)
{
    if (disk_has_room(file, room->reserve, wanted, has_begun))
        return STATUS_OK;
    report_full(room);
    reason_set(why, REASON_SERVER_FULL);
    return STATUS_NO_SPACE;
}
