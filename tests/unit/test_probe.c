/* What a file is, from its bytes: small files written out by hand, whole, cut at every byte, and too large. */
#include "check.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct image_limits limits = {.pixels = 1000000, .frames = 10};

static enum status probe_with(const struct image_limits *with, const void *data, size_t size,
                              struct image_info *ret_info, struct text *why)
{
    int fd = memfd_create("probe", MFD_CLOEXEC);
    CHECK_INT(write(fd, data, size), size);
    CHECK_INT(lseek(fd, 3, SEEK_SET), 3);
    enum status status = image_probe(fd, size, with, ret_info, why);
    CHECK_INT(lseek(fd, 0, SEEK_CUR), 3); /* stays where it was */
    close(fd);
    return status;
}

/* A file as the shortest bytes that have its format's structure; the coded data in it is none. */
struct file {
    const char *name;
    enum image_format format;
    uint32_t width, height, frames;
    const char *bytes;
    size_t size;
};
#define BYTES(string) (string), sizeof(string) - 1

#define JPEG_START "\xFF\xD8\xFF\xE0\0\4ab\xFF\xC0\0\x0B\10\0\2\0\3\1\1\x11\0"
#define PNG_START  "\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\0\3\0\0\0\2\10\2\0\0\0abcd"
#define PNG_END    "\0\0\0\1IDATxabcd\0\0\0\0IENDabcd"
#define GIF_START  "GIF89a\3\0\2\0\x80\0\0rgbRGB"
#define GIF_FRAME  "\x2C\0\0\0\0\3\0\2\0\0\2\1x\0"
#define HEIC_META                                                                                                      \
    "\0\0\0\x73meta\0\0\0\0"                                                                                           \
    "\0\0\0\16pitm\0\0\0\0\0\2"                                                                                        \
    "\0\0\0\x59iprp"                                                                                                   \
    "\0\0\0\x38ipco\0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x40\0\0\0\10free\0\0\0\x14ispe\0\0\0\0\0\0\0\3\0\0\0\2"      \
    "\0\0\0\x19ipma\0\0\0\0\0\0\0\2\0\1\1\1\0\2\2\2\3"

static const struct file files[] = {
    {"a JPEG", IMAGE_JPEG, 3, 2, 1,
     BYTES(JPEG_START "\xFF\xDA\0\2ab\xFF\0cd\xFF\xD0"
                      "ef\xFF\xD9")},
    {"a JPEG with fill bytes before a marker", IMAGE_JPEG, 3, 2, 1, BYTES(JPEG_START "\xFF\xFF\xFF\xDA\0\2ab\xFF\xD9")},
    {"a PNG", IMAGE_PNG, 3, 2, 1, BYTES(PNG_START PNG_END)},
    {"an animated PNG, as a still", IMAGE_PNG, 3, 2, 1, BYTES(PNG_START "\0\0\0\10acTL\0\0\0\2\0\0\0\0abcd" PNG_END)},
    {"a GIF", IMAGE_GIF, 3, 2, 1, BYTES(GIF_START GIF_FRAME ";")},
    {"a GIF of two frames with a comment", IMAGE_GIF, 3, 2, 2, BYTES(GIF_START GIF_FRAME "!\xFE\2hi\0" GIF_FRAME ";")},
    {"a lossy WebP", IMAGE_WEBP, 3, 2, 1, BYTES("RIFF\26\0\0\0WEBPVP8 \12\0\0\0\0\0\0\x9D\1\x2A\3\0\2\0")},
    {"a lossless WebP", IMAGE_WEBP, 3, 2, 1, BYTES("RIFF\22\0\0\0WEBPVP8L\5\0\0\0\x2F\2\x40\0\0\0")},
    {"an animated WebP", IMAGE_WEBP, 3, 2, 2,
     BYTES("RIFF\x28\0\0\0WEBPVP8X\12\0\0\0\2\0\0\0\2\0\0\1\0\0ANMF\0\0\0\0ANMF\2\0\0\0xx")},
    {"a HEIC with a smaller picture beside it", IMAGE_HEIC, 3, 2, 1,
     BYTES("\0\0\0\x14"
           "ftypmif1\0\0\0\0heic" HEIC_META)},
    {"an AVIF", IMAGE_AVIF, 3, 2, 1,
     BYTES("\0\0\0\x14"
           "ftypavif\0\0\0\0mif1" HEIC_META "\0\0\0\12mdatxx")},
    {"a little-endian TIFF", IMAGE_TIFF, 3, 2, 1,
     BYTES("II*\0\10\0\0\0\3\0\0\1\3\0\1\0\0\0\3\0\0\0\1\1\3\0\1\0\0\0\2\0\0\0\x11\1\4\0\1\0\0\0\10\0\0\0")},
    {"a big-endian TIFF with wide numbers", IMAGE_TIFF, 3, 2, 1,
     BYTES("MM\0*\0\0\0\10\0\3\1\0\0\4\0\0\0\1\0\0\0\3\1\1\0\4\0\0\0\1\0\0\0\2\1\x11\0\4\0\0\0\1\0\0\0\10")},
};

static void reads_whole_files(void)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_case("%s is told by its content", files[i].name);
        TEXT_CLEANUP struct text why = {0};
        struct image_info info = {0};
        CHECK_INT(probe_with(&limits, files[i].bytes, files[i].size, &info, &why), STATUS_OK);
        CHECK_STR(text_get(&why), "");
        CHECK_INT(info.format, files[i].format);
        CHECK_INT(info.width, files[i].width);
        CHECK_INT(info.height, files[i].height);
        CHECK_INT(info.frames, files[i].frames);
    }
}

static void refuses_cut_files(void)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_case("%s cut at any byte is refused", files[i].name);
        for (size_t size = 0; size < files[i].size; size++) {
            TEXT_CLEANUP struct text why = {0};
            struct image_info info = {.width = 77};
            enum status status = probe_with(&limits, files[i].bytes, size, &info, &why);
            /* A file of boxes may end between two of them: then its size is known, and the decoder has to say. */
            bool between = files[i].format == IMAGE_AVIF && status == STATUS_OK && size == files[i].size - 10;
            if (!CHECK(between || status == STATUS_UNPROCESSABLE || status == STATUS_UNSUPPORTED))
                (void)printf("# at %zu: %s\n", size, status_name(status));
            CHECK(between || (why.length > 0 && info.width == 77)); /* written only on success */
        }
    }
}

static const struct {
    const char *behaviour, *bytes;
    size_t size;
    enum status status;
    const char *why;
} cases[] = {
    {"nothing", BYTES(""), STATUS_UNPROCESSABLE, "The file is empty."},
    {"text", BYTES("hello"), STATUS_UNSUPPORTED,
     "This is not a photo in a format that we take; JPEG, PNG, GIF, WebP, HEIC, AVIF and TIFF are."},
    {"a drawing", BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), STATUS_UNSUPPORTED, NULL},
    {"a PDF", BYTES("%PDF-1.7\n%abcd"), STATUS_UNSUPPORTED, NULL},
    {"a BMP", BYTES("BM\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED, NULL},
    {"an archive", BYTES("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED, NULL},
    {"a film",
     BYTES("\0\0\0\x14"
           "ftypisom\0\0\2\0mp42"
           "\0\0\0\10free"),
     STATUS_UNSUPPORTED, NULL},
    {"a JPEG that ends in its data", BYTES(JPEG_START "\xFF\xDA\0\2abcdef"), STATUS_UNPROCESSABLE,
     "The JPEG ends in the middle: only its first 31 bytes are there."},
    {"a JPEG without a picture", BYTES("\xFF\xD8\xFF\xD9"), STATUS_UNPROCESSABLE,
     "The JPEG is broken: there is no picture in it."},
    {"a JPEG of 12 bits", BYTES("\xFF\xD8\xFF\xC1\0\x0B\14\0\2\0\3\1\1\x11\0"), STATUS_UNPROCESSABLE,
     "The JPEG is broken: it has 12 bits a sample, not 8."},
    {"a PNG without pixels", BYTES("\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\0\0\0\0\0\2\10\2\0\0\0abcd" PNG_END),
     STATUS_UNPROCESSABLE, "The PNG is broken: it has no pixels."},
    {"a PNG of too many pixels", BYTES("\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\x75\x30\0\0\x75\x30\10\2\0\0\0abcd" PNG_END),
     STATUS_TOO_LARGE, "The photo is too large: 30,000 x 30,000 = 900,000,000 pixels; at most 1,000,000 are allowed."},
    {"a GIF with an unknown block", BYTES(GIF_START "?"), STATUS_UNPROCESSABLE,
     "The GIF is broken: there is an unknown block (0x3F)."},
    {"a GIF of too many frames",
     BYTES(GIF_START GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME
               GIF_FRAME GIF_FRAME ";"),
     STATUS_TOO_LARGE, "The photo is too large: 11 frames or more; at most 10 are allowed."},
    {"a GIF of too many pixels in all", BYTES("GIF89a\xE8\3\x20\3\0\0\0" GIF_FRAME GIF_FRAME ";"), STATUS_TOO_LARGE,
     "The photo is too large: 2 frames of 1,000 x 800 = 1,600,000 pixels; at most 1,000,000 are allowed."},
    {"a WebP whose chunk reaches beyond it", BYTES("RIFF\14\0\0\0WEBPVP8 \xFF\0\0\0"), STATUS_UNPROCESSABLE,
     "The WebP is broken: a chunk reaches beyond the end."},
    {"a HEIC without a size",
     BYTES("\0\0\0\x14"
           "ftypheic\0\0\0\0heic"
           "\0\0\0\14meta\0\0\0\0"),
     STATUS_UNPROCESSABLE, "The HEIC is broken: its size is missing."},
    {"a HEIC with a box without end",
     BYTES("\0\0\0\x14"
           "ftypheic\0\0\0\0heic"
           "\0\0\0\1mdat\0\0\0\0\0\0\0\0"),
     STATUS_UNPROCESSABLE, "The HEIC is broken: a box is shorter than its header."},
    {"a TIFF whose directory is itself the end", BYTES("II*\0\xFF\0\0\0"), STATUS_UNPROCESSABLE,
     "The TIFF ends in the middle: only its first 8 bytes are there."},
    {"a BigTIFF", BYTES("II+\0\10\0\0\0\20\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED, NULL},
};

static void refuses_with_a_reason(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s is refused", cases[i].behaviour);
        TEXT_CLEANUP struct text why = {0};
        struct image_info info;
        CHECK_INT(probe_with(&limits, cases[i].bytes, cases[i].size, &info, &why), cases[i].status);
        if (cases[i].why)
            CHECK_STR(text_get(&why), cases[i].why);
        CHECK_INT(probe_with(&limits, cases[i].bytes, cases[i].size, &info, NULL), cases[i].status);
    }
}

static void bounds_each_side(void)
{
    const struct image_limits narrow = {.pixels = 1000000, .frames = 10, .side = 2};
    TEXT_CLEANUP struct text why = {0};
    struct image_info info;
    CHECK_INT(probe_with(&narrow, files[0].bytes, files[0].size, &info, &why), STATUS_TOO_LARGE);
    CHECK_STR(text_get(&why), "The photo is too large: 3 x 2 = 6 pixels; at most 2 on a side are allowed.");
}

static void reads_errors_aloud(void)
{
    TEXT_CLEANUP struct text why = {0};
    struct image_info info;
    CHECK_INT(image_probe(-1, 100, &limits, &info, &why), STATUS_INTERNAL);
    CHECK_STR(text_get(&why), "The photo can't be read: Bad file descriptor.");
}

CHECK_MAIN({"whole files", reads_whole_files}, {"cut files", refuses_cut_files},
           {"everything else", refuses_with_a_reason}, {"a limit on the side", bounds_each_side},
           {"a file that can't be read", reads_errors_aloud})
