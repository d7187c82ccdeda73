#include "fingerprint.h"

#include <stdlib.h>

unsigned fingerprint_distance(const uint8_t one[static FINGERPRINT_SHAPE],
                              const uint8_t other[static FINGERPRINT_SHAPE])
{
    unsigned bits = 0;
    for (int i = 0; i < FINGERPRINT_SHAPE; i++)
        bits += (unsigned)__builtin_popcount(one[i] ^ other[i]);
    return bits;
}

unsigned fingerprint_difference(const uint8_t one[static FINGERPRINT_CELLS],
                                const uint8_t other[static FINGERPRINT_CELLS])
{
    unsigned most = 0;
    for (int i = 0; i < FINGERPRINT_CELLS; i++) {
        unsigned difference = (unsigned)abs(one[i] - other[i]);
        most = difference > most ? difference : most;
    }
    return most;
}
