/* What a picture is known by: its pixels, exactly, and what it looks like, so that a copy of another size or format is
 * known too. */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

enum { FINGERPRINT_PIXELS = 32, FINGERPRINT_SHAPE = 32, FINGERPRINT_CELLS = 256 };
/* How near a picture is to a copy of itself; measured, see docs/moderation.md. Nearer than the first two: a copy in
 * another size or coding. Beyond the third: another picture. Between: a copy that was cut or painted on, or, rarely, a
 * picture that looks alike. */
enum { FINGERPRINT_COPY_DISTANCE = 16, FINGERPRINT_COPY_DIFFERENCE = 16, FINGERPRINT_ALIKE_DISTANCE = 31 };

struct fingerprint {
    bool is_there, has_shape;
    uint8_t pixels[FINGERPRINT_PIXELS]; /* SHA-256 */
    /* The next two of stills that show enough: 256 bits, one for each low frequency (image_shape.h), and the light of
     * 16 by 16 cells. */
    uint8_t shape[FINGERPRINT_SHAPE], cells[FINGERPRINT_CELLS];
};

/* In how many of their 256 bits two shapes differ. Of unrelated pictures about 128. */
unsigned fingerprint_distance(const uint8_t one[static FINGERPRINT_SHAPE],
                              const uint8_t other[static FINGERPRINT_SHAPE]);
/* By how much the two differ in the cell in which they differ most, 0 to 255: what was added in a corner changes few
 * frequencies. */
unsigned fingerprint_difference(const uint8_t one[static FINGERPRINT_CELLS],
                                const uint8_t other[static FINGERPRINT_CELLS]);

#endif
