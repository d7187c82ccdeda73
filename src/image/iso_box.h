/* Boxes of ISO base media files (ISO/IEC 14496-12): what HEIC, AVIF and Canon's CR3 are made of. */
#ifndef ISO_BOX_H
#define ISO_BOX_H

#include "prober.h"

struct iso_box {
    char type[4];
    uint64_t start, end; /* of its content */
};

bool iso_box_is(const struct iso_box *box, const char *type);
/* The box at `offset` of a space that ends at `end`; UNPROCESSABLE when it isn't all there. */
enum status iso_box_read(struct prober *prober, uint64_t offset, uint64_t end, struct iso_box *ret_box);
/* The first box of this type between the offsets; NOT_FOUND, without a reason, when there is none. */
enum status iso_box_find(struct prober *prober, const char *type, uint64_t start, uint64_t end,
                         struct iso_box *ret_box);
/* The same, from box to box: "mdia/minf/stbl". */
enum status iso_box_descend(struct prober *prober, const char *path, const struct iso_box *from,
                            struct iso_box *ret_box);

/* Whether `data` begin with an `ftyp` box that has this brand, as far as `size` reaches. */
bool iso_has_brand(const uint8_t *data, size_t size, const char *brand);

#endif
