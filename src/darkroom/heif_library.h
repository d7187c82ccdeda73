/* libheif, by which HEIC is decoded, and libavif, by which AVIF is. */
#ifndef HEIF_LIBRARY_H
#define HEIF_LIBRARY_H

#include "status.h"
#include "text.h"

#include <stdint.h>

/* Of a libheif that is too old for photos of today, as heif_get_version_number() has it: says so in a sentence. */
void heif_library_judge(uint32_t version, struct text *why);
/* Opens libheif's decoders, which are files of their own that it would otherwise look for with the first photo, when
 * none can be opened any more. UNAVAILABLE when HEIC or AVIF can't be decoded; OK with the sentence of
 * heif_library_judge. */
enum status heif_library_prepare(struct text *why);

#endif
