#include "vips_library.h"

#include <vips/vips.h>

#include <vips/vector.h> /* after the other: it does not stand alone */

static const struct {
    const char *operation, *format;
} needed[] = {
    {"jpegload_buffer", "JPEG"},
    {"pngload_buffer", "PNG"},
    {"webpload_buffer", "WebP"},
    {"tiffload_buffer", "TIFF"},
};

enum status vips_library_prepare(const char *program, struct text *why)
{
    if (VIPS_INIT(program)) {
        text_setf(why, "libvips does not start: %s", vips_error_buffer());
        return STATUS_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        VipsOperation *operation = vips_operation_new(needed[i].operation);
        if (!operation) {
            text_setf(why, "this libvips can't read %s.", needed[i].format);
            return STATUS_UNAVAILABLE;
        }
        g_object_unref(operation);
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    /* Its run-time compiler needs memory that is written and executed, which the sandbox forbids. */
    vips_vector_set_enabled(FALSE);
    return STATUS_OK;
}
