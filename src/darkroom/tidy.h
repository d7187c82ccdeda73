/* Files that are whole but not tidy: their end is missing, or there is what a decoder should not see. The probe tells
 * which (image_part.is_untidy); the darkroom decodes a copy that is put in order. */
#ifndef TIDY_H
#define TIDY_H

#include "probe.h"

/* The copy, to be freed: a JPEG with an end marker; a PNG without words, with one profile, and with IEND. NULL: of
 * other formats nothing is put in order. */
uint8_t *tidy_copy(enum image_format format, const uint8_t *bytes, size_t size, size_t *ret_size);

#endif
