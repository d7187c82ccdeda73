/* Animations in WebP through libwebp's own player; stills stay with libvips, which decodes them smaller. */
#include "exif.h"
#include "memory.h"
#include "source.h"
#include "trouble.h"

#include <stdlib.h>
#include <webp/demux.h>

enum { CHANNELS = 4 };

struct webp_source {
    struct source_file file;
    WebPAnimDecoder *decoder;
    WebPAnimInfo info;
    uint8_t *pixels; /* the library's */
    int *ends_ms;    /* when each frame that was read ends */
};

bool source_webp_is_animation(const struct source_file *file)
{
    WebPBitstreamFeatures features;
    return WebPGetFeatures(file->bytes, file->size, &features) == VP8_STATUS_OK && features.has_animation;
}

static void webp_source_close(void *opaque)
{
    struct webp_source *source = opaque;
    WebPAnimDecoderDelete(source->decoder);
    free(source->ends_ms);
    free(source);
}

/* The file's own word on it is wrong now and then: the frames are asked. */
static bool has_alpha(const struct webp_source *source)
{
    WebPIterator frame = {0};
    const WebPDemuxer *demuxer = WebPAnimDecoderGetDemuxer(source->decoder);
    bool alpha = WebPDemuxGetFrame(demuxer, 1, &frame)
                 && (frame.x_offset || frame.y_offset || (uint32_t)frame.width < source->info.canvas_width
                     || (uint32_t)frame.height < source->info.canvas_height);
    for (int more = frame.num_frames > 0; more && !alpha; more = WebPDemuxNextFrame(&frame))
        alpha = frame.has_alpha || frame.dispose_method == WEBP_MUX_DISPOSE_BACKGROUND;
    WebPDemuxReleaseIterator(&frame);
    return alpha;
}

static int find_orientation(const struct webp_source *source)
{
    WebPChunkIterator exif;
    if (!WebPDemuxGetChunk(WebPAnimDecoderGetDemuxer(source->decoder), "EXIF", 1, &exif))
        return 1;
    int orientation = exif_orientation(exif.chunk.bytes, exif.chunk.size);
    if (!orientation) /* without the word that it has in a JPEG */
        orientation = exif_orientation_of_tiff(exif.chunk.bytes, exif.chunk.size);
    WebPDemuxReleaseChunkIterator(&exif);
    return orientation;
}

static void describe(const struct webp_source *source, struct source_info *info)
{
    *info = (struct source_info){
        .width = source->info.canvas_width,
        .height = source->info.canvas_height,
        .frames = source->info.frame_count,
        .orientation = find_orientation(source),
        .plays = source->info.loop_count,
        .colours = {.model = COLOUR_RGB, .channels = CHANNELS, .bits = 8, .has_alpha = has_alpha(source)},
    };
    WebPChunkIterator profile;
    if (WebPDemuxGetChunk(WebPAnimDecoderGetDemuxer(source->decoder), "ICCP", 1, &profile)) {
        info->colours.profile = profile.chunk.bytes; /* in the file, which stays */
        info->colours.profile_bytes = profile.chunk.size;
        WebPDemuxReleaseChunkIterator(&profile);
    }
}

static enum status webp_source_open(const struct source_file *file, void **ret_source, struct source_info *ret_info,
                                    struct text *why)
{
    struct webp_source *source = NEW(struct webp_source);
    const WebPData data = {file->bytes, file->size};
    source->file = *file;
    source->decoder = WebPAnimDecoderNew(&data, NULL);
    if (!source->decoder || !WebPAnimDecoderGetInfo(source->decoder, &source->info) || source->info.frame_count == 0) {
        webp_source_close(source);
        return trouble_set(why, file->job, TROUBLE_DAMAGED, NULL);
    }
    source->ends_ms = NEW_ARRAY(source->info.frame_count, int);
    describe(source, ret_info);
    *ret_source = source;
    return STATUS_OK;
}

static enum status webp_source_read(void *opaque, uint32_t frame, uint32_t y, uint32_t rows,
                                    struct source_rows *ret_rows, struct text *why)
{
    struct webp_source *source = opaque;
    (void)rows;
    if (y == 0 && !WebPAnimDecoderGetNext(source->decoder, &source->pixels, &source->ends_ms[frame]))
        return trouble_set(why, source->file.job, TROUBLE_DAMAGED, NULL);
    size_t stride = (size_t)source->info.canvas_width * CHANNELS;
    *ret_rows = (struct source_rows){source->pixels + y * stride, stride};
    return STATUS_OK;
}

static int webp_source_duration(void *opaque, uint32_t frame)
{
    const struct webp_source *source = opaque;
    return source->ends_ms[frame] - (frame ? source->ends_ms[frame - 1] : 0);
}

const struct source_ops source_webp = {
    .open = webp_source_open,
    .read = webp_source_read,
    .duration_ms = webp_source_duration,
    .close = webp_source_close,
};
