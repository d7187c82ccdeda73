#include "colour.h"

#include "memory.h"
#include "profile.h"

#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RGB = 3, LEVELS = 1 << 16, TONES = 4096 };

/* What light is computed with. */
struct lamp {
    bool hdr, shows_scene;
    struct matrix first, second; /* with HDR to BT.2020 and on to sRGB's; else at once, and no second */
    float brightest_max;         /* of the table of tones */
    float *light;                /* by the sample's 8 or 16 bits */
    float *tones;                /* by the brightest channel */
    uint8_t *srgb;               /* by light, from 0 to 1 */
};

struct colour_converter {
    struct colours colours;
    uint32_t width;
    uint16_t *widened; /* a row of samples of 9 to 15 bits, as 16 */
    cmsHTRANSFORM transform;
    struct lamp *lamp;
    void (*convert)(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels);
};

static unsigned pixel_bytes(const struct colours *colours)
{
    return colours->has_alpha ? RGB + 1 : RGB;
}

static uint8_t narrow(unsigned sample)
{
    return (uint8_t)((sample * 255 + 32767) / 65535);
}

/* One sample, as a byte. */
static inline uint8_t byte_of(const struct colours *colours, const void *row, size_t index)
{
    return colours->bits == 8 ? ((const uint8_t *)row)[index] : narrow(((const uint16_t *)row)[index]);
}

/* ---- Samples that are sRGB already, and ink that nobody described ---- */

static void convert_plain(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    const struct colours *colours = &converter->colours;
    unsigned step = colours->model == COLOUR_GREY ? 0 : 1, size = pixel_bytes(colours);
    for (size_t x = 0, at = 0; x < converter->width; x++, at += colours->channels, ret_pixels += size) {
        for (unsigned channel = 0; channel < RGB; channel++)
            ret_pixels[channel] = byte_of(colours, row, at + (size_t)channel * step);
    }
}

static void copy_bytes(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    memcpy(ret_pixels, row, (size_t)converter->width * pixel_bytes(&converter->colours));
}

/* Each ink takes its part of the light, as browsers have it: black is black. */
static void convert_ink(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    const struct colours *colours = &converter->colours;
    unsigned size = pixel_bytes(colours);
    for (size_t x = 0, at = 0; x < converter->width; x++, at += colours->channels, ret_pixels += size) {
        unsigned light = 255U - byte_of(colours, row, at + RGB);
        for (unsigned channel = 0; channel < RGB; channel++)
            ret_pixels[channel] = (uint8_t)(((255U - byte_of(colours, row, at + channel)) * light + 127) / 255);
    }
}

/* ---- Profiles ---- */

static void convert_by_profile(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    cmsDoTransform(converter->transform, row, ret_pixels, converter->width);
}

static cmsUInt32Number sample_layout(const struct colours *colours)
{
    static const cmsUInt32Number spaces[] = {[COLOUR_GREY] = PT_GRAY, [COLOUR_RGB] = PT_RGB, [COLOUR_CMYK] = PT_CMYK};
    return COLORSPACE_SH(spaces[colours->model]) | CHANNELS_SH((unsigned)colours->model)
           | EXTRA_SH(colours->channels - (unsigned)colours->model) | BYTES_SH(colours->bits == 8 ? 1U : 2U);
}

/* False: the profile can't be used. The intent is that of browsers; lcms takes another where the profile lacks it. */
static bool use_profile(struct colour_converter *converter)
{
    const struct colours *colours = &converter->colours;
    if (!colours->profile)
        return false;
    cmsHPROFILE from = profile_open(colours->profile, colours->profile_bytes, colours->model);
    cmsHPROFILE to = from ? cmsCreate_sRGBProfile() : NULL;
    if (to)
        converter->transform =
            cmsCreateTransform(from, sample_layout(colours), to, colours->has_alpha ? TYPE_RGBA_8 : TYPE_RGB_8,
                               INTENT_RELATIVE_COLORIMETRIC, 0);
    if (to)
        cmsCloseProfile(to);
    if (from)
        cmsCloseProfile(from);
    converter->convert = convert_by_profile;
    return converter->transform;
}

/* ---- Light ---- */

static inline float tone(const struct lamp *lamp, float brightest)
{
    float place = brightest / lamp->brightest_max * (TONES - 1);
    return place >= TONES - 1 ? 1 / brightest : lamp->tones[(size_t)place];
}

static inline uint8_t encode(const struct lamp *lamp, double light)
{
    return lamp->srgb[light <= 0 ? 0 : light >= 1 ? LEVELS - 1 : (size_t)(light * (LEVELS - 1) + 0.5)];
}

static inline void turn(const struct matrix *matrix, float *light)
{
    const float red = light[0], green = light[1], blue = light[2];
    for (int i = 0; i < RGB; i++)
        light[i] = (float)(matrix->rows[i][0] * red + matrix->rows[i][1] * green + matrix->rows[i][2] * blue);
}

/* From HDR in BT.2020 to SDR. */
static void dim(const struct lamp *lamp, float *light)
{
    float factor = 1;
    if (lamp->shows_scene)
        factor = (float)light_show(0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]);
    float brightest = fmaxf(light[0], fmaxf(light[1], light[2])) * factor;
    factor *= tone(lamp, brightest);
    for (int i = 0; i < RGB; i++)
        light[i] *= factor;
    turn(&lamp->second, light);
}

static void convert_by_light(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    const struct colours *colours = &converter->colours;
    const struct lamp *lamp = converter->lamp;
    unsigned step = colours->model == COLOUR_GREY ? 0 : 1, size = pixel_bytes(colours);
    for (size_t x = 0, at = 0; x < converter->width; x++, at += colours->channels, ret_pixels += size) {
        float light[RGB];
        for (unsigned i = 0; i < RGB; i++) {
            size_t index = at + (size_t)i * step;
            light[i] = lamp->light[colours->bits == 8 ? ((const uint8_t *)row)[index] : ((const uint16_t *)row)[index]];
        }
        turn(&lamp->first, light);
        if (lamp->hdr)
            dim(lamp, light);
        for (unsigned i = 0; i < RGB; i++)
            ret_pixels[i] = encode(lamp, light[i]);
    }
}

static void lamp_free(struct lamp *lamp)
{
    if (!lamp)
        return;
    free(lamp->light);
    free(lamp->tones);
    free(lamp->srgb);
    free(lamp);
}

static struct lamp *lamp_new(const struct light *light, unsigned bits)
{
    struct lamp *lamp = NEW(struct lamp);
    unsigned levels = bits == 8 ? 256 : LEVELS;
    lamp->hdr = light_is_hdr(light);
    lamp->shows_scene = light->transfer == TRANSFER_HLG;
    lamp->first = lamp->hdr ? light_to_2020(light) : light_to_709(light);
    lamp->second = light_2020_to_709();
    lamp->light = NEW_ARRAY(levels, float);
    for (unsigned i = 0; i < levels; i++)
        lamp->light[i] = (float)light_of_sample(light, i / (levels - 1.0));
    lamp->brightest_max = 5; /* light_tone's peak is below */
    lamp->tones = NEW_ARRAY(TONES, float);
    for (unsigned i = 0; i < TONES; i++)
        lamp->tones[i] = (float)light_tone((i + 0.5) * lamp->brightest_max / (TONES - 1));
    lamp->srgb = NEW_ARRAY(LEVELS, uint8_t);
    for (unsigned i = 0; i < LEVELS; i++)
        lamp->srgb[i] = light_to_srgb(i / (LEVELS - 1.0));
    return lamp;
}

/* False: what the file says of its light changes nothing. */
static bool use_light(struct colour_converter *converter)
{
    const struct colours *colours = &converter->colours;
    if (colours->model == COLOUR_CMYK || !light_is_usable(&colours->light) || light_is_srgb(&colours->light))
        return false;
    converter->lamp = lamp_new(&colours->light, colours->bits);
    converter->convert = convert_by_light;
    return true;
}

/* ---- All of it ---- */

static bool use_samples(struct colour_converter *converter)
{
    const struct colours *colours = &converter->colours;
    bool same = colours->model == COLOUR_RGB && colours->bits == 8 && colours->channels == pixel_bytes(colours);
    converter->convert = colours->model == COLOUR_CMYK ? convert_ink : same ? copy_bytes : convert_plain;
    return true;
}

static bool is_srgb(const struct colours *colours)
{
    return colours->model == COLOUR_RGB && colours->profile
           && profile_is_srgb(colours->profile, colours->profile_bytes);
}

struct colour_converter *colour_converter_new(const struct colours *colours, uint32_t width)
{
    struct colour_converter *converter = NEW(struct colour_converter);
    converter->colours = *colours;
    converter->width = width;
    if (colours->bits > 8 && colours->bits < 16)
        converter->widened = NEW_ARRAY((size_t)width * colours->channels, uint16_t);
    (void)((is_srgb(colours) && use_samples(converter)) || use_profile(converter) || use_light(converter)
           || use_samples(converter));
    converter->colours.profile = NULL;
    return converter;
}

void colour_converter_free(struct colour_converter *converter)
{
    if (!converter)
        return;
    if (converter->transform)
        cmsDeleteTransform(converter->transform);
    lamp_free(converter->lamp);
    free(converter->widened);
    free(converter);
}

static const uint16_t *widen(const struct colour_converter *converter, const uint16_t *row)
{
    unsigned most = (1U << converter->colours.bits) - 1;
    size_t count = (size_t)converter->width * converter->colours.channels;
    for (size_t i = 0; i < count; i++) {
        unsigned sample = row[i] < most ? row[i] : most;
        converter->widened[i] = (uint16_t)((sample * 65535 + most / 2) / most);
    }
    return converter->widened;
}

static void copy_alpha(const struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    const struct colours *colours = &converter->colours;
    for (size_t x = 0; x < converter->width; x++)
        ret_pixels[x * (RGB + 1) + RGB] = byte_of(colours, row, x * colours->channels + (unsigned)colours->model);
}

/* What was multiplied by alpha is not any more. */
static void divide(const struct colour_converter *converter, uint8_t *pixels)
{
    for (size_t x = 0; x < converter->width; x++, pixels += RGB + 1) {
        unsigned alpha = pixels[RGB];
        for (unsigned i = 0; alpha && i < RGB; i++) {
            unsigned value = (pixels[i] * 255U + alpha / 2) / alpha;
            pixels[i] = (uint8_t)(value < 255 ? value : 255);
        }
    }
}

void colour_convert(struct colour_converter *converter, const void *row, uint8_t *ret_pixels)
{
    if (converter->widened)
        row = widen(converter, row);
    converter->convert(converter, row, ret_pixels);
    if (converter->colours.has_alpha && converter->convert != copy_bytes)
        copy_alpha(converter, row, ret_pixels);
    if (converter->colours.is_multiplied)
        divide(converter, ret_pixels);
}
