/* Light and tones against what the standards' formulas give, and against what Chromium 156 shows of PNGs with cICP. */
#include "check.h"
#include "light.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What becomes of a gray sample of a picture in BT.2020. */
static uint8_t show(const struct light *light, int sample)
{
    double value = light_of_sample(light, sample / 255.0);
    if (light->transfer == TRANSFER_HLG)
        value *= light_show(value);
    return light_to_srgb(light_is_hdr(light) ? value * light_tone(value) : value);
}

enum { SAMPLES = 11 };
static const int samples[SAMPLES] = {0, 10, 20, 40, 64, 100, 128, 160, 192, 224, 255};

static const struct {
    const char *name;
    struct light light;
    uint8_t shown[SAMPLES]; /* by Chromium */
} grays[] = {
    {"nothing said", {0}, {0, 10, 20, 40, 64, 100, 128, 160, 192, 224, 255}},
    {"BT.709", {.transfer = 1}, {0, 1, 7, 28, 54, 91, 121, 155, 189, 222, 255}},
    {"gamma 2.2", {.transfer = 4}, {0, 3, 12, 35, 62, 100, 129, 161, 193, 225, 255}},
    {"gamma 2.8", {.transfer = 5}, {0, 0, 3, 17, 40, 76, 106, 142, 179, 217, 255}},
    {"linear", {.transfer = 8}, {0, 56, 79, 110, 137, 168, 188, 208, 225, 241, 255}},
    {"sRGB", {.transfer = 13}, {0, 10, 20, 40, 64, 100, 128, 160, 192, 224, 255}},
    {"BT.2020 of 10 bits", {.transfer = 14}, {0, 1, 7, 28, 54, 91, 121, 155, 189, 222, 255}},
    {"SMPTE 428", {.transfer = 17}, {0, 1, 5, 23, 48, 87, 118, 154, 191, 228, 255}},
    {"a code that has no meaning", {.transfer = 200}, {0, 10, 20, 40, 64, 100, 128, 160, 192, 224, 255}},
    {"PQ", {.transfer = 16, .primaries = 9}, {0, 0, 1, 9, 30, 76, 132, 213, 255, 255, 255}},
    {"HLG", {.transfer = 18, .primaries = 9}, {0, 1, 5, 21, 43, 75, 99, 135, 189, 228, 255}},
    {"gAMA of 1/1.8", {.gamma = 1.8}, {0, 10, 26, 53, 81, 119, 146, 176, 203, 230, 255}},
};

static void shows_gray(void)
{
    for (size_t i = 0; i < sizeof grays / sizeof grays[0]; i++) {
        check_case("gray, %s", grays[i].name);
        for (int k = 0; k < SAMPLES; k++) {
            int shown = show(&grays[i].light, samples[k]);
            if (!CHECK(abs(shown - grays[i].shown[k]) <= 1))
                (void)printf("# %d becomes %d, not %d\n", samples[k], shown, grays[i].shown[k]);
        }
    }
}

static const struct {
    const char *name;
    uint8_t primaries;
    uint8_t shown[3][3]; /* by Chromium, of 200 60 60, 60 200 60 and 60 60 200 in sRGB's transfer */
} hues[] = {
    {"BT.709", 1, {{200, 60, 60}, {60, 200, 60}, {60, 60, 200}}},
    {"BT.470 M", 4, {{236, 50, 49}, {0, 196, 41}, {4, 81, 206}}},
    {"BT.470 BG", 5, {{204, 60, 60}, {40, 200, 64}, {60, 60, 199}}},
    {"BT.601", 6, {{195, 66, 59}, {76, 197, 58}, {64, 66, 201}}},
    {"BT.2020", 9, {{247, 0, 53}, {0, 211, 0}, {19, 57, 209}}},
    {"DCI P3", 11, {{212, 42, 53}, {0, 204, 11}, {59, 59, 208}}},
    {"Display P3", 12, {{217, 42, 52}, {0, 203, 11}, {60, 60, 208}}},
    {"EBU 3213", 22, {{202, 67, 59}, {49, 196, 59}, {60, 71, 200}}},
    {"a code that has no meaning", 99, {{200, 60, 60}, {60, 200, 60}, {60, 60, 200}}},
};

static void shows_hues(void)
{
    for (size_t i = 0; i < sizeof hues / sizeof hues[0]; i++) {
        check_case("hues, %s", hues[i].name);
        const struct light light = {.primaries = hues[i].primaries, .transfer = TRANSFER_SRGB};
        const struct matrix matrix = light_to_709(&light);
        for (int hue = 0; hue < 3; hue++) {
            for (int channel = 0; channel < 3; channel++) {
                double sum = 0;
                for (int from = 0; from < 3; from++)
                    sum += matrix.rows[channel][from] * light_of_sample(&light, (from == hue ? 200 : 60) / 255.0);
                int shown = light_to_srgb(sum);
                if (!CHECK(abs(shown - hues[i].shown[hue][channel]) <= 2))
                    (void)printf("# hue %d channel %d is %d, not %d\n", hue, channel, shown,
                                 hues[i].shown[hue][channel]);
            }
        }
    }
}

static void tones_are_smooth(void)
{
    double before = 0;
    for (int i = 0; i < 6000; i++) {
        double brightest = (i + 1) / 100.0;
        double shown = brightest * light_tone(brightest);
        CHECK(shown >= before - 1e-9 && shown <= 1 + 1e-9);
        before = shown;
    }
    CHECK(fabs(light_tone(1) - 0.5) < 1e-9 && fabs(light_tone(1 + 1e-9) - 0.5) < 1e-6);
}

static void refuses_nonsense(void)
{
    static const struct {
        const char *name;
        struct light light;
        bool usable, srgb;
    } rows[] = {
        {"nothing", {0}, true, true},
        {"sRGB's places",
         {.has_places = true, .places = {{.64, .33}, {.3, .6}, {.15, .06}, {.3127, .329}}},
         true,
         true},
        {"three primaries in one place",
         {.has_places = true, .places = {{.3, .3}, {.3, .3}, {.3, .3}, {.3, .3}}},
         false,
         false},
        {"no white", {.has_places = true, .places = {{.64, .33}, {.3, .6}, {.15, .06}, {0, 0}}}, false, false},
        {"a gamma of a thousand", {.gamma = 1000}, false, false},
        {"a gamma of 2.2", {.gamma = 2.2}, true, false},
        {"PQ", {.transfer = 16}, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("usable or not: %s", rows[i].name);
        CHECK_INT(light_is_usable(&rows[i].light), rows[i].usable);
        CHECK_INT(light_is_usable(&rows[i].light) && light_is_srgb(&rows[i].light), rows[i].srgb);
    }
}

CHECK_MAIN({"a gray is shown as Chromium shows it", shows_gray}, {"hues are shown as Chromium shows them", shows_hues},
           {"tones rise to white and no further", tones_are_smooth}, {"what can't be is not used", refuses_nonsense})
