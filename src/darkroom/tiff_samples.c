#include "tiff_samples.h"

#include <assert.h>
#include <math.h>
#include <string.h>

bool tiff_samples_are_known(const struct tiff_samples *samples)
{
    if (samples->is_float)
        return samples->bits == 16 || samples->bits == 32 || samples->bits == 64;
    return samples->bits >= 1 && samples->bits <= 32;
}

/* IEEE 754's binary16. */
static double read_half(const uint8_t *from)
{
    uint16_t word;
    memcpy(&word, from, sizeof word);
    unsigned exponent = word >> 10 & 31, fraction = word & 1023;
    if (exponent == 31)
        return fraction ? 0 : word >> 15 ? 0 : 1; /* without end, or no number */
    double value = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    return word >> 15 ? -value : value;
}

static double read_float(const uint8_t *from, unsigned bits)
{
    float single;
    double wide;
    if (bits == 16)
        return read_half(from);
    if (bits == 32) {
        memcpy(&single, from, sizeof single);
        return single;
    }
    memcpy(&wide, from, sizeof wide);
    return wide;
}

static uint16_t scale_float(double value)
{
    return value > 0 ? (uint16_t)(value < 1 ? value * UINT16_MAX + 0.5 : UINT16_MAX) : 0; /* no number is 0, too */
}

/* Whole bytes are in the machine's order; what is not whole goes from the highest bit on. */
static uint32_t read_integer(const uint8_t *from, size_t index, unsigned bits)
{
    uint16_t two;
    uint32_t four, value = 0;
    if (bits == 16) {
        memcpy(&two, from + index * 2, sizeof two);
        return two;
    }
    if (bits == 32) {
        memcpy(&four, from + index * 4, sizeof four);
        return four;
    }
    size_t first = index * bits;
    for (size_t bit = first; bit < first + bits; bit++)
        value = value << 1 | (from[bit / 8] >> (7 - bit % 8) & 1U);
    return value;
}

static uint16_t scale_integer(uint32_t value, unsigned bits)
{
    assert(bits >= 1 && bits <= 32);
    uint64_t most = ((uint64_t)1 << bits) - 1;
    return (uint16_t)((value * (uint64_t)UINT16_MAX + most / 2) / most);
}

void tiff_samples_read(const struct tiff_samples *samples, const uint8_t *from, size_t count, uint16_t *to, size_t step)
{
    for (size_t i = 0; i < count; i++, to += step) {
        *to = samples->is_float ? scale_float(read_float(from + i * samples->bits / 8, samples->bits))
                                : scale_integer(read_integer(from, i, samples->bits), samples->bits);
        if (samples->is_inverted)
            *to = (uint16_t)(UINT16_MAX - *to);
    }
}
