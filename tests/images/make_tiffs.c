/* TIFFs that libvips doesn't write: bits, planes and tiles that cameras, scanners and microscopes have. By libtiff, or
 * by hand. */
#include "make_images.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum { SIDE = 64, TILE = 32, CHANNELS = 3 };

/* One channel of the scene at a pixel: red, green, blue; 3: gray, from its red and green. */
static uint8_t sample(int x, int y, int channel)
{
    static const uint8_t quarters[4][4] = {
        {224, 32, 32, 128}, {32, 192, 32, 112}, {32, 32, 224, 32}, {255, 255, 255, 255}};
    return quarters[(y >= SIDE / 2) * 2 + (x >= SIDE / 2)][channel];
}

struct kind {
    const char *name;
    uint16_t photometric, samples, bits, format, planar;
    int tile; /* side of tiles; 0: strips of 20 rows, which end in the middle */
};
static const struct kind kinds[] = {
    {"rgb12.tif", PHOTOMETRIC_RGB, 3, 12, SAMPLEFORMAT_UINT, PLANARCONFIG_CONTIG, 0},
    {"grey12.tif", PHOTOMETRIC_MINISBLACK, 1, 12, SAMPLEFORMAT_UINT, PLANARCONFIG_CONTIG, 0},
    {"grey10-inverted.tif", PHOTOMETRIC_MINISWHITE, 1, 10, SAMPLEFORMAT_UINT, PLANARCONFIG_CONTIG, 0},
    {"grey24.tif", PHOTOMETRIC_MINISBLACK, 1, 24, SAMPLEFORMAT_UINT, PLANARCONFIG_CONTIG, TILE},
    {"grey32.tif", PHOTOMETRIC_MINISBLACK, 1, 32, SAMPLEFORMAT_UINT, PLANARCONFIG_CONTIG, 0},
    {"double-grey.tif", PHOTOMETRIC_MINISBLACK, 1, 64, SAMPLEFORMAT_IEEEFP, PLANARCONFIG_CONTIG, 0},
    {"planes.tif", PHOTOMETRIC_RGB, 3, 8, SAMPLEFORMAT_UINT, PLANARCONFIG_SEPARATE, 0},
    {"planes-tiled.tif", PHOTOMETRIC_RGB, 3, 8, SAMPLEFORMAT_UINT, PLANARCONFIG_SEPARATE, TILE},
    {"planes-tiled16.tif", PHOTOMETRIC_RGB, 3, 16, SAMPLEFORMAT_UINT, PLANARCONFIG_SEPARATE, TILE},
    {"signed.tif", PHOTOMETRIC_MINISBLACK, 1, 16, SAMPLEFORMAT_INT, PLANARCONFIG_CONTIG, 0},
};

static void need_tiff(int done, const char *name)
{
    if (done)
        return;
    (void)fprintf(stderr, "make_images: %s: libtiff does not write it\n", name);
    exit(1);
}

static void put_bits(uint8_t *to, size_t first, unsigned bits, uint32_t value)
{
    for (unsigned i = 0; i < bits; i++) {
        if (value >> (bits - 1 - i) & 1)
            to[(first + i) / 8] |= (uint8_t)(0x80 >> (first + i) % 8);
    }
}

static void put_sample(const struct kind *kind, uint8_t *row, size_t index, uint8_t value)
{
    double wide = value / 255.0;
    uint64_t most = ((uint64_t)1 << kind->bits % 64) - 1;
    uint32_t whole = (uint32_t)(value * most / 255);
    if (kind->photometric == PHOTOMETRIC_MINISWHITE)
        whole = (uint32_t)most - whole;
    uint16_t two = (uint16_t)whole;
    if (kind->bits == 64)
        memcpy(row + index * sizeof wide, &wide, sizeof wide);
    else if (kind->bits == 16)
        memcpy(row + index * sizeof two, &two, sizeof two);
    else if (kind->bits == 32)
        memcpy(row + index * sizeof whole, &whole, sizeof whole);
    else
        put_bits(row, index * kind->bits, kind->bits, whole);
}

/* The samples of a rectangle, of one channel or of all. */
static uint8_t *paint(const struct kind *kind, int left, int top, int width, int height, int plane, size_t *ret_size)
{
    int channels = kind->planar == PLANARCONFIG_SEPARATE ? 1 : kind->samples;
    size_t stride = ((size_t)width * (size_t)channels * kind->bits + 7) / 8;
    uint8_t *bytes = g_malloc0(stride * (size_t)height);
    for (int y = 0; y < height; y++) {
        for (int i = 0; i < width * channels; i++) {
            int channel = kind->samples == 1 ? CHANNELS : channels == 1 ? plane : i % channels;
            put_sample(kind, bytes + (size_t)y * stride, (size_t)i, sample(left + i / channels, top + y, channel));
        }
    }
    *ret_size = stride * (size_t)height;
    return bytes;
}

static void write_parts(TIFF *tiff, const struct kind *kind, int plane)
{
    enum { STRIP_ROWS = 20 };
    int step_x = kind->tile ? kind->tile : SIDE, step_y = kind->tile ? kind->tile : STRIP_ROWS;
    for (int y = 0; y < SIDE; y += step_y) {
        int height = kind->tile || SIDE - y > step_y ? step_y : SIDE - y;
        for (int x = 0; x < SIDE; x += step_x) {
            size_t size;
            uint8_t *bytes = paint(kind, x, y, step_x, height, plane, &size);
            tmsize_t written =
                kind->tile ? TIFFWriteEncodedTile(
                    tiff, TIFFComputeTile(tiff, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane), bytes, (tmsize_t)size)
                           : TIFFWriteEncodedStrip(tiff, TIFFComputeStrip(tiff, (uint32_t)y, (uint16_t)plane), bytes,
                                                   (tmsize_t)size);
            need_tiff(written == (tmsize_t)size, kind->name);
            g_free(bytes);
        }
    }
    (void)TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, STRIP_ROWS);
}

static void save_kind(const struct kind *kind, const char *mode)
{
    gchar *path = g_build_filename(folder, mode[1] == '8' ? "big.tif" : kind->name, NULL);
    TIFF *tiff = TIFFOpen(path, mode);
    need_tiff(tiff != NULL, kind->name);
    need_tiff(TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SIDE) && TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SIDE)
                  && TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind->photometric)
                  && TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind->samples)
                  && TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind->bits)
                  && TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind->format)
                  && TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, kind->planar),
              kind->name);
    if (kind->tile)
        need_tiff(TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind->tile)
                      && TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind->tile),
                  kind->name);
    else
        need_tiff(TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 20), kind->name);
    for (int plane = 0; plane < (kind->planar == PLANARCONFIG_SEPARATE ? kind->samples : 1); plane++)
        write_parts(tiff, kind, plane);
    TIFFClose(tiff);
    g_free(path);
}

/* ---- By hand, little-endian: one strip ---- */

struct tag {
    guint16 tag, type; /* 3: two bytes, 4: four */
    guint32 count, value;
};

static void add_16(GByteArray *bytes, guint16 value)
{
    const guint8 data[] = {(guint8)value, (guint8)(value >> 8)};
    g_byte_array_append(bytes, data, sizeof data);
}

static void add_32(GByteArray *bytes, guint32 value)
{
    add_16(bytes, (guint16)value);
    add_16(bytes, (guint16)(value >> 16));
}

enum { DATA_AT = 1024, BITS_AT = 1000, LEVELS_AT = 940 }; /* where what doesn't fit a tag stands */

static void save_by_hand(const char *name, const struct tag *tags, size_t count, const guint8 *data, gsize size)
{
    static const guint32 levels[] = {0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1}; /* from black to white */
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)"II*\0\10\0\0\0", 8);
    add_16(bytes, (guint16)count);
    for (size_t i = 0; i < count; i++) {
        add_16(bytes, tags[i].tag);
        add_16(bytes, tags[i].type);
        add_32(bytes, tags[i].count);
        add_32(bytes, tags[i].value);
    }
    guint end = bytes->len;
    g_byte_array_set_size(bytes, LEVELS_AT);
    memset(bytes->data + end, 0, LEVELS_AT - end);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        add_32(bytes, levels[i]);
    g_byte_array_set_size(bytes, BITS_AT);
    for (int i = 0; i < CHANNELS; i++)
        add_16(bytes, 8);
    g_byte_array_set_size(bytes, DATA_AT);
    g_byte_array_append(bytes, data, (guint)size);
    write_file(name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

static guint8 luma(int x, int y)
{
    return (guint8)(0.299 * sample(x, y, 0) + 0.587 * sample(x, y, 1) + 0.114 * sample(x, y, 2) + 0.5);
}

/* Four of luma, then their two of chroma (TIFF 6.0, section 21). */
static void save_halved_chroma(const char *name, guint32 orientation)
{
    GByteArray *data = g_byte_array_new();
    for (int y = 0; y < SIDE; y += 2) {
        for (int x = 0; x < SIDE; x += 2) {
            double light = luma(x, y);
            const guint8 unit[] = {luma(x, y),
                                   luma(x + 1, y),
                                   luma(x, y + 1),
                                   luma(x + 1, y + 1),
                                   (guint8)(128.5 + (sample(x, y, 2) - light) / 1.772),
                                   (guint8)(128.5 + (sample(x, y, 0) - light) / 1.402)};
            g_byte_array_append(data, unit, sizeof unit);
        }
    }
    const struct tag tags[] = {{256, 4, 1, SIDE},        {257, 4, 1, SIDE}, {258, 3, 3, BITS_AT},
                               {259, 3, 1, 1},           {262, 3, 1, 6},    {273, 4, 1, DATA_AT},
                               {274, 3, 1, orientation}, {277, 3, 1, 3},    {278, 4, 1, SIDE},
                               {279, 4, 1, data->len},   {284, 3, 1, 1},    {530, 3, 2, 2 | 2 << 16},
                               {532, 5, 6, LEVELS_AT}};
    save_by_hand(name, tags, sizeof tags / sizeof tags[0], data->data, data->len);
    g_byte_array_unref(data);
}

/* JPEG as it was at first (TIFF 6.0, section 22): a whole JPEG, named by two tags. */
static void save_old_jpeg(void)
{
    struct file jpeg = read_file("plain.jpg");
    const struct tag tags[] = {{256, 4, 1, WIDTH},
                               {257, 4, 1, HEIGHT},
                               {258, 3, 3, BITS_AT},
                               {259, 3, 1, 6},
                               {262, 3, 1, 6},
                               {273, 4, 1, DATA_AT},
                               {277, 3, 1, 3},
                               {278, 4, 1, HEIGHT},
                               {279, 4, 1, (guint32)jpeg.size},
                               {284, 3, 1, 1},
                               {512, 3, 1, 1},
                               {513, 4, 1, DATA_AT},
                               {514, 4, 1, (guint32)jpeg.size},
                               {530, 3, 2, 2 | 2 << 16}};
    save_by_hand("old-jpeg.tif", tags, sizeof tags / sizeof tags[0], (const guint8 *)jpeg.bytes, jpeg.size);
    g_free(jpeg.bytes);
}

/* Data that nobody here can unpack. */
static void save_packed(const char *name, guint32 compression)
{
    static const guint8 nothing[64];
    const struct tag tags[] = {
        {256, 4, 1, SIDE},    {257, 4, 1, SIDE}, {258, 3, 3, BITS_AT}, {259, 3, 1, compression},    {262, 3, 1, 2},
        {273, 4, 1, DATA_AT}, {277, 3, 1, 3},    {278, 4, 1, SIDE},    {279, 4, 1, sizeof nothing}, {284, 3, 1, 1}};
    save_by_hand(name, tags, sizeof tags / sizeof tags[0], nothing, sizeof nothing);
}

void save_tiffs(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        save_kind(&kinds[i], "w");
    save_kind(&kinds[6], "w8"); /* a BigTIFF */
    save_halved_chroma("halved-chroma.tif", 1);
    save_halved_chroma("halved-chroma-turned.tif", 6);
    save_old_jpeg();
    save_packed("jpeg2000.tif", 34712);
    save_packed("unknown.tif", 60000);
}
