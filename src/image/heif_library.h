/* libheif, by which HEIC is decoded, and libavif, by which AVIF is. */
#ifndef HEIF_LIBRARY_H
#define HEIF_LIBRARY_H

#include "status.h"
#include "text.h"

/* Opens libheif's decoders, which are files of their own that it would otherwise look for with the first photo, when none can be
 * opened any more. UNAVAILABLE when HEIC or AVIF can't be decoded. */
enum status heif_library_prepare(struct text *why);

#endif
