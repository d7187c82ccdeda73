/* Animations of the kinds that libvips doesn't write: frames smaller than the canvas, taken away again, mixed; by
 * giflib and by hand. */
#include "make_images.h"

#include <gif_lib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { COLOURS = 8, CANVAS = 80, CLEAR = 7 };

/* A frame in one colour of `palette`. */
struct step {
    int x, y, width, height, colour;
    int disposal; /* as in GIF: 1 stays, 2 cleared, 3 what was before */
    int delay;    /* in 1/100 s */
};
enum { STEPS = 4 };
struct movie {
    const char *name;
    struct step steps[STEPS]; /* until one has no width */
    int transparent;          /* colour, or -1 */
};
static const GifColorType palette[COLOURS] = {{224, 32, 32},   {32, 192, 32}, {32, 32, 224}, {255, 255, 255},
                                              {128, 128, 128}, {255, 255, 0}, {0, 255, 255}, {1, 2, 3}};
enum { RED, GREEN, BLUE, WHITE };

/* Quarters are 40 by 40. */
static const struct movie movies[] = {
    {"inset.gif", {{0, 40, 80, 40, RED, 1, 30}, {40, 0, 40, 40, GREEN, 1, 30}}, -1},
    {"cleared.gif", {{0, 0, 80, 80, RED, 1, 10}, {40, 0, 40, 80, GREEN, 2, 20}, {0, 40, 80, 40, BLUE, 1, 40}}, -1},
    {"put-back.gif", {{0, 0, 80, 80, RED, 1, 10}, {40, 0, 40, 80, GREEN, 3, 20}, {0, 40, 40, 40, BLUE, 1, 40}}, -1},
    {"seen-through.gif", {{0, 0, 80, 80, CLEAR, 1, 10}, {40, 0, 40, 80, GREEN, 1, 20}}, CLEAR},
};

static void need_gif(int result, const char *name)
{
    if (result == GIF_OK)
        return;
    (void)fprintf(stderr, "make_images: %s: giflib does not write it\n", name);
    exit(1);
}

static int append(GifFileType *gif, const GifByteType *bytes, int count)
{
    g_byte_array_append(gif->UserData, bytes, (guint)count);
    return count;
}

static void save_gif(const struct movie *movie)
{
    GByteArray *bytes = g_byte_array_new();
    int error = 0;
    GifFileType *gif = EGifOpen(bytes, append, &error);
    ColorMapObject *map = GifMakeMapObject(COLOURS, palette);
    EGifSetGifVersion(gif, true);
    need_gif(EGifPutScreenDesc(gif, CANVAS, CANVAS, 3, 0, map), movie->name);
    for (const struct step *step = movie->steps; step < movie->steps + STEPS && step->width; step++) {
        const GraphicsControlBlock control = {step->disposal, false, step->delay, movie->transparent};
        GifByteType block[4];
        (void)EGifGCBToExtension(&control, block);
        need_gif(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof block, block), movie->name);
        need_gif(EGifPutImageDesc(gif, step->x, step->y, step->width, step->height, false, NULL), movie->name);
        GifPixelType row[CANVAS];
        memset(row, step->colour, sizeof row);
        for (int y = 0; y < step->height; y++)
            need_gif(EGifPutLine(gif, row, step->width), movie->name);
    }
    need_gif(EGifCloseFile(gif, &error), movie->name);
    GifFreeMapObject(map);
    write_file(movie->name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

/* ---- GIF by hand: codes of three bits that never learn, because each second one clears ---- */

struct codes {
    GByteArray *bytes;
    unsigned held, bits;
};

static void put_code(struct codes *codes, unsigned code)
{
    codes->held |= code << codes->bits;
    for (codes->bits += 3; codes->bits >= 8; codes->bits -= 8, codes->held >>= 8) {
        const guint8 byte = (guint8)codes->held;
        g_byte_array_append(codes->bytes, &byte, 1);
    }
}

/* The scene's row that comes `index`th. */
static int find_row(int index, bool interlaced)
{
    static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    for (int pass = 0; interlaced && pass < 4; pass++) {
        int rows = (CANVAS - starts[pass] + steps[pass] - 1) / steps[pass];
        if (index < rows)
            return starts[pass] + index * steps[pass];
        index -= rows;
    }
    return index;
}

/* The scene, of which `rows` are there; `end`: what follows the picture. */
static void save_gif_by_hand(const char *name, int rows, bool interlaced, const char *end, guint end_size)
{
    enum { CLEAR_CODE = 4, END_CODE = 5 };
    static const guint8 head[] =
        "GIF89a\x50\0\x50\0\xF1\0\0\xE0\x20\x20\x20\xC0\x20\x20\x20\xE0\xFF\xFF\xFF,\0\0\0\0\x50\0\x50\0";
    struct codes codes = {.bytes = g_byte_array_new()};
    for (int i = 0; i < rows * CANVAS; i++) {
        int row = find_row(i / CANVAS, interlaced);
        if (i % 2 == 0)
            put_code(&codes, CLEAR_CODE);
        put_code(&codes, (unsigned)((row >= CANVAS / 2) * 2 + (i % CANVAS >= CANVAS / 2)));
    }
    put_code(&codes, END_CODE);
    put_code(&codes, 0);
    put_code(&codes, 0);
    GByteArray *file = g_byte_array_new();
    const guint8 start[] = {interlaced ? 0x40 : 0, 2};
    g_byte_array_append(file, head, sizeof head - 1);
    g_byte_array_append(file, start, sizeof start);
    for (guint at = 0; at < codes.bytes->len; at += UINT8_MAX) {
        guint left = codes.bytes->len - at;
        const guint8 size = (guint8)(left < UINT8_MAX ? left : UINT8_MAX);
        g_byte_array_append(file, &size, 1);
        g_byte_array_append(file, codes.bytes->data + at, size);
    }
    g_byte_array_append(file, (const guint8 *)end, end_size);
    write_file(name, file->data, file->len);
    g_byte_array_unref(file);
    g_byte_array_unref(codes.bytes);
}

/* ---- APNG ---- */

static void put_32(guint8 *to, guint32 value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (guint8)(value >> (24 - 8 * i));
}

void add_chunk(GByteArray *bytes, const char *type, const guint8 *data, guint size)
{
    guint8 word[4];
    put_32(word, size);
    g_byte_array_append(bytes, word, 4);
    guint start = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)type, 4);
    if (size)
        g_byte_array_append(bytes, data, size);
    put_32(word, (guint32)crc32(0, bytes->data + start, size + 4));
    g_byte_array_append(bytes, word, 4);
}

/* `alpha` of all pixels; the delay's denominator is 100 or, if 0, not said, which means the same. */
static void add_step(GByteArray *bytes, const struct step *step, guint8 alpha, guint8 over, guint32 *sequence)
{
    gsize stride = (gsize)step->width * 4 + 1;
    guint8 control[26] = {0}, *rows = g_malloc0(stride * (gsize)step->height);
    for (gsize y = 0; y < (gsize)step->height; y++) {
        for (gsize x = 0; x < (gsize)step->width; x++) {
            const GifColorType *colour = &palette[step->colour];
            const guint8 pixel[4] = {colour->Red, colour->Green, colour->Blue, alpha};
            memcpy(rows + y * stride + 1 + x * 4, pixel, 4);
        }
    }
    uLongf size = compressBound((uLong)(stride * (gsize)step->height));
    guint8 *packed = g_malloc(size + 4);
    need(compress(packed + 4, &size, rows, (uLong)(stride * (gsize)step->height)) != Z_OK, "APNG");
    put_32(control, (*sequence)++);
    put_32(control + 4, (guint32)step->width);
    put_32(control + 8, (guint32)step->height);
    put_32(control + 12, (guint32)step->x);
    put_32(control + 16, (guint32)step->y);
    control[21] = (guint8)step->delay;
    control[23] = step->disposal == 1 ? 100 : 0;
    control[24] = (guint8)(step->disposal - 1);
    control[25] = over;
    bool first = *sequence == 1;
    add_chunk(bytes, "fcTL", control, sizeof control);
    if (!first)
        put_32(packed, (*sequence)++);
    add_chunk(bytes, first ? "IDAT" : "fdAT", first ? packed + 4 : packed, (guint)size + (first ? 0 : 4));
    g_free(packed);
    g_free(rows);
}

/* Exif whose only word is that the picture stands on its head. */
static const guint8 upside_down[] = "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\3\0\0\0\0\0";

/* Half transparent frames: laid over each other, or in place of each other. */
static void save_apng(const struct movie *movie, const char *name, guint8 alpha, guint8 over, bool turned)
{
    static const guint8 signature[] = "\x89PNG\r\n\x1a\n";
    guint8 header[13] = {0}, animation[8] = {0};
    guint32 sequence = 0, count = 0;
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, signature, 8);
    put_32(header, CANVAS);
    put_32(header + 4, CANVAS);
    header[8] = 8;
    header[9] = 6;
    add_chunk(bytes, "IHDR", header, sizeof header);
    while (count < STEPS && movie->steps[count].width)
        count++;
    put_32(animation, count);
    put_32(animation + 4, 5);
    add_chunk(bytes, "acTL", animation, sizeof animation);
    if (turned)
        add_chunk(bytes, "eXIf", upside_down, sizeof upside_down);
    for (guint32 i = 0; i < count; i++)
        add_step(bytes, &movie->steps[i], i ? alpha : UINT8_MAX, over, &sequence);
    add_chunk(bytes, "IEND", NULL, 0);
    write_file(name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

/* ---- WebP ---- */

/* An animation with alpha whose header says that there is none. */
static void save_unmarked(void)
{
    VipsImage *from = scene(), *alpha = NULL, *band = NULL, *frame = NULL, *joined = NULL, *to = NULL;
    need(vips_linear1(from, &alpha, 0, 128, "uchar", TRUE, NULL) || vips_extract_band(alpha, &band, 0, NULL)
             || vips_bandjoin2(from, band, &frame, NULL),
         "alpha");
    VipsImage *frames[2] = {frame};
    need(vips_flip(frame, &frames[1], VIPS_DIRECTION_VERTICAL, NULL)
             || vips_arrayjoin(frames, &joined, 2, "across", 1, NULL) || vips_copy(joined, &to, NULL),
         "frames");
    vips_image_set_int(to, VIPS_META_PAGE_HEIGHT, HEIGHT);
    g_object_unref(from);
    g_object_unref(alpha);
    g_object_unref(band);
    g_object_unref(frame);
    g_object_unref(frames[1]);
    g_object_unref(joined);
    save(to, "marked.webp[lossless]");
    struct file file = read_file("marked.webp");
    enum { FLAGS = 20, FLAG_ALPHA = 0x10 };
    file.bytes[FLAGS] = (gchar)(file.bytes[FLAGS] & ~FLAG_ALPHA);
    write_file("unmarked.webp", file.bytes, file.size);
    g_free(file.bytes);
}

static void save_turned_webp(void)
{
    enum { FLAGS = 20, FLAG_EXIF = 8, SIZE_AT = 4 };
    struct file file = read_file("marked.webp");
    gchar *before = memmem(file.bytes, file.size, "EXIF", 4); /* libvips's, which says nothing */
    if (before)
        before[0] = 'N';
    GByteArray *bytes = g_byte_array_new();
    static const guint8 head[] = {'E', 'X', 'I', 'F', sizeof upside_down, 0, 0, 0};
    g_byte_array_append(bytes, (const guint8 *)file.bytes, (guint)file.size);
    g_byte_array_append(bytes, head, sizeof head);
    g_byte_array_append(bytes, upside_down, sizeof upside_down);
    if (sizeof upside_down % 2)
        g_byte_array_append(bytes, (const guint8 *)"", 1);
    bytes->data[FLAGS] |= FLAG_EXIF;
    for (int i = 0; i < 4; i++)
        bytes->data[SIZE_AT + i] = (guint8)((bytes->len - 8) >> (8 * i));
    write_file("turned.webp", bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    g_free(file.bytes);
}

void save_animations(void)
{
    for (size_t i = 0; i < sizeof movies / sizeof movies[0]; i++)
        save_gif(&movies[i]);
    save_gif_by_hand("interlaced.gif", CANVAS, true, "\0;", 2);
    save_gif_by_hand("unfinished.gif", CANVAS, false, "\0\0\0", 3);
    save_gif_by_hand("short.gif", CANVAS / 2, false, "\0;", 2);
    save_apng(&movies[1], "cleared.png", UINT8_MAX, 0, false);
    save_apng(&movies[2], "put-back.png", UINT8_MAX, 0, false);
    save_apng(&movies[2], "mixed.png", 128, 1, false);
    save_apng(&movies[2], "replaced.png", 128, 0, false);
    save_apng(&movies[2], "turned.png", UINT8_MAX, 0, true);
    save_unmarked();
    save_turned_webp();
}
