/* HEIC and AVIF: what the primary item is, how large it is shown, films, and absurd grids. Files are made box by
 * box. */
#include "check.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct image_limits limits = {.pixels = 1u << 30, .frames = 100, .memory = 512 << 20, .work_ms = 20000};

struct file {
    uint8_t bytes[8192];
    size_t size;
};

static void put(struct file *file, uint32_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        file->bytes[file->size++] = (uint8_t)(value >> 8 * i);
}

static void put_text(struct file *file, const char *text, size_t size)
{
    memcpy(file->bytes + file->size, text, size);
    file->size += size;
}

/* Returns where it begins, for box_close. */
static size_t box_open(struct file *file, const char *name)
{
    size_t at = file->size;
    put(file, 0, 4);
    put_text(file, name, 4);
    return at;
}

static void box_close(struct file *file, size_t at)
{
    struct file length = {0};
    put(&length, (uint32_t)(file->size - at), 4);
    memcpy(file->bytes + at, length.bytes, 4);
}

enum { PRIMARY = 1, TILE = 2 };

/* What stands in a file. */
struct heif {
    const char *behaviour, *brands; /* the first, and all; four letters each */
    const char *type;               /* of the primary item */
    const char *tile_type;          /* of a grid */
    uint16_t tiles;
    uint32_t width, height;
    uint32_t crop_width, crop_height; /* `clap`; 0: none */
    uint8_t turns, film_frames;
    const char *film_type; /* NULL: no `moov` */
    bool no_meta;
    enum status status;
    enum image_format format;
    uint32_t shown_width, shown_height, frames;
    const char *why;
};

static void put_item(struct file *file, uint32_t id, const char *type)
{
    size_t infe = box_open(file, "infe");
    put(file, 2u << 24, 4);
    put(file, id, 2);
    put(file, 0, 2);
    put_text(file, type, 4);
    put(file, 0, 1);
    box_close(file, infe);
}

static void put_items(struct file *file, const struct heif *heif)
{
    size_t pitm = box_open(file, "pitm");
    put(file, 0, 4);
    put(file, PRIMARY, 2);
    box_close(file, pitm);
    size_t iinf = box_open(file, "iinf");
    put(file, 0, 4);
    put(file, heif->tile_type ? 2 : 1, 2);
    put_item(file, PRIMARY, heif->type);
    if (heif->tile_type)
        put_item(file, TILE, heif->tile_type);
    box_close(file, iinf);
    if (!heif->tile_type)
        return;
    size_t iref = box_open(file, "iref");
    put(file, 0, 4);
    size_t dimg = box_open(file, "dimg");
    put(file, PRIMARY, 2);
    put(file, heif->tiles, 2);
    put(file, TILE, 2); /* and so on: only the first is looked at */
    box_close(file, dimg);
    box_close(file, iref);
}

static void put_size(struct file *file, uint32_t width, uint32_t height)
{
    size_t ispe = box_open(file, "ispe");
    put(file, 0, 4);
    put(file, width, 4);
    put(file, height, 4);
    box_close(file, ispe);
}

static void put_properties(struct file *file, const struct heif *heif)
{
    enum { SIZE = 1, CROP, TURN, TILE_SIZE };
    size_t iprp = box_open(file, "iprp"), ipco = box_open(file, "ipco");
    put_size(file, heif->width, heif->height);
    size_t clap = box_open(file, heif->crop_width ? "clap" : "free");
    put(file, heif->crop_width * 2, 4); /* a fraction */
    put(file, 2, 4);
    put(file, heif->crop_height, 4);
    put(file, 1, 4);
    for (unsigned i = 0; i < 4; i++)
        put(file, i & 1, 4);
    box_close(file, clap);
    size_t irot = box_open(file, "irot");
    put(file, heif->turns, 1);
    box_close(file, irot);
    put_size(file, 512, 512);
    box_close(file, ipco);
    size_t ipma = box_open(file, "ipma");
    put(file, 0, 4);
    put(file, 2, 4);
    put(file, PRIMARY, 2);
    put(file, 3, 1);
    put(file, SIZE << 16 | CROP << 8 | TURN, 3);
    put(file, TILE, 2);
    put(file, 1, 1);
    put(file, TILE_SIZE, 1);
    box_close(file, ipma);
    box_close(file, iprp);
}

static void put_film(struct file *file, const struct heif *heif)
{
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl"};
    enum { DEPTH = sizeof path / sizeof path[0] };
    size_t open[DEPTH];
    for (size_t i = 0; i < DEPTH; i++)
        open[i] = box_open(file, path[i]);
    size_t stsd = box_open(file, "stsd");
    put(file, 0, 4);
    put(file, 1, 4);
    size_t entry = box_open(file, heif->film_type);
    for (unsigned i = 0; i < 6; i++)
        put(file, 0, 4);
    put(file, heif->width, 2);
    put(file, heif->height, 2);
    box_close(file, entry);
    box_close(file, stsd);
    size_t stsz = box_open(file, "stsz");
    put(file, 0, 4);
    put(file, 100, 4);
    put(file, heif->film_frames, 4);
    box_close(file, stsz);
    for (size_t i = DEPTH; i-- > 0;)
        box_close(file, open[i]);
}

static struct file make(const struct heif *heif)
{
    struct file file = {0};
    size_t ftyp = box_open(&file, "ftyp");
    put_text(&file, heif->brands, 4);
    put(&file, 0, 4);
    put_text(&file, heif->brands, strlen(heif->brands));
    box_close(&file, ftyp);
    if (!heif->no_meta) {
        size_t meta = box_open(&file, "meta");
        put(&file, 0, 4);
        put_items(&file, heif);
        put_properties(&file, heif);
        box_close(&file, meta);
    }
    if (heif->film_type)
        put_film(&file, heif);
    return file;
}

static enum status probe(const struct file *file, struct image_info *ret_info, struct text *why)
{
    int fd = memfd_create("heif", MFD_CLOEXEC);
    CHECK_INT(write(fd, file->bytes, file->size), file->size);
    enum status status = image_probe(fd, file->size, &limits, ret_info, why);
    (void)close(fd);
    return status;
}

#define SHOWN(width_, height_) .shown_width = (width_), .shown_height = (height_), .frames = 1
#define SIZED                  .width = 4000, .height = 3000

static const struct heif rows[] = {
    {.behaviour = "a HEIC", .brands = "heicmif1heic", .type = "hvc1", SIZED, SHOWN(4000, 3000), .format = IMAGE_HEIC},
    {.behaviour = "a HEIC whose codec's brand is behind 32 bytes",
     .brands = "mif1mif1miafMiHBMiPrheic",
     .type = "hvc1",
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "a HEIC of general brands",
     .brands = "mif1mif1miaf",
     .type = "hvc1",
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "an AVIF of general brands",
     .brands = "mif1mif1miaf",
     .type = "av01",
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_AVIF},
    {.behaviour = "an AVIF that says it is a HEIC",
     .brands = "heicmif1heic",
     .type = "av01",
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_AVIF},
    {.behaviour = "a grid of tiles",
     .brands = "mif1mif1",
     .type = "grid",
     .tile_type = "hvc1",
     .tiles = 48,
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "a grid of AVIF",
     .brands = "mif1mif1",
     .type = "grid",
     .tile_type = "av01",
     .tiles = 48,
     SIZED,
     SHOWN(4000, 3000),
     .format = IMAGE_AVIF},
    {.behaviour = "a cropped one",
     .brands = "heic",
     .type = "hvc1",
     SIZED,
     .crop_width = 3990,
     .crop_height = 2990,
     SHOWN(3990, 2990),
     .format = IMAGE_HEIC},
    {.behaviour = "a turned one",
     .brands = "heic",
     .type = "hvc1",
     SIZED,
     .turns = 1,
     SHOWN(3000, 4000),
     .format = IMAGE_HEIC},
    {.behaviour = "one upside down",
     .brands = "heic",
     .type = "hvc1",
     SIZED,
     .turns = 2,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "one that is cropped, then turned",
     .brands = "heic",
     .type = "hvc1",
     SIZED,
     .turns = 3,
     .crop_width = 100,
     .crop_height = 50,
     SHOWN(50, 100),
     .format = IMAGE_HEIC},
    {.behaviour = "a crop that is larger than the picture",
     .brands = "heic",
     .type = "hvc1",
     SIZED,
     .crop_width = 4001,
     .crop_height = 10,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "a HEIC film with a still picture",
     .brands = "hevcmsf1hevcheic",
     .type = "hvc1",
     SIZED,
     .film_type = "hvc1",
     .film_frames = 30,
     SHOWN(4000, 3000),
     .format = IMAGE_HEIC},
    {.behaviour = "an AVIF that moves",
     .brands = "avisavisavif",
     .type = "av01",
     .width = 400,
     .height = 300,
     .film_type = "av01",
     .film_frames = 30,
     .shown_width = 400,
     .shown_height = 300,
     .frames = 30,
     .format = IMAGE_AVIF},
    {.behaviour = "an AVIF that moves, of a track alone",
     .brands = "avismsf1miaf",
     .no_meta = true,
     .width = 400,
     .height = 300,
     .film_type = "av01",
     .film_frames = 4,
     .shown_width = 400,
     .shown_height = 300,
     .frames = 4,
     .format = IMAGE_AVIF},
    {.behaviour = "an AVIF still with a film beside it",
     .brands = "avifavifavis",
     .type = "av01",
     .width = 400,
     .height = 300,
     .film_type = "av01",
     .film_frames = 30,
     SHOWN(400, 300),
     .format = IMAGE_AVIF},
    {.behaviour = "a HEIC film alone",
     .brands = "hevcmsf1hevc",
     .no_meta = true,
     .film_type = "hvc1",
     .film_frames = 30,
     .status = STATUS_UNSUPPORTED,
     .why = "This HEIC has a film without a still picture, which isn't supported. Export it as a JPEG."},
    {.behaviour = "a picture that is not compressed",
     .brands = "mif1mif1",
     .type = "unci",
     SIZED,
     .status = STATUS_UNSUPPORTED,
     .why = "This HEIC has a picture that isn't compressed, which isn't supported. Export it as a JPEG."},
    {.behaviour = "a grid of H.264",
     .brands = "mif1mif1",
     .type = "grid",
     .tile_type = "avc1",
     .tiles = 4,
     SIZED,
     .status = STATUS_UNSUPPORTED,
     .why = "This HEIC has a picture coded as H.264, which isn't supported. Export it as a JPEG."},
    {.behaviour = "a grid of 20,000 tiles",
     .brands = "mif1mif1",
     .type = "grid",
     .tile_type = "hvc1",
     .tiles = 20000,
     SIZED,
     .status = STATUS_TOO_LARGE,
     .why = "This HEIC is built in a way that takes too much work to read. Export it again."},
    {.behaviour = "a grid whose tiles are far more than the picture",
     .brands = "mif1mif1",
     .type = "grid",
     .tile_type = "hvc1",
     .tiles = 9000,
     SIZED,
     .status = STATUS_TOO_LARGE,
     .why = "This HEIC is built in a way that takes too much work to read. Export it again."},
    {.behaviour = "a HEIC that does not fit the memory",
     .brands = "heic",
     .type = "hvc1",
     .width = 20000,
     .height = 10000,
     .status = STATUS_TOO_LARGE,
     .why = "This HEIC needs more memory to read than the 537 MB allowed. Export it smaller."},
    {.behaviour = "a film of too many frames",
     .brands = "avisavif",
     .no_meta = true,
     .width = 400,
     .height = 300,
     .film_type = "av01",
     .film_frames = 101,
     .status = STATUS_TOO_LARGE,
     .why = "This animation has 101 frames; the limit is 100. Export a shorter one."},
};

static void reads_items(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct heif *row = &rows[i];
        check_case("%s is %s", row->behaviour, row->why ? "refused" : "read");
        const struct file file = make(row);
        struct image_info info = {0};
        TEXT_CLEANUP struct text why = {0};
        CHECK_INT(probe(&file, &info, &why), row->status);
        CHECK_STR(text_get(&why), row->why ? row->why : "");
        CHECK_INT(info.width, row->shown_width);
        CHECK_INT(info.height, row->shown_height);
        CHECK_INT(info.frames, row->frames);
        CHECK_INT(info.format, row->format);
    }
}

static void sniffs_far_enough(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s is told by its first bytes", rows[i].behaviour);
        struct file file = make(&rows[i]);
        TEXT_CLEANUP struct text why = {0};
        for (size_t size = 0; size <= PROBE_SIGNATURE_BYTES; size++)
            CHECK_INT(image_sniff(file.bytes, size, &why), STATUS_OK);
    }
    check_case("a film of many brands is refused when all of them are there, all else by 32 bytes");
    struct file film = {0};
    put(&film, 256, 4);
    put_text(&film, "ftypisom", 8);
    CHECK_INT(image_sniff(film.bytes, PROBE_SIGNATURE_BYTES - 1, NULL), STATUS_OK);
    CHECK_INT(image_sniff(film.bytes, PROBE_SIGNATURE_BYTES, NULL), STATUS_UNSUPPORTED);
    memcpy(film.bytes, "%PDF-1.7", 8);
    CHECK_INT(image_sniff(film.bytes, 31, NULL), STATUS_OK);
    CHECK_INT(image_sniff(film.bytes, 32, NULL), STATUS_UNSUPPORTED);
}

/* Whatever is cut away or changed, the sanitizers stay silent. */
static void stays_inside_the_file(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s, cut and changed at any byte, has a size or a reason", rows[i].behaviour);
        const struct file whole = make(&rows[i]);
        for (size_t at = 0; at < whole.size; at++) {
            struct file file = whole;
            struct image_info info = {0};
            TEXT_CLEANUP struct text why = {0};
            file.bytes[at] ^= 0xFF;
            CHECK((probe(&file, &info, &why) == STATUS_OK) == (why.length == 0));
            file = whole;
            file.size = at + 1;
            text_clear(&why);
            CHECK((probe(&file, &info, &why) == STATUS_OK) == (why.length == 0));
        }
    }
}

CHECK_MAIN({"what the primary item is", reads_items}, {"the first bytes", sniffs_far_enough},
           {"hostile boxes", stays_inside_the_file})
