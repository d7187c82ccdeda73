#include "make_images.h"

#include "light.h"

#include <lcms2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Profiles ---- */

static void attach_profile(VipsImage *image, cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    need(!cmsSaveProfileToMem(profile, NULL, &size), "profile");
    void *bytes = g_malloc(size);
    need(!cmsSaveProfileToMem(profile, bytes, &size), "profile");
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, bytes, size);
    g_free(bytes);
    cmsCloseProfile(profile);
}

/* A profile that knows the perceptual intent alone, as that of JPEGs in XYB: a table, by which red is blue and blue is
 * red. */
static cmsInt32Number exchange(const cmsUInt16Number *in, cmsUInt16Number *out, void *to_lab)
{
    const cmsUInt16Number turned[3] = {in[2], in[1], in[0]};
    cmsDoTransform(to_lab, turned, out, 1);
    return TRUE;
}

static cmsHPROFILE make_exchanging_profile(void)
{
    enum { GRID = 17 };
    cmsHPROFILE srgb = cmsCreate_sRGBProfile(), lab = cmsCreateLab4Profile(NULL),
                made = cmsCreateProfilePlaceholder(NULL);
    cmsHTRANSFORM to_lab = cmsCreateTransform(srgb, TYPE_RGB_16, lab, TYPE_Lab_16, INTENT_PERCEPTUAL,
                                              cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
    cmsPipeline *table = cmsPipelineAlloc(NULL, 3, 3);
    cmsStage *stage = cmsStageAllocCLut16bit(NULL, GRID, 3, 3, NULL);
    need(!cmsStageSampleCLut16bit(stage, exchange, to_lab, 0), "table of a profile");
    cmsPipelineInsertStage(table, cmsAT_END, cmsStageAllocToneCurves(NULL, 3, NULL));
    cmsPipelineInsertStage(table, cmsAT_END, stage);
    cmsPipelineInsertStage(table, cmsAT_END, cmsStageAllocToneCurves(NULL, 3, NULL));
    cmsSetProfileVersion(made, 4.3);
    cmsSetDeviceClass(made, cmsSigDisplayClass);
    cmsSetColorSpace(made, cmsSigRgbData);
    cmsSetPCS(made, cmsSigLabData);
    need(!cmsWriteTag(made, cmsSigAToB0Tag, table), "tag of a profile");
    cmsPipelineFree(table);
    cmsDeleteTransform(to_lab);
    cmsCloseProfile(srgb);
    cmsCloseProfile(lab);
    return made;
}

static VipsImage *exchanged_scene(void)
{
    VipsImage *from = scene(), *bands[3] = {NULL}, *joined = NULL, *to = NULL;
    for (int i = 0; i < 3; i++)
        need(vips_extract_band(from, &bands[i], 2 - i, NULL), "bands");
    need(vips_bandjoin(bands, &joined, 3, NULL)
             || vips_copy(joined, &to, "interpretation", VIPS_INTERPRETATION_sRGB, NULL),
         "bands");
    for (int i = 0; i < 3; i++)
        g_object_unref(bands[i]);
    g_object_unref(joined);
    g_object_unref(from);
    return to;
}

static VipsImage *copy_of_scene(void)
{
    VipsImage *from = scene(), *to = NULL;
    need(vips_copy(from, &to, NULL), "copy");
    g_object_unref(from);
    return to;
}

static void save_profiles(void)
{
    VipsImage *image = copy_of_scene();
    cmsToneCurve *curve = cmsBuildGamma(NULL, 2.2);
    attach_profile(image, cmsCreateGrayProfile(cmsD50_xyY(), curve));
    cmsFreeToneCurve(curve);
    save(image, "gray-profile.jpg");

    image = copy_of_scene();
    attach_profile(image, cmsCreateLab4Profile(NULL));
    save(image, "lab-profile.jpg");

    image = exchanged_scene();
    attach_profile(image, make_exchanging_profile());
    save(image, "perceptual.jpg");

    VipsImage *from = scene(), *alpha = NULL, *joined = NULL, *to = NULL;
    need(vips_icc_transform(from, &image, "p3", "input_profile", "srgb", "depth", 16, NULL)
             || vips_linear1(image, &alpha, 0, 0x8000, NULL) || vips_extract_band(alpha, &joined, 0, NULL)
             || vips_bandjoin2(image, joined, &to, NULL),
         "half transparent");
    g_object_unref(from);
    g_object_unref(image);
    g_object_unref(alpha);
    g_object_unref(joined);
    VipsImage *wide = NULL;
    need(vips_cast_ushort(to, &wide, NULL), "16 bits");
    g_object_unref(to);
    save(wide, "half-p3.png[bitdepth=16]");
}

/* ---- Inks ---- */

/* The scene in pure inks: red, green, and in place of blue and white black and nothing. */
static void save_inks(void)
{
    static const unsigned char quarters[2][2][4] = {{{0, 255, 255, 0}, {255, 0, 255, 0}},
                                                    {{0, 0, 0, 255}, {0, 0, 0, 0}}};
    unsigned char *inks = g_malloc(WIDTH * HEIGHT * 4);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        memcpy(inks + (gsize)i * 4, quarters[i / WIDTH >= HEIGHT / 2][i % WIDTH >= WIDTH / 2], 4);
    VipsImage *raw = vips_image_new_from_memory_copy(inks, WIDTH * HEIGHT * 4, WIDTH, HEIGHT, 4, VIPS_FORMAT_UCHAR);
    VipsImage *image = NULL;
    need(!raw || vips_copy(raw, &image, "interpretation", VIPS_INTERPRETATION_CMYK, NULL), "inks");
    g_object_ref(image);
    save(image, "inks.jpg[Q=95]");
    save(image, "inks.tif");
    g_object_unref(raw);
    g_free(inks);
}

/* ---- Exif ---- */

/* Two segments of Exif; only the first counts. */
static void save_two_exifs(const char *first_name, const char *second_name, const char *name)
{
    struct file first = read_file(first_name), second = read_file(second_name);
    GByteArray *both = g_byte_array_new();
    /* SOI, then segments of which the length is in the third and fourth byte */
    gsize start = 2, length = 0;
    while ((unsigned char)second.bytes[start + 1] != 0xE1)
        start += 2 + ((gsize)(unsigned char)second.bytes[start + 2] << 8) + (unsigned char)second.bytes[start + 3];
    length = 2 + ((gsize)(unsigned char)second.bytes[start + 2] << 8) + (unsigned char)second.bytes[start + 3];
    gsize end = 2;
    while ((unsigned char)first.bytes[end + 1] != 0xDB) /* where the tables begin */
        end += 2 + ((gsize)(unsigned char)first.bytes[end + 2] << 8) + (unsigned char)first.bytes[end + 3];
    g_byte_array_append(both, (const guint8 *)first.bytes, (guint)end);
    g_byte_array_append(both, (const guint8 *)second.bytes + start, (guint)length);
    g_byte_array_append(both, (const guint8 *)first.bytes + end, (guint)(first.size - end));
    write_file(name, both->data, both->len);
    g_byte_array_unref(both);
    g_free(first.bytes);
    g_free(second.bytes);
}

/* XMP is in a segment of the same kind, and here before Exif. */
static void save_after_xmp(void)
{
    static const guint8 xmp[] = "\xFF\xE1\0\x24http://ns.adobe.com/xap/1.0/\0<x/>";
    struct file file = read_file("orientation-6.jpg");
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)file.bytes, 2);
    g_byte_array_append(bytes, xmp, 0x24 + 2);
    g_byte_array_append(bytes, (const guint8 *)file.bytes + 2, (guint)(file.size - 2));
    write_file("after-xmp.jpg", bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    g_free(file.bytes);
}

/* ---- TIFF ---- */

/* Gray from 0 to 1 in floating point: the scene's brightest channel. */
static void save_float_grey(void)
{
    VipsImage *from = scene(), *grey = NULL, *band = NULL, *wide = NULL, *to = NULL;
    need(vips_colourspace(from, &grey, VIPS_INTERPRETATION_B_W, NULL) || vips_extract_band(grey, &band, 0, NULL)
             || vips_linear1(band, &wide, 1 / 255.0, 0, NULL) || vips_cast_float(wide, &to, NULL),
         "float");
    g_object_unref(from);
    g_object_unref(grey);
    g_object_unref(band);
    g_object_unref(wide);
    save(to, "float-grey.tif");
}

/* ---- HEIC ---- */

/* The same samples, that mean other colours: after "nclx" stand the codes of H.273 for primaries and transfer. */
static void save_coded(const char *from, const char *name, unsigned primaries, unsigned transfer)
{
    struct file file = read_file(from);
    const guint8 codes[] = {0, (guint8)primaries, 0, (guint8)transfer};
    gchar *nclx = memmem(file.bytes, file.size, "nclx", 4);
    need(!nclx, from);
    if (nclx)
        memcpy(nclx + 4, codes, sizeof codes);
    write_file(name, file.bytes, file.size);
    g_free(file.bytes);
}

/* ---- PNG ---- */

/* A chunk that is put behind the header. */
struct addition {
    const char *name, *from, *type;
    guint size;
    guint8 data[32];
};
static const struct addition additions[] = {
    {"pq.png", "plain.png", "cICP", 4, {PRIMARIES_BT2020, TRANSFER_PQ, 0, 1}},
    {"hlg.png", "plain.png", "cICP", 4, {PRIMARIES_BT2020, TRANSFER_HLG, 0, 1}},
    {"p3-codes.png", "plain.png", "cICP", 4, {PRIMARIES_P3, TRANSFER_SRGB, 0, 1}},
    {"linear.png", "plain.png", "gAMA", 4, {0, 1, 0x86, 0xA0}},
    {"open-codes.png", "linear.png", "cICP", 4, {2, 2, 0, 1}},
    {"srgb-gamma.png", "plain.png", "gAMA", 4, {0, 0, 0xB1, 0x8F}},
};

static void save_addition(const struct addition *addition)
{
    enum { BEHIND_HEADER = 33 };
    struct file plain = read_file(addition->from);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)plain.bytes, BEHIND_HEADER);
    add_chunk(bytes, addition->type, addition->data, addition->size);
    g_byte_array_append(bytes, (const guint8 *)plain.bytes + BEHIND_HEADER, (guint)(plain.size - BEHIND_HEADER));
    write_file(addition->name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    g_free(plain.bytes);
}

void save_kinds(void)
{
    save_profiles();
    save_inks();
    save_two_exifs("orientation-1.jpg", "orientation-6.jpg", "two-exifs.jpg");
    save_two_exifs("orientation-6.jpg", "orientation-1.jpg", "two-exifs-turned.jpg");
    save_after_xmp();
    save_float_grey();
    for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++)
        save_addition(&additions[i]);
    save_coded("plain.heic", "pq.heic", PRIMARIES_BT2020, TRANSFER_PQ);
    save_coded("plain.heic", "p3.heic", PRIMARIES_P3, TRANSFER_SRGB);
}
