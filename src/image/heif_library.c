#include "heif_library.h"

#include <avif/avif.h>
#include <libheif/heif.h>

enum status heif_library_prepare(struct text *why)
{
    struct heif_error error = heif_init(NULL);
    if (error.code != heif_error_Ok) {
        text_setf(why, "libheif does not start: %s", error.message);
        return STATUS_UNAVAILABLE;
    }
    if (!heif_have_decoder_for_format(heif_compression_HEVC)) {
        text_setf(why, "libheif has no decoder for HEIC; on Debian, the package libheif-plugin-libde265 is one.");
        return STATUS_UNAVAILABLE;
    }
    if (!avifCodecName(AVIF_CODEC_CHOICE_DAV1D, AVIF_CODEC_FLAG_CAN_DECODE)) {
        text_setf(why, "libavif is built without dav1d, by which AVIF is decoded.");
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}
