#include "image_limits.h"

#include "reasons.h"

static enum status refuse_number(struct text *why, enum reason reason, uint64_t number, uint64_t allowed)
{
    char first[REASON_NUMBER_SIZE], second[REASON_NUMBER_SIZE];
    reason_set(why, reason, reason_number(first, number), reason_number(second, allowed));
    return STATUS_TOO_LARGE;
}

static enum status refuse_pixels(struct text *why, uint64_t pixels, uint64_t allowed)
{
    char first[REASON_NUMBER_SIZE], second[REASON_NUMBER_SIZE];
    reason_set(why, REASON_IMAGE_TOO_MANY_PIXELS, reason_pixels(first, pixels), reason_pixels_limit(second, allowed));
    return STATUS_TOO_LARGE;
}

static enum status refuse_memory(struct text *why, enum image_format format, uint64_t allowed)
{
    char number[REASON_NUMBER_SIZE];
    reason_set(why, REASON_IMAGE_NEEDS_MEMORY, image_format_spelling(format), reason_bytes(number, allowed));
    return STATUS_TOO_LARGE;
}

/* A still's pixels alone never take so long: it is how they are laid out. */
static enum status refuse_work(struct text *why, const struct image_info *info)
{
    if (info->frames > 1)
        reason_set(why, REASON_IMAGE_NEEDS_TIME);
    else
        reason_set(why, REASON_IMAGE_TOO_COMPLEX, image_format_spelling(info->format));
    return STATUS_TOO_LARGE;
}

enum status image_limits_check(const struct image_limits *limits, const struct image_info *info, struct text *why)
{
    uint64_t pixels = (uint64_t)info->width * info->height, all = 0;
    uint32_t side = info->width > info->height ? info->width : info->height;
    if (info->frames > limits->frames)
        return refuse_number(why, REASON_IMAGE_TOO_MANY_FRAMES, info->frames, limits->frames);
    if (__builtin_mul_overflow(pixels, info->frames, &all))
        all = UINT64_MAX;
    if (all > limits->pixels)
        return refuse_pixels(why, all, limits->pixels);
    if (limits->side && side > limits->side)
        return refuse_number(why, REASON_IMAGE_TOO_LONG_A_SIDE, side, limits->side);
    if (limits->memory && info->memory > limits->memory)
        return refuse_memory(why, info->format, limits->memory);
    if (limits->work_ms && info->work_ms > (info->frames > 1 ? limits->work_ms : limits->work_ms / 2))
        return refuse_work(why, info);
    return STATUS_OK;
}
