/* The one thing that the darkroom wants to know from Exif (CIPA DC-008): which side is up. */
#ifndef EXIF_H
#define EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation, 1 to 8, of the Exif data that a JPEG's APP1 segment holds; 1 when it doesn't say, 0 when it is no
 * Exif. */
int exif_orientation(const uint8_t *data, size_t size);

/* That of a whole JPEG: of several Exif segments the first counts. 1 when there is none. */
int exif_orientation_of_jpeg(const uint8_t *data, size_t size);
/* That of bare Exif data, as PNG's eXIf has it and most WebPs. */
int exif_orientation_of_tiff(const uint8_t *data, size_t size);

#endif
