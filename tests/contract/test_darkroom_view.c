/* What the darkroom makes for those who look at photos before they are published: pixels, or JPEGs for somebody
 * elsewhere. */
#include "check.h"
#include "image_fixture.h"

#include <stdlib.h>
#include <unistd.h>

enum { TOLERANCE = 14, JPEG_BYTES = 5 << 20, LEAST_SIDE = 80 };

static const uint8_t red[] = {224, 32, 32}, green[] = {32, 192, 32}, blue[] = {32, 32, 224}, white[] = {255, 255, 255};

static void check_colour(const uint8_t *pixel, const uint8_t *expected)
{
    for (int i = 0; i < 3; i++)
        CHECK(abs(pixel[i] - expected[i]) <= TOLERANCE);
}

static void read_file(int file, struct bytes *bytes)
{
    uint8_t block[4096];
    for (ssize_t count; (count = pread(file, block, sizeof block, (off_t)bytes->size)) > 0;)
        bytes_append(bytes, block, (size_t)count);
}

/* What the darkroom wrote, in *ret_bytes. */
static struct darkroom_view look(struct darkroom *darkroom, const char *sample,
                                 const struct darkroom_view_request *request, enum status expected,
                                 struct bytes *ret_bytes)
{
    struct bytes original = sample_read(sample);
    struct darkroom_view view = {0};
    TEXT_CLEANUP struct text why = {0};
    int from = memory_file(original.data, original.size), to = memory_file(NULL, 0);
    CHECK_INT(darkroom_inspect(darkroom, &(struct darkroom_original){.file = from}, request, to, -1, &view, &why),
              expected);
    CHECK((why.length == 0) == (expected == STATUS_OK));
    if (ret_bytes)
        read_file(to, ret_bytes);
    close(from);
    close(to);
    bytes_release(&original);
    return view;
}

static void test_pixels(void)
{
    static const struct {
        const char *sample;
        uint32_t width, height, frames;
        const uint8_t *left, *right; /* bottom, first frame */
    } rows[] = {
        {"plain.jpg", 300, 200, 1, blue, white},        {"plain.png", 300, 200, 1, blue, white},
        {"orientation-6.jpg", 200, 300, 1, NULL, NULL}, {"one.png", 1, 1, 1, NULL, NULL},
        {"animated.gif", 300, 200, 2, blue, white},     {"sequence.avif", 300, 200, 2, blue, white},
        {"cleared.png", 80, 80, 2, red, red},
    };
    const struct darkroom_view_request request = {.short_side = 200, .long_side = 1000, .frames = 2};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes pixels = {0};
        check_case("%s", rows[i].sample);
        struct darkroom_view view = look(darkroom, rows[i].sample, &request, STATUS_OK, &pixels);
        CHECK_INT(view.width, rows[i].width);
        CHECK_INT(view.height, rows[i].height);
        CHECK_INT(view.frames, rows[i].frames);
        CHECK_INT(view.jpegs, 0);
        bool is_whole = CHECK_INT(pixels.size, (size_t)view.width * view.height * view.frames * 3);
        if (is_whole && rows[i].left) {
            const uint8_t *row = pixels.data + (size_t)view.width * (view.height * 3 / 4) * 3;
            check_colour(row + (size_t)(view.width / 4) * 3, rows[i].left);
            check_colour(row + (size_t)(view.width * 3 / 4) * 3, rows[i].right);
        }
        bytes_release(&pixels);
    }
    darkroom_close(darkroom);
}

/* A JPEG of the view, as the darkroom itself sees it. */
static void check_jpeg(struct darkroom *darkroom, const uint8_t *jpeg, size_t size, uint32_t width, uint32_t height,
                       const uint8_t *const corners[static 2])
{
    struct developed again = develop(darkroom, jpeg, size);
    CHECK_INT(again.status, STATUS_OK);
    CHECK_INT(again.result.large.width, width);
    CHECK_INT(again.result.large.height, height);
    CHECK(size > 3 && jpeg[0] == 0xff && jpeg[1] == 0xd8 && jpeg[size - 2] == 0xff && jpeg[size - 1] == 0xd9);
    for (int i = 0; again.status == STATUS_OK && i < 2; i++) {
        uint8_t pixel[4];
        if (!corners[i])
            continue;
        webp_pixel(&again.large, i ? 0.9 : 0.1, i ? 0.9 : 0.1, pixel);
        check_colour(pixel, corners[i]);
    }
    developed_release(&again);
}

static void test_jpegs(void)
{
    static const struct {
        const char *sample;
        uint32_t frames, jpegs;
        uint32_t width, height;           /* of the first JPEG */
        uint32_t last_width, last_height; /* of the last one */
        const uint8_t *corners[2], *last_corners[2];
    } rows[] = {
        {"plain.jpg", 1, 1, 600, 400, 600, 400, {red, white}, {red, white}},
        {"alpha.png", 1, 1, 600, 400, 600, 400, {NULL, white}, {NULL, white}},
        {"large.jpg", 1, 1, 720, 480, 720, 480, {red, white}, {red, white}},
        {"orientation-6.jpg", 1, 1, 400, 600, 400, 600, {NULL, NULL}, {NULL, NULL}},
        {"one.png", 1, 1, 80, 80, 80, 80, {NULL, white}, {NULL, white}},
        {"animated.gif", 3, 3, 600, 400, 600, 400, {red, white}, {green, blue}},
        /* 20,000 by 1, as far as a JPEG of the darkroom goes: shrunk to 1,400, filled up, and parts of 280 that overlap
         * by a third */
        {"wide.png", 1, 8, 1400, 80, 280, 80, {NULL, white}, {NULL, white}},
        {"tall.jpg", 1, 8, 80, 1400, 80, 280, {NULL, white}, {NULL, white}},
    };
    const struct darkroom_view_request request = {.short_side = 480,
                                                  .long_side = 1400,
                                                  .frames = 8,
                                                  .jpegs = 8,
                                                  .jpegs_a_frame = 8,
                                                  .jpeg_bytes = JPEG_BYTES,
                                                  .jpeg_least_side = LEAST_SIDE};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes files = {0};
        size_t size = 0, last = 0;
        check_case("%s", rows[i].sample);
        struct darkroom_view view = look(darkroom, rows[i].sample, &request, STATUS_OK, &files);
        CHECK_INT(view.frames, rows[i].frames);
        CHECK_INT(view.jpegs, rows[i].jpegs);
        for (uint32_t k = 0; k < view.jpegs; k++) {
            last = size;
            size += view.jpeg_bytes[k];
        }
        if (CHECK_INT(size, files.size) && size) {
            check_jpeg(darkroom, files.data, view.jpeg_bytes[0], rows[i].width, rows[i].height, rows[i].corners);
            check_jpeg(darkroom, files.data + last, size - last, rows[i].last_width, rows[i].last_height,
                       rows[i].last_corners);
        }
        bytes_release(&files);
    }
    darkroom_close(darkroom);
}

/* The view has each frame that differs, or says that it has not. */
static void test_frames(void)
{
    static const struct {
        const char *sample;
        uint32_t most, jpegs, frames;
        bool is_partial;
    } rows[] = {
        {"plain.png", 1, 0, 1, false},     {"animated.gif", 8, 0, 3, false},  {"animated.gif", 3, 0, 3, false},
        {"animated.gif", 2, 0, 2, true},   {"animated.webp", 8, 0, 3, false}, {"cleared.png", 8, 0, 3, false},
        {"sequence.avif", 8, 0, 3, false}, {"animated.gif", 8, 3, 3, false},  {"animated.gif", 8, 2, 2, true},
    };
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct darkroom_view_request request = {.short_side = 200,
                                                      .long_side = 1400,
                                                      .frames = rows[i].most,
                                                      .jpegs = rows[i].jpegs,
                                                      .jpegs_a_frame = 8,
                                                      .jpeg_bytes = JPEG_BYTES};
        check_case("%s, when there is room for %u frames and %u JPEGs", rows[i].sample, rows[i].most, rows[i].jpegs);
        struct darkroom_view view = look(darkroom, rows[i].sample, &request, STATUS_OK, NULL);
        CHECK_INT(view.frames, rows[i].frames);
        CHECK_INT(view.jpegs, rows[i].jpegs ? rows[i].frames : 0);
        CHECK_INT(view.is_partial, rows[i].is_partial);
    }
    darkroom_close(darkroom);
}

static void test_bytes(void)
{
    static const struct {
        const char *name;
        uint32_t bytes;
        enum status status;
    } rows[] = {
        {"as good as it gets", JPEG_BYTES, STATUS_OK},
        {"worse, to fit", 8000, STATUS_OK},
        {"never", 1000, STATUS_TOO_LARGE},
    };
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    size_t before = JPEG_BYTES;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct darkroom_view_request request = {.short_side = 480,
                                                      .long_side = 1400,
                                                      .frames = 1,
                                                      .jpegs = 1,
                                                      .jpegs_a_frame = 1,
                                                      .jpeg_bytes = rows[i].bytes};
        struct bytes file = {0};
        check_case("%s", rows[i].name);
        (void)look(darkroom, "large.jpg", &request, rows[i].status, &file);
        if (rows[i].status == STATUS_OK)
            CHECK(file.size <= rows[i].bytes && file.size < before);
        before = file.size;
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

/* Prints from a negative: as develop(). */
static struct developed print(struct darkroom *darkroom, int negative_fd, const struct darkroom_negative *negative)
{
    struct developed printed = {0};
    const struct darkroom_files files = fixture_files();
    printed.status = darkroom_print(darkroom, negative_fd, negative, &files, &printed.result, &printed.why);
    developed_take(&printed, &files);
    return printed;
}

static bool is_same(const struct bytes *one, const struct bytes *other)
{
    return one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}

static bool is_same_rendition(const struct darkroom_rendition *one, const struct darkroom_rendition *other)
{
    return one->width == other->width && one->height == other->height && one->bytes == other->bytes;
}

static void check_print(struct darkroom *darkroom, int negative_fd, const struct darkroom_negative *negative,
                        const struct bytes *original)
{
    struct developed expected = develop(darkroom, original->data, original->size);
    struct developed printed = print(darkroom, negative_fd, negative);
    CHECK_INT(printed.status, STATUS_OK);
    CHECK(is_same(&printed.large, &expected.large));
    CHECK(is_same(&printed.medium, &expected.medium));
    CHECK(is_same(&printed.thumbnail, &expected.thumbnail));
    CHECK(is_same_rendition(&printed.result.large, &expected.result.large));
    CHECK(is_same_rendition(&printed.result.medium, &expected.result.medium));
    CHECK(is_same_rendition(&printed.result.thumbnail, &expected.result.thumbnail));
    CHECK_INT(printed.result.frames, expected.result.frames);
    CHECK(memcmp(&printed.result.thumbhash, &expected.result.thumbhash, sizeof printed.result.thumbhash) == 0);
    developed_release(&printed);
    developed_release(&expected);
}

static void test_prints(void)
{
    static const struct {
        const char *sample;
        uint32_t short_side;
        bool is_kept;
    } rows[] = {
        {"plain.jpg", 200, true},   {"large.jpg", 480, true},      {"orientation-6.jpg", 200, true},
        {"plain.png", 200, true},   {"alpha.png", 200, true},      {"one.png", 200, true},
        {"tall.jpg", 200, false},   {"animated.gif", 200, false},  {"wide.png", 200, false},
        {"cleared.png", 40, false}, {"sequence.avif", 200, false},
    };
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct darkroom_view_request request = {.short_side = rows[i].short_side, .long_side = 8192, .frames = 2};
        struct bytes original = sample_read(rows[i].sample);
        struct darkroom_view view = {0};
        int from = memory_file(original.data, original.size), to = memory_file(NULL, 0), kept = memory_file(NULL, 0);
        check_case("%s", rows[i].sample);
        CHECK_INT(
            darkroom_inspect(darkroom, &(struct darkroom_original){.file = from}, &request, to, kept, &view, NULL),
            STATUS_OK);
        CHECK_INT(view.negative.width != 0, rows[i].is_kept);
        if (view.negative.width)
            check_print(darkroom, kept, &view.negative, &original);
        close(from);
        close(to);
        close(kept);
        bytes_release(&original);
    }
    darkroom_close(darkroom);
}

static void test_broken_negatives(void)
{
    enum { YUV = 0, RGB = 1, RGBA = 2 };
    static const struct {
        const char *name;
        struct darkroom_negative negative;
        size_t bytes;
        enum status status;
    } rows[] = {
        {"whole", {RGB, 20, 10}, 600, STATUS_OK},
        {"with alpha, which nothing has that was decoded", {RGBA, 20, 10}, 1600, STATUS_UNAVAILABLE},
        {"a byte is missing", {RGB, 20, 10}, 599, STATUS_UNAVAILABLE},
        {"empty", {YUV, 20, 10}, 0, STATUS_UNAVAILABLE},
        {"without width", {YUV, 0, 10}, 600, STATUS_UNAVAILABLE},
        {"without height", {YUV, 10, 0}, 600, STATUS_UNAVAILABLE},
        {"wider than a large image", {YUV, 1441, 600}, 2 << 20, STATUS_UNAVAILABLE},
        {"higher than a large image", {YUV, 600, 1441}, 2 << 20, STATUS_UNAVAILABLE},
        {"as wide as a panorama may be", {YUV, 4096, 4}, 1 << 20, STATUS_OK},
        {"wider than a panorama may be", {YUV, 4097, 4}, 1 << 20, STATUS_UNAVAILABLE},
        {"higher than a long photo may be", {YUV, 4, 4097}, 1 << 20, STATUS_UNAVAILABLE},
        {"of no kind", {3, 20, 10}, 1 << 20, STATUS_UNAVAILABLE},
    };
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int file = memory_file(NULL, 0);
        check_case("%s", rows[i].name);
        CHECK_INT(ftruncate(file, (off_t)rows[i].bytes), 0);
        struct developed printed = print(darkroom, file, &rows[i].negative);
        CHECK_INT(printed.status, rows[i].status);
        CHECK((printed.why.length == 0) == (rows[i].status == STATUS_OK));
        developed_release(&printed);
        close(file);
    }
    darkroom_close(darkroom);
}

CHECK_MAIN({"a photo becomes pixels", test_pixels}, {"a photo becomes JPEGs", test_jpegs},
           {"each frame that differs is in the view", test_frames}, {"a JPEG is made to fit", test_bytes},
           {"a print of the negative is what the original would have become", test_prints},
           {"a negative that can't be one is not printed", test_broken_negatives})
