/* Which renditions a photo gets, by its size alone. */
#include "check.h"
#include "renditions.h"

enum { ANY_MEMORY = 0, MEGABYTE = 1 << 20 };

static void test_sides(void)
{
    static const struct {
        const char *name;
        struct image_info info;
        uint64_t memory;
        uint32_t side;
    } rows[] = {
        {"a photo", {IMAGE_JPEG, 6000, 4000, 1, .memory = MEGABYTE}, ANY_MEMORY, LARGE_SIDE},
        {"2.5 to 1 is a photo still", {IMAGE_JPEG, 10000, 4000, 1, .memory = MEGABYTE}, ANY_MEMORY, LARGE_SIDE},
        {"a panorama", {IMAGE_JPEG, 10001, 4000, 1, .memory = MEGABYTE}, ANY_MEMORY, LONG_SIDE},
        {"a tall one", {IMAGE_PNG, 1000, 2501, 1, .memory = MEGABYTE}, ANY_MEMORY, LONG_SIDE},
        {"a panorama that moves", {IMAGE_GIF, 3000, 400, 2, .memory = MEGABYTE}, ANY_MEMORY, LARGE_SIDE},
        {"a panorama with room", {IMAGE_JPEG, 12000, 3000, 1, .memory = 40 * MEGABYTE}, 512 * MEGABYTE, LONG_SIDE},
        {"a panorama without room", {IMAGE_JPEG, 12000, 3000, 1, .memory = 40 * MEGABYTE}, 128 * MEGABYTE, LARGE_SIDE},
        {"a small panorama needs little",
         {IMAGE_JPEG, 2000, 400, 1, .memory = 40 * MEGABYTE},
         128 * MEGABYTE,
         LONG_SIDE},
        {"a WebP, which is decoded whole",
         {IMAGE_WEBP, 16000, 2000, 1, .memory = 40 * MEGABYTE},
         512 * MEGABYTE,
         LARGE_SIDE},
        {"one that needs all of it", {IMAGE_PNG, 4000, 1000, 1, .memory = 512 * MEGABYTE}, 512 * MEGABYTE, LARGE_SIDE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(rendition_large_side(&rows[i].info, rows[i].memory), rows[i].side);
    }
}

static void test_medium(void)
{
    static const struct {
        const char *name;
        uint32_t width, height, side;
    } rows[] = {
        {"a photo", 1440, 960, MEDIUM_SIDE},
        {"an upright one", 810, 1440, MEDIUM_SIDE},
        {"one a quarter larger than the medium rendition would be", 1000, 750, 0},
        {"one a little larger than that", 1001, 750, MEDIUM_SIDE},
        {"a small one", 350, 200, 0},
        {"a panorama", 4096, 1000, LARGE_SIDE},
        {"a tall one", 1000, 4096, LARGE_SIDE},
        {"a panorama of earlier versions", 1440, 300, MEDIUM_SIDE},
        {"a small panorama", 1000, 200, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(rendition_medium_side(rows[i].width, rows[i].height), rows[i].side);
    }
}

static void test_shrink(void)
{
    static const struct {
        const char *name;
        uint32_t width, height, side, shrink;
    } rows[] = {
        {"as large as is wanted", 1440, 960, 1440, 1},     {"not four times as large", 5759, 5759, 1440, 1},
        {"four times as wide", 5760, 100, 1440, 2},        {"eight times as high", 100, 11520, 1440, 4},
        {"sixteen times as large", 23040, 23040, 1440, 8}, {"no decoder goes further", 100000, 1, 350, 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(rendition_shrink(rows[i].width, rows[i].height, rows[i].side), rows[i].shrink);
    }
}

CHECK_MAIN({"the large rendition", test_sides}, {"the medium rendition", test_medium},
           {"what is left to shrink after decoding", test_shrink})
