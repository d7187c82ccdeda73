/* Whether the disk takes new photos. Photos that were answered for still have to be developed, and the database
 * written: for these a part of the disk is kept free. */
#include "clock.h"
#include "disk_space.h"
#include "photos_private.h"
#include "reasons.h"

/* Tells an operator, but not with every refusal. */
static void report_full(struct photos *photos)
{
    enum { PAUSE_MS = 60000 };
    int64_t now = clock_monotonic_ns() / 1000000, last = atomic_load(&photos->told_full_ms);
    if (photos->settings.trouble && (!last || now - last >= PAUSE_MS)
        && atomic_compare_exchange_strong(&photos->told_full_ms, &last, now))
        photos->settings.trouble(
            photos->settings.context,
            "New photos are refused, because no more of the disk is free than is kept for those that were "
            "answered (--disk-reserve): make room.");
}

enum status photos_check_room(struct photos *photos, int file, uint64_t wanted, bool has_begun, struct text *why)
{
    if (disk_has_room(file, photos->settings.disk_reserve, wanted, has_begun))
        return STATUS_OK;
    report_full(photos);
    reason_set(why, REASON_SERVER_FULL);
    return STATUS_NO_SPACE;
}
