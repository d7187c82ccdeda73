/* What a picture looks like stays when it is made smaller, is coded anew or gets lighter; what is painted on it is
 * seen; others differ. */
#include "check.h"
#include "image_shape.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>

/* Waves whose directions and lengths come from a number: a picture of its own for each. */
struct sketch {
    unsigned seed;
    uint32_t width, height;
    int noise, lighter;
    double patch; /* a black square in a corner, as a share of the side */
};

static double wave(unsigned seed, double x, double y)
{
    double sum = 0;
    for (int i = 0; i < 6; i++) {
        seed = seed * 1103515245u + 12345u;
        double across = (double)(seed >> 16 & 15) - 7, down = (double)(seed >> 20 & 15) - 7;
        sum += sin(across * x * 6 + down * y * 6 + (double)(seed >> 24));
    }
    return 128 + 20 * sum;
}

static bool shape_of(const struct sketch *sketch, struct fingerprint *ret_print)
{
    uint8_t *pixels = memory_new_array((size_t)sketch->width * sketch->height, 3), *to = pixels;
    for (uint32_t y = 0; y < sketch->height; y++) {
        for (uint32_t x = 0; x < sketch->width; x++) {
            double across = (x + 0.5) / sketch->width, down = (y + 0.5) / sketch->height;
            bool is_patched = across < sketch->patch && down < sketch->patch;
            double value = wave(sketch->seed, across, down) + sketch->lighter + ((x + y) % 2 ? sketch->noise : 0);
            for (int i = 0; i < 3; i++)
                *to++ = (uint8_t)(is_patched || value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    *ret_print = (struct fingerprint){0};
    bool has_shape = image_shape(pixels, sketch->width, sketch->height, ret_print);
    free(pixels);
    return has_shape;
}

static void knows_copies(void)
{
    static const struct {
        const char *name;
        struct sketch sketch;
        bool is_copy, is_alike;
    } rows[] = {
        {"the same", {7, 640, 480, 0, 0, 0}, true, true},
        {"half as large", {7, 320, 240, 0, 0, 0}, true, true},
        {"of an odd size", {7, 511, 383, 0, 0, 0}, true, true},
        {"as small as a thumbnail", {7, 80, 60, 0, 0, 0}, true, true},
        {"with noise", {7, 640, 480, 12, 0, 0}, true, true},
        {"a little lighter", {7, 640, 480, 0, 8, 0}, true, true},
        {"with a black corner", {7, 640, 480, 0, 0, 0.1}, false, true},
        {"another one", {8, 640, 480, 0, 0, 0}, false, false},
        {"a third one", {9, 640, 480, 0, 0, 0}, false, false},
    };
    struct fingerprint original, print;
    CHECK(shape_of(&rows[0].sketch, &original));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK(shape_of(&rows[i].sketch, &print));
        unsigned distance = fingerprint_distance(original.shape, print.shape);
        unsigned difference = fingerprint_difference(original.cells, print.cells);
        CHECK_INT(distance <= FINGERPRINT_COPY_DISTANCE && difference <= FINGERPRINT_COPY_DIFFERENCE, rows[i].is_copy);
        CHECK_INT(distance <= FINGERPRINT_ALIKE_DISTANCE, rows[i].is_alike);
    }
}

/* Many pictures look like one of these. */
static void sees_too_little(void)
{
    static const uint32_t sides[] = {1, 3, 64, 300};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        struct fingerprint print = {0};
        uint8_t *pixels = memory_new_array((size_t)sides[i] * sides[i], 3);
        check_case("%u by %u pixels of one colour", sides[i], sides[i]);
        CHECK(!image_shape(pixels, sides[i], sides[i], &print));
        free(pixels);
    }
}

CHECK_MAIN({"a copy is known, and another picture is not", knows_copies},
           {"what shows too little has no shape", sees_too_little})
