/* Samples of a TIFF (6.0, BitsPerSample and SampleFormat) of any number of bits, as 16 bits. */
#ifndef TIFF_SAMPLES_H
#define TIFF_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tiff_samples {
    unsigned bits;    /* of one: 1 to 32; as floating point 16, 32 or 64 */
    bool is_float;    /* from 0 to 1 */
    bool is_inverted; /* 0 is white */
};

bool tiff_samples_are_known(const struct tiff_samples *samples);
/* Reads `count` samples, that lie closely packed from the byte at `from` on (whole bytes in the machine's order), to
 * every `step`th place. */
void tiff_samples_read(const struct tiff_samples *samples, const uint8_t *from, size_t count, uint16_t *to,
                       size_t step);

#endif
