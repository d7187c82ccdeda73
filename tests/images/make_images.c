/* make_images FOLDER: writes one small picture of every kind that the darkroom takes, for tests. All show the same
 * scene: a red, a green, a blue and a white quarter (top left, top right, bottom left, bottom right), so that a test
 * sees which side is up and whether the colours are right. Hostile pictures are made from these by the tests
 * themselves. */
#include "make_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 3, LARGE = 4 };

const char *folder;

void need(int failed, const char *what)
{
    if (!failed)
        return;
    (void)fprintf(stderr, "make_images: %s: %s\n", what, vips_error_buffer());
    exit(1);
}

struct file read_file(const char *name)
{
    gchar *path = g_build_filename(folder, name, NULL);
    struct file file = {0};
    need(!g_file_get_contents(path, &file.bytes, &file.size, NULL), name);
    g_free(path);
    return file;
}

void write_file(const char *name, const void *bytes, size_t size)
{
    gchar *path = g_build_filename(folder, name, NULL);
    need(!g_file_set_contents(path, bytes, (gssize)size, NULL), name);
    g_free(path);
}

static VipsImage *make_scene(int width, int height)
{
    static const unsigned char quarters[2][2][3] = {{{224, 32, 32}, {32, 192, 32}}, {{32, 32, 224}, {255, 255, 255}}};
    unsigned char *pixels = g_malloc((gsize)width * (gsize)height * 3);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            memcpy(pixels + ((gsize)y * (gsize)width + (gsize)x) * 3, quarters[y >= height / 2][x >= width / 2], 3);
    }
    VipsImage *raw = vips_image_new_from_memory_copy(pixels, (size_t)width * (size_t)height * 3, width, height, 3,
                                                     VIPS_FORMAT_UCHAR);
    VipsImage *scene = NULL;
    need(!raw || vips_copy(raw, &scene, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), "scene");
    g_object_unref(raw);
    g_free(pixels);
    return scene;
}

/* "NAME.jpg[options]", as libvips reads them; it takes the image. */
void save(VipsImage *image, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    need(vips_image_write_to_file(image, path, NULL), name);
    g_object_unref(image);
}

VipsImage *scene(void)
{
    return make_scene(WIDTH, HEIGHT);
}

static VipsImage *in_space(VipsInterpretation space)
{
    VipsImage *from = scene(), *to = NULL;
    need(vips_colourspace(from, &to, space, NULL), "colour space");
    g_object_unref(from);
    return to;
}

/* The same colours, said in the terms of another profile, which comes along. */
static VipsImage *with_profile(const char *profile)
{
    VipsImage *from = scene(), *to = NULL;
    need(vips_icc_transform(from, &to, profile, "input_profile", "srgb", NULL), profile);
    g_object_unref(from);
    return to;
}

/* The left half half transparent. */
static VipsImage *with_alpha(void)
{
    VipsImage *from = scene(), *steps[3] = {NULL}, *to = NULL;
    need(vips_black(&steps[0], WIDTH, HEIGHT, NULL) || vips_linear1(steps[0], &steps[1], 1, 255, "uchar", TRUE, NULL)
             || vips_draw_rect1(steps[1], 128, 0, 0, WIDTH / 2, HEIGHT, "fill", TRUE, NULL)
             || vips_bandjoin2(from, steps[1], &to, NULL),
         "alpha");
    g_object_unref(from);
    g_object_unref(steps[0]);
    g_object_unref(steps[1]);
    return to;
}

/* White all over: what makes the scene is how much of it can be seen through. */
static VipsImage *white_only(void)
{
    VipsImage *from = scene(), *alpha = NULL, *light = NULL, *to = NULL;
    need(vips_extract_band(from, &alpha, 0, NULL) || vips_linear1(from, &light, 0, 255, "uchar", TRUE, NULL)
             || vips_bandjoin2(light, alpha, &to, NULL),
         "white only");
    g_object_unref(from);
    g_object_unref(alpha);
    g_object_unref(light);
    return to;
}

/* Three frames: the scene, upside down, mirrored. */
static VipsImage *animation(void)
{
    static const int delays[FRAMES] = {100, 250, 400};
    VipsImage *frames[FRAMES] = {scene()}, *joined = NULL, *to = NULL;
    need(vips_flip(frames[0], &frames[1], VIPS_DIRECTION_VERTICAL, NULL)
             || vips_flip(frames[0], &frames[2], VIPS_DIRECTION_HORIZONTAL, NULL)
             || vips_arrayjoin(frames, &joined, FRAMES, "across", 1, NULL) || vips_copy(joined, &to, NULL),
         "frames");
    vips_image_set_int(to, VIPS_META_PAGE_HEIGHT, HEIGHT);
    vips_image_set_int(to, "loop", 3);
    vips_image_set_array_int(to, "delay", delays, FRAMES);
    for (int i = 0; i < FRAMES; i++)
        g_object_unref(frames[i]);
    g_object_unref(joined);
    return to;
}

/* With what a camera writes: which side is up, where it was, and a comment. */
static void save_oriented(int orientation)
{
    VipsImage *from = scene(), *to = NULL;
    char name[32];
    need(vips_copy(from, &to, NULL), "copy");
    g_object_unref(from);
    vips_image_set_int(to, VIPS_META_ORIENTATION, orientation);
    vips_image_set_string(to, "exif-ifd0-Make", "SecretCamera");
    vips_image_set_string(to, "exif-ifd3-GPSLatitude", "51/1 30/1 0/1");
    (void)snprintf(name, sizeof name, "orientation-%d.jpg", orientation);
    save(to, name);
}

static void save_stills(void)
{
    static const char *const names[] = {
        "plain.jpg",
        "progressive.jpg[interlace]",
        "full-chroma.jpg[subsample-mode=off]",
        "plain.png",
        "interlaced.png[interlace]",
        "palette.png[palette]",
        "plain.gif",
        "plain.webp",
        "lossless.webp[lossless]",
        "plain.tif",
        "tiled.tif[tile,compression=deflate]",
        "jpeg.tif[compression=jpeg]",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        save(scene(), names[i]);
    for (int orientation = 1; orientation <= 8; orientation++)
        save_oriented(orientation);
}

/* libvips 8.14 can't write these with a newer libheif, so libheif's own program does. */
static void save_by_libheif(const char *source, const char *name)
{
    char *command = g_strdup_printf("heif-enc %s '%s/%s' --output '%s/%s'", strchr(source, '-') ? "--tiled-input" : "",
                                    folder, source, folder, name);
    char *said = NULL;
    int status = 0;
    GError *error = NULL;
    if (!g_spawn_command_line_sync(command, &said, NULL, &status, &error) || status != 0) {
        (void)fprintf(stderr, "make_images: %s: %s\n", command, error ? error->message : "no picture was made");
        exit(1);
    }
    g_free(said);
    g_free(command);
}

/* As phones write it: a picture of tiles, each coded for itself. */
static void save_tiles(void)
{
    enum { TILE = 256, ACROSS = 4, DOWN = 3 };
    VipsImage *from = make_scene(TILE * ACROSS, TILE * DOWN);
    for (int row = 0; row < DOWN; row++) {
        for (int column = 0; column < ACROSS; column++) {
            VipsImage *tile = NULL;
            char name[32];
            need(vips_extract_area(from, &tile, column * TILE, row * TILE, TILE, TILE, NULL), "tile");
            (void)snprintf(name, sizeof name, "tile-%02d-%02d.png", row, column);
            save(tile, name);
        }
    }
    g_object_unref(from);
    save_by_libheif("tile-00-00.png", "tiles.heic");
}

static void save_colours(void)
{
    save(in_space(VIPS_INTERPRETATION_B_W), "grey.jpg");
    save(in_space(VIPS_INTERPRETATION_B_W), "grey.png");
    save(in_space(VIPS_INTERPRETATION_GREY16), "grey16.png");
    save(in_space(VIPS_INTERPRETATION_RGB16), "rgb16.png");
    save(in_space(VIPS_INTERPRETATION_RGB16), "rgb16.tif");
    save(in_space(VIPS_INTERPRETATION_LAB), "lab.tif");
    save(in_space(VIPS_INTERPRETATION_scRGB), "float.tif");
    save(with_profile("cmyk"), "cmyk.jpg");
    save(with_profile("p3"), "p3.jpg");
    save(with_profile("p3"), "p3.png");
    save(with_profile("srgb"), "srgb.jpg");
    save(with_alpha(), "alpha.png");
    save(with_alpha(), "alpha.webp");
    save(with_alpha(), "alpha.tif");
    save(white_only(), "white-only.png");
}

static void save_sizes(void)
{
    save(make_scene(WIDTH * LARGE, HEIGHT * LARGE), "large.jpg[Q=95]");
    save(make_scene(WIDTH * LARGE, HEIGHT * LARGE), "large.png");
    save(make_scene(2001, 1501), "odd.jpg[Q=95]");
    save(make_scene(1, 1), "one.jpg");
    save(make_scene(1, 1), "one.png");
    save(make_scene(20000, 1), "wide.png");
    save(make_scene(10000000, 1), "wide-10m.png"); /* the widest that libvips can write */
    save(make_scene(1, 20000), "tall.jpg");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: make_images FOLDER\n");
        return 2;
    }
    folder = argv[1];
    need(VIPS_INIT(argv[0]), "libvips");
    save_stills();
    save_by_libheif("plain.png", "plain.heic");
    save_by_libheif("plain.png", "plain.avif");
    save_tiles();
    save_colours();
    save_sizes();
    save(animation(), "animated.gif");
    save(animation(), "animated.webp[lossless]");
    save_kinds();
    save_avifs();
    save_animations();
    save_tiffs();
    vips_shutdown();
    return 0;
}
