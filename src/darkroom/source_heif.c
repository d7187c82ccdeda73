/* HEIC through libheif itself, because libvips passes over what the file says of its light. The primary picture alone:
 * gain maps, depths and thumbnails stay where they are. */
#include "memory.h"
#include "source.h"
#include "trouble.h"

#include <libheif/heif.h>
#include <stdlib.h>

struct heif_source {
    struct source_file file;
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image; /* NULL until the first row is wanted */
    uint8_t *profile;
    unsigned bits;
};

static enum status say_trouble(const struct source_file *file, struct heif_error error, struct text *why)
{
    if (error.code == heif_error_Memory_allocation_error || error.subcode == heif_suberror_Security_limit_exceeded)
        return trouble_set(why, file->job, TROUBLE_MEMORY, NULL);
    if (error.subcode == heif_suberror_End_of_data)
        return trouble_set(why, file->job, TROUBLE_INCOMPLETE, NULL);
    if (error.code == heif_error_Unsupported_feature || error.code == heif_error_Unsupported_filetype)
        return trouble_set(why, file->job, TROUBLE_KIND, "an unusual coding");
    return trouble_set(why, file->job, TROUBLE_DAMAGED, NULL);
}

static void heif_source_close(void *opaque)
{
    struct heif_source *source = opaque;
    if (source->image)
        heif_image_release(source->image);
    if (source->handle)
        heif_image_handle_release(source->handle);
    heif_context_free(source->context);
    free(source->profile);
    free(source);
}

static struct heif_error open_primary(struct heif_source *source)
{
    heif_context_set_max_decoding_threads(source->context, 0);
    struct heif_error error =
        heif_context_read_from_memory_without_copy(source->context, source->file.bytes, source->file.size, NULL);
    if (error.code == heif_error_Ok)
        error = heif_context_get_primary_image_handle(source->context, &source->handle);
    return error;
}

/* As photos are shown: a screen's curve is taken for the camera's that video codes name. */
static struct light read_light(const struct heif_source *source)
{
    struct heif_color_profile_nclx *nclx = NULL;
    struct light light = {0};
    if (heif_image_handle_get_nclx_color_profile(source->handle, &nclx).code == heif_error_Ok && nclx)
        light = light_of_photo((unsigned)nclx->color_primaries, (unsigned)nclx->transfer_characteristics);
    if (nclx)
        heif_nclx_color_profile_free(nclx);
    return light;
}

static void describe(struct heif_source *source, struct source_info *info)
{
    const struct heif_image_handle *handle = source->handle;
    bool alpha = heif_image_handle_has_alpha_channel(handle);
    *info = (struct source_info){
        .width = (uint32_t)heif_image_handle_get_width(handle),
        .height = (uint32_t)heif_image_handle_get_height(handle),
        .frames = 1,
        .colours = {.model = COLOUR_RGB,
                    .channels = alpha ? 4 : 3,
                    .bits = source->bits,
                    .has_alpha = alpha,
                    .is_multiplied = alpha && heif_image_handle_is_premultiplied_alpha(handle),
                    .light = read_light(source)},
    };
    size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    source->profile = size ? memory_new(size) : NULL;
    if (size && heif_image_handle_get_raw_color_profile(handle, source->profile).code == heif_error_Ok) {
        info->colours.profile = source->profile;
        info->colours.profile_bytes = size;
    }
}

static enum status heif_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                    struct text *why)
{
    struct heif_source *source = NEW(struct heif_source);
    source->file = *file;
    source->context = heif_context_alloc();
    struct heif_error error = open_primary(source);
    int bits = error.code == heif_error_Ok ? heif_image_handle_get_luma_bits_per_pixel(source->handle) : 8;
    if (error.code != heif_error_Ok || bits < 8 || bits > 16) {
        enum status status = error.code != heif_error_Ok
                                 ? say_trouble(file, error, why)
                                 : trouble_set(why, file->job, TROUBLE_KIND, "an unusual number of bits");
        heif_source_close(source);
        return status;
    }
    source->bits = (unsigned)bits;
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

/* Interleaved; more than 8 bits in the machine's order of bytes. */
static enum heif_chroma choose_layout(const struct heif_source *source)
{
    bool alpha = heif_image_handle_has_alpha_channel(source->handle);
    if (source->bits == 8)
        return alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE;
    return alpha ? heif_chroma_interleaved_RRGGBBAA_BE : heif_chroma_interleaved_RRGGBB_BE;
}

/* What comes out must be what was described. */
static bool is_as_described(const struct heif_source *source)
{
    return heif_image_get_primary_width(source->image) == heif_image_handle_get_width(source->handle)
           && heif_image_get_primary_height(source->image) == heif_image_handle_get_height(source->handle)
           && heif_image_get_bits_per_pixel_range(source->image, heif_channel_interleaved) == (int)source->bits;
}

static enum status decode(struct heif_source *source, struct text *why)
{
    struct heif_error error =
        heif_decode_image(source->handle, &source->image, heif_colorspace_RGB, choose_layout(source), NULL);
    if (error.code != heif_error_Ok)
        return say_trouble(&source->file, error, why);
    return is_as_described(source) ? STATUS_OK : trouble_set(why, source->file.job, TROUBLE_DAMAGED, NULL);
}

static enum status heif_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                    struct source_rows *ret_rows, struct text *why)
{
    struct heif_source *source = opaque;
    (void)frame, (void)rows;
    enum status status = source->image ? STATUS_OK : decode(source, why);
    if (status != STATUS_OK)
        return status;
    int stride = 0;
    const uint8_t *pixels = heif_image_get_plane_readonly(source->image, heif_channel_interleaved, &stride);
    *ret_rows = (struct source_rows){pixels + (size_t)y * (size_t)stride, (size_t)stride};
    return STATUS_OK;
}

const struct source_ops source_heif = {
    .open = heif_source_open,
    .read = heif_source_read,
    .close = heif_source_close,
};
