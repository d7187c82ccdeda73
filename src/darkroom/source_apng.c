/* Animated PNG, which libvips takes for a still: each frame is made a PNG of its own, and libpng decodes it. */
#include "composite.h"
#include "exif.h"
#include "memory.h"
#include "png_chunks.h"
#include "source.h"
#include "trouble.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CHANNELS = 4, CONTROL_BYTES = 26, SEQUENCE_BYTES = 4, HEADER_BYTES = 13, SIGNATURE_BYTES = 8 };

struct apng_frame {
    struct area area;
    enum disposal disposal;
    bool over;
    int duration_ms;
    size_t first, end; /* of the chunks in the file that have its data */
};

struct apng_source {
    struct source_file file;
    struct png_chunk header, palette, transparency;
    struct apng_frame *frames;
    uint32_t count, plays;
    int orientation;
    uint32_t announced; /* frames; 0: it is no animation */
    bool is_cut;        /* before its end mark */
    struct composite canvas;
    void *profile;
};

/* ---- Which frames there are ---- */

static bool is_on_canvas(const struct apng_source *source, const struct area *area)
{
    uint32_t width = png_read_32(source->header.data), height = png_read_32(source->header.data + 4);
    return area->width && area->height && area->x <= width && area->width <= width - area->x && area->y <= height
           && area->height <= height - area->y;
}

static uint32_t read_16(const uint8_t *data)
{
    return (uint32_t)data[0] << 8 | data[1];
}

/* fcTL: a number, width, height, x, y, the delay as a fraction of a second, what happens to it and how it is laid. */
static bool read_control(struct apng_source *source, const struct png_chunk *chunk)
{
    static const enum disposal disposals[] = {DISPOSAL_NONE, DISPOSAL_CLEAR, DISPOSAL_PREVIOUS};
    const uint8_t *data = chunk->data;
    if (chunk->size < CONTROL_BYTES || data[24] >= sizeof disposals / sizeof disposals[0])
        return false;
    uint32_t part = read_16(data + 20), whole = read_16(data + 22);
    struct apng_frame frame = {
        .area = {png_read_32(data + 12), png_read_32(data + 16), png_read_32(data + 4), png_read_32(data + 8)},
        .disposal = disposals[data[24]],
        .over = data[25] == 1,
        .duration_ms = (int)(part * 1000 / (whole ? whole : 100)),
    };
    if (!is_on_canvas(source, &frame.area))
        return false;
    source->frames = memory_resize(source->frames, (source->count + 1) * sizeof frame);
    source->frames[source->count++] = frame;
    return true;
}

static void note_data(struct apng_source *source, size_t start, size_t end)
{
    if (source->count == 0)
        return; /* a picture for who shows no animations */
    struct apng_frame *frame = &source->frames[source->count - 1];
    if (!frame->end)
        frame->first = start;
    frame->end = end;
}

/* False: this is not as the standard has it. */
static bool note_chunk(struct apng_source *source, const struct png_chunk *chunk, size_t start, size_t end)
{
    if (png_is_chunk(chunk, "IHDR") && chunk->size == HEADER_BYTES)
        source->header = *chunk;
    else if (!source->header.data)
        return false;
    else if (png_is_chunk(chunk, "PLTE"))
        source->palette = *chunk;
    else if (png_is_chunk(chunk, "tRNS"))
        source->transparency = *chunk;
    else if (png_is_chunk(chunk, "eXIf"))
        source->orientation = exif_orientation_of_tiff(chunk->data, chunk->size);
    else if (png_is_chunk(chunk, "acTL") && chunk->size >= 8) {
        source->announced = png_read_32(chunk->data);
        source->plays = png_read_32(chunk->data + 4);
    } else if (png_is_chunk(chunk, "IDAT") || (png_is_chunk(chunk, "fdAT") && chunk->size > SEQUENCE_BYTES))
        note_data(source, start, end);
    else if (png_is_chunk(chunk, "fcTL"))
        return read_control(source, chunk);
    return !png_is_chunk(chunk, "IDAT") || source->announced; /* after the picture nobody may say that it moves */
}

/* False: it is no animation, or not as the standard has it. */
static bool scan(struct apng_source *source)
{
    const struct source_file *file = &source->file;
    struct png_chunk chunk = {0};
    bool ended = false;
    for (size_t start = 0, end = 0; !ended && png_next_chunk(file->bytes, file->size, &end, &chunk); start = end) {
        if (!note_chunk(source, &chunk, start, end))
            return false;
        ended = png_is_chunk(&chunk, "IEND") || source->count > file->job->limits.frames;
    }
    if (source->count && !source->frames[source->count - 1].end)
        source->count--; /* it has no data */
    source->is_cut = source->count < source->announced && (!ended || file->job->is_untidy);
    return source->announced > 1 && (source->count > 0 || source->is_cut);
}

static void apng_source_close(void *opaque)
{
    struct apng_source *source = opaque;
    composite_release(&source->canvas);
    free(source->frames);
    free(source->profile);
    free(source);
}

bool source_apng_is_animation(const struct source_file *file)
{
    struct apng_source source = {.file = *file};
    bool animation = scan(&source);
    free(source.frames);
    return animation;
}

static void describe(struct apng_source *source, struct source_info *info)
{
    struct png_colours colours;
    png_read_colours(source->file.bytes, source->file.size, &colours);
    *info = (struct source_info){
        .width = png_read_32(source->header.data),
        .height = png_read_32(source->header.data + 4),
        .frames = source->count,
        .orientation = source->orientation,
        .plays = source->plays,
        .colours = {.model = COLOUR_RGB, .channels = CHANNELS, .bits = 8, .has_alpha = true, .light = colours.light},
    };
    if (!colours.has_codes && colours.profile.size)
        source->profile = png_unpack_profile(&colours.profile, &info->colours.profile_bytes);
    info->colours.profile = source->profile;
}

static enum status apng_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                    struct text *why)
{
    struct apng_source *source = NEW(struct apng_source);
    source->file = *file;
    bool whole = scan(source) && !source->is_cut;
    if (!whole) {
        bool cut = source->is_cut;
        apng_source_close(source);
        return trouble_set(why, file->job, cut ? TROUBLE_INCOMPLETE : TROUBLE_DAMAGED, NULL);
    }
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

/* ---- A frame as a file ---- */

struct bytes {
    uint8_t *data;
    size_t size;
};

static void write_32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_chunk(struct bytes *bytes, const char *type, const uint8_t *data, size_t size)
{
    bytes->data = memory_resize(bytes->data, bytes->size + size + 12);
    uint8_t *to = bytes->data + bytes->size;
    write_32(to, (uint32_t)size);
    memcpy(to + 4, type, 4);
    if (size)
        memcpy(to + 8, data, size);
    write_32(to + 8 + size, (uint32_t)crc32(0, to + 4, (uInt)size + 4));
    bytes->size += size + 12;
}

static struct bytes make_file(const struct apng_source *source, const struct apng_frame *frame)
{
    struct bytes bytes = {memory_new(SIGNATURE_BYTES), SIGNATURE_BYTES};
    uint8_t header[HEADER_BYTES];
    memcpy(bytes.data, source->file.bytes, SIGNATURE_BYTES);
    memcpy(header, source->header.data, HEADER_BYTES);
    write_32(header, frame->area.width);
    write_32(header + 4, frame->area.height);
    add_chunk(&bytes, "IHDR", header, HEADER_BYTES);
    if (source->palette.type)
        add_chunk(&bytes, "PLTE", source->palette.data, source->palette.size);
    if (source->transparency.type)
        add_chunk(&bytes, "tRNS", source->transparency.data, source->transparency.size);
    struct png_chunk chunk;
    for (size_t at = frame->first;
         at < frame->end && png_next_chunk(source->file.bytes, source->file.size, &at, &chunk);) {
        size_t skipped = png_is_chunk(&chunk, "fdAT") ? SEQUENCE_BYTES : 0;
        if ((skipped || png_is_chunk(&chunk, "IDAT")) && chunk.size > skipped)
            add_chunk(&bytes, "IDAT", chunk.data + skipped, chunk.size - skipped);
    }
    add_chunk(&bytes, "IEND", NULL, 0);
    return bytes;
}

static uint8_t *decode(const struct bytes *bytes, const struct area *area)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t *pixels = NULL;
    if (png_image_begin_read_from_memory(&image, bytes->data, bytes->size)) {
        image.format = PNG_FORMAT_RGBA;
        image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* 16 bits are no other light than 8 */
        pixels = memory_new_array(area->height, (size_t)area->width * CHANNELS);
        if (!png_image_finish_read(&image, NULL, pixels, (png_int_32)(area->width * CHANNELS), NULL)) {
            free(pixels);
            pixels = NULL;
        }
    }
    png_image_free(&image);
    return pixels;
}

static enum status lay_frame(struct apng_source *source, uint32_t index, struct text *why)
{
    const struct apng_frame *frame = &source->frames[index];
    struct bytes bytes = make_file(source, frame);
    uint8_t *pixels = decode(&bytes, &frame->area);
    free(bytes.data);
    if (!pixels)
        return trouble_set(why, source->file.job, TROUBLE_DAMAGED, NULL);
    composite_begin(&source->canvas, &frame->area, frame->disposal);
    for (uint32_t y = 0; y < frame->area.height; y++)
        composite_lay(&source->canvas, y, pixels + (size_t)y * frame->area.width * CHANNELS, frame->over);
    free(pixels);
    return STATUS_OK;
}

static enum status apng_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                    struct source_rows *ret_rows, struct text *why)
{
    struct apng_source *source = opaque;
    (void)rows;
    if (frame == 0 && y == 0)
        composite_init(&source->canvas, png_read_32(source->header.data), png_read_32(source->header.data + 4));
    enum status status = y == 0 ? lay_frame(source, frame, why) : STATUS_OK;
    size_t stride = (size_t)source->canvas.width * CHANNELS;
    if (status == STATUS_OK)
        *ret_rows = (struct source_rows){source->canvas.pixels + y * stride, stride};
    return status;
}

static int apng_source_duration(void *opaque, uint32_t frame)
{
    const struct apng_source *source = opaque;
    return source->frames[frame].duration_ms;
}

const struct source_ops source_apng = {
    .open = apng_source_open,
    .read = apng_source_read,
    .duration_ms = apng_source_duration,
    .close = apng_source_close,
};
