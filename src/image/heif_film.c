#include "heif_film.h"

#include <string.h>

enum { TRACKS_MAX = 16, TYPE_BYTES = 4 };

/* `stsd` names the coding and has the size, `stsz` counts the samples (ISO/IEC 14496-12, 8.5.2, 8.7.3 and 12.1.3). */
static bool read_track(struct prober *prober, const struct iso_box *track, struct heif_film *ret_film)
{
    enum { ENTRY_AT = 8, SIZE_AT = 24 };
    struct iso_box table = {0}, kinds = {0}, entry = {0}, samples = {0};
    if (iso_box_descend(prober, "mdia/minf/stbl", track, &table) != STATUS_OK
        || iso_box_find(prober, "stsd", table.start, table.end, &kinds) != STATUS_OK
        || kinds.end - kinds.start < ENTRY_AT
        || iso_box_read(prober, kinds.start + ENTRY_AT, kinds.end, &entry) != STATUS_OK
        || iso_box_find(prober, "stsz", table.start, table.end, &samples) != STATUS_OK)
        return false;
    const uint8_t *size = prober_get(prober, entry.start, SIZE_AT + 4);
    if (!size)
        return false;
    struct heif_film film = {.width = read_be16(size + SIZE_AT), .height = read_be16(size + SIZE_AT + 2)};
    memcpy(film.type, entry.type, TYPE_BYTES);
    const uint8_t *count = prober_get(prober, samples.start, 12);
    film.frames = count ? read_be32(count + 8) : 0;
    *ret_film = film;
    return film.frames > 0;
}

void heif_read_film(struct prober *prober, const struct iso_box *moov, struct heif_film *ret_film)
{
    struct iso_box box = {0};
    uint64_t offset = moov->start;
    *ret_film = (struct heif_film){0};
    for (unsigned tracks = 0; tracks < TRACKS_MAX && offset < moov->end; offset = box.end) {
        if (iso_box_read(prober, offset, moov->end, &box) != STATUS_OK)
            return;
        if (!iso_box_is(&box, "trak"))
            continue;
        if (read_track(prober, &box, ret_film))
            return;
        tracks++;
    }
}
