#include "webp.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

static const float webp_quality = 75; /* of all that is published */

void webp_file_release(struct webp_file *file)
{
    WebPFree(file->bytes);
    *file = (struct webp_file){0};
}

static enum status set_trouble(int error, struct text *why)
{
    if (error == VP8_ENC_ERROR_OUT_OF_MEMORY || error == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY) {
        text_setf(why, "The photo needs more memory than allowed to be written as WebP.");
        return STATUS_TOO_LARGE;
    }
    text_setf(why, "The photo could not be written as WebP (error %d of libwebp).", error);
    return STATUS_INTERNAL;
}

/* Measured: method 3 has the quality of 4, the default, for 3 % less time, but not for the alpha by which a frame
 * leaves out what hasn't changed, which 4 packs a third smaller; 2 is faster and visibly worse. */
static bool configure(WebPConfig *config, bool moves)
{
    if (!WebPConfigInit(config))
        return false;
    config->quality = webp_quality;
    config->method = moves ? 4 : 3;
    return WebPValidateConfig(config);
}

static uint8_t *interleave(const struct picture *picture)
{
    const uint8_t *red = picture->planes[0].samples, *green = picture->planes[1].samples,
                  *blue = picture->planes[2].samples;
    size_t count = (size_t)picture->width * picture->height;
    uint8_t *pixels = memory_new_array(count, 3), *to = pixels;
    for (size_t i = 0; i < count; i++, to += 3) {
        to[0] = red[i];
        to[1] = green[i];
        to[2] = blue[i];
    }
    return pixels;
}

static bool import_interleaved(const struct picture *picture, WebPPicture *webp)
{
    uint8_t *pixels = interleave(picture);
    bool imported = WebPPictureImportRGB(webp, pixels, (int)picture->width * 3);
    free(pixels);
    return imported;
}

/* The encoder reads the planes where they are. */
static void borrow_planes(const struct picture *picture, WebPPicture *webp)
{
    const struct plane *planes = picture->planes;
    webp->colorspace = WEBP_YUV420;
    webp->y = planes[0].samples;
    webp->u = planes[1].samples;
    webp->v = planes[2].samples;
    webp->y_stride = (int)planes[0].width;
    webp->uv_stride = (int)planes[1].width;
}

static bool fill(const struct picture *picture, bool argb, WebPPicture *webp)
{
    if (!WebPPictureInit(webp))
        return false;
    webp->width = (int)picture->width;
    webp->height = (int)picture->height;
    webp->use_argb = argb;
    if (picture->kind != PICTURE_YUV)
        return import_interleaved(picture, webp);
    borrow_planes(picture, webp);
    return true;
}

enum status webp_encode(const struct picture *picture, struct webp_file *ret_file, struct text *why)
{
    WebPConfig config;
    WebPPicture webp;
    WebPMemoryWriter writer;
    WebPMemoryWriterInit(&writer);
    if (!configure(&config, false))
        return set_trouble(VP8_ENC_ERROR_INVALID_CONFIGURATION, why);
    if (!fill(picture, false, &webp))
        return set_trouble(VP8_ENC_ERROR_OUT_OF_MEMORY, why);
    webp.writer = WebPMemoryWrite;
    webp.custom_ptr = &writer;
    bool written = WebPEncode(&config, &webp);
    int error = webp.error_code;
    WebPPictureFree(&webp);
    if (!written) {
        WebPMemoryWriterClear(&writer);
        return set_trouble(error, why);
    }
    *ret_file = (struct webp_file){writer.mem, writer.size};
    return STATUS_OK;
}

struct webp_animation {
    WebPAnimEncoder *encoder;
    WebPConfig config;
    int time_ms; /* at which the next frame begins */
};

enum status webp_animation_new(uint32_t width, uint32_t height, uint32_t plays, struct webp_animation **ret_animation,
                               struct text *why)
{
    WebPAnimEncoderOptions options;
    struct webp_animation *animation = NEW(struct webp_animation);
    if (WebPAnimEncoderOptionsInit(&options) && configure(&animation->config, true)) {
        options.anim_params.loop_count = (int)plays;
        animation->encoder = WebPAnimEncoderNew((int)width, (int)height, &options);
    }
    if (!animation->encoder) {
        webp_animation_free(animation);
        return set_trouble(VP8_ENC_ERROR_OUT_OF_MEMORY, why);
    }
    *ret_animation = animation;
    return STATUS_OK;
}

void webp_animation_free(struct webp_animation *animation)
{
    if (animation)
        WebPAnimEncoderDelete(animation->encoder);
    free(animation);
}

enum status webp_animation_add(struct webp_animation *animation, const struct picture *picture, int duration_ms,
                               struct text *why)
{
    WebPPicture webp;
    if (!fill(picture, true, &webp))
        return set_trouble(VP8_ENC_ERROR_OUT_OF_MEMORY, why);
    bool added = WebPAnimEncoderAdd(animation->encoder, &webp, animation->time_ms, &animation->config);
    int error = webp.error_code;
    WebPPictureFree(&webp);
    animation->time_ms += duration_ms;
    return added ? STATUS_OK : set_trouble(error, why);
}

enum status webp_animation_finish(struct webp_animation *animation, struct webp_file *ret_file, struct text *why)
{
    WebPData data;
    WebPDataInit(&data);
    /* The frame that isn't there tells when the last one ends. */
    if (!WebPAnimEncoderAdd(animation->encoder, NULL, animation->time_ms, NULL)
        || !WebPAnimEncoderAssemble(animation->encoder, &data))
        return set_trouble(VP8_ENC_ERROR_OUT_OF_MEMORY, why);
    *ret_file = (struct webp_file){(uint8_t *)(uintptr_t)data.bytes, data.size};
    return STATUS_OK;
}
