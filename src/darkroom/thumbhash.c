/* The first terms of a cosine transform of lightness, yellow against blue, and red against green: four bits a term,
 * scaled to the largest one of its channel. The format knows alpha, too; what is published has none. */
#include "thumbhash.h"

#include "memory.h"
#include "pixels.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE_MAX = 100, TERMS_MAX = 28, TERMS_MOST = 7 /* along a side */ };
enum { LIGHT, YELLOW_BLUE, RED_GREEN, CHANNELS };

struct image {
    uint32_t width, height;
    size_t count;
    double *channels[CHANNELS]; /* [count] each; they begin as red, green, blue, 0 to 1 */
};

struct channel {
    double constant, terms[TERMS_MAX], scale;
    unsigned count;
};

/* ---- Pixels ---- */

static void read_pixels(const struct picture *picture, struct image *image)
{
    uint8_t *pixels = memory_new_array(image->count, CHANNELS);
    pixels_to_rgb(picture, pixels);
    for (size_t i = 0; i < image->count; i++)
        for (size_t channel = 0; channel < CHANNELS; channel++)
            image->channels[channel][i] = pixels[CHANNELS * i + channel] / 255.0;
    free(pixels);
}

static void oppose_colours(struct image *image)
{
    for (size_t i = 0; i < image->count; i++) {
        double red = image->channels[0][i], green = image->channels[1][i], blue = image->channels[2][i];
        image->channels[LIGHT][i] = (red + green + blue) / 3;
        image->channels[YELLOW_BLUE][i] = (red + green) / 2 - blue;
        image->channels[RED_GREEN][i] = red - green;
    }
}

/* ---- Terms ---- */

static double term(const struct image *image, const double *samples, unsigned across, unsigned down)
{
    double waves[SIDE_MAX], sum = 0;
    for (uint32_t x = 0; x < image->width; x++)
        waves[x] = cos(M_PI / image->width * across * (x + 0.5));
    for (uint32_t y = 0; y < image->height; y++) {
        double wave = cos(M_PI / image->height * down * (y + 0.5));
        for (uint32_t x = 0; x < image->width; x++)
            sum += samples[(size_t)y * image->width + x] * waves[x] * wave;
    }
    return sum / (double)image->count;
}

/* The terms of a triangle `across` wide and `down` high, the constant one apart. */
static struct channel transform(const struct image *image, unsigned index, unsigned across, unsigned down)
{
    struct channel channel = {0};
    for (unsigned y = 0; y < down; y++)
        for (unsigned x = 0; x * down < across * (down - y); x++) {
            double value = term(image, image->channels[index], x, y);
            if (x == 0 && y == 0) {
                channel.constant = value;
                continue;
            }
            channel.terms[channel.count++] = value;
            channel.scale = fmax(channel.scale, fabs(value));
        }
    for (unsigned i = 0; channel.scale > 0 && i < channel.count; i++)
        channel.terms[i] = 0.5 + 0.5 / channel.scale * channel.terms[i];
    return channel;
}

/* ---- Bytes ---- */

static uint32_t round_up(double value)
{
    return value > 0 ? (uint32_t)floor(value + 0.5) : 0;
}

static void put(struct thumbhash *hash, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        hash->bytes[hash->size++] = (uint8_t)(value >> (8 * i));
}

static void put_terms(struct thumbhash *hash, const struct channel *channel, unsigned *nibbles)
{
    for (unsigned i = 0; i < channel->count; i++, ++*nibbles) {
        uint8_t value = (uint8_t)round_up(15 * channel->terms[i]);
        if (*nibbles % 2)
            hash->bytes[hash->size - 1] |= (uint8_t)(value << 4);
        else
            put(hash, value, 1);
    }
}

static unsigned terms_along(const struct image *image, uint32_t side)
{
    uint32_t longer = image->width > image->height ? image->width : image->height;
    uint32_t terms = round_up((double)TERMS_MOST * side / longer);
    return terms > 0 ? terms : 1;
}

static unsigned at_least_three(unsigned terms)
{
    return terms < 3 ? 3 : terms;
}

static struct thumbhash encode(const struct image *image)
{
    struct thumbhash hash = {0};
    unsigned nibbles = 0, across = terms_along(image, image->width), down = terms_along(image, image->height);
    bool is_wide = image->width > image->height;
    struct channel light = transform(image, LIGHT, at_least_three(across), at_least_three(down));
    struct channel yellow_blue = transform(image, YELLOW_BLUE, 3, 3), red_green = transform(image, RED_GREEN, 3, 3);
    put(&hash,
        round_up(63 * light.constant) | round_up(31.5 + 31.5 * yellow_blue.constant) << 6
            | round_up(31.5 + 31.5 * red_green.constant) << 12 | round_up(31 * light.scale) << 18,
        3);
    put(&hash,
        (is_wide ? down : across) | round_up(63 * yellow_blue.scale) << 3 | round_up(63 * red_green.scale) << 9
            | (is_wide ? 1u << 15 : 0),
        2);
    put_terms(&hash, &light, &nibbles);
    put_terms(&hash, &yellow_blue, &nibbles);
    put_terms(&hash, &red_green, &nibbles);
    return hash;
}

struct thumbhash thumbhash_of(const struct picture *picture)
{
    struct picture small;
    picture_shrink(picture, SIDE_MAX, &small);
    struct image image = {.width = small.width, .height = small.height, .count = (size_t)small.width * small.height};
    for (size_t channel = 0; channel < CHANNELS; channel++)
        image.channels[channel] = memory_new_array(image.count, sizeof(double));
    read_pixels(&small, &image);
    oppose_colours(&image);
    struct thumbhash hash = encode(&image);
    for (size_t channel = 0; channel < CHANNELS; channel++)
        free(image.channels[channel]);
    picture_release(&small);
    return hash;
}
