/* Animations of every format: which frames come out, how they lie on each other and on white, how long and how
 * often. */
#include "check.h"
#include "image_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLERANCE = 16, FRAMES_MAX = 3 }; /* of the thumbnail-sized frames' chroma */

typedef uint8_t colour[4]; /* red, green, blue, alpha, as the file has them */
#define RED                                                                                                            \
    {                                                                                                                  \
        224, 32, 32, 255                                                                                               \
    }
#define GREEN                                                                                                          \
    {                                                                                                                  \
        32, 192, 32, 255                                                                                               \
    }
#define BLUE                                                                                                           \
    {                                                                                                                  \
        32, 32, 224, 255                                                                                               \
    }
#define WHITE                                                                                                          \
    {                                                                                                                  \
        255, 255, 255, 255                                                                                             \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        0, 0, 0, 0                                                                                                     \
    }

struct movie {
    const char *file;
    uint32_t frames, plays;
    uint32_t durations[FRAMES_MAX];
    colour quarters[FRAMES_MAX]
                   [4]; /* of each frame, before it is laid on white: top left, top right, bottom left, bottom right */
};
static const struct movie movies[] = {
    {"inset.gif", 2, 1, {300, 300}, {{NOTHING, NOTHING, RED, RED}, {NOTHING, GREEN, RED, RED}}},
    {"cleared.gif",
     3,
     1,
     {100, 200, 400},
     {{RED, RED, RED, RED}, {RED, GREEN, RED, GREEN}, {RED, NOTHING, BLUE, BLUE}}},
    {"put-back.gif", 3, 1, {100, 200, 400}, {{RED, RED, RED, RED}, {RED, GREEN, RED, GREEN}, {RED, RED, BLUE, RED}}},
    {"seen-through.gif", 2, 1, {100, 200}, {{NOTHING, NOTHING, NOTHING, NOTHING}, {NOTHING, GREEN, NOTHING, GREEN}}},
    {"cleared.png",
     3,
     5,
     {100, 200, 400},
     {{RED, RED, RED, RED}, {RED, GREEN, RED, GREEN}, {RED, NOTHING, BLUE, BLUE}}},
    {"put-back.png", 3, 5, {100, 200, 400}, {{RED, RED, RED, RED}, {RED, GREEN, RED, GREEN}, {RED, RED, BLUE, RED}}},
    {"turned.png", 3, 5, {100, 200, 400}, {{RED, RED, RED, RED}, {GREEN, RED, GREEN, RED}, {RED, BLUE, RED, RED}}},
    {"turned.webp",
     2,
     0,
     {100, 100},
     {{{255, 255, 255, 128}, {32, 32, 224, 128}, {32, 192, 32, 128}, {224, 32, 32, 128}},
      {{32, 192, 32, 128}, {224, 32, 32, 128}, {255, 255, 255, 128}, {32, 32, 224, 128}}}},
    {"mixed.png",
     3,
     5,
     {100, 200, 400},
     {{RED, RED, RED, RED},
      {RED, {128, 112, 32, 255}, RED, {128, 112, 32, 255}},
      {RED, RED, {128, 32, 128, 255}, RED}}},
    {"replaced.png",
     3,
     5,
     {100, 200, 400},
     {{RED, RED, RED, RED}, {RED, {32, 192, 32, 128}, RED, {32, 192, 32, 128}}, {RED, RED, {32, 32, 224, 128}, RED}}},
    {"unmarked.webp",
     2,
     0,
     {100, 100},
     {{{224, 32, 32, 128}, {32, 192, 32, 128}, {32, 32, 224, 128}, {255, 255, 255, 128}},
      {{32, 32, 224, 128}, {255, 255, 255, 128}, {224, 32, 32, 128}, {32, 192, 32, 128}}}},
    {"sequence.avif",
     3,
     0,
     {100, 250, 400},
     {{RED, GREEN, BLUE, WHITE}, {GREEN, BLUE, WHITE, RED}, {BLUE, WHITE, RED, GREEN}}},
};

static bool is_like(const uint8_t *pixel, const uint8_t *expected)
{
    bool like = pixel[3] == UINT8_MAX;
    for (int i = 0; i < 3; i++) {
        int on_white = (expected[i] * expected[3] + UINT8_MAX * (UINT8_MAX - expected[3])) / UINT8_MAX;
        like = like && abs(pixel[i] - on_white) <= TOLERANCE;
    }
    return like;
}

static void check_frames(const struct bytes *webp, const struct movie *movie)
{
    for (uint32_t frame = 0; frame < movie->frames; frame++) {
        for (int i = 0; i < 4; i++) {
            const uint8_t *expected = movie->quarters[frame][i];
            uint8_t pixel[4];
            webp_frame_pixel(webp, frame, i % 2 ? 0.75 : 0.25, i / 2 ? 0.75 : 0.25, pixel);
            if (!CHECK(is_like(pixel, expected)))
                (void)printf("# frame %u, quarter %d: %d %d %d %d, not %d %d %d %d\n", frame, i, pixel[0], pixel[1],
                             pixel[2], pixel[3], expected[0], expected[1], expected[2], expected[3]);
        }
    }
}

static void check_movie(const struct developed *developed, const struct movie *movie)
{
    const struct bytes *const files[] = {&developed->large, &developed->thumbnail};
    if (!CHECK_STR(text_get(&developed->why), "") || !CHECK_INT(developed->result.frames, movie->frames))
        return;
    for (int i = 0; i < 2; i++) {
        uint32_t durations[FRAMES_MAX] = {0};
        CHECK_INT(webp_durations(files[i], durations, FRAMES_MAX), movie->frames);
        for (uint32_t frame = 0; frame < movie->frames; frame++)
            CHECK_INT(durations[frame], movie->durations[frame]);
        CHECK_INT(webp_plays(files[i]), movie->plays);
        check_frames(files[i], movie);
    }
}

static void publishes_animations(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof movies / sizeof movies[0]; i++) {
        check_case("%s", movies[i].file);
        struct bytes file = sample_read(movies[i].file);
        struct developed developed = develop(darkroom, file.data, file.size);
        check_movie(&developed, &movies[i]);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

CHECK_MAIN({"an animation is published as its file has it", publishes_animations})
