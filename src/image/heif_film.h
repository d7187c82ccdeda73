/* The tracks of a HEIF file: an AVIF that moves is one, with or without a still picture beside it. */
#ifndef HEIF_FILM_H
#define HEIF_FILM_H

#include "iso_box.h"

struct heif_film {
    char type[5]; /* "av01": of its pictures; "": there is no track of pictures */
    uint32_t width, height, frames;
};

/* The first track of pictures in a `moov` box. */
void heif_read_film(struct prober *prober, const struct iso_box *moov, struct heif_film *ret_film);

#endif
