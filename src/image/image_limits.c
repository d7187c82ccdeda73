#include "image_limits.h"

#include <inttypes.h>

void image_limits_add_number(struct text *out, uint64_t number)
{
    if (number >= 1000) {
        image_limits_add_number(out, number / 1000);
        text_addf(out, ",%03" PRIu64, number % 1000);
    } else {
        text_addf(out, "%" PRIu64, number);
    }
}

/* "30,000 x 30,000 = 900,000,000 pixels", before them "200 frames of " */
static void add_size(struct text *out, const struct image_info *info)
{
    if (info->frames > 1) {
        image_limits_add_number(out, info->frames);
        text_add(out, " frames of ");
    }
    image_limits_add_number(out, info->width);
    text_add(out, " x ");
    image_limits_add_number(out, info->height);
    text_add(out, " = ");
    image_limits_add_number(out, (uint64_t)info->width * info->height * info->frames);
    text_add(out, " pixels");
}

static enum status refuse(struct text *why, uint64_t allowed, const char *what)
{
    if (why) {
        text_add(why, "; at most ");
        image_limits_add_number(why, allowed);
        text_addf(why, "%s are allowed.", what);
    }
    return STATUS_TOO_LARGE;
}

enum status image_limits_check(const struct image_limits *limits, const struct image_info *info, struct text *why)
{
    uint64_t pixels = (uint64_t)info->width * info->height;
    uint32_t side = info->width > info->height ? info->width : info->height;
    text_setf(why, "The photo is too large: ");
    if (info->frames > limits->frames) {
        if (why) {
            image_limits_add_number(why, info->frames);
            text_add(why, " frames or more");
        }
        return refuse(why, limits->frames, "");
    }
    if (pixels > limits->pixels || pixels * info->frames > limits->pixels) {
        if (why)
            add_size(why, info);
        return refuse(why, limits->pixels, "");
    }
    if (limits->side && side > limits->side) {
        if (why)
            add_size(why, info);
        return refuse(why, limits->side, " on a side");
    }
    if (why)
        text_clear(why);
    return STATUS_OK;
}
