/* Raw photos: told from TIFFs, taken for a JPEG that is large enough, refused by name without one; whatever their
 * offsets say. */
#include "check.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct image_limits limits = {.pixels = 1u << 30, .frames = 10};

struct file {
    uint8_t bytes[4096];
    size_t size;
    bool big_endian;
};

static void put(struct file *file, size_t at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        file->bytes[at + i] = (uint8_t)(value >> 8 * (file->big_endian ? bytes - 1 - i : i));
    file->size = at + bytes > file->size ? at + bytes : file->size;
}

static void put_bytes(struct file *file, size_t at, const void *data, size_t size)
{
    memcpy(file->bytes + at, data, size);
    file->size = at + size > file->size ? at + size : file->size;
}

/* A JPEG of one component; its size. */
static size_t put_jpeg(struct file *file, size_t at, uint16_t width, uint16_t height, uint8_t process)
{
    uint8_t jpeg[] = "\xFF\xD8\xFF\xC0\0\x0B\10\0\0\0\0\1\1\x11\0\xFF\xDA\0\10\1\1\0\0\x3F\0ab\xFF\xD9";
    jpeg[3] = process;
    jpeg[7] = (uint8_t)(height >> 8);
    jpeg[8] = (uint8_t)height;
    jpeg[9] = (uint8_t)(width >> 8);
    jpeg[10] = (uint8_t)width;
    put_bytes(file, at, jpeg, sizeof jpeg - 1);
    return sizeof jpeg - 1;
}

struct entry {
    uint16_t tag, type;
    uint32_t count, value;
};
enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, UNDEFINED = 7, ENTRIES_MAX = 12 };

/* Entries up to one without a tag; the directory behind it. */
static void put_directory(struct file *file, size_t at, const struct entry *entries, uint32_t next)
{
    unsigned count = 0;
    for (const struct entry *entry = entries; entry->tag; entry++, count++) {
        size_t to = at + 2 + (size_t)count * 12;
        put(file, to, entry->tag, 2);
        put(file, to + 2, entry->type, 2);
        put(file, to + 4, entry->count, 4);
        put(file, to + 8, 0, 4);
        put(file, to + 8, entry->value, entry->type == SHORT && entry->count == 1 ? 2 : 4);
    }
    put(file, at, count, 2);
    put(file, at + 2 + (size_t)count * 12, next, 4);
}

/* Where the parts of a file are. */
enum { FIRST = 16, SUB = 400, NEXT = 600, TIMES = 700, TAKEN = 740, MAKE = 800, JPEG = 1000, SENSOR = 1100 };

enum place {
    NOWHERE,
    SUB_STRIP, /* as Adobe's converter has it */
    SUB_JPEG,  /* Nikon */
    FIRST_JPEG,
    NEXT_JPEG,
    FIRST_STRIP, /* Canon */
    TAG_2E,      /* Panasonic */
};

struct raw {
    const char *behaviour, *magic; /* NULL: TIFF's */
    const char *make;
    uint16_t photometric; /* of the sub-directory */
    bool is_dng, big_endian;
    enum place place;
    uint16_t width, height;
    uint8_t process;       /* SOF's marker */
    uint32_t shift, bytes; /* added to the JPEG's offset; its length, if it is a lie */
    uint16_t orientation;
    enum status status;
    const char *name; /* of the refusal */
};

enum { CFA = 32803, LINEAR = 34892, RGB = 2, BASELINE = 0xC0, LOSSLESS = 0xC3 };

static void add_jpeg(struct entry **entry, bool strip, uint32_t offset, uint32_t bytes)
{
    if (strip) {
        *(*entry)++ = (struct entry){259, SHORT, 1, 7};
        *(*entry)++ = (struct entry){273, LONG, 1, offset};
        *(*entry)++ = (struct entry){279, LONG, 1, bytes};
    } else {
        *(*entry)++ = (struct entry){513, LONG, 1, offset};
        *(*entry)++ = (struct entry){514, LONG, 1, bytes};
    }
}

static struct file make_raw(const struct raw *raw)
{
    struct file file = {.big_endian = raw->big_endian};
    struct entry first[ENTRIES_MAX] = {{256, SHORT, 1, 160}, {257, SHORT, 1, 120}}, *f = first + 2;
    struct entry sub[ENTRIES_MAX] = {{262, SHORT, 1, raw->photometric}}, *s = sub + 1;
    struct entry next[ENTRIES_MAX] = {{256, SHORT, 1, 160}}, *n = next + 1;
    put_bytes(&file, 0, raw->big_endian ? "MM\0*" : "II*\0", 4);
    put(&file, 4, FIRST, 4);
    if (raw->magic)
        put_bytes(&file, 0, raw->magic, strlen(raw->magic));
    if (raw->place == FIRST_STRIP)
        put_bytes(&file, 8, "CR\2", 4);
    uint32_t bytes = (uint32_t)put_jpeg(&file, JPEG, raw->width, raw->height, raw->process ? raw->process : BASELINE);
    uint32_t offset = JPEG + raw->shift;
    bytes = raw->bytes ? raw->bytes : bytes;
    put_bytes(&file, MAKE, raw->make, strlen(raw->make) + 1);
    *f++ = (struct entry){271, ASCII, (uint32_t)strlen(raw->make) + 1, MAKE};
    *f++ = (struct entry){274, SHORT, 1, raw->orientation};
    *f++ = (struct entry){330, LONG, 1, SUB};
    *f++ = (struct entry){34665, LONG, 1, TIMES};
    if (raw->is_dng)
        *f++ = (struct entry){50706, BYTE, 4, 0x401};
    if (raw->place == FIRST_JPEG || raw->place == FIRST_STRIP)
        add_jpeg(&f, raw->place == FIRST_STRIP, offset, bytes);
    else
        *f++ = (struct entry){273, LONG, 1, SENSOR};
    if (raw->place == TAG_2E)
        *f++ = (struct entry){0x2E, UNDEFINED, bytes, offset};
    if (raw->place == SUB_STRIP || raw->place == SUB_JPEG)
        add_jpeg(&s, raw->place == SUB_STRIP, offset, bytes);
    if (raw->place == NEXT_JPEG)
        add_jpeg(&n, false, offset, bytes);
    put_directory(&file, FIRST, first, NEXT);
    put_directory(&file, TIMES, (const struct entry[]){{0x9003, ASCII, 20, TAKEN}, {0}}, 0);
    put_bytes(&file, TAKEN, "2024:05:12 18:03:00", 20);
    put_directory(&file, SUB, sub, 0);
    put_directory(&file, NEXT, next, FIRST); /* a loop */
    put(&file, SENSOR, 0x5555, 4);
    return file;
}

static enum status probe(const struct file *file, struct image_info *ret_info, struct text *why)
{
    int fd = memfd_create("raw", MFD_CLOEXEC);
    CHECK_INT(write(fd, file->bytes, file->size), file->size);
    enum status status = image_probe(fd, file->size, &limits, ret_info, why);
    (void)close(fd);
    return status;
}

static const struct raw raws[] = {
    {"a DNG with its preview in a strip", NULL, "Google", CFA, true, false, SUB_STRIP, 4000, 3000, .orientation = 6},
    {"a DNG of linear pixels", NULL, "Apple", LINEAR, true, false, SUB_STRIP, 4032, 3024, .orientation = 1},
    {"a NEF", NULL, "NIKON CORPORATION", CFA, false, false, SUB_JPEG, 6048, 4024, .orientation = 8},
    {"a NEF in the other byte order", NULL, "NIKON CORPORATION", CFA, false, true, SUB_JPEG, 6048, 4024,
     .orientation = 8},
    {"an ARW", NULL, "SONY", CFA, false, false, FIRST_JPEG, 1616, 1080, .orientation = 1},
    {"a PEF", NULL, "PENTAX", CFA, false, false, NEXT_JPEG, 4928, 3264, .orientation = 1},
    {"a CR2", NULL, "Canon", RGB, false, false, FIRST_STRIP, 5184, 3456, .orientation = 6},
    {"an RW2", "IIU", "Panasonic", RGB, false, false, TAG_2E, 1920, 1440, .orientation = 1},
    {"an upright preview of exactly 1440 pixels", NULL, "SONY", CFA, false, false, FIRST_JPEG, 960, 1440,
     .orientation = 1},
    {"a preview that is one pixel too small", NULL, "SONY", CFA, false, false, FIRST_JPEG, 1439, 960,
     .status = STATUS_UNSUPPORTED, .name = "Sony ARW"},
    {"a NEF without a preview", NULL, "NIKON CORPORATION", CFA, false, false, NOWHERE, 1, 1,
     .status = STATUS_UNSUPPORTED, .name = "Nikon NEF"},
    {"a DNG without a preview", NULL, "SONY", CFA, true, false, NOWHERE, 1, 1, .status = STATUS_UNSUPPORTED,
     .name = "DNG"},
    {"a raw photo of nobody", NULL, "ACME", CFA, false, false, NOWHERE, 1, 1, .status = STATUS_UNSUPPORTED,
     .name = "of a camera"},
    {"an RW2 without a preview", "IIU", "Panasonic", RGB, false, false, NOWHERE, 1, 1, .status = STATUS_UNSUPPORTED,
     .name = "Panasonic RW2"},
    {"an ORF without a preview", "IIRO", "OLYMPUS", RGB, false, false, NOWHERE, 1, 1, .status = STATUS_UNSUPPORTED,
     .name = "Olympus ORF"},
    {"a lossless JPEG, which is the sensor's data", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000, LOSSLESS,
     .status = STATUS_UNSUPPORTED, .name = "DNG"},
    {"a preview that isn't where it should be", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000, .shift = 1,
     .status = STATUS_UNSUPPORTED, .name = "DNG"},
    {"a preview beyond the end", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000, .shift = 0xFFFFF000,
     .status = STATUS_UNSUPPORTED, .name = "DNG"},
    {"a preview that is longer than the file", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000,
     .bytes = 0xFFFFFFFF, .status = STATUS_UNSUPPORTED, .name = "DNG"},
    {"a preview without its data", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000, .bytes = 16,
     .status = STATUS_UNSUPPORTED, .name = "DNG"},
    {"an orientation that is none", NULL, "ACME", CFA, true, false, SUB_STRIP, 4000, 3000, .orientation = 77},
};

static const int64_t taken_ms = 1715536980000; /* of TAKEN */

static void takes_the_preview(void)
{
    for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++) {
        const struct raw *raw = &raws[i];
        check_case("%s is %s", raw->behaviour, raw->name ? "refused by name" : "taken");
        const struct file file = make_raw(raw);
        struct image_info info = {0};
        TEXT_CLEANUP struct text why = {0}, expected = {0};
        CHECK_INT(probe(&file, &info, &why), raw->status);
        if (raw->name) {
            text_setf(&expected, "This is a raw photo (%s). Develop it and export it as a JPEG.", raw->name);
            CHECK_STR(text_get(&why), text_get(&expected));
            continue;
        }
        CHECK_STR(text_get(&why), "");
        CHECK_INT(info.format, IMAGE_RAW);
        CHECK_INT(info.width, raw->width);
        CHECK_INT(info.height, raw->height);
        CHECK_INT(info.part.format, IMAGE_JPEG);
        CHECK_INT(info.part.offset, JPEG);
        CHECK_INT(info.part.orientation, raw->orientation <= 8 ? raw->orientation : 0);
        CHECK_INT(info.captured.ms, taken_ms);
    }
}

/* Whatever is cut away or changed, the sanitizers stay silent. */
static void stays_inside_the_file(void)
{
    for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++) {
        check_case("%s, cut and changed at any byte, is refused or taken", raws[i].behaviour);
        const struct file whole = make_raw(&raws[i]);
        for (size_t at = 0; at < whole.size; at++) {
            struct file file = whole;
            struct image_info info = {0};
            TEXT_CLEANUP struct text why = {0};
            file.bytes[at] ^= 0xFF;
            enum status status = probe(&file, &info, &why);
            CHECK(status == STATUS_OK ? info.part.offset + info.part.bytes <= file.size : why.length > 0);
            file = whole;
            file.size = at + 1;
            status = probe(&file, &info, &why);
            CHECK(status == STATUS_OK ? info.part.offset + info.part.bytes <= file.size : why.length > 0);
        }
    }
}

/* Fujifilm's own header, in big-endian numbers. */
static void takes_fujifilm(void)
{
    struct file file = {.big_endian = true};
    struct image_info info = {0};
    TEXT_CLEANUP struct text why = {0};
    put_bytes(&file, 0, "FUJIFILMCCD-RAW 0201", 20);
    uint32_t bytes = (uint32_t)put_jpeg(&file, 200, 4896, 3264, BASELINE);
    put(&file, 84, 200, 4);
    put(&file, 88, bytes, 4);
    CHECK_INT(probe(&file, &info, &why), STATUS_OK);
    CHECK_INT(info.width, 4896);
    CHECK_INT(info.part.offset, 200);
    put(&file, 84, 201, 4);
    CHECK_INT(probe(&file, &info, &why), STATUS_UNSUPPORTED);
    CHECK(strstr(text_get(&why), "Fujifilm RAF"));
}

static size_t put_box(struct file *file, size_t at, const char *name, size_t size)
{
    put(file, at, (uint32_t)size, 4);
    put_bytes(file, at + 4, name, 4);
    return at + 8;
}

/* Olympus's notes have directories of their own, whose offsets count from the notes' start. */
static void takes_olympus(void)
{
    enum { EXIF = 100, WORDS = 160, NOTES = 200, SETTINGS = 60, OWN_JPEG = 300 };
    struct file file = {0};
    struct image_info info = {0};
    TEXT_CLEANUP struct text why = {0};
    put_bytes(&file, 0, "IIRO\20\0\0\0", 8);
    uint32_t bytes = (uint32_t)put_jpeg(&file, NOTES + OWN_JPEG, 3200, 2400, BASELINE);
    put_directory(&file, FIRST, (const struct entry[]){{274, SHORT, 1, 8}, {34665, LONG, 1, EXIF}, {0}}, 0);
    put_directory(&file, EXIF, (const struct entry[]){{37500, UNDEFINED, 400, NOTES}, {0x9003, ASCII, 20, WORDS}, {0}},
                  0);
    put_bytes(&file, WORDS, "2024:05:12 18:03:00", 20);
    put_bytes(&file, NOTES, "OLYMPUS\0II\3\0", 12);
    put_directory(&file, NOTES + 12, (const struct entry[]){{0x2020, LONG, 1, SETTINGS}, {0}}, 0);
    put_directory(&file, NOTES + SETTINGS,
                  (const struct entry[]){{0x101, LONG, 1, OWN_JPEG}, {0x102, LONG, 1, bytes}, {0}}, 0);
    CHECK_INT(probe(&file, &info, &why), STATUS_OK);
    CHECK_INT(info.width, 3200);
    CHECK_INT(info.captured.ms, taken_ms);
    CHECK_INT(info.part.offset, NOTES + OWN_JPEG);
    CHECK_INT(info.part.orientation, 8);
}

/* Canon's CR3 is made of boxes: the orientation in CMT1, the full picture in a track. */
static void takes_canon_of_boxes(void)
{
    enum { MOOV = 32, UUID = 40, TRAK = 200, DATA = 600 };
    struct file file = {.big_endian = true};
    struct image_info info = {0};
    TEXT_CLEANUP struct text why = {0};
    uint32_t bytes = (uint32_t)put_jpeg(&file, DATA + 8, 6000, 4000, BASELINE);
    put_box(&file, 0, "ftyp", 32);
    put_bytes(&file, 8, "crx \0\0\0\1crx isom\0\0\0\0", 20);
    put_box(&file, MOOV, "moov", DATA - MOOV);
    size_t at = put_box(&file, UUID, "uuid", TRAK - UUID) + 16;
    at = put_box(&file, at, "CMT1", TRAK - at);
    put_bytes(&file, at, "II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 22);
    at = put_box(&file, TRAK, "trak", DATA - TRAK);
    at = put_box(&file, at, "mdia", DATA - at);
    at = put_box(&file, at, "minf", DATA - at);
    at = put_box(&file, at, "stbl", DATA - at);
    put(&file, put_box(&file, at, "stsz", 20) + 4, bytes, 4);
    at = put_box(&file, at + 20, "co64", DATA - at - 20);
    put(&file, at + 4, 1, 4);
    put(&file, at + 12, DATA + 8, 4);
    put_box(&file, DATA, "mdat", bytes + 8);
    CHECK_INT(probe(&file, &info, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    CHECK_INT(info.width, 6000);
    CHECK_INT(info.part.offset, DATA + 8);
    CHECK_INT(info.part.orientation, 6);
    put(&file, at + 12, DATA + 9, 4);
    CHECK_INT(probe(&file, &info, &why), STATUS_UNSUPPORTED);
    CHECK(strstr(text_get(&why), "Canon CR3"));
}

CHECK_MAIN({"raw photos that are TIFFs", takes_the_preview}, {"hostile raw photos", stays_inside_the_file},
           {"a RAF is taken for its JPEG", takes_fujifilm}, {"an ORF is taken for its JPEG", takes_olympus},
           {"a CR3 is taken for its JPEG", takes_canon_of_boxes})
