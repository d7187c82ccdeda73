#include "image_cost.h"

#include "renditions.h"

/* Memory: what a worker's address space grew by, measured on 24 megapixels of noise (108 of JPEG, 72 of HEIC's tiles)
 * with libvips 8.14, libjpeg-turbo 2.1, libheif 1.19, libavif 0.11, giflib 5.2 and libwebp 1.2, and rounded up;
 * tests/fault/memory.test.mjs has pictures developed in what stands here. Time: of one core of the machine of
 * docs/benchmarks.md, shared with others. */
static const struct row {
    uint32_t base_mb;  /* what any picture takes: outputs, tables, a thread's stack */
    uint32_t file;     /* bytes held for each of the file: it is mapped */
    uint32_t column;   /* bytes held for each pixel of the width: some rows */
    uint32_t pixel;    /* tenths of bytes held for each pixel */
    uint32_t held;     /* tenths of bytes for each that the prober counted */
    uint32_t file_ps;  /* for each byte of the file */
    uint32_t visit_ps; /* for each pixel gone over */
    uint32_t part_ns;  /* for each part */
} rows[IMAGE_CODINGS] = {
    [CODING_JPEG] = {24, 1, 64, 0, 10, 12000, 1000, 0},
    [CODING_JPEG_SCANS] = {24, 1, 64, 0, 10, 50000, 1000, 0},
    [CODING_PNG] = {24, 1, 4096, 0, 10, 6000, 15000, 200},
    [CODING_GIF] = {24, 1, 64, 240, 10, 10000, 15000, 100000},
    [CODING_WEBP] = {24, 1, 1024, 2, 165, 20000, 16000, 0},
    [CODING_WEBP_ALPHA] = {24, 1, 1024, 40, 165, 20000, 20000, 0},
    [CODING_WEBP_LOSSLESS] = {24, 1, 1024, 42, 165, 10000, 25000, 0},
    [CODING_WEBP_ANIMATED] = {24, 1, 64, 240, 10, 20000, 20000, 100000},
    [CODING_HEVC] = {20, 2, 256, 0, 31, 60000, 45000, 100000},
    [CODING_AV1] = {24, 1, 256, 0, 12, 60000, 20000, 100000},
    [CODING_AV1_FILM] = {32, 1, 64, 40, 120, 60000, 20000, 100000},
    [CODING_TIFF] = {24, 1, 1024, 0, 20, 2000, 5000, 8000},
};

enum { TENTHS = 10, MEGABYTE = 1 << 20, MS_NS = 1000000, THOUSAND = 1000, PUBLISHED_PS = 80000 };

static uint64_t add(uint64_t sum, uint64_t count, uint64_t each)
{
    uint64_t product;
    return __builtin_mul_overflow(count, each, &product) || __builtin_add_overflow(sum, product, &sum) ? UINT64_MAX
                                                                                                       : sum;
}

/* Of an animation each frame is encoded anew, which takes most of its time. */
static uint64_t count_published(const struct image_info *info)
{
    uint64_t side = info->width > info->height ? info->width : info->height;
    uint64_t pixels = (uint64_t)info->width * info->height;
    if (info->frames < 2 || side == 0)
        return 0;
    return add(0, side > LARGE_SIDE ? pixels / side * LARGE_SIDE / side * LARGE_SIDE : pixels, info->frames);
}

void image_cost_estimate(const struct image_shape *shape, struct image_info *info)
{
    const struct row *row = &rows[shape->coding];
    uint64_t memory = add(0, row->base_mb, MEGABYTE);
    memory = add(memory, shape->file, row->file);
    memory = add(memory, info->width, row->column);
    uint64_t tenths = add(0, (uint64_t)info->width * info->height, row->pixel);
    tenths = add(tenths, shape->held, row->held);
    info->memory = add(memory, tenths / TENTHS, 1);

    uint64_t work = add(0, shape->file / THOUSAND, row->file_ps);
    work = add(work, shape->visits / THOUSAND, row->visit_ps);
    work = add(work, count_published(info) / THOUSAND, PUBLISHED_PS);
    work = add(work, shape->parts, row->part_ns) / MS_NS;
    info->work_ms = work < UINT32_MAX ? (uint32_t)work : UINT32_MAX;
}
