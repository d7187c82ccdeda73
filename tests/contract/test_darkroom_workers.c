/* Every kind of picture is developed by a worker that has just started, and by one that has worked on all others
 * before: what a library does once, with its first picture or its thousandth, meets the sandbox either way. */
#include "check.h"
#include "image_fixture.h"
#include "sandbox.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const kinds[] = {
    "plain.jpg",  "progressive.jpg", "full-chroma.jpg", "cmyk.jpg",     "p3.jpg",     "grey.jpg",
    "large.jpg",  "plain.png",       "interlaced.png",  "palette.png",  "rgb16.png",  "alpha.png",
    "p3.png",     "large.png",       "plain.gif",       "animated.gif", "plain.webp", "lossless.webp",
    "alpha.webp", "animated.webp",   "plain.heic",      "tiles.heic",   "plain.avif", "plain.tif",
    "tiled.tif",  "jpeg.tif",        "lab.tif",         "float.tif",    "alpha.tif",
};
enum { KINDS = sizeof kinds / sizeof kinds[0], ROUNDS = 4 };

static struct darkroom *open_with_one(void)
{
    struct darkroom_settings settings = fixture_settings();
    settings.processes = 1;
    settings.timeout_ms = 60000;
    return fixture_open(&settings);
}

/* As a moderator sees it, which comes first on a photo's way. */
static void check_view(struct darkroom *darkroom, const struct bytes *file)
{
    const struct darkroom_view_request request = {.short_side = 256, .long_side = 512, .frames = 4};
    TEXT_CLEANUP struct text why = {0};
    struct darkroom_view view = {0};
    int original = memory_file(file->data, file->size), pixels = memory_file("", 0), negative = memory_file("", 0);
    CHECK_INT(darkroom_inspect(darkroom, &(struct darkroom_original){.file = original}, &request, pixels, negative,
                               &view, &why),
              STATUS_OK);
    CHECK_STR(text_get(&why), "");
    CHECK(view.width > 0 && view.height > 0);
    close(original);
    close(pixels);
    close(negative);
}

static void check_developed(struct darkroom *darkroom, const struct bytes *file)
{
    struct developed developed = develop(darkroom, file->data, file->size);
    CHECK_INT(developed.status, STATUS_OK);
    CHECK_STR(text_get(&developed.why), "");
    developed_release(&developed);
}

/* No worker ended over a picture. */
static void check_lives(struct darkroom *darkroom)
{
    struct darkroom_stats stats;
    darkroom_get_stats(darkroom, &stats);
    CHECK_INT(stats.restarts, 0);
}

static void works_when_new(void)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct bytes file = sample_read(kinds[i]);
        for (int looks = 0; looks < 2; looks++) {
            check_case("%s is %s", kinds[i], looks ? "looked at" : "developed");
            struct darkroom *darkroom = open_with_one();
            if (looks)
                check_view(darkroom, &file);
            else
                check_developed(darkroom, &file);
            check_lives(darkroom);
            darkroom_close(darkroom);
        }
        bytes_release(&file);
    }
}

static void works_in_any_order(void)
{
    static const size_t steps[ROUNDS] = {1, 7, 11,
                                         KINDS - 1}; /* without a common divisor with KINDS: each kind once a round */
    struct darkroom *darkroom = open_with_one();
    for (size_t round = 0; round < ROUNDS; round++) {
        check_case("all kinds, every %zuth", steps[round]);
        for (size_t i = 0; i < KINDS; i++) {
            struct bytes file = sample_read(kinds[i * steps[round] % KINDS]);
            check_view(darkroom, &file);
            check_developed(darkroom, &file);
            bytes_release(&file);
        }
        check_lives(darkroom);
    }
    darkroom_close(darkroom);
}

/* At whatever point a library runs out of memory, that is what the owner is told; never that the picture is damaged. */
static void names_lack_of_memory(void)
{
    static const char *const heavy[] = {"large.jpg",    "progressive.jpg", "interlaced.png",
                                        "animated.gif", "lossless.webp",   "tiles.heic",
                                        "plain.avif",   "float.tif",       "cmyk.jpg"};
    static const unsigned megabytes[] = {2, 3, 4, 6, 8, 12, 20, 32};
    for (size_t i = 0; i < sizeof heavy / sizeof heavy[0]; i++) {
        check_case("%s with little memory", heavy[i]);
        if (SANDBOX_SANITIZED) {
            check_skip("a sanitizer leaves no limit on memory");
            continue;
        }
        struct bytes file = sample_read(heavy[i]);
        for (size_t k = 0; k < sizeof megabytes / sizeof megabytes[0]; k++) {
            struct darkroom_settings settings = fixture_settings();
            settings.processes = 1;
            settings.memory_bytes = (uint64_t)megabytes[k] << 20;
            struct darkroom *darkroom = fixture_open(&settings);
            struct developed developed = develop(darkroom, file.data, file.size);
            bool lacks = developed.status == STATUS_TOO_LARGE && strstr(text_get(&developed.why), "needs more memory");
            if (!CHECK(developed.status == STATUS_OK || lacks))
                (void)printf("# %u MB: %s: %s\n", megabytes[k], status_name(developed.status),
                             text_get(&developed.why));
            developed_release(&developed);
            darkroom_close(darkroom);
        }
        bytes_release(&file);
    }
}

CHECK_MAIN({"a new worker", works_when_new}, {"a worker with a past", works_in_any_order},
           {"lack of memory is called so", names_lack_of_memory})
