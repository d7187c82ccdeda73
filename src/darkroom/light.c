#include "light.h"

#include <math.h>
#include <stddef.h>

static const double white_nits = 203, peak_nits = 1000;

/* A curve with a straight piece near black: light = sample / slope below the limit, ((sample + offset) / (1 + offset))
 * ^ power above; without an offset a plain power. */
struct curve {
    double offset, slope, limit, power;
};
static const struct curve srgb = {0.055, 12.92, 0.04045, 2.4}; /* IEC 61966-2-1 */
static const struct curve video = {
    .power = 2.4}; /* how a screen shows what is coded by BT.709, BT.601 or BT.2020: BT.1886 */
static const struct curve smpte_240m = {0.1115, 4, 0.0912, 1 / 0.45};
static const struct curve gamma_22 = {.power = 2.2}, gamma_28 = {.power = 2.8}, straight = {.power = 1};

static const struct curve *const curves[] = {
    [TRANSFER_BT709] = &video,     [TRANSFER_GAMMA_22] = &gamma_22, [TRANSFER_GAMMA_28] = &gamma_28,
    [TRANSFER_BT601] = &video,     [TRANSFER_240M] = &smpte_240m,   [TRANSFER_LINEAR] = &straight,
    [TRANSFER_XVYCC] = &video,     [TRANSFER_SRGB] = &srgb,         [TRANSFER_BT2020_10] = &video,
    [TRANSFER_BT2020_12] = &video,
};

static const struct curve *find_curve(unsigned transfer)
{
    const struct curve *curve = transfer < sizeof curves / sizeof curves[0] ? curves[transfer] : NULL;
    return curve ? curve : &srgb;
}

static double follow(const struct curve *curve, double sample)
{
    return sample < curve->limit ? sample / curve->slope
                                 : pow((sample + curve->offset) / (1 + curve->offset), curve->power);
}

/* SMPTE ST 2084, in terms of SDR's white. */
static double decode_pq(double sample)
{
    static const double m1 = 2610.0 / 16384, m2 = 2523.0 / 32, c1 = 3424.0 / 4096, c2 = 2413.0 / 128, c3 = 2392.0 / 128;
    double root = pow(sample, 1 / m2);
    return 10000 / white_nits * pow(fmax(root - c1, 0) / (c2 - c3 * root), 1 / m1);
}

/* ITU-R BT.2100-2, table 5. */
static double decode_hlg(double sample)
{
    static const double a = 0.17883277, b = 0.28466892, c = 0.55991073;
    return sample <= 0.5 ? sample * sample / 3 : (exp((sample - c) / a) + b) / 12;
}

double light_of_sample(const struct light *light, double sample)
{
    if (light->gamma != 0)
        return pow(sample, light->gamma);
    switch (light->transfer) {
    case TRANSFER_PQ:
        return decode_pq(sample);
    case TRANSFER_HLG:
        return decode_hlg(sample);
    case TRANSFER_SMPTE428:
        return 52.37 / 48 * pow(sample, 2.6);
    default:
        return follow(find_curve(light->transfer), sample);
    }
}

uint8_t light_to_srgb(double light)
{
    double sample = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
    return (uint8_t)(fmin(fmax(sample, 0), 1) * 255 + 0.5);
}

bool light_is_hdr(const struct light *light)
{
    return light->gamma == 0 && (light->transfer == TRANSFER_PQ || light->transfer == TRANSFER_HLG);
}

struct light light_of_photo(unsigned primaries_code, unsigned transfer)
{
    const struct light light = {.primaries = primaries_code < UINT8_MAX ? (uint8_t)primaries_code : 0,
                                .transfer = transfer < UINT8_MAX ? (uint8_t)transfer : 0};
    bool is_video = find_curve(light.transfer) == &video;
    return (struct light){.primaries = light.primaries, .transfer = is_video ? TRANSFER_SRGB : light.transfer};
}

double light_show(double luminance)
{
    return luminance > 0 ? pow(luminance, 0.2) * peak_nits / white_nits : 0;
}

/* White is halved; what is brighter is laid along a Bézier curve of the second order to the peak, which becomes the new
 * white. */
double light_tone(double brightest)
{
    static const double white = 0.5, kappa = 0.65; /* of ST 2094-50 for no headroom */
    double peak = peak_nits / white_nits;
    if (brightest <= 1)
        return white;
    if (brightest >= peak)
        return 1 / brightest;
    double middle_x = 1 - kappa + kappa / white, middle_y = (1 - kappa) * white + kappa;
    /* where the curve's x is the brightest: a root of a t² + b t + c */
    double a = 1 - 2 * middle_x + peak, b = 2 * (middle_x - 1), c = 1 - brightest;
    double t = (sqrt(b * b - 4 * a * c) - b) / (2 * a);
    double y = (1 - t) * (1 - t) * white + 2 * t * (1 - t) * middle_y + t * t;
    return y / brightest;
}

/* ---- Primaries ---- */

#define D65                                                                                                            \
    {                                                                                                                  \
        0.3127, 0.3290                                                                                                 \
    }
static const struct chromaticities primaries[] = {
    /* H.273, table 2 */
    [PRIMARIES_BT709] = {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, D65},
    [4] = {{0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, {0.310, 0.316}},
    [5] = {{0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, D65},
    [6] = {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, D65},
    [7] = {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, D65},
    [8] = {{0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, {0.310, 0.316}},
    [PRIMARIES_BT2020] = {{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, D65},
    [10] = {{1, 0}, {0, 1}, {0, 0}, {1.0 / 3, 1.0 / 3}},
    [11] = {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}},
    [PRIMARIES_P3] = {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, D65},
    [22] = {{0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, D65},
};

static const struct chromaticities *find_places(const struct light *light)
{
    if (light->has_places)
        return &light->places;
    bool known = light->primaries < sizeof primaries / sizeof primaries[0] && primaries[light->primaries].white[0] > 0;
    return &primaries[known ? light->primaries : PRIMARIES_BT709];
}

static struct matrix multiply(const struct matrix *one, const struct matrix *other)
{
    struct matrix product = {0};
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            for (int i = 0; i < 3; i++)
                product.rows[row][column] += one->rows[row][i] * other->rows[i][column];
        }
    }
    return product;
}

static struct matrix invert(const struct matrix *matrix)
{
    const double(*m)[3] = matrix->rows;
    struct matrix inverse;
    double determinant = 0;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        for (int row = 0; row < 3; row++) {
            int next = (row + 1) % 3, last = (row + 2) % 3;
            inverse.rows[row][i] = m[j][next] * m[k][last] - m[j][last] * m[k][next];
        }
        determinant += m[i][0] * inverse.rows[0][i];
    }
    for (int i = 0; i < 9; i++)
        inverse.rows[i / 3][i % 3] /= determinant;
    return inverse;
}

static void apply(const struct matrix *matrix, const double *from, double *ret_to)
{
    for (int row = 0; row < 3; row++)
        ret_to[row] = matrix->rows[row][0] * from[0] + matrix->rows[row][1] * from[1] + matrix->rows[row][2] * from[2];
}

static void place_xyz(const double *place, double *ret_xyz)
{
    ret_xyz[0] = place[0] / place[1];
    ret_xyz[1] = 1;
    ret_xyz[2] = (1 - place[0] - place[1]) / place[1];
}

static struct matrix scale_columns(const struct matrix *matrix, const double *factors)
{
    struct matrix scaled = *matrix;
    for (int i = 0; i < 9; i++)
        scaled.rows[i / 3][i % 3] *= factors[i % 3];
    return scaled;
}

/* From linear RGB to XYZ (SMPTE RP 177). */
static struct matrix rgb_to_xyz(const struct chromaticities *places)
{
    const double *corners[3] = {places->red, places->green, places->blue};
    struct matrix matrix;
    for (int i = 0; i < 3; i++) {
        matrix.rows[0][i] = corners[i][0];
        matrix.rows[1][i] = corners[i][1];
        matrix.rows[2][i] = 1 - corners[i][0] - corners[i][1];
    }
    double white[3], factors[3];
    place_xyz(places->white, white);
    struct matrix inverse = invert(&matrix);
    apply(&inverse, white, factors);
    return scale_columns(&matrix, factors);
}

/* From one white to another as ICC.1 has it: Bradford's cones, scaled. */
static struct matrix adapt(const double *from, const double *to)
{
    static const struct matrix cones = {
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    double from_xyz[3], to_xyz[3], from_cones[3], to_cones[3];
    place_xyz(from, from_xyz);
    place_xyz(to, to_xyz);
    apply(&cones, from_xyz, from_cones);
    apply(&cones, to_xyz, to_cones);
    const double factors[3] = {to_cones[0] / from_cones[0], to_cones[1] / from_cones[1], to_cones[2] / from_cones[2]};
    struct matrix back = invert(&cones);
    back = scale_columns(&back, factors);
    return multiply(&back, &cones);
}

static struct matrix between(const struct chromaticities *from, const struct chromaticities *to)
{
    struct matrix there = rgb_to_xyz(from), back = rgb_to_xyz(to), white = adapt(from->white, to->white);
    back = invert(&back);
    there = multiply(&white, &there);
    return multiply(&back, &there);
}

struct matrix light_to_2020(const struct light *light)
{
    return between(find_places(light), &primaries[PRIMARIES_BT2020]);
}

struct matrix light_to_709(const struct light *light)
{
    return between(find_places(light), &primaries[PRIMARIES_BT709]);
}

struct matrix light_2020_to_709(void)
{
    return between(&primaries[PRIMARIES_BT2020], &primaries[PRIMARIES_BT709]);
}

/* Chromaticities of a file may be anything: a triangle that is none has no inverse. */
static bool is_triangle(const struct chromaticities *places)
{
    double area = (places->green[0] - places->red[0]) * (places->blue[1] - places->red[1])
                  - (places->blue[0] - places->red[0]) * (places->green[1] - places->red[1]);
    return fabs(area) > 0.001 && places->white[1] > 0.001;
}

bool light_is_usable(const struct light *light)
{
    return (!light->has_places || is_triangle(&light->places))
           && (light->gamma == 0 || (light->gamma >= 0.1 && light->gamma <= 10));
}

bool light_is_srgb(const struct light *light)
{
    bool same = light->gamma == 0 && light->transfer != TRANSFER_SMPTE428 && !light_is_hdr(light)
                && find_curve(light->transfer) == &srgb;
    if (!same)
        return false;
    const struct chromaticities *places = find_places(light), *own = &primaries[PRIMARIES_BT709];
    const double *one = (const double *)places, *other = (const double *)own;
    for (size_t i = 0; i < sizeof *places / sizeof *one; i++) {
        if (fabs(one[i] - other[i]) > 0.002)
            return false;
    }
    return true;
}
