#include "image_record.h"

#include <string.h>

json_t *image_record_make(const struct image_info *info, uint64_t size)
{
    const struct image_part *part = &info->part;
    json_t *of_part = json_pack("{s:s, s:I, s:I, s:I, s:b}", "format", image_format_name(part->format), "offset",
                                (json_int_t)part->offset, "bytes", (json_int_t)part->bytes, "orientation",
                                (json_int_t)part->orientation, "untidy", part->is_untidy);
    return json_pack("{s:i, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "version", PROBE_VERSION, "bytes",
                     (json_int_t)size, "format", image_format_name(info->format), "width", (json_int_t)info->width,
                     "height", (json_int_t)info->height, "frames", (json_int_t)info->frames, "memory",
                     (json_int_t)info->memory, "work_ms", (json_int_t)info->work_ms, "part", of_part);
}

static bool read_number(const json_t *record, const char *name, uint64_t least, uint64_t most, uint64_t *ret_number)
{
    const json_t *value = json_object_get(record, name);
    json_int_t number = json_integer_value(value);
    *ret_number = (uint64_t)number;
    return json_is_integer(value) && number >= 0 && *ret_number >= least && *ret_number <= most;
}

static bool read_format(const json_t *record, enum image_format *ret_format)
{
    const char *name = json_string_value(json_object_get(record, "format"));
    for (int format = 0; name && format < IMAGE_FORMATS; format++)
        if (strcmp(name, image_format_name((enum image_format)format)) == 0) {
            *ret_format = (enum image_format)format;
            return true;
        }
    return false;
}

static bool read_part(const json_t *record, uint64_t size, struct image_part *ret_part)
{
    enum { ORIENTATION_MAX = 8 };
    const json_t *untidy = json_object_get(record, "untidy");
    uint64_t orientation;
    if (!read_format(record, &ret_part->format) || !read_number(record, "offset", 0, size, &ret_part->offset)
        || !read_number(record, "bytes", 1, size - ret_part->offset, &ret_part->bytes)
        || !read_number(record, "orientation", 0, ORIENTATION_MAX, &orientation) || !json_is_boolean(untidy))
        return false;
    ret_part->orientation = (uint32_t)orientation;
    ret_part->is_untidy = json_is_true(untidy);
    return true;
}

bool image_record_read(const json_t *record, uint64_t size, struct image_info *ret_info)
{
    struct image_info info = {0};
    uint64_t ignored, width, height, frames, work_ms;
    if (!read_number(record, "version", PROBE_VERSION, PROBE_VERSION, &ignored)
        || !read_number(record, "bytes", size, size, &ignored) || !read_format(record, &info.format)
        || !read_number(record, "width", 1, UINT32_MAX, &width)
        || !read_number(record, "height", 1, UINT32_MAX, &height)
        || !read_number(record, "frames", 1, UINT32_MAX, &frames)
        || !read_number(record, "memory", 0, UINT64_MAX, &info.memory)
        || !read_number(record, "work_ms", 0, UINT32_MAX, &work_ms)
        || !read_part(json_object_get(record, "part"), size, &info.part))
        return false;
    info.width = (uint32_t)width;
    info.height = (uint32_t)height;
    info.frames = (uint32_t)frames;
    info.work_ms = (uint32_t)work_ms;
    *ret_info = info;
    return true;
}
