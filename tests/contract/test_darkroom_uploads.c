/* The shared collection of uploads of real phones, cameras and programs, where it is there: what the column "right" of
 * its README says. Colours are those of Chromium's screenshots of the same files on white, where it shows them. */
#include "check.h"
#include "image_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A part of the picture by shares of its sides, and the mean of red, green, blue and alpha in it: -1 is any. */
struct region {
    double left, top, right, bottom;
    int mean[4];
    int tolerance;
};
#define WHOLE 0, 0, 1, 1
struct upload {
    const char *file;
    enum status status;
    const char *why; /* the reason contains it */
    uint32_t width, height, frames;
    struct region regions[3]; /* until one is empty */
};
static const struct upload uploads[] = {
    {"heic_grid_2x2.heic", STATUS_OK, "", 1000, 900, 1, {{WHOLE, {-1, -1, -1, 255}, 0}}},
    {"heic_grid_iphone_8x6.heic", STATUS_OK, "", 1440, 1080, 1, {{WHOLE, {-1, -1, -1, 255}, 0}}},
    {"heic_ios18_exif_to_tmap.heic", STATUS_OK, "", 512, 512, 1, {{WHOLE, {-1, -1, -1, 255}, 0}}},
    {"heic_brand_behind_32_bytes.heic", STATUS_OK, "", 512, 512, 1, {{WHOLE, {-1, -1, -1, 255}, 0}}},
    {"jpeg_no_eoi.jpg", STATUS_OK, "", 320, 210, 1, {{WHOLE, {117, 144, 152, 255}, 2}}},
    {"gif_no_trailer.gif", STATUS_OK, "", 120, 80, 4, {{WHOLE, {35, 80, 149, 255}, 2}}},
    {"gif_inset_first.gif",
     STATUS_OK,
     "",
     120,
     80,
     2,
     {{0, 0, 0.2, 1, {255, 255, 255, 255}, 2}, {.3, .3, .7, .7, {36, 80, 150, 255}, 4}}},
    {"jpeg_rgb_with_gray_icc.jpg", STATUS_OK, "", 320, 210, 1, {{WHOLE, {117, 144, 152, 255}, 2}}},
    {"jpeg_icc_perceptual_only.jpg", STATUS_OK, "", 320, 210, 1, {{WHOLE, {128, 137, 144, 255}, 4}}},
    {"jpeg_cmyk_black.jpg",
     STATUS_OK,
     "",
     320,
     210,
     1,
     {{.06, .1, .44, .9, {5, 5, 5, 255}, 5},
      {.53, .1, .7, .9, {6, 7, 8, 255}, 5},
      {.78, .1, .94, .9, {255, 0, 0, 255}, 6}}},
    {"png_rgba16_half_p3.png", STATUS_OK, "", 160, 105, 1, {{WHOLE, {180, 199, 202, 255}, 3}}},
    {"avif_nclx_pq.avif", STATUS_OK, "", 320, 210, 1, {{WHOLE, {52, 108, 145, 255}, 3}}},
    {"avif_anim_gpac_brands.avif", STATUS_OK, "", 120, 80, 4, {{WHOLE, {-1, -1, -1, 255}, 0}}},
    {"raw_dng.dng", STATUS_UNSUPPORTED, "raw photo (DNG)", 0, 0, 0, {{0, 0, 0, 0, {0}, 0}}},
    {"tiff_bigtiff.tif", STATUS_OK, "", 60, 40, 1, {{WHOLE, {117, 144, 152, 255}, 4}}},
    {"tiff_float_gray_0_1.tif", STATUS_OK, "", 160, 105, 1, {{WHOLE, {137, 137, 137, 255}, 3}}},
    {"mod_drawing_l_profile.png", STATUS_OK, "", 164, 144, 1, {{WHOLE, {225, 225, 225, 255}, 3}}},
};

/* NULL when it isn't there. */
static const char *find_file(const char *name)
{
    static char path[400];
    const char *folder = getenv("CLOUDPHOTOS_UPLOADS");
    (void)snprintf(path, sizeof path, "%s/%s", folder ? folder : UPLOADS, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

static struct bytes read_file(const char *path)
{
    struct bytes bytes = {0};
    uint8_t block[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t count; (count = read(file, block, sizeof block)) > 0;)
        bytes_append(&bytes, block, (size_t)count);
    close(file);
    return bytes;
}

static void check_region(const struct bytes *webp, const struct region *region)
{
    double mean[4];
    webp_mean(webp, region->left, region->top, region->right, region->bottom, mean);
    for (int i = 0; i < 4; i++) {
        double difference = region->mean[i] < 0 ? 0 : mean[i] - region->mean[i];
        if (!CHECK(difference <= region->tolerance + 0.5 && -difference <= region->tolerance + 0.5))
            (void)printf("# channel %d from %.2f, %.2f: %.1f, not %d\n", i, region->left, region->top, mean[i],
                         region->mean[i]);
    }
}

static void check_upload(const struct developed *developed, const struct upload *expected)
{
    if (!CHECK_INT(developed->status, expected->status) || !CHECK(strstr(text_get(&developed->why), expected->why))) {
        (void)printf("# %s\n", text_get(&developed->why));
        return;
    }
    if (expected->status != STATUS_OK)
        return;
    CHECK_INT(developed->result.large.width, expected->width);
    CHECK_INT(developed->result.large.height, expected->height);
    CHECK_INT(developed->result.frames, expected->frames);
    for (size_t i = 0; i < sizeof expected->regions / sizeof expected->regions[0] && expected->regions[i].right > 0;
         i++)
        check_region(&developed->large, &expected->regions[i]);
}

static void treats_uploads(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof uploads / sizeof uploads[0]; i++) {
        check_case("%s", uploads[i].file);
        const char *path = find_file(uploads[i].file);
        if (!path) {
            check_skip("the collection is not there (CLOUDPHOTOS_UPLOADS names its folder)");
            continue;
        }
        struct bytes file = read_file(path);
        struct developed developed = develop(darkroom, file.data, file.size);
        check_upload(&developed, &uploads[i]);
        developed_release(&developed);
        bytes_release(&file);
    }
    darkroom_close(darkroom);
}

CHECK_MAIN({"an upload of the collection is treated rightly", treats_uploads})
