/* Which frames count as new: what a person would see counts wherever it is, what coding does to a picture doesn't. */
#include "check.h"
#include "distinct.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 480, HEIGHT = 360, CHANNELS = 3, NOISE = 8 };

/* A slope, and on it a rectangle that is so much darker; below 0: lighter. */
struct scene {
    uint32_t left, top, width, height;
    int darker;
    int noise; /* to and fro by so much, pixel by pixel */
};

static struct picture paint(const struct scene *scene)
{
    struct picture picture;
    picture_init(&picture, PICTURE_RGB, WIDTH, HEIGHT);
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        uint8_t *samples = picture.planes[channel].samples;
        for (uint32_t y = 0; y < HEIGHT; y++) {
            for (uint32_t x = 0; x < WIDTH; x++) {
                bool in = x - scene->left < scene->width && y - scene->top < scene->height;
                int value = 100 + (int)(x + y) / 10 - (in ? scene->darker : 0);
                samples[(size_t)y * WIDTH + x] = (uint8_t)(value + ((x + y) % 2 ? scene->noise : -scene->noise));
            }
        }
    }
    return picture;
}

static void finds_what_differs(void)
{
    static const struct {
        const char *name;
        struct scene scene;
        bool is_new;
    } rows[] = {
        {"the first one", {0}, true},
        {"the same", {0}, false},
        {"the same with noise", {.noise = NOISE}, false},
        {"all of it a little darker", {0, 0, WIDTH, HEIGHT, 8, 0}, false},
        {"all of it darker", {0, 0, WIDTH, HEIGHT, 24, 0}, true},
        {"something small in the middle", {230, 170, 24, 24, 40, 0}, true},
        {"something small in the last corner", {WIDTH - 20, HEIGHT - 20, 20, 20, 40, 0}, true},
        {"something small and lighter", {100, 100, 20, 20, -40, 0}, true},
        {"a thin dark line", {50, 20, 2, 300, 90, 0}, true},
        {"the thin line again", {50, 20, 2, 300, 90, 0}, false},
        {"the first one again", {0}, false},
    };
    struct distinct *distinct = distinct_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct picture frame = paint(&rows[i].scene);
        check_case("%s", rows[i].name);
        CHECK_INT(distinct_add(distinct, &frame), rows[i].is_new);
        picture_release(&frame);
    }
    distinct_free(distinct);
}

/* Each step is too small to be seen, all together are not. */
static void finds_what_comes_slowly(void)
{
    unsigned found = 0;
    struct distinct *distinct = distinct_new();
    for (int step = 0; step <= 60; step++) {
        const struct scene scene = {200, 150, 80, 60, step, 0};
        struct picture frame = paint(&scene);
        found += distinct_add(distinct, &frame);
        picture_release(&frame);
    }
    CHECK_INT(found, 6);
    distinct_free(distinct);
}

static void takes_any_size(void)
{
    static const struct {
        uint32_t width, height;
    } rows[] = {{1, 1}, {1, 3000}, {3000, 1}, {7, 9}, {257, 255}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct distinct *distinct = distinct_new();
        struct picture frame;
        check_case("%u by %u", rows[i].width, rows[i].height);
        picture_init(&frame, PICTURE_RGB, rows[i].width, rows[i].height);
        for (size_t channel = 0; channel < CHANNELS; channel++)
            memset(frame.planes[channel].samples, 0, (size_t)rows[i].width * rows[i].height);
        CHECK_INT(distinct_add(distinct, &frame), true);
        CHECK_INT(distinct_add(distinct, &frame), false);
        for (size_t channel = 0; channel < CHANNELS; channel++)
            memset(frame.planes[channel].samples, 64, (size_t)rows[i].width * rows[i].height);
        CHECK_INT(distinct_add(distinct, &frame), true);
        picture_release(&frame);
        distinct_free(distinct);
    }
}

CHECK_MAIN({"what a person sees is new, what coding does is not", finds_what_differs},
           {"what comes slowly is found, too", finds_what_comes_slowly}, {"frames of any size", takes_any_size})
