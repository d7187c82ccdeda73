/* GIF through giflib, because libvips makes the part of the canvas that no frame covers black. What browsers show is
 * shown: a canvas that is transparent at first, as large as the file says, or as its first frame needs. */
#include "composite.h"
#include "memory.h"
#include "source.h"
#include "trouble.h"

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 4, CENTISECOND_MS = 10, BLOCK_LOOP = 1 };

struct gif_frame {
    size_t offset; /* of its descriptor, behind the byte that says what it is */
    struct area area;
    enum disposal disposal;
    int transparent; /* colour; -1: none */
    int duration_ms; /* -1: not said */
};

struct gif_source {
    struct source_file file;
    size_t offset;
    GifFileType *gif;
    struct gif_frame *frames;
    uint32_t count;
    uint32_t plays;
    struct composite canvas;
    bool has_alpha;
    GifPixelType *colours; /* of a row of a frame */
    uint8_t *row;          /* the same in pixels */
};

static int read_bytes(GifFileType *gif, GifByteType *to, int count)
{
    struct gif_source *source = gif->UserData;
    size_t left = source->file.size - source->offset, size = (size_t)count < left ? (size_t)count : left;
    memcpy(to, source->file.bytes + source->offset, size);
    source->offset += size;
    return (int)size;
}

static enum status say_trouble(const struct gif_source *source, int error, struct text *why)
{
    enum trouble trouble = error == D_GIF_ERR_NOT_ENOUGH_MEM                                   ? TROUBLE_MEMORY
                           : error == D_GIF_ERR_READ_FAILED || error == D_GIF_ERR_EOF_TOO_SOON ? TROUBLE_INCOMPLETE
                                                                                               : TROUBLE_DAMAGED;
    return trouble_set(why, source->file.job, trouble, NULL);
}

static void gif_source_close(void *opaque)
{
    struct gif_source *source = opaque;
    if (source->gif)
        (void)DGifCloseFile(source->gif, NULL);
    composite_release(&source->canvas);
    free(source->frames);
    free(source->colours);
    free(source->row);
    free(source);
}

/* ---- What frames there are ---- */

static const enum disposal disposals[] = {
    [DISPOSE_BACKGROUND] = DISPOSAL_CLEAR, [DISPOSE_PREVIOUS] = DISPOSAL_PREVIOUS};

static void note_control(struct gif_frame *next, const GifByteType *block)
{
    GraphicsControlBlock control;
    if (DGifExtensionToGCB(block[0], block + 1, &control) != GIF_OK)
        return;
    bool known = (size_t)control.DisposalMode < sizeof disposals / sizeof disposals[0];
    next->disposal = known ? disposals[control.DisposalMode] : DISPOSAL_NONE;
    next->transparent = control.TransparentColor;
    next->duration_ms = control.DelayTime * CENTISECOND_MS;
}

/* How often to repeat; 0: without end (Netscape's extension). */
static void note_loop(struct gif_source *source, const GifByteType *block)
{
    if (block[0] < 3 || block[1] != BLOCK_LOOP)
        return;
    uint32_t repeats = block[2] | (uint32_t)block[3] << 8;
    source->plays = repeats == 0 || repeats == UINT16_MAX ? 0 : repeats + 1;
}

static bool is_looping(const GifByteType *block)
{
    return block[0] == 11 && (memcmp(block + 1, "NETSCAPE2.0", 11) == 0 || memcmp(block + 1, "ANIMEXTS1.0", 11) == 0);
}

static bool scan_extension(struct gif_source *source, struct gif_frame *next)
{
    int code;
    GifByteType *block;
    bool loops = false;
    if (DGifGetExtension(source->gif, &code, &block) != GIF_OK)
        return false;
    while (block) {
        if (code == GRAPHICS_EXT_FUNC_CODE)
            note_control(next, block);
        if (code == APPLICATION_EXT_FUNC_CODE && loops)
            note_loop(source, block);
        loops = loops || is_looping(block);
        if (DGifGetExtensionNext(source->gif, &block) != GIF_OK)
            return false;
    }
    return true;
}

static bool scan_image(struct gif_source *source, struct gif_frame *next)
{
    GifFileType *gif = source->gif;
    next->offset = source->offset;
    if (DGifGetImageHeader(gif) != GIF_OK)
        return false;
    const GifImageDesc *image = &gif->Image;
    next->area =
        (struct area){(uint32_t)image->Left, (uint32_t)image->Top, (uint32_t)image->Width, (uint32_t)image->Height};
    int size;
    GifByteType *block;
    if (DGifGetCode(gif, &size, &block) != GIF_OK)
        return false;
    while (block) {
        if (DGifGetCodeNext(gif, &block) != GIF_OK)
            return false;
    }
    source->frames = memory_resize(source->frames, (source->count + 1) * sizeof *source->frames);
    source->frames[source->count++] = *next;
    return true;
}

static const struct gif_frame undescribed = {.transparent = NO_TRANSPARENT_COLOR, .duration_ms = -1};

/* False when a block breaks off. What is no block ends the file, but for zeros, which some write between blocks. */
static bool scan(struct gif_source *source)
{
    struct gif_frame next = undescribed;
    while (source->offset < source->file.size && source->count <= source->file.job->limits.frames) {
        GifRecordType type = UNDEFINED_RECORD_TYPE;
        bool known = source->file.bytes[source->offset] != 0;
        if (!known) {
            source->offset++;
            continue;
        }
        if (DGifGetRecordType(source->gif, &type) != GIF_OK || type == TERMINATE_RECORD_TYPE)
            break;
        if (type == EXTENSION_RECORD_TYPE && !scan_extension(source, &next))
            return false;
        if (type == IMAGE_DESC_RECORD_TYPE) {
            if (!scan_image(source, &next))
                return false;
            next = undescribed;
        }
    }
    return source->count > 0;
}

/* ---- The canvas ---- */

static uint32_t most(uint32_t one, uint32_t other)
{
    return one > other ? one : other;
}

static bool covers(const struct area *area, uint32_t width, uint32_t height)
{
    return area->x == 0 && area->y == 0 && area->width >= width && area->height >= height;
}

/* Whether something of the canvas may be seen through. */
static bool has_alpha(const struct gif_source *source, uint32_t width, uint32_t height)
{
    const struct gif_frame *first = &source->frames[0];
    if (!covers(&first->area, width, height) || first->transparent >= 0)
        return true;
    for (uint32_t i = 0; i + 1 < source->count; i++) {
        enum disposal disposal = source->frames[i].disposal;
        if (disposal == DISPOSAL_CLEAR || (i == 0 && disposal == DISPOSAL_PREVIOUS))
            return true;
    }
    return false;
}

static void describe(struct gif_source *source, struct source_info *info)
{
    const struct area *first = &source->frames[0].area;
    uint32_t width = most((uint32_t)source->gif->SWidth, first->x + first->width);
    uint32_t height = most((uint32_t)source->gif->SHeight, first->y + first->height);
    source->has_alpha = has_alpha(source, width, height);
    *info = (struct source_info){
        .width = width,
        .height = height,
        .frames = source->count,
        .plays = source->plays,
        .colours = {.model = COLOUR_RGB, .channels = CHANNELS, .bits = 8, .has_alpha = source->has_alpha},
    };
}

static enum status gif_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                   struct text *why)
{
    struct gif_source *source = NEW(struct gif_source);
    int error = D_GIF_ERR_READ_FAILED;
    source->file = *file;
    source->plays = 1;
    source->gif = DGifOpen(source, read_bytes, &error);
    if (!source->gif || !scan(source)) {
        enum status status = say_trouble(source, source->gif ? D_GIF_ERR_READ_FAILED : error, why);
        gif_source_close(source);
        return status;
    }
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

/* ---- Frames ---- */

/* The row of a frame whose rows come in four passes. */
static uint32_t interlaced_row(uint32_t index, uint32_t height)
{
    static const uint32_t starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; pass++) {
        uint32_t rows = height > starts[pass] ? (height - starts[pass] + steps[pass] - 1) / steps[pass] : 0;
        if (index < rows)
            return starts[pass] + index * steps[pass];
        index -= rows;
    }
    return height;
}

static void paint_row(const struct gif_source *source, const struct gif_frame *frame, const ColorMapObject *map)
{
    uint8_t *to = source->row;
    for (uint32_t x = 0; x < frame->area.width; x++, to += CHANNELS) {
        int colour = source->colours[x];
        memset(to, 0, CHANNELS);
        if (colour == frame->transparent || colour >= map->ColorCount)
            continue;
        const GifColorType *entry = &map->Colors[colour];
        to[0] = entry->Red;
        to[1] = entry->Green;
        to[2] = entry->Blue;
        to[3] = UINT8_MAX;
    }
}

/* What the first frame lacks is seen through, as in browsers; where nothing else can be, it is white as a page. */
static void lay_nothing(struct gif_source *source, const struct gif_frame *frame, uint32_t y)
{
    memset(source->row, UINT8_MAX, (size_t)frame->area.width * CHANNELS);
    for (; !source->has_alpha && y < frame->area.height; y++)
        composite_lay(&source->canvas, source->gif->Image.Interlace ? interlaced_row(y, frame->area.height) : y,
                      source->row, true);
}

/* What lacks of a later frame stays as it was; a file without a first row is none. */
static enum status lay_frame(struct gif_source *source, uint32_t index, struct text *why)
{
    const struct gif_frame *frame = &source->frames[index];
    GifFileType *gif = source->gif;
    source->offset = frame->offset;
    composite_begin(&source->canvas, &frame->area, frame->disposal);
    if (DGifGetImageDesc(gif) != GIF_OK)
        return say_trouble(source, gif->Error, why);
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    if (!map)
        return STATUS_OK;
    source->colours = memory_resize(source->colours, most(frame->area.width, 1));
    source->row = memory_resize(source->row, (size_t)most(frame->area.width, 1) * CHANNELS);
    for (uint32_t y = 0; y < frame->area.height; y++) {
        if (DGifGetLine(gif, source->colours, (int)frame->area.width) != GIF_OK) {
            if (index > 0)
                break;
            if (y == 0)
                return say_trouble(source, gif->Error, why);
            lay_nothing(source, frame, y);
            break;
        }
        paint_row(source, frame, map);
        composite_lay(&source->canvas, gif->Image.Interlace ? interlaced_row(y, frame->area.height) : y, source->row,
                      true);
    }
    return STATUS_OK;
}

static enum status gif_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                   struct source_rows *ret_rows, struct text *why)
{
    struct gif_source *source = opaque;
    (void)rows;
    if (frame == 0 && y == 0) {
        struct source_info info;
        describe(source, &info);
        composite_init(&source->canvas, info.width, info.height);
    }
    enum status status = y == 0 ? lay_frame(source, frame, why) : STATUS_OK;
    size_t stride = (size_t)source->canvas.width * CHANNELS;
    if (status == STATUS_OK)
        *ret_rows = (struct source_rows){source->canvas.pixels + y * stride, stride};
    return status;
}

static int gif_source_duration(void *opaque, uint32_t frame)
{
    const struct gif_source *source = opaque;
    return source->frames[frame].duration_ms;
}

const struct source_ops source_gif = {
    .open = gif_source_open,
    .read = gif_source_read,
    .duration_ms = gif_source_duration,
    .close = gif_source_close,
};
