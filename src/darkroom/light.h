/* What samples mean as light, where no profile says it: the codes of ITU-T H.273 (nclx in HEIC and AVIF, cICP in PNG),
 * or a gamma and the places of the primaries (gAMA and cHRM in PNG). Pure functions. Light is relative to SDR's white,
 * which is 1. */
#ifndef LIGHT_H
#define LIGHT_H

#include <stdbool.h>
#include <stdint.h>

/* H.273, 8.2; those that we name */
enum {
    TRANSFER_BT709 = 1,
    TRANSFER_GAMMA_22 = 4,
    TRANSFER_GAMMA_28 = 5,
    TRANSFER_BT601 = 6,
    TRANSFER_240M = 7,
    TRANSFER_LINEAR = 8,
    TRANSFER_XVYCC = 11,
    TRANSFER_SRGB = 13,
    TRANSFER_BT2020_10 = 14,
    TRANSFER_BT2020_12 = 15,
    TRANSFER_PQ = 16,
    TRANSFER_SMPTE428 = 17,
    TRANSFER_HLG = 18,
};
enum { PRIMARIES_BT709 = 1, PRIMARIES_BT2020 = 9, PRIMARIES_P3 = 12 }; /* H.273, 8.1 */

struct chromaticities {
    double red[2], green[2], blue[2], white[2]; /* x and y of CIE 1931 */
};

struct light {
    uint8_t primaries, transfer; /* codes of H.273; those that say nothing, and 0, mean sRGB's */
    double gamma;                /* if not 0, in place of the transfer: light = sample to this power */
    bool has_places;
    struct chromaticities places; /* in place of the primaries */
};

/* What the codes in a HEIC or an AVIF mean: its makers write those of video and mean sRGB, and browsers take it so. */
struct light light_of_photo(unsigned primaries, unsigned transfer);

/* False: numbers that can't be; what the file says is passed over. */
bool light_is_usable(const struct light *light);
/* That of sRGB: nothing is to be done. */
bool light_is_srgb(const struct light *light);
/* It goes beyond SDR's white and has to be tone-mapped. */
bool light_is_hdr(const struct light *light);

/* The light of a sample between 0 and 1. Of HLG that of the scene, which light_show makes that of a display. */
double light_of_sample(const struct light *light, double sample);
/* The byte of sRGB for light; what is out of 0 to 1 is clipped. */
uint8_t light_to_srgb(double light);

struct matrix {
    double rows[3][3];
};
/* From light in the picture's primaries to that in BT.2020's or BT.709's; white stays white. */
struct matrix light_to_2020(const struct light *light);
struct matrix light_to_709(const struct light *light);
struct matrix light_2020_to_709(void);

/* From HLG's scene to a display of 1,000 cd/m² (ITU-R BT.2100-2, table 5): the factor for each channel, by the scene's
 * luminance. */
double light_show(double luminance);
/* The factor that brings a colour of BT.2020, by its brightest channel, into SDR: as browsers do it, by the Reference
 * White Tone Mapping Operator of SMPTE ST 2094-50 for a picture of 1,000 cd/m² whose white is at 203 (ITU-R
 * BT.2408). */
double light_tone(double brightest);

#endif
