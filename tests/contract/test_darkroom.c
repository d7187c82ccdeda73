/* The darkroom develops what it should as it should: every format, every kind of colour, every way up, every shape. */
#include "check.h"
#include "image_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOLERANCE = 12 };

struct colour {
    const char *name;
    uint8_t red, green, blue;
};
static const struct colour red = {"red", 224, 32, 32}, green = {"green", 32, 192, 32}, blue = {"blue", 32, 32, 224},
                           white = {"white", 255, 255, 255}, grey = {"grey", 0, 0, 0},
                           pale_red = {"pale red", 239, 143, 143}, pale_blue = {"pale blue", 143, 143, 239};

static bool is_colour(const uint8_t pixel[static 4], const struct colour *colour)
{
    if (colour == &grey) /* any, as long as it has no hue */
        return abs(pixel[0] - pixel[1]) <= TOLERANCE && abs(pixel[1] - pixel[2]) <= TOLERANCE;
    return abs(pixel[0] - colour->red) <= TOLERANCE && abs(pixel[1] - colour->green) <= TOLERANCE
           && abs(pixel[2] - colour->blue) <= TOLERANCE;
}

/* The scene's quarters: top left, top right, bottom left, bottom right. */
static void check_quarters(const struct bytes *webp, const struct colour *const quarters[static 4])
{
    for (size_t i = 0; i < 4; i++) {
        uint8_t pixel[4];
        webp_pixel(webp, i % 2 ? 0.75 : 0.25, i / 2 ? 0.75 : 0.25, pixel);
        if (!CHECK(is_colour(pixel, quarters[i])))
            check_string("", quarters[i]->name, "colour", __FILE__, (int)i);
    }
}

/* Only pixels: no EXIF, XMP or ICCP chunk. */
static void check_chunks(const struct bytes *webp, const char *expected)
{
    TEXT_CLEANUP struct text chunks = {0};
    webp_list_chunks(webp, &chunks);
    CHECK_STR(text_get(&chunks), expected);
}

struct still {
    const char *file;
    uint32_t width, height; /* of the large picture */
    uint32_t medium_width, medium_height;
    uint32_t thumbnail_width, thumbnail_height;
    const char *chunks;
    const struct colour *quarters[4];
};
#define SCENE                                                                                                          \
    {                                                                                                                  \
        &red, &green, &blue, &white                                                                                    \
    }
#define GREYS                                                                                                          \
    {                                                                                                                  \
        &grey, &grey, &grey, &white                                                                                    \
    }
/* The left half half transparent, on white. */
#define PALE                                                                                                           \
    {                                                                                                                  \
        &pale_red, &green, &pale_blue, &white                                                                          \
    }
#define AS_IT_IS 600, 400, 0, 0, 350, 233
#define OPAQUE   "VP8  "
static const struct still stills[] = {
    {"plain.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"progressive.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"full-chroma.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"plain.png", AS_IT_IS, OPAQUE, SCENE},
    {"interlaced.png", AS_IT_IS, OPAQUE, SCENE},
    {"palette.png", AS_IT_IS, OPAQUE, SCENE},
    {"plain.gif", AS_IT_IS, OPAQUE, SCENE},
    {"plain.webp", AS_IT_IS, OPAQUE, SCENE},
    {"lossless.webp", AS_IT_IS, OPAQUE, SCENE},
    {"plain.heic", AS_IT_IS, OPAQUE, SCENE},
    {"plain.avif", AS_IT_IS, OPAQUE, SCENE},
    {"plain.tif", AS_IT_IS, OPAQUE, SCENE},
    {"tiled.tif", AS_IT_IS, OPAQUE, SCENE},
    {"jpeg.tif", AS_IT_IS, OPAQUE, SCENE},
    {"grey.jpg", AS_IT_IS, OPAQUE, GREYS},
    {"grey.png", AS_IT_IS, OPAQUE, GREYS},
    {"grey16.png", AS_IT_IS, OPAQUE, GREYS},
    {"rgb16.png", AS_IT_IS, OPAQUE, SCENE},
    {"rgb16.tif", AS_IT_IS, OPAQUE, SCENE},
    {"lab.tif", AS_IT_IS, OPAQUE, SCENE},
    {"float.tif", AS_IT_IS, OPAQUE, SCENE},
    {"p3.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"p3.png", AS_IT_IS, OPAQUE, SCENE},
    {"srgb.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"alpha.png", AS_IT_IS, OPAQUE, PALE},
    {"alpha.webp", AS_IT_IS, OPAQUE, PALE},
    {"alpha.tif", AS_IT_IS, OPAQUE, PALE},
    {"large.jpg", 1440, 960, 800, 533, 350, 233, OPAQUE, SCENE},
    {"large.png", 1440, 960, 800, 533, 350, 233, OPAQUE, SCENE},
    {"odd.jpg", 1440, 1080, 800, 600, 350, 263, OPAQUE, SCENE},
    {"orientation-1.jpg", AS_IT_IS, OPAQUE, SCENE},
    {"orientation-2.jpg", AS_IT_IS, OPAQUE, {&green, &red, &white, &blue}},
    {"orientation-3.jpg", AS_IT_IS, OPAQUE, {&white, &blue, &green, &red}},
    {"orientation-4.jpg", AS_IT_IS, OPAQUE, {&blue, &white, &red, &green}},
    {"orientation-5.jpg", 400, 600, 0, 0, 233, 350, OPAQUE, {&red, &blue, &green, &white}},
    {"orientation-6.jpg", 400, 600, 0, 0, 233, 350, OPAQUE, {&blue, &red, &white, &green}},
    {"orientation-7.jpg", 400, 600, 0, 0, 233, 350, OPAQUE, {&white, &green, &blue, &red}},
    {"orientation-8.jpg", 400, 600, 0, 0, 233, 350, OPAQUE, {&green, &white, &red, &blue}},
};

static void check_still(const struct developed *developed, const struct still *expected)
{
    const struct darkroom_result *result = &developed->result;
    if (!CHECK_STR(text_get(&developed->why), "") || !CHECK_INT(developed->status, STATUS_OK))
        return;
    CHECK_INT(result->large.width, expected->width);
    CHECK_INT(result->large.height, expected->height);
    CHECK_INT(result->medium.width, expected->medium_width);
    CHECK_INT(result->medium.height, expected->medium_height);
    CHECK_INT(result->thumbnail.width, expected->thumbnail_width);
    CHECK_INT(result->thumbnail.height, expected->thumbnail_height);
    CHECK_INT(result->medium.bytes, developed->medium.size);
    CHECK_INT(result->large.bytes, developed->large.size);
    CHECK_INT(result->thumbnail.bytes, developed->thumbnail.size);
    CHECK_INT(result->frames, 1);
    check_chunks(&developed->large, expected->chunks);
    check_chunks(&developed->thumbnail, expected->chunks);
    check_quarters(&developed->large, expected->quarters);
    check_quarters(&developed->thumbnail, expected->quarters);
    if (expected->medium_width) {
        check_chunks(&developed->medium, expected->chunks);
        check_quarters(&developed->medium, expected->quarters);
    }
}

static void develops_stills(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof stills / sizeof stills[0]; i++) {
        check_case("%s comes out upright, in its colours, without metadata", stills[i].file);
        struct bytes file = sample_read(stills[i].file);
        struct developed developed = develop(darkroom, file.data, file.size);
        check_still(&developed, &stills[i]);
        developed_release(&developed);
        bytes_release(&file);
    }
    struct darkroom_stats stats;
    darkroom_get_stats(darkroom, &stats);
    check_case("no worker ended over them");
    CHECK_INT(stats.restarts, 0);
    CHECK_INT(stats.developed, sizeof stills / sizeof stills[0]);
    CHECK_INT(stats.busy, 0);
    darkroom_close(darkroom);
}

static const struct {
    const char *file;
    uint32_t width, height, medium_width, medium_height, thumbnail_width, thumbnail_height;
} shapes[] = {
    {"one.jpg", 1, 1, 0, 0, 1, 1},
    {"one.png", 1, 1, 0, 0, 1, 1},
    {"wide.png", 4096, 1, 1440, 1, 350, 1},
    {"tall.jpg", 1, 4096, 1, 1440, 1, 350},
};

static void develops_extreme_shapes(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_case("%s keeps at least a pixel on each side", shapes[i].file);
        struct bytes file = sample_read(shapes[i].file);
        struct developed developed = develop(darkroom, file.data, file.size);
        CHECK_INT(developed.status, STATUS_OK);
        CHECK_INT(developed.result.large.width, shapes[i].width);
        CHECK_INT(developed.result.large.height, shapes[i].height);
        CHECK_INT(developed.result.medium.width, shapes[i].medium_width);
        CHECK_INT(developed.result.medium.height, shapes[i].medium_height);
        CHECK_INT(developed.result.thumbnail.width, shapes[i].thumbnail_width);
        CHECK_INT(developed.result.thumbnail.height, shapes[i].thumbnail_height);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

/* CMYK goes through its profile and has no exact way back: only the hues count. */
static void develops_cmyk(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    struct bytes file = sample_read("cmyk.jpg");
    struct developed developed = develop(darkroom, file.data, file.size);
    CHECK_INT(developed.status, STATUS_OK);
    check_chunks(&developed.large, OPAQUE);
    uint8_t pixel[4];
    webp_pixel(&developed.large, 0.25, 0.25, pixel);
    CHECK(pixel[0] > 180 && pixel[1] < 80 && pixel[2] < 80);
    webp_pixel(&developed.large, 0.75, 0.75, pixel);
    CHECK(pixel[0] > 240 && pixel[1] > 240 && pixel[2] > 240);
    developed_release(&developed);
    bytes_release(&file);
    darkroom_close(darkroom);
}

/* Nothing can be seen through what is published: there is no background on which it would show something else. */
static void leaves_no_alpha(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    struct bytes file = sample_read("alpha.png");
    struct developed developed = develop(darkroom, file.data, file.size);
    uint8_t pixel[4];
    webp_pixel(&developed.large, 0.25, 0.5, pixel);
    CHECK_INT(pixel[3], 255);
    webp_pixel(&developed.thumbnail, 0.25, 0.5, pixel);
    CHECK_INT(pixel[3], 255);
    developed_release(&developed);
    bytes_release(&file);
    darkroom_close(darkroom);
}

static void check_animation(const struct bytes *webp)
{
    uint32_t durations[3] = {0};
    CHECK_INT(webp_durations(webp, durations, 3), 3);
    CHECK_INT(durations[0], 100);
    CHECK_INT(durations[1], 250);
    CHECK_INT(durations[2], 400);
    CHECK_INT(webp_plays(webp), 3);
    check_chunks(webp, "VP8X ANIM ANMF ANMF ANMF ");
}

static void keeps_animations(void)
{
    static const char *const files[] = {"animated.gif", "animated.webp"};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < 2; i++) {
        check_case("%s keeps its frames, their times and how often it plays, in both sizes", files[i]);
        struct bytes file = sample_read(files[i]);
        struct developed developed = develop(darkroom, file.data, file.size);
        CHECK_STR(text_get(&developed.why), "");
        CHECK_INT(developed.result.frames, 3);
        CHECK_INT(developed.result.large.width, 600);
        CHECK_INT(developed.result.thumbnail.width, 350);
        CHECK_INT(developed.result.medium.width, 0);
        CHECK_INT(developed.medium.size, 0);
        check_animation(&developed.large);
        check_animation(&developed.thumbnail);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

/* From what was published before there were medium ones. */
static void renders(void)
{
    static const char *const files[] = {"large.jpg", "alpha.png", "tall.jpg", "animated.gif"};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_case("the large image of %s", files[i]);
        struct bytes file = sample_read(files[i]);
        struct developed developed = develop(darkroom, file.data, file.size), rendered = {0};
        struct darkroom_rendition *medium = &rendered.result.medium;
        int large = memory_file(developed.large.data, developed.large.size);
        const struct darkroom_files outputs = fixture_files();
        CHECK_INT(darkroom_render(darkroom, large, outputs.medium, medium, &rendered.why), STATUS_OK);
        developed_take(&rendered, &outputs);
        CHECK_INT(medium->width, developed.result.medium.width);
        CHECK_INT(medium->height, developed.result.medium.height);
        CHECK_INT(medium->bytes, rendered.medium.size);
        CHECK((medium->width == 0) == (rendered.medium.size == 0));
        if (i == 0)
            check_quarters(&rendered.medium, (const struct colour *const[])SCENE);
        close(large);
        developed_release(&developed);
        developed_release(&rendered);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

CHECK_MAIN({"stills of every format, colour and orientation", develops_stills},
           {"extreme shapes", develops_extreme_shapes}, {"CMYK", develops_cmyk}, {"no alpha is left", leaves_no_alpha},
           {"animations stay", keeps_animations}, {"a medium rendition of a published photo", renders})
