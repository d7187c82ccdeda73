#include "heif_library.h"

#include <libheif/heif.h>
#include <stddef.h>

static const struct {
    enum heif_compression_format compression;
    const char *name, *package;
} needed[] = {
    {heif_compression_HEVC, "HEIC", "libheif-plugin-libde265"},
    {heif_compression_AV1, "AVIF", "libheif-plugin-dav1d"},
};

enum status heif_library_prepare(struct text *why)
{
    struct heif_error error = heif_init(NULL);
    if (error.code != heif_error_Ok) {
        text_setf(why, "libheif does not start: %s", error.message);
        return STATUS_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (heif_have_decoder_for_format(needed[i].compression))
            continue;
        text_setf(why, "libheif has no decoder for %s; on Debian, the package %s is one.", needed[i].name,
                  needed[i].package);
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}
