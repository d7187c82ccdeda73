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
#define JPEG_SCAN  "\xFF\xDA\0\10\1\1\0\0\x3F\0"
#define PNG_START  "\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\0\3\0\0\0\2\10\2\0\0\0abcd"
#define PNG_END    "\0\0\0\1IDATxabcd\0\0\0\0IENDabcd"
#define PNG_ACTL   "\0\0\0\10acTL\0\0\0\2\0\0\0\0abcd"
#define PNG_FCTL   "\0\0\0\0fcTLabcd"
#define GIF_START  "GIF89a\3\0\2\0\x80\0\0rgbRGB"
#define GIF_FRAME  "\x2C\0\0\0\0\3\0\2\0\0\2\1x\0"
/* Its first directory leads to what `next` says; it has 3 x 2 pixels. */
#define TIFF_LEADING_TO(next)                                                                                          \
    "II*\0\10\0\0\0\3\0\0\1\3\0\1\0\0\0\3\0\0\0\1\1\3\0\1\0\0\0\2\0\0\0\x11\1\4\0\1\0\0\0\10\0\0\0" next "\0\0\0"
/* With a second directory, whose pixels a tag describes. */
#define TIFF_AND(tag, kind, width)                                                                                     \
    TIFF_LEADING_TO("\x32")                                                                                            \
    "\3\0" tag "\0\4\0\1\0\0\0" kind "\0\0\0\0\1\3\0\1\0\0\0" width "\0\0\0\1\1\3\0\1\0\0\0\2\0\0\0\0\0\0\0"
#define HEIC_META                                                                                                      \
    "\0\0\0\x73meta\0\0\0\0"                                                                                           \
    "\0\0\0\16pitm\0\0\0\0\0\2"                                                                                        \
    "\0\0\0\x59iprp"                                                                                                   \
    "\0\0\0\x38ipco\0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x40\0\0\0\10free\0\0\0\x14ispe\0\0\0\0\0\0\0\3\0\0\0\2"      \
    "\0\0\0\x19ipma\0\0\0\0\0\0\0\2\0\1\1\1\0\2\2\2\3"

static const struct file files[] = {
    {"a JPEG", IMAGE_JPEG, 3, 2, 1,
     BYTES(JPEG_START JPEG_SCAN "ab\xFF\0cd\xFF\xD0"
                                "ef\xFF\xD9")},
    {"a JPEG with fill bytes before a marker", IMAGE_JPEG, 3, 2, 1,
     BYTES(JPEG_START "\xFF\xFF" JPEG_SCAN "ab\xFF\xD9")},
    {"a PNG", IMAGE_PNG, 3, 2, 1, BYTES(PNG_START PNG_END)},
    {"an animated PNG", IMAGE_PNG, 3, 2, 2, BYTES(PNG_START PNG_ACTL PNG_FCTL PNG_FCTL PNG_END)},
    {"an animated PNG of which one frame came", IMAGE_PNG, 3, 2, 1, BYTES(PNG_START PNG_ACTL PNG_FCTL PNG_END)},
    {"a PNG that says too late that it moves", IMAGE_PNG, 3, 2, 1,
     BYTES(PNG_START "\0\0\0\1IDATxabcd" PNG_ACTL PNG_FCTL PNG_FCTL PNG_END)},
    {"a GIF", IMAGE_GIF, 3, 2, 1, BYTES(GIF_START GIF_FRAME ";")},
    {"a GIF whose first frame is larger than it", IMAGE_GIF, 9, 8, 1,
     BYTES(GIF_START "\x2C\1\0\1\0\10\0\7\0\0\2\1x\0;")},
    {"a GIF whose second frame is larger than it", IMAGE_GIF, 3, 2, 2,
     BYTES(GIF_START GIF_FRAME "\x2C\1\0\1\0\10\0\7\0\0\2\1x\0;")},
    {"a GIF with zeros between its blocks", IMAGE_GIF, 3, 2, 2, BYTES(GIF_START GIF_FRAME "\0\0\0" GIF_FRAME "\0;")},
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
    {"a TIFF with a smaller version of its picture", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_AND("\xFE", "\1", "\3"))},
    {"a TIFF with a mask", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_AND("\xFE", "\4", "\3"))},
    {"a TIFF with a smaller version, marked in the old way", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_AND("\xFF", "\2", "\3"))},
    {"a TIFF with a thumbnail that nothing marks", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_AND("\xFE", "\0", "\1"))},
    {"a TIFF whose first page leads to itself", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_LEADING_TO("\10"))},
    {"a TIFF whose second directory is beyond the end", IMAGE_TIFF, 3, 2, 1, BYTES(TIFF_LEADING_TO("\xFF"))},
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

/* Where a cut file may pass, because what is missing may be no more than its end: then its end is told to be missing,
 * or (of a file of boxes, between two of them) the decoder has to say. Of a TIFF, its first page may be there. */
static bool may_pass(const struct file *file, size_t size, const struct image_info *info)
{
    enum { FIRST_PAGE_BYTES = 46 };
    bool between = (file->format == IMAGE_AVIF && size == file->size - 10)
                   || (file->format == IMAGE_TIFF && size >= FIRST_PAGE_BYTES);
    bool unfinished = file->format == IMAGE_JPEG || file->format == IMAGE_PNG || file->format == IMAGE_GIF;
    return between || (unfinished && info->part.is_untidy);
}

static void refuses_cut_files(void)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_case("%s cut at any byte is refused, or known to have no end", files[i].name);
        for (size_t size = 0; size < files[i].size; size++) {
            TEXT_CLEANUP struct text why = {0};
            struct image_info info = {.width = 77};
            enum status status = probe_with(&limits, files[i].bytes, size, &info, &why);
            bool passes = status == STATUS_OK && may_pass(&files[i], size, &info);
            if (!CHECK(passes || status == STATUS_UNPROCESSABLE || status == STATUS_UNSUPPORTED))
                (void)printf("# at %zu: %s\n", size, status_name(status));
            CHECK(passes || (why.length > 0 && info.width == 77)); /* written only on success */
        }
    }
}

#define JPEG_OPEN (JPEG_START JPEG_SCAN "abcdef")

/* Files without an end: what passes, and what doesn't. */
static const struct {
    const char *behaviour, *bytes;
    size_t size;
    bool passes;
} unfinished[] = {
    {"a JPEG without its end marker", BYTES(JPEG_START JPEG_SCAN "abcdef"), true},
    {"a JPEG without its end marker, with a few zeros", BYTES(JPEG_START JPEG_SCAN "abcdef\0\0\0\0"), true},
    {"a JPEG that ends in a marker", BYTES(JPEG_START JPEG_SCAN "abcdef\xFF"), true},
    {"a JPEG that ends in its last header", BYTES(JPEG_START "\xFF\xDA\0\10\1\1\0"), false},
    {"a JPEG without data", BYTES(JPEG_START JPEG_SCAN), false},
    {"a JPEG of three colours of which one came",
     BYTES("\xFF\xD8\xFF\xC0\0\x11\10\0\2\0\3\3\1\x11\0\2\x11\0\3\x11\0" JPEG_SCAN "abcdef"), false},
    {"a JPEG with arithmetic coding", BYTES("\xFF\xD8\xFF\xC9\0\x0B\10\0\2\0\3\1\1\x11\0" JPEG_SCAN "abcdef"), false},
    {"a PNG without IEND", BYTES(PNG_START "\0\0\0\1IDATxabcd"), true},
    {"a PNG with half of IEND", BYTES(PNG_START "\0\0\0\1IDATxabcd\0\0\0\0IEN"), true},
    {"a PNG with all of IEND but its sum", BYTES(PNG_START "\0\0\0\1IDATxabcd\0\0\0\0IEND"), true},
    {"a PNG that ends in its data", BYTES(PNG_START "\0\0\0\2IDATxyabc"), false},
    {"a PNG that ends before its data", BYTES(PNG_START), false},
    {"a GIF without its trailer", BYTES(GIF_START GIF_FRAME GIF_FRAME), true},
    {"a GIF that ends in zeros", BYTES(GIF_START GIF_FRAME "\0\0\0"), true},
    {"a GIF with something else behind its frames", BYTES(GIF_START GIF_FRAME "?!"), true},
    {"a GIF that ends in a frame", BYTES(GIF_START GIF_FRAME "\x2C\0\0\0\0\3\0\2\0\0\2\1x"), false},
    {"a GIF that ends before its first frame", BYTES(GIF_START), false},
};

static void tells_unfinished_from_cut(void)
{
    for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
        bool passes = unfinished[i].passes;
        check_case("%s is %s", unfinished[i].behaviour, passes ? "taken" : "incomplete");
        TEXT_CLEANUP struct text why = {0};
        struct image_info info = {0};
        CHECK_INT(probe_with(&limits, unfinished[i].bytes, unfinished[i].size, &info, &why),
                  passes ? STATUS_OK : STATUS_UNPROCESSABLE);
        CHECK(passes ? info.part.is_untidy : strstr(text_get(&why), "incomplete") != NULL);
    }
}

/* A copy that broke off is often filled up with zeros, which a decoder would take for a picture. */
static void leaves_out_zeros(void)
{
    enum { ZEROS = 100000, KEPT = 512 };
    static uint8_t bytes[sizeof JPEG_OPEN - 1 + ZEROS];
    memcpy(bytes, JPEG_OPEN, sizeof JPEG_OPEN - 1);
    TEXT_CLEANUP struct text why = {0};
    struct image_info info = {0};
    CHECK_INT(probe_with(&limits, bytes, sizeof bytes, &info, &why), STATUS_OK);
    CHECK_INT(info.part.bytes, sizeof JPEG_OPEN - 1 + KEPT);
}

static const struct {
    const char *behaviour, *bytes;
    size_t size;
    enum status status;
    const char *why;
} cases[] = {
    {"nothing", BYTES(""), STATUS_UNPROCESSABLE, "This file is empty. Choose the photo again, or copy it again."},
    {"text", BYTES("hello"), STATUS_UNSUPPORTED,
     "This file isn't a photo in a supported format. Export it as JPEG, PNG, GIF, WebP, HEIC, AVIF or TIFF."},
    {"a drawing", BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), STATUS_UNSUPPORTED, NULL},
    {"a PDF", BYTES("%PDF-1.7\n%abcd"), STATUS_UNSUPPORTED, NULL},
    {"a BMP", BYTES("BM\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED, NULL},
    {"an archive", BYTES("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED, NULL},
    {"a film",
     BYTES("\0\0\0\x14"
           "ftypisom\0\0\2\0mp42"
           "\0\0\0\10free"),
     STATUS_UNSUPPORTED, NULL},
    {"a JPEG without a picture", BYTES("\xFF\xD8\xFF\xD9"), STATUS_UNPROCESSABLE,
     "This JPEG is damaged and can't be read. Export or copy it again."},
    {"a JPEG of 12 bits", BYTES("\xFF\xD8\xFF\xC1\0\x0B\14\0\2\0\3\1\1\x11\0"), STATUS_UNSUPPORTED,
     "This JPEG has 12 bits a channel, which isn't supported. Export it as a JPEG."},
    {"a lossless JPEG", BYTES("\xFF\xD8\xFF\xC3\0\x0B\10\0\2\0\3\1\1\x11\0"), STATUS_UNSUPPORTED,
     "This JPEG has lossless compression, which isn't supported. Export it as a JPEG."},
    {"a PNG without pixels", BYTES("\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\0\0\0\0\0\2\10\2\0\0\0abcd" PNG_END),
     STATUS_UNPROCESSABLE, "This PNG is damaged and can't be read. Export or copy it again."},
    {"a PNG of too many pixels", BYTES("\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\x75\x30\0\0\x75\x30\10\2\0\0\0abcd" PNG_END),
     STATUS_TOO_LARGE, "This photo has 900 megapixels; the limit is 1.0 megapixels. Export it at a smaller size."},
    {"a GIF with an unknown block", BYTES(GIF_START "?"), STATUS_UNPROCESSABLE,
     "This GIF is damaged and can't be read. Export or copy it again."},
    {"a GIF of too many frames",
     BYTES(GIF_START GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME GIF_FRAME
               GIF_FRAME GIF_FRAME ";"),
     STATUS_TOO_LARGE, "This animation has 12 frames; the limit is 10. Export a shorter one."},
    {"a GIF of too many pixels in all", BYTES("GIF89a\xE8\3\x20\3\0\0\0" GIF_FRAME GIF_FRAME ";"), STATUS_TOO_LARGE,
     "This photo has 1.6 megapixels; the limit is 1.0 megapixels. Export it at a smaller size."},
    {"a WebP whose chunk reaches beyond it", BYTES("RIFF\14\0\0\0WEBPVP8 \xFF\0\0\0"), STATUS_UNPROCESSABLE,
     "This WebP is damaged and can't be read. Export or copy it again."},
    {"a HEIC without a size",
     BYTES("\0\0\0\x14"
           "ftypheic\0\0\0\0heic"
           "\0\0\0\14meta\0\0\0\0"),
     STATUS_UNPROCESSABLE, "This HEIC is damaged and can't be read. Export or copy it again."},
    {"a HEIC with a box without end",
     BYTES("\0\0\0\x14"
           "ftypheic\0\0\0\0heic"
           "\0\0\0\1mdat\0\0\0\0\0\0\0\0"),
     STATUS_UNPROCESSABLE, "This HEIC is damaged and can't be read. Export or copy it again."},
    {"a HEIC that is only a film",
     BYTES("\0\0\0\x14"
           "ftyphevc\0\0\0\0hevc"
           "\0\0\0\10moov"),
     STATUS_UNSUPPORTED, "This HEIC has a film without a still picture, which isn't supported. Export it as a JPEG."},
    {"a TIFF whose directory is itself the end", BYTES("II*\0\xFF\0\0\0"), STATUS_UNPROCESSABLE,
     "This TIFF is incomplete. Export or copy it again."},
    {"a TIFF of two pages", BYTES(TIFF_AND("\xFE", "\0", "\3")), STATUS_UNPROCESSABLE,
     "This TIFF has several pages or layers. Export each of them as a file of its own."},
    {"a TIFF of two pages that are marked", BYTES(TIFF_AND("\xFE", "\2", "\3")), STATUS_UNPROCESSABLE,
     "This TIFF has several pages or layers. Export each of them as a file of its own."},
    {"a BigTIFF whose directory is beyond the end", BYTES("II+\0\10\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
     STATUS_UNPROCESSABLE, "This TIFF is incomplete. Export or copy it again."},
    {"a raw photo of a kind without a preview", BYTES("FOVb\0\0\0\0\0\0\0\0"), STATUS_UNSUPPORTED,
     "This is a raw photo (Sigma X3F). Develop it and export it as a JPEG."},
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
    CHECK_STR(text_get(&why), "This photo's longer side has 3 pixels; the limit is 2. Export it smaller.");
}

static void reads_errors_aloud(void)
{
    TEXT_CLEANUP struct text why = {0};
    struct image_info info;
    CHECK_INT(image_probe(-1, 100, &limits, &info, &why), STATUS_INTERNAL);
    CHECK_STR(text_get(&why), "The photo can't be read: Bad file descriptor.");
}

CHECK_MAIN({"whole files", reads_whole_files}, {"cut files", refuses_cut_files},
           {"files without an end", tells_unfinished_from_cut}, {"zeros in place of data", leaves_out_zeros},
           {"everything else", refuses_with_a_reason}, {"a limit on the side", bounds_each_side},
           {"a file that can't be read", reads_errors_aloud})
