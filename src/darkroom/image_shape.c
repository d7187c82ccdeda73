#include "image_shape.h"

#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, TERMS = 16, CELLS = 16, QUALITY_LEAST = 50, QUALITY_UNIT = 90 };

/* ---- Light, 64 by 64 ---- */

/* A sample's part in the two cells that it may lie in. */
struct share {
    uint32_t first;
    double second; /* of the cell after the first */
};

static struct share share_of(uint32_t at, uint32_t length, uint32_t cells)
{
    double start = (double)at * cells / length, end = (double)(at + 1) * cells / length;
    uint32_t first = (uint32_t)start;
    double over = end - (first + 1);
    return (struct share){first, over > 1e-9 && first + 1 < cells ? over / (end - start) : 0};
}

static void add_row(const uint8_t *pixels, uint32_t width, double ret_row[static SIDE], double ret_weights[static SIDE])
{
    for (uint32_t x = 0; x < width; x++, pixels += 3) {
        double light = 0.299 * pixels[0] + 0.587 * pixels[1] + 0.114 * pixels[2];
        struct share share = share_of(x, width, SIDE);
        ret_row[share.first] += light * (1 - share.second);
        ret_weights[share.first] += 1 - share.second;
        if (share.second > 0) {
            ret_row[share.first + 1] += light * share.second;
            ret_weights[share.first + 1] += share.second;
        }
    }
}

/* A side shorter than 64 leaves cells without a sample: they are as the one before. */
static void fill_gaps(double *values, double *weights)
{
    for (uint32_t i = 0; i < SIDE; i++)
        values[i] = weights[i] > 0 ? values[i] / weights[i] : i ? values[i - 1] : 0;
}

static void read_light(const uint8_t *pixels, uint32_t width, uint32_t height, double ret_light[static SIDE][SIDE])
{
    double weights[SIDE] = {0};
    for (uint32_t y = 0; y < height; y++) {
        double row[SIDE] = {0}, row_weights[SIDE] = {0};
        add_row(pixels + (size_t)y * width * 3, width, row, row_weights);
        fill_gaps(row, row_weights);
        struct share share = share_of(y, height, SIDE);
        weights[share.first] += 1 - share.second;
        if (share.second > 0)
            weights[share.first + 1] += share.second;
        for (uint32_t x = 0; x < SIDE; x++) {
            ret_light[share.first][x] += row[x] * (1 - share.second);
            if (share.second > 0)
                ret_light[share.first + 1][x] += row[x] * share.second;
        }
    }
    for (uint32_t x = 0; x < SIDE; x++) {
        double column[SIDE], column_weights[SIDE];
        memcpy(column_weights, weights, sizeof weights);
        for (uint32_t y = 0; y < SIDE; y++)
            column[y] = ret_light[y][x];
        fill_gaps(column, column_weights);
        for (uint32_t y = 0; y < SIDE; y++)
            ret_light[y][x] = column[y];
    }
}

/* PDQ's measure of how much there is to see: the steps between neighbours, in whole hundredths. */
static unsigned measure_quality(double light[static SIDE][SIDE])
{
    unsigned sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            if (y + 1 < SIDE)
                sum += (unsigned)(fabs(light[y][x] - light[y + 1][x]) * 100 / 255);
            if (x + 1 < SIDE)
                sum += (unsigned)(fabs(light[y][x] - light[y][x + 1]) * 100 / 255);
        }
    return sum / QUALITY_UNIT;
}

/* ---- Frequencies ---- */

static void make_waves(double ret_waves[static TERMS][SIDE])
{
    for (int term = 0; term < TERMS; term++)
        for (int x = 0; x < SIDE; x++)
            ret_waves[term][x] = cos(M_PI / 2 / SIDE * (term + 1) * (2 * x + 1));
}

static void transform(double light[static SIDE][SIDE], double ret_terms[static TERMS * TERMS])
{
    double waves[TERMS][SIDE], across[TERMS];
    make_waves(waves);
    memset(ret_terms, 0, sizeof(double) * TERMS * TERMS);
    for (int y = 0; y < SIDE; y++) {
        for (int term = 0; term < TERMS; term++) {
            across[term] = 0;
            for (int x = 0; x < SIDE; x++)
                across[term] += light[y][x] * waves[term][x];
        }
        for (int down = 0; down < TERMS; down++)
            for (int term = 0; term < TERMS; term++)
                ret_terms[down * TERMS + term] += waves[down][y] * across[term];
    }
}

static int compare(const void *one, const void *other)
{
    double first = *(const double *)one, second = *(const double *)other;
    return (first > second) - (first < second);
}

static void write_shape(double light[static SIDE][SIDE], uint8_t ret_shape[static FINGERPRINT_SHAPE])
{
    double terms[TERMS * TERMS], sorted[TERMS * TERMS];
    transform(light, terms);
    memcpy(sorted, terms, sizeof terms);
    qsort(sorted, TERMS * TERMS, sizeof sorted[0], compare);
    memset(ret_shape, 0, FINGERPRINT_SHAPE);
    for (int i = 0; i < TERMS * TERMS; i++)
        if (terms[i] > sorted[TERMS * TERMS / 2 - 1])
            ret_shape[i / 8] |= (uint8_t)(1 << (i % 8));
}

static void write_cells(double light[static SIDE][SIDE], uint8_t ret_cells[static FINGERPRINT_CELLS])
{
    enum { STEP = SIDE / CELLS };
    for (int cell = 0; cell < FINGERPRINT_CELLS; cell++) {
        double sum = 0;
        for (int i = 0; i < STEP * STEP; i++)
            sum += light[cell / CELLS * STEP + i / STEP][cell % CELLS * STEP + i % STEP];
        ret_cells[cell] = (uint8_t)(sum / (STEP * STEP) + 0.5);
    }
}

bool image_shape(const uint8_t *pixels, uint32_t width, uint32_t height, struct fingerprint *fingerprint)
{
    double light[SIDE][SIDE] = {0};
    read_light(pixels, width, height, light);
    if (measure_quality(light) < QUALITY_LEAST)
        return false;
    write_shape(light, fingerprint->shape);
    write_cells(light, fingerprint->cells);
    return true;
}
