#include "jpegs.h"

#include "memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* after stdio.h: it does not stand alone */
#include <jpeglib.h>

enum { SAMPLES = 3, WHITE = 255 };
static const double long_from = 2, step_share = 2.0 / 3; /* of a part's length, from one to the next */

static uint32_t longer(uint32_t width, uint32_t height)
{
    return width > height ? width : height;
}

uint32_t canvas_count_parts(uint32_t width, uint32_t height, uint32_t most)
{
    double length = longer(width, height), side = width + height - length;
    if (length <= side * long_from || most < 3)
        return 1;
    double count = ceil((length - side) / (side * step_share)) + 2;
    return count < most ? (uint32_t)count : most;
}

struct canvas canvas_part(const struct canvas *whole, uint32_t index, uint32_t count)
{
    struct canvas part = *whole;
    bool is_wide = whole->width > whole->height;
    uint32_t length = longer(whole->width, whole->height), steps = count - 2;
    if (index == 0)
        return part;
    uint32_t own = (uint32_t)ceil(length / (1 + steps * step_share));
    size_t at = (size_t)(length - own) * (index - 1) / steps;
    part.samples += at * (is_wide ? SAMPLES : whole->stride);
    *(is_wide ? &part.width : &part.height) = own;
    return part;
}

/* libjpeg's own way to fail ends the process, and so does its lack of memory: both are faults of ours, because what
 * goes in are plain pixels. */
static struct jpeg_file encode(const struct canvas *canvas, uint32_t least_side, int quality)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = canvas->width > least_side ? canvas->width : least_side;
    jpeg.image_height = canvas->height > least_side ? canvas->height : least_side;
    jpeg.input_components = SAMPLES;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    uint8_t *line = memory_new((size_t)jpeg.image_width * SAMPLES);
    memset(line, WHITE, (size_t)jpeg.image_width * SAMPLES);
    for (uint32_t y = 0; y < jpeg.image_height; y++) {
        size_t used = (size_t)canvas->width * SAMPLES;
        if (y < canvas->height)
            memcpy(line, canvas->samples + y * canvas->stride, used);
        else
            memset(line, WHITE, used);
        (void)jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(line);
    return (struct jpeg_file){bytes, size};
}

enum status jpeg_encode(const struct canvas *canvas, size_t most, uint32_t least_side, struct jpeg_file *ret_file,
                        struct text *why)
{
    static const int qualities[] = {90, 75, 50, 25};
    for (size_t i = 0; i < sizeof qualities / sizeof qualities[0]; i++) {
        *ret_file = encode(canvas, least_side, qualities[i]);
        if (ret_file->size <= most)
            return STATUS_OK;
        jpeg_file_release(ret_file);
    }
    text_setf(why, "The photo does not fit into a JPEG of %zu bytes, the most that the moderator takes.", most);
    return STATUS_TOO_LARGE;
}

void jpeg_file_release(struct jpeg_file *file)
{
    free(file->bytes);
    *file = (struct jpeg_file){0};
}
