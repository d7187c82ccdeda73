#include "image_cost.h"

/* Of one core of the machine of docs/benchmarks.md, measured with libvips 8.14, libjpeg-turbo 2.1, libheif 1.15 and libwebp 1.2, and
 * rounded up: tests/darkroom's memory test develops a picture of each coding within what stands here. */
static const struct row {
    uint32_t base_mb;  /* what any picture takes: outputs, tables, threads' stacks */
    uint32_t file;     /* bytes held of each byte of the file: it is mapped */
    uint32_t column;   /* bytes held for each pixel of the width: some rows */
    uint32_t pixel;    /* bytes held for each pixel */
    uint32_t held;     /* bytes for each that the prober counted */
    uint32_t file_ps;  /* for each byte of the file */
    uint32_t visit_ps; /* for each pixel gone over */
    uint32_t part_ns;  /* for each part */
} rows[IMAGE_CODINGS] = {
    [CODING_JPEG] = {32, 1, 256, 0, 1, 10000, 3000, 0},
    [CODING_JPEG_SCANS] = {32, 1, 256, 0, 1, 10000, 3000, 0},
    [CODING_PNG] = {32, 2, 256, 0, 1, 1000, 12000, 200},
    [CODING_PNG_INTERLACED] = {32, 2, 256, 0, 1, 1000, 15000, 200},
    [CODING_GIF] = {32, 2, 256, 12, 1, 1000, 20000, 100000},
    [CODING_WEBP] = {32, 1, 256, 4, 1, 1000, 20000, 0},
    [CODING_WEBP_LOSSLESS] = {32, 1, 256, 8, 1, 1000, 20000, 0},
    [CODING_WEBP_ANIMATED] = {32, 1, 256, 16, 1, 1000, 20000, 100000},
    [CODING_HEVC] = {96, 1, 256, 5, 1, 1000, 20000, 100000},
    [CODING_AV1] = {96, 1, 256, 5, 1, 1000, 30000, 100000},
    [CODING_TIFF] = {32, 1, 256, 0, 2, 1000, 10000, 20000},
};

enum { MEGABYTE = 1 << 20, MS_NS = 1000000, THOUSAND = 1000 };

static uint64_t add(uint64_t sum, uint64_t count, uint64_t each)
{
    uint64_t product;
    return __builtin_mul_overflow(count, each, &product) || __builtin_add_overflow(sum, product, &sum) ? UINT64_MAX
                                                                                                       : sum;
}

void image_cost_estimate(const struct image_shape *shape, struct image_info *info)
{
    const struct row *row = &rows[shape->coding];
    uint64_t memory = add(0, row->base_mb, MEGABYTE);
    memory = add(memory, shape->file, row->file);
    memory = add(memory, info->width, row->column);
    memory = add(memory, (uint64_t)info->width * info->height, row->pixel);
    info->memory = add(memory, shape->held, row->held);

    uint64_t work = add(0, shape->file / THOUSAND, row->file_ps);
    work = add(work, shape->visits / THOUSAND, row->visit_ps);
    work = add(work, shape->parts, row->part_ns) / MS_NS;
    info->work_ms = work < UINT32_MAX ? (uint32_t)work : UINT32_MAX;
}
