/* libheif, by which libvips decodes HEIC and AVIF. */
#ifndef HEIF_LIBRARY_H
#define HEIF_LIBRARY_H

#include "status.h"
#include "text.h"

/* Opens its decoders, which are files of their own that it would otherwise look for with the first photo, when none can be
 * opened any more. UNAVAILABLE when it has none for HEIC or AVIF. */
enum status heif_library_prepare(struct text *why);

#endif
