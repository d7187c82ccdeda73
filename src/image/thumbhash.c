/* The first terms of a cosine transform of lightness, yellow against blue, red against green, and alpha if there is any: four bits
 * a term, scaled to the largest one of its channel. */
#include "thumbhash.h"

#include "memory.h"
#include "pixels.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE_MAX = 100, TERMS_MAX = 28 };
enum { LIGHT, YELLOW_BLUE, RED_GREEN, ALPHA, CHANNELS };

struct image {
    uint32_t width, height;
    size_t count;
    double *channels[CHANNELS]; /* [count] each; all but ALPHA begin as red, green, blue, multiplied by alpha, 0 to 1 */
    bool has_alpha;
};

struct channel {
    double constant, terms[TERMS_MAX], scale;
    unsigned count;
};

/* ---- Pixels ---- */

static void read_bytes(const struct picture *picture, struct image *image)
{
    uint8_t *pixels = memory_new_array(image->count, 3);
    pixels_to_rgb(picture, pixels);
    for (size_t i = 0; i < image->count; i++) {
        for (size_t channel = 0; channel < 3; channel++)
            image->channels[channel][i] = pixels[3 * i + channel] / 255.0;
        image->channels[ALPHA][i] = 1;
    }
    free(pixels);
}

static void read_wide(const struct picture *picture, struct image *image)
{
    for (size_t channel = 0; channel < CHANNELS; channel++)
        for (size_t i = 0; i < image->count; i++)
            image->channels[channel][i] =
                ((const uint16_t *)picture->planes[channel].samples)[i] / (double)SCALE_WIDE_MAX;
}

/* Whatever is transparent shows the average colour. */
static void blend(struct image *image)
{
    double sums[CHANNELS] = {0};
    for (size_t channel = 0; channel < CHANNELS; channel++)
        for (size_t i = 0; i < image->count; i++)
            sums[channel] += image->channels[channel][i];
    image->has_alpha = sums[ALPHA] < (double)image->count;
    for (size_t channel = 0; image->has_alpha && sums[ALPHA] > 0 && channel < ALPHA; channel++)
        for (size_t i = 0; i < image->count; i++)
            image->channels[channel][i] += sums[channel] / sums[ALPHA] * (1 - image->channels[ALPHA][i]);
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

static unsigned terms_along(const struct image *image, uint32_t side, unsigned most)
{
    uint32_t longer = image->width > image->height ? image->width : image->height;
    uint32_t terms = round_up((double)most * side / longer);
    return terms > 0 ? terms : 1;
}

static unsigned at_least_three(unsigned terms)
{
    return terms < 3 ? 3 : terms;
}

static struct thumbhash encode(const struct image *image)
{
    struct thumbhash hash = {0};
    unsigned nibbles = 0, most = image->has_alpha ? 5 : 7;
    unsigned across = terms_along(image, image->width, most), down = terms_along(image, image->height, most);
    bool is_wide = image->width > image->height;
    struct channel light = transform(image, LIGHT, at_least_three(across), at_least_three(down));
    struct channel yellow_blue = transform(image, YELLOW_BLUE, 3, 3), red_green = transform(image, RED_GREEN, 3, 3);
    put(&hash,
        round_up(63 * light.constant) | round_up(31.5 + 31.5 * yellow_blue.constant) << 6
            | round_up(31.5 + 31.5 * red_green.constant) << 12 | round_up(31 * light.scale) << 18
            | (image->has_alpha ? 1u << 23 : 0),
        3);
    put(&hash,
        (is_wide ? down : across) | round_up(63 * yellow_blue.scale) << 3 | round_up(63 * red_green.scale) << 9
            | (is_wide ? 1u << 15 : 0),
        2);
    struct channel alpha = {0};
    if (image->has_alpha) {
        alpha = transform(image, ALPHA, 5, 5);
        put(&hash, round_up(15 * alpha.constant) | round_up(15 * alpha.scale) << 4, 1);
    }
    put_terms(&hash, &light, &nibbles);
    put_terms(&hash, &yellow_blue, &nibbles);
    put_terms(&hash, &red_green, &nibbles);
    put_terms(&hash, &alpha, &nibbles);
    return hash;
}

struct thumbhash thumbhash_of(const struct picture *picture)
{
    struct picture small;
    picture_shrink(picture, SIDE_MAX, &small);
    struct image image = {.width = small.width, .height = small.height, .count = (size_t)small.width * small.height};
    for (size_t channel = 0; channel < CHANNELS; channel++)
        image.channels[channel] = memory_new_array(image.count, sizeof(double));
    if (small.kind == PICTURE_RGBA)
        read_wide(&small, &image);
    else
        read_bytes(&small, &image);
    blend(&image);
    oppose_colours(&image);
    struct thumbhash hash = encode(&image);
    for (size_t channel = 0; channel < CHANNELS; channel++)
        free(image.channels[channel]);
    picture_release(&small);
    return hash;
}
