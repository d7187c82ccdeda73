/* Canon's CR3 (github.com/lclevy/canon_cr3): an ISO media file. Its first track is a JPEG of full size, a box named
 * PRVW holds a smaller one, CMT1 is a TIFF directory with the orientation, and CMT2 one of Exif. */
#include "iso_box.h"
#include "raw.h"

#include <string.h>

enum { UUID_BYTES = 16, TRACKS_MAX = 8, TOP_MAX = 64 };

static void read_track(struct prober *prober, const struct iso_box *track, struct raw_facts *facts)
{
    struct iso_box table = {0}, sizes = {0}, offsets = {0};
    if (iso_box_descend(prober, "mdia/minf/stbl", track, &table) != STATUS_OK
        || iso_box_find(prober, "stsz", table.start, table.end, &sizes) != STATUS_OK
        || iso_box_find(prober, "co64", table.start, table.end, &offsets) != STATUS_OK)
        return;
    const uint8_t *data = prober_get(prober, sizes.start, 16);
    uint32_t size = data ? read_be32(data + 4) ? read_be32(data + 4) : read_be32(data + 12) : 0;
    data = prober_get(prober, offsets.start, 16);
    if (data && size)
        raw_consider(prober, read_be64(data + 8), size, &facts->preview);
}

static void read_camera(struct prober *prober, const struct iso_box *camera, struct raw_facts *facts)
{
    static const uint16_t tags[] = {274};
    struct iso_box box = {0};
    struct tiff tiff;
    struct tiff_entry orientation;
    uint64_t next, start = camera->start + UUID_BYTES;
    if (camera->end - camera->start <= UUID_BYTES)
        return;
    if (iso_box_find(prober, "CMT2", start, camera->end, &box) == STATUS_OK)
        prober_note_exif(prober, box.start, box.end - box.start);
    if (iso_box_find(prober, "CMT1", start, camera->end, &box) == STATUS_OK && tiff_open(prober, box.start, &tiff)
        && tiff_read_directory(&tiff, tiff.first, tags, 1, &orientation, &next) == STATUS_OK)
        facts->preview.orientation = (uint32_t)tiff_read_or(&tiff, &orientation, 0);
}

static void read_film(struct prober *prober, const struct iso_box *film, struct raw_facts *facts)
{
    struct iso_box box = {0};
    uint64_t offset = film->start;
    for (unsigned i = 0; i < TRACKS_MAX && offset < film->end; offset = box.end) {
        if (iso_box_read(prober, offset, film->end, &box) != STATUS_OK)
            return;
        if (iso_box_is(&box, "uuid"))
            read_camera(prober, &box, facts);
        if (iso_box_is(&box, "trak")) {
            read_track(prober, &box, facts);
            i++;
        }
    }
}

static void read_preview(struct prober *prober, const struct iso_box *uuid, struct raw_facts *facts)
{
    enum { BEFORE = UUID_BYTES + 8, SIZE_AT = 12, JPEG_AT = 16 };
    struct iso_box box = {0};
    if (uuid->end - uuid->start < BEFORE
        || iso_box_find(prober, "PRVW", uuid->start + BEFORE, uuid->end, &box) != STATUS_OK)
        return;
    const uint8_t *data = prober_get(prober, box.start, JPEG_AT);
    if (data)
        raw_consider(prober, box.start + JPEG_AT, read_be32(data + SIZE_AT), &facts->preview);
}

void raw_read_cr3(struct prober *prober, struct raw_facts *facts)
{
    struct iso_box box = {0};
    uint64_t offset = 0;
    for (unsigned i = 0; i < TOP_MAX && offset < prober->size; i++, offset = box.end) {
        if (iso_box_read(prober, offset, prober->size, &box) != STATUS_OK)
            return;
        if (iso_box_is(&box, "moov"))
            read_film(prober, &box, facts);
        if (iso_box_is(&box, "uuid"))
            read_preview(prober, &box, facts);
    }
}
