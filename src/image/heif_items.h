/* The items of a HEIF file's `meta` box (ISO/IEC 23008-12): what its primary one is. */
#ifndef HEIF_ITEMS_H
#define HEIF_ITEMS_H

#include "iso_box.h"

struct heif_item {
    char type[5];           /* "hvc1": of what is coded; of a grid, its tiles'. "": the tables don't say */
    uint32_t width, height; /* as shown: cropped (`clap`) and turned (`irot`) */
    uint32_t tiles;         /* that are decoded: 1, or those of the grid */
    uint64_t pixels;        /* of all tiles together */
    uint64_t plane_bytes;   /* of the whole picture, decoded */
};

/* The id of the primary item, of the content of a `meta` box behind its version and flags; 0: the file doesn't say. */
uint32_t heif_read_primary_id(struct prober *prober, const struct iso_box *meta);
/* UNPROCESSABLE when its size is missing. */
enum status heif_read_primary(struct prober *prober, struct iso_box meta, struct heif_item *ret_item);

/* Notes where the Exif data are that describe the primary item, if there are such: heif_exif.c. */
void heif_note_exif(struct prober *prober, const struct iso_box *meta);

#endif
