/* Random numbers that can be repeated: xoshiro256** (prng.di.unimi.it), seeded by splitmix64. Not for secrets. */
#ifndef DICE_H
#define DICE_H

#include <stdint.h>

struct dice {
    uint64_t state[4];
};

/* The same seed and stream give the same numbers; other streams of a seed are independent. */
void dice_init(struct dice *dice, uint64_t seed, uint64_t stream);
uint64_t dice_bits(struct dice *dice);
/* In [0, 1). */
double dice_share(struct dice *dice);
/* Exponentially distributed with mean 1: the gap between arrivals of a Poisson process of rate 1. */
double dice_gap(struct dice *dice);
/* In [0, count). */
uint64_t dice_below(struct dice *dice, uint64_t count);

#endif
