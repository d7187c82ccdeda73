#include "heif_library.h"

#include <avif/avif.h>
#include <libheif/heif.h>

enum { NEEDED_MAJOR = 1, NEEDED_MINOR = 19 };

void heif_library_judge(uint32_t version, struct text *why)
{
    uint32_t major = version >> 24, minor = version >> 16 & 0xff, patch = version >> 8 & 0xff;
    if (major > NEEDED_MAJOR || (major == NEEDED_MAJOR && minor >= NEEDED_MINOR))
        return;
    text_setf(why,
              "libheif is %u.%u.%u, and HEIC photos of iOS 18 and later need %d.%d: they will be refused as broken. "
              "Debian 12 "
              "has a newer one in its backports; make run installs it as root.",
              major, minor, patch, NEEDED_MAJOR, NEEDED_MINOR);
}

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
    heif_library_judge(heif_get_version_number(), why);
    return STATUS_OK;
}
