#include "profile.h"

#include <stdint.h>
#include <stdlib.h>

enum { STEPS = 5, COLOURS = STEPS * STEPS * STEPS, DIFFERENCE_MAX = 3 };

/* A profile is what it does to colours; its name, its maker and its version say nothing. */
static bool changes_nothing(cmsHTRANSFORM transform)
{
    uint8_t colours[COLOURS][3], results[COLOURS][3];
    for (unsigned i = 0; i < COLOURS; i++) {
        colours[i][0] = (uint8_t)(i % STEPS * 255 / (STEPS - 1));
        colours[i][1] = (uint8_t)(i / STEPS % STEPS * 255 / (STEPS - 1));
        colours[i][2] = (uint8_t)(i / STEPS / STEPS * 255 / (STEPS - 1));
    }
    cmsDoTransform(transform, colours, results, COLOURS);
    for (unsigned i = 0; i < COLOURS; i++) {
        for (unsigned channel = 0; channel < 3; channel++) {
            if (abs(colours[i][channel] - results[i][channel]) > DIFFERENCE_MAX)
                return false;
        }
    }
    return true;
}

/* A camera's, a screen's, a printer's; not a link of two, an effect, or named colours. */
static bool is_of_devices(cmsHPROFILE profile)
{
    cmsProfileClassSignature class = cmsGetDeviceClass(profile);
    return class == cmsSigInputClass || class == cmsSigDisplayClass || class == cmsSigOutputClass
           || class == cmsSigColorSpaceClass;
}

cmsHPROFILE profile_open(const void *data, size_t size, enum colour_model model)
{
    static const cmsColorSpaceSignature spaces[] = {
        [COLOUR_GREY] = cmsSigGrayData, [COLOUR_RGB] = cmsSigRgbData, [COLOUR_CMYK] = cmsSigCmykData};
    cmsHPROFILE profile = size <= UINT32_MAX ? cmsOpenProfileFromMem(data, (cmsUInt32Number)size) : NULL;
    if (!profile || (cmsGetColorSpace(profile) == spaces[model] && is_of_devices(profile)))
        return profile;
    cmsCloseProfile(profile);
    return NULL;
}

bool profile_is_srgb(const void *data, size_t size)
{
    cmsHPROFILE from = profile_open(data, size, COLOUR_RGB);
    if (!from)
        return false;
    bool same = false;
    cmsHPROFILE to = cmsCreate_sRGBProfile();
    if (to) {
        cmsHTRANSFORM transform = cmsCreateTransform(from, TYPE_RGB_8, to, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
                                                     cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
        same = transform && changes_nothing(transform);
        if (transform)
            cmsDeleteTransform(transform);
        cmsCloseProfile(to);
    }
    cmsCloseProfile(from);
    return same;
}
