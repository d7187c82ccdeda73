/* Hostile and broken pictures: each is refused with a reason or developed, none stops the darkroom, and memory stays in
 * bounds. */
#include "check.h"
#include "image_fixture.h"
#include "memory.h"
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    TRUNCATIONS = 64,
    FLIPS = 24, /* pictures with flipped bits, of each format */
    GIF_FRAMES = 100000,
    SCANS = 1500,
    RESIDENT_KB_MAX = 640 << 10, /* the memory limit and what the libraries take */
};

/* One of each format and of each decoder's kinds, small. */
static const char *const samples[] = {"plain.jpg", "progressive.jpg", "plain.png", "plain.gif", "animated.gif",
                                      "animated.webp", "plain.webp", "plain.heic", "plain.avif", "plain.tif",
                                      "perceptual.jpg", "pq.avif", "sequence.avif", "rgb12.tif", "old-jpeg.tif",
                                      "planes-tiled16.tif", "halved-chroma.tif",
                                      /* not to be cut: they are so small that what is left may be whole */
                                      "put-back.gif", "cleared.png"};
enum { SAMPLES = sizeof samples / sizeof samples[0], SAMPLES_TO_CUT = SAMPLES - 2 };

/* Every answer but these would be a fault of ours. */
static bool is_honest(const struct developed *developed)
{
    switch (developed->status) {
    case STATUS_OK:
        return developed->large.size > 0 && developed->thumbnail.size > 0;
    case STATUS_UNSUPPORTED:
    case STATUS_UNPROCESSABLE:
    case STATUS_TOO_LARGE:
    case STATUS_TIMEOUT:
    case STATUS_CRASHED:
        return developed->why.length > 0;
    default:
        return false;
    }
}

static bool is_refused(enum status status)
{
    return status == STATUS_UNSUPPORTED || status == STATUS_UNPROCESSABLE;
}

/* The darkroom still works: the next photo comes out. */
static void check_works(struct darkroom *darkroom)
{
    struct bytes file = sample_read("plain.jpg");
    struct developed developed = develop(darkroom, file.data, file.size);
    CHECK_STR(text_get(&developed.why), "");
    CHECK_INT(developed.status, STATUS_OK);
    developed_release(&developed);
    bytes_release(&file);
}

static void refuses_truncated(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < SAMPLES_TO_CUT; i++) {
        check_case("%s cut at each 1/%d is refused", samples[i], TRUNCATIONS);
        struct bytes file = sample_read(samples[i]);
        for (size_t part = 0; part < TRUNCATIONS; part++) {
            struct developed developed = develop(darkroom, file.data, file.size * part / TRUNCATIONS);
            if (!CHECK(is_refused(developed.status)))
                (void)printf("# cut at %zu/%d: %s: %s\n", part, TRUNCATIONS, status_name(developed.status),
                             text_get(&developed.why));
            developed_release(&developed);
        }
        bytes_release(&file);
    }
    check_works(darkroom);
    darkroom_close(darkroom);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33);
}

static void survives_flipped_bits(void)
{
    struct darkroom_settings settings = fixture_settings();
    settings.timeout_ms = 10000;
    struct darkroom *darkroom = fixture_open(&settings);
    uint64_t seed = 20241122;
    for (size_t i = 0; i < SAMPLES; i++) {
        check_case("%s with flipped bits is refused or developed", samples[i]);
        struct bytes file = sample_read(samples[i]);
        for (unsigned round = 0; round < FLIPS; round++) {
            struct bytes flipped = bytes_copy(&file);
            for (unsigned flip = 0; flip <= round / 2; flip++)
                flipped.data[next_random(&seed) % flipped.size] ^= (uint8_t)(1U << next_random(&seed) % 8);
            struct developed developed = develop(darkroom, flipped.data, flipped.size);
            if (!CHECK(is_honest(&developed)))
                (void)printf("# round %u: %s\n", round, status_name(developed.status));
            developed_release(&developed);
            bytes_release(&flipped);
        }
        bytes_release(&file);
    }
    check_works(darkroom);
    darkroom_close(darkroom);
}

static void append_be32(struct bytes *bytes, uint32_t value)
{
    const uint8_t data[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    bytes_append(bytes, data, sizeof data);
}

/* A PNG with this header; its one piece of data is none. Nobody checks a sum before the size. */
static struct bytes make_png(uint32_t width, uint32_t height, uint8_t depth, uint8_t colour, uint8_t interlace)
{
    struct bytes sample = sample_read("one.png"), png = {0};
    bytes_append(&png, sample.data, 16);
    append_be32(&png, width);
    append_be32(&png, height);
    const uint8_t rest[] = {depth, colour, 0, 0, interlace};
    bytes_append(&png, rest, sizeof rest);
    /* the sum of the header, CRC-32 as in ISO 3309 */
    uint32_t sum = UINT32_MAX;
    for (size_t i = 12; i < png.size; i++) {
        sum ^= png.data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320U : 0);
    }
    append_be32(&png, ~sum);
    bytes_append(&png, sample.data + 33, sample.size - 33);
    bytes_release(&sample);
    return png;
}

static struct bytes make_png_bomb(void)
{
    return make_png(30000, 30000, 8, 6, 0);
}

/* Interlaced, it can only be decoded whole: 80 million pixels of 8 bytes. */
static struct bytes make_interlaced_bomb(void)
{
    return make_png(10000, 8000, 16, 6, 1);
}

/* 29 KB, and each row of what is worked with is as wide as the picture. */
static struct bytes make_wide_png(void)
{
    return sample_read("wide-10m.png");
}

static struct bytes make_gif(unsigned frames)
{
    static const uint8_t header[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\377\377\377",
                         frame[] = {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0};
    struct bytes gif = {0};
    bytes_append(&gif, header, sizeof header - 1);
    gif.data = memory_resize(gif.data, gif.size + frames * sizeof frame + 1);
    for (unsigned i = 0; i < frames; i++, gif.size += sizeof frame)
        memcpy(gif.data + gif.size, frame, sizeof frame);
    gif.data[gif.size++] = 0x3B;
    return gif;
}

static struct bytes make_gif_of_frames(void)
{
    return make_gif(GIF_FRAMES);
}

static struct bytes make_webp_bomb(void)
{
    static const uint8_t webp[] = "RIFF\36\0\0\0WEBPVP8X\12\0\0\0\0\0\0\0\377\377\377\377\377\377ANMF\0\0\0\0";
    struct bytes bytes = {0};
    bytes_append(&bytes, webp, sizeof webp - 1);
    return bytes;
}

static struct bytes make_heic_bomb(void)
{
    static const uint8_t start[] = "\0\0\0\30ftypheic\0\0\0\0heicmif1"
                                   "\0\0\0\60meta\0\0\0\0\0\0\0\44iprp\0\0\0\34ipco\0\0\0\24ispe\0\0\0\0"
                                   "\0\1\206\240\0\1\206\240";
    struct bytes bytes = {0};
    bytes_append(&bytes, start, sizeof start - 1);
    return bytes;
}

/* A directory whose next one and whose sub-directory is itself. */
static struct bytes make_tiff_loop(void)
{
    static const uint8_t tiff[] = "II*\0\10\0\0\0\12\0"
                                  "\0\1\3\0\1\0\0\0\1\0\0\0"    /* width 1 */
                                  "\1\1\3\0\1\0\0\0\1\0\0\0"    /* height 1 */
                                  "\2\1\3\0\1\0\0\0\10\0\0\0"   /* 8 bits a sample */
                                  "\3\1\3\0\1\0\0\0\1\0\0\0"    /* not compressed */
                                  "\6\1\3\0\1\0\0\0\1\0\0\0"    /* grey */
                                  "\21\1\4\0\1\0\0\0\10\0\0\0"  /* where its strip is, */
                                  "\25\1\3\0\1\0\0\0\1\0\0\0"   /* 1 sample a pixel, */
                                  "\26\1\3\0\1\0\0\0\1\0\0\0"   /* 1 row in it, */
                                  "\27\1\4\0\1\0\0\0\1\0\0\0"   /* 1 byte */
                                  "\112\1\4\0\1\0\0\0\10\0\0\0" /* sub-directory */
                                  "\10\0\0\0";
    struct bytes bytes = {0};
    bytes_append(&bytes, tiff, sizeof tiff - 1);
    return bytes;
}

/* Where the marker that ends the coded data after `offset` stands. */
static size_t find_marker(const struct bytes *jpeg, size_t offset)
{
    while (!(jpeg->data[offset] == 0xFF && jpeg->data[offset + 1] != 0))
        offset++;
    return offset;
}

/* A progressive JPEG whose first scan comes again and again. */
static struct bytes make_jpeg_of_scans(void)
{
    struct bytes file = sample_read("progressive.jpg"), jpeg = {0};
    size_t scan = 0;
    while (!(file.data[scan] == 0xFF && file.data[scan + 1] == 0xDA))
        scan++;
    size_t end = find_marker(&file, scan + 2);
    bytes_append(&jpeg, file.data, scan);
    for (unsigned i = 0; i < SCANS; i++)
        bytes_append(&jpeg, file.data + scan, end - scan);
    bytes_append(&jpeg, file.data + end, file.size - end);
    bytes_release(&file);
    return jpeg;
}

/* Cut before its last frame: a PNG that is no animation would be whole. */
static struct bytes make_cut_apng(void)
{
    struct bytes png = sample_read("cleared.png");
    size_t at = png.size - 4;
    while (at > 4 && memcmp(png.data + at, "fcTL", 4) != 0)
        at--;
    png.size = at - 4;
    return png;
}

/* A page with a script, for who trusts what a file says of itself. */
static struct bytes make_gif_with_script(void)
{
    static const uint8_t script[] = "\x21\xFE\x1D<script>alert(document)</scr>\0";
    struct bytes gif = make_gif(1), both = {0};
    bytes_append(&both, gif.data, 19);
    bytes_append(&both, script, sizeof script - 1);
    bytes_append(&both, gif.data + 19, gif.size - 19);
    bytes_release(&gif);
    return both;
}

static struct bytes make_jpeg_with_archive(void)
{
    static const uint8_t archive[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    struct bytes jpeg = sample_read("plain.jpg");
    bytes_append(&jpeg, archive, sizeof archive - 1);
    return jpeg;
}

static struct bytes make_page(void)
{
    struct bytes page = {0};
    bytes_append(&page, "<svg xmlns='http://www.w3.org/2000/svg'/>", 41);
    return page;
}

static const struct {
    const char *behaviour;
    struct bytes (*make)(void);
    enum status status;
    const char *why; /* the reason contains it */
} hostile[] = {
    {"a PNG of 30,000 x 30,000 is refused by its header", make_png_bomb, STATUS_TOO_LARGE,
     "has 900 megapixels; the limit is 100 megapixels"},
    {"a PNG that needs more memory than a worker has is refused", make_interlaced_bomb, STATUS_TOO_LARGE, "memory"},
    {"a PNG of 10,000,000 x 1 needs too much memory, and says so", make_wide_png, STATUS_TOO_LARGE,
     "This PNG needs more memory to read than the 537 MB allowed. Export it smaller."},
    {"a GIF of 100,000 frames is refused by its headers", make_gif_of_frames, STATUS_TOO_LARGE,
     "100,000 frames; the limit is 1,000"},
    {"a WebP of 16 million pixels a side is refused by its header", make_webp_bomb, STATUS_TOO_LARGE,
     "281,474,977 megapixels"},
    {"a HEIC of 100,000 pixels a side is refused by its header", make_heic_bomb, STATUS_TOO_LARGE, "10,000 megapixels"},
    {"a TIFF whose directories go in a circle ends", make_tiff_loop, STATUS_OK, ""},
    {"an animated PNG that lacks frames is refused", make_cut_apng, STATUS_UNPROCESSABLE, "incomplete"},
    {"a JPEG of thousands of scans is refused", make_jpeg_of_scans, STATUS_TOO_LARGE, "takes too much work"},
    {"a GIF that is a script too becomes a picture", make_gif_with_script, STATUS_OK, ""},
    {"a JPEG with an archive behind it becomes a picture", make_jpeg_with_archive, STATUS_OK, ""},
    {"a drawing is refused, naming what is taken", make_page, STATUS_UNSUPPORTED, "JPEG, PNG, GIF, WebP, HEIC, AVIF"},
};

static void withstands_attacks(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        check_case("%s", hostile[i].behaviour);
        if (SANDBOX_SANITIZED && (hostile[i].make == make_interlaced_bomb || hostile[i].make == make_wide_png)) {
            check_skip("a sanitizer leaves no limit on memory");
            continue;
        }
        struct bytes file = hostile[i].make();
        struct developed developed = develop(darkroom, file.data, file.size);
        CHECK_INT(developed.status, hostile[i].status);
        if (!CHECK(strstr(text_get(&developed.why), hostile[i].why)))
            (void)printf("# %s\n", text_get(&developed.why));
        TEXT_CLEANUP struct text chunks = {0};
        webp_list_chunks(&developed.large, &chunks);
        if (developed.status == STATUS_OK)
            CHECK(strstr(text_get(&chunks), "VP8") == text_get(&chunks));
        developed_release(&developed);
        bytes_release(&file);
    }
    check_works(darkroom);
    darkroom_close(darkroom);
}

/* Last, when the processes of all pools have ended and were counted. */
static void stayed_in_bounds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    CHECK(usage.ru_maxrss > 0 && usage.ru_maxrss < RESIDENT_KB_MAX);
}

CHECK_MAIN({"truncated pictures", refuses_truncated}, {"flipped bits", survives_flipped_bits},
           {"bombs, loops and polyglots", withstands_attacks},
           {"no process ever took more memory than allowed", stayed_in_bounds})
