#include "dice.h"

#include <math.h>

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void dice_init(struct dice *dice, uint64_t seed, uint64_t stream)
{
    uint64_t state = stream;
    state = seed ^ split_mix(&state);
    for (int i = 0; i < 4; i++)
        dice->state[i] = split_mix(&state);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t dice_bits(struct dice *dice)
{
    uint64_t *s = dice->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double dice_share(struct dice *dice)
{
    return (double)(dice_bits(dice) >> 11) * 0x1p-53;
}

double dice_gap(struct dice *dice)
{
    return -log1p(-dice_share(dice));
}

uint64_t dice_below(struct dice *dice, uint64_t count)
{
    return (uint64_t)(dice_share(dice) * (double)count);
}
