/* Rare kinds of each format, as tests/images/README.md lists them: what is published is what a browser shows of the
 * file. */
#include "check.h"
#include "image_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLERANCE = 12 }; /* what WebP of quality 75 makes of plain colours */

struct kind {
    const char *file;
    const char *chunks; /* of the published WebP: what it has besides colours, and how many frames */
    uint32_t width, height;
    uint8_t
        quarters[4][4]; /* red, green, blue, alpha of the first frame: top left, top right, bottom left, bottom right */
};
#define OPAQUE "VP8  "
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
#define SCENE                                                                                                          \
    {                                                                                                                  \
        RED, GREEN, BLUE, WHITE                                                                                        \
    }
#define GREYS                                                                                                          \
    {                                                                                                                  \
        {128, 128, 128, 255}, {112, 112, 112, 255}, {32, 32, 32, 255}, WHITE                                           \
    }
/* Half transparent, on white. */
#define HALF                                                                                                           \
    {                                                                                                                  \
        {239, 143, 143, 255}, {143, 223, 143, 255}, {143, 143, 239, 255}, WHITE                                        \
    }
static const struct kind kinds[] = {
    {"gray-profile.jpg", OPAQUE, 600, 400, SCENE},
    {"lab-profile.jpg", OPAQUE, 600, 400, SCENE},
    {"perceptual.jpg", OPAQUE, 600, 400, SCENE},
    {"half-p3.png", OPAQUE, 600, 400, HALF},
    {"white-only.png",
     OPAQUE,
     600,
     400,
     {{224, 224, 224, 255}, {32, 32, 32, 255}, {32, 32, 32, 255}, WHITE}}, /* on black */
    {"inks.jpg", OPAQUE, 600, 400, {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 0, 255}, WHITE}},
    {"inks.tif", OPAQUE, 600, 400, {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 0, 255}, WHITE}},
    {"two-exifs.jpg", OPAQUE, 600, 400, SCENE},
    {"two-exifs-turned.jpg", OPAQUE, 400, 600, {BLUE, RED, WHITE, GREEN}},
    {"after-xmp.jpg", OPAQUE, 400, 600, {BLUE, RED, WHITE, GREEN}},
    {"float-grey.tif", OPAQUE, 600, 400, {{109, 109, 109, 255}, {164, 164, 164, 255}, {84, 84, 84, 255}, WHITE}},
    {"interlaced.gif", OPAQUE, 80, 80, SCENE},
    {"unfinished.gif", OPAQUE, 80, 80, SCENE},
    {"short.gif", OPAQUE, 80, 80, {RED, GREEN, WHITE, WHITE}},
    {"rgb12.tif", OPAQUE, 64, 64, SCENE},
    {"grey12.tif", OPAQUE, 64, 64, GREYS},
    {"grey10-inverted.tif", OPAQUE, 64, 64, GREYS},
    {"grey24.tif", OPAQUE, 64, 64, GREYS},
    {"grey32.tif", OPAQUE, 64, 64, GREYS},
    {"double-grey.tif", OPAQUE, 64, 64, GREYS},
    {"planes.tif", OPAQUE, 64, 64, SCENE},
    {"planes-tiled.tif", OPAQUE, 64, 64, SCENE},
    {"planes-tiled16.tif", OPAQUE, 64, 64, SCENE},
    {"big.tif", OPAQUE, 64, 64, SCENE},
    {"halved-chroma.tif", OPAQUE, 64, 64, SCENE},
    {"halved-chroma-turned.tif", OPAQUE, 64, 64, {BLUE, RED, WHITE, GREEN}},
    {"old-jpeg.tif", OPAQUE, 600, 400, SCENE},
    {"pq.png", OPAQUE, 600, 400, {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, WHITE}},
    {"hlg.png", OPAQUE, 600, 400, {{255, 0, 0, 255}, {0, 193, 0, 255}, {0, 4, 215, 255}, WHITE}},
    {"p3-codes.png", OPAQUE, 600, 400, {{245, 0, 0, 255}, {0, 195, 0, 255}, {32, 32, 233, 255}, WHITE}},
    {"open-codes.png", OPAQUE, 600, 400, {{240, 99, 99, 255}, {99, 225, 99, 255}, {99, 99, 240, 255}, WHITE}},
    {"linear.png", OPAQUE, 600, 400, {{240, 99, 99, 255}, {99, 225, 99, 255}, {99, 99, 240, 255}, WHITE}},
    {"srgb-gamma.png", OPAQUE, 600, 400, SCENE},
    {"pq.avif", OPAQUE, 600, 400, {{194, 80, 92, 255}, {0, 170, 83, 255}, {86, 93, 169, 255}, {132, 132, 132, 255}}},
    {"hlg.avif", OPAQUE, 600, 400, {{120, 81, 84, 255}, {68, 112, 84, 255}, {82, 84, 109, 255}, {99, 99, 99, 255}}},
    {"p3.avif",
     OPAQUE,
     600,
     400,
     {{146, 109, 109, 255}, {102, 141, 107, 255}, {110, 110, 143, 255}, {128, 128, 128, 255}}},
    {"bt2020.avif",
     OPAQUE,
     600,
     400,
     {{156, 105, 109, 255}, {86, 143, 106, 255}, {107, 110, 143, 255}, {128, 128, 128, 255}}},
    {"limited.avif", OPAQUE, 600, 400, SCENE},
    {"identity.avif", OPAQUE, 600, 400, SCENE},
    {"alpha.avif", OPAQUE, 600, 400, HALF},
    {"multiplied.avif", OPAQUE, 600, 400, HALF},
    {"turned.avif", OPAQUE, 400, 600, {GREEN, WHITE, RED, BLUE}},
    {"mirrored.avif", OPAQUE, 600, 400, {GREEN, RED, WHITE, BLUE}},
    {"turned-mirrored.avif", OPAQUE, 400, 600, {RED, BLUE, GREEN, WHITE}},
    {"cut.avif", OPAQUE, 200, 200, {RED, RED, BLUE, BLUE}},
    {"sequence.avif", "VP8X ANIM ANMF ANMF ANMF ", 600, 400, SCENE},
    {"pq.heic", OPAQUE, 600, 400, {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, WHITE}},
    {"p3.heic", OPAQUE, 600, 400, {{245, 0, 0, 255}, {0, 195, 0, 255}, {32, 32, 233, 255}, WHITE}},
};

static void check_quarter(const struct bytes *webp, size_t quarter, const uint8_t expected[static 4])
{
    uint8_t pixel[4];
    webp_pixel(webp, quarter % 2 ? 0.75 : 0.25, quarter / 2 ? 0.75 : 0.25, pixel);
    bool same = true;
    for (int i = 0; i < 4; i++)
        same = same && abs(pixel[i] - expected[i]) <= TOLERANCE;
    if (!CHECK(same))
        (void)printf("# quarter %zu is %d %d %d %d, not %d %d %d %d\n", quarter, pixel[0], pixel[1], pixel[2], pixel[3],
                     expected[0], expected[1], expected[2], expected[3]);
}

static void check_kind(const struct developed *developed, const struct kind *expected)
{
    TEXT_CLEANUP struct text chunks = {0};
    if (!CHECK_STR(text_get(&developed->why), "") || !CHECK_INT(developed->status, STATUS_OK))
        return;
    CHECK_INT(developed->result.large.width, expected->width);
    CHECK_INT(developed->result.large.height, expected->height);
    webp_list_chunks(&developed->large, &chunks);
    CHECK_STR(text_get(&chunks), expected->chunks);
    for (size_t i = 0; i < 4; i++)
        check_quarter(&developed->large, i, expected->quarters[i]);
}

static void develops_kinds(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        check_case("%s", kinds[i].file);
        struct bytes file = sample_read(kinds[i].file);
        struct developed developed = develop(darkroom, file.data, file.size);
        check_kind(&developed, &kinds[i]);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

static const struct {
    const char *file;
    enum status status;
    const char *why;
} refused[] = {
    {"signed.tif", STATUS_UNSUPPORTED,
     "This TIFF has samples with a sign, which isn't supported. Export it as a JPEG."},
    {"jpeg2000.tif", STATUS_UNSUPPORTED, "This TIFF has JPEG 2000 inside, which isn't supported. Export it as a JPEG."},
    {"unknown.tif", STATUS_UNSUPPORTED,
     "This TIFF has an unusual compression, which isn't supported. Export it as a JPEG."},
};

static void refuses_by_name(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        check_case("%s", refused[i].file);
        struct bytes file = sample_read(refused[i].file);
        struct developed developed = develop(darkroom, file.data, file.size);
        CHECK_INT(developed.status, refused[i].status);
        CHECK_STR(text_get(&developed.why), refused[i].why);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

CHECK_MAIN({"what can't be decoded is refused by name", refuses_by_name},
           {"a rare kind comes out as it should", develops_kinds})
