/* When a photo was taken, found in each kind of file that may carry Exif data, and nowhere else. Files are the shortest
 * that have their format's structure. */
/* long: each format has a writer of its own, and all write the same Exif data */
#include "check.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const struct image_limits limits = {.pixels = 1u << 30, .frames = 10};

struct file {
    uint8_t bytes[4096];
    size_t size;
};

static void put(struct file *file, const void *data, size_t size)
{
    memcpy(file->bytes + file->size, data, size);
    file->size += size;
}
#define PUT(file, string) put((file), (string), sizeof(string) - 1)

static void write_number(uint8_t *to, bool big_endian, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * (big_endian ? bytes - 1 - i : i));
}

static void put_number(struct file *file, bool big_endian, uint32_t value, unsigned bytes)
{
    write_number(file->bytes + file->size, big_endian, value, bytes);
    file->size += bytes;
}

static void put_file(struct file *file, const struct file *other)
{
    put(file, other->bytes, other->size);
}

/* ---- Exif data ---- */

enum { ASCII = 2, LONG = 4, UNDEFINED = 7, HEADER = 8, ENTRY = 12, FIRST_ENTRY = 10 };
#define TAKEN  "2024:05:12 18:03:00"
#define OFFSET "+02:00"
static const int64_t taken_ms = 1715529780000; /* with the offset */

struct text_entry {
    uint16_t tag;
    const char *text;
};
static const struct text_entry taken[] = {{0x9003, TAKEN}, {0x9011, OFFSET}, {0x9291, "25"}, {0}};

/* A directory of texts at the end of the data, which hold themselves what is longer than four bytes. */
static void put_texts(struct file *tiff, bool big_endian, const struct text_entry *texts)
{
    unsigned count = 0;
    while (texts[count].tag)
        count++;
    uint32_t at = (uint32_t)tiff->size + 2 + count * ENTRY + 4;
    put_number(tiff, big_endian, count, 2);
    for (unsigned i = 0; i < count; i++) {
        uint32_t bytes = (uint32_t)strlen(texts[i].text) + 1;
        put_number(tiff, big_endian, texts[i].tag, 2);
        put_number(tiff, big_endian, ASCII, 2);
        put_number(tiff, big_endian, bytes, 4);
        if (bytes > 4)
            put_number(tiff, big_endian, at, 4);
        else
            memcpy(tiff->bytes + tiff->size, texts[i].text, bytes), tiff->size += 4;
        at += bytes > 4 ? bytes : 0;
    }
    put_number(tiff, big_endian, 0, 4);
    for (unsigned i = 0; i < count; i++)
        if (strlen(texts[i].text) + 1 > 4)
            put(tiff, texts[i].text, strlen(texts[i].text) + 1);
}

static void put_header(struct file *tiff, bool big_endian)
{
    put(tiff, big_endian ? "MM\0*" : "II*\0", 4);
    put_number(tiff, big_endian, HEADER, 4);
}

/* A first directory that names the Exif directory, and that one. */
static struct file make_exif(bool big_endian, const struct text_entry *texts)
{
    struct file tiff = {0};
    put_header(&tiff, big_endian);
    put_number(&tiff, big_endian, 1, 2);
    put_number(&tiff, big_endian, 0x8769, 2);
    put_number(&tiff, big_endian, LONG, 2);
    put_number(&tiff, big_endian, 1, 4);
    put_number(&tiff, big_endian, HEADER + 2 + ENTRY + 4, 4);
    put_number(&tiff, big_endian, 0, 4);
    put_texts(&tiff, big_endian, texts);
    return tiff;
}

/* ---- Files that carry them ---- */

static void put_segment(struct file *jpeg, const char *signature, size_t signature_bytes, const struct file *exif)
{
    PUT(jpeg, "\xFF\xE1");
    put_number(jpeg, true, (uint32_t)(2 + signature_bytes + exif->size), 2);
    put(jpeg, signature, signature_bytes);
    put_file(jpeg, exif);
}

static void put_picture(struct file *jpeg, const char *size)
{
    PUT(jpeg, "\xFF\xC0\0\x0B\10");
    put(jpeg, size, 4);
    PUT(jpeg, "\1\1\x11\0\xFF\xDA\0\10\1\1\0\0\x3F\0ab\xFF\xD9");
}
#define EXIF "Exif\0"

static void make_jpeg(const struct file *exif, struct file *file)
{
    PUT(file, "\xFF\xD8");
    put_segment(file, EXIF, 6, exif);
    put_picture(file, "\0\2\0\3");
}

static void make_jpeg_behind_xmp(const struct file *exif, struct file *file)
{
    const struct file empty = {0};
    PUT(file, "\xFF\xD8");
    put_segment(file, "http://ns.adobe.com/xap/1.0/", 29, &empty);
    put_segment(file, EXIF, 6, exif);
    put_picture(file, "\0\2\0\3");
}

static void make_jpeg_twice(const struct file *exif, struct file *file)
{
    static const struct text_entry others[] = {{0x9003, "2001:01:01 00:00:00"}, {0}};
    const struct file other = make_exif(true, others);
    PUT(file, "\xFF\xD8");
    put_segment(file, EXIF, 6, exif);
    put_segment(file, EXIF, 6, &other);
    put_picture(file, "\0\2\0\3");
}

static void make_jpeg_behind_picture(const struct file *exif, struct file *file)
{
    PUT(file, "\xFF\xD8");
    put_picture(file, "\0\2\0\3");
    file->size -= 2;
    put_segment(file, EXIF, 6, exif);
    PUT(file, "\xFF\xD9");
}

static void make_png_with(const struct file *exif, const char *before, size_t before_bytes, struct file *file)
{
    PUT(file, "\x89PNG\r\n\x1A\n\0\0\0\15IHDR\0\0\0\3\0\0\0\2\10\2\0\0\0abcd");
    put_number(file, true, (uint32_t)(before_bytes + exif->size), 4);
    PUT(file, "eXIf");
    put(file, before, before_bytes);
    put_file(file, exif);
    PUT(file, "abcd\0\0\0\1IDATxabcd\0\0\0\0IENDabcd");
}

static void make_png(const struct file *exif, struct file *file)
{
    make_png_with(exif, "", 0, file);
}

static void make_png_signed(const struct file *exif, struct file *file)
{
    make_png_with(exif, EXIF, 6, file);
}

static void make_webp(const struct file *exif, struct file *file)
{
    PUT(file, "RIFF\0\0\0\0WEBPVP8 \12\0\0\0\0\0\0\x9D\1\x2A\3\0\2\0EXIF");
    put_number(file, false, (uint32_t)exif->size, 4);
    put_file(file, exif);
    if (exif->size % 2)
        PUT(file, "\0");
    write_number(file->bytes + 4, false, (uint32_t)file->size - 8, 4);
}

/* A TIFF of 3 x 2, whose first directory names the Exif directory behind it: *exif is made anew. */
static void make_tiff(const struct file *exif, struct file *file)
{
    (void)exif;
    enum { FIELDS = 4, EXIF_AT = HEADER + 2 + FIELDS * ENTRY + 4 };
    static const uint32_t fields[FIELDS][2] = {{256, 3}, {257, 2}, {273, HEADER}, {0x8769, EXIF_AT}};
    put_header(file, true);
    put_number(file, true, FIELDS, 2);
    for (unsigned i = 0; i < FIELDS; i++) {
        put_number(file, true, fields[i][0], 2);
        put_number(file, true, LONG, 2);
        put_number(file, true, 1, 4);
        put_number(file, true, fields[i][1], 4);
    }
    put_number(file, true, 0, 4);
    put_texts(file, true, taken);
}

/* Fujifilm's raw photos carry a JPEG that has all the data. */
static void make_raf(const struct file *exif, struct file *file)
{
    struct file jpeg = {0};
    PUT(&jpeg, "\xFF\xD8");
    put_segment(&jpeg, EXIF, 6, exif);
    put_picture(&jpeg, "\6\x40\10\0");
    PUT(file, "FUJIFILMCCD-RAW ");
    file->size = 84;
    put_number(file, true, 100, 4);
    put_number(file, true, (uint32_t)jpeg.size, 4);
    file->size = 100;
    put_file(file, &jpeg);
}

static size_t box_open(struct file *file, const char *name)
{
    size_t at = file->size;
    PUT(file, "\0\0\0\0");
    put(file, name, 4);
    return at;
}

static void box_close(struct file *file, size_t at)
{
    write_number(file->bytes + at, true, (uint32_t)(file->size - at), 4);
}

/* Canon's: the Exif directory is the first of a TIFF of its own. */
static void make_cr3(const struct file *exif, struct file *file)
{
    (void)exif;
    struct file jpeg = {0}, times = {0};
    PUT(&jpeg, "\xFF\xD8");
    put_picture(&jpeg, "\6\x40\10\0");
    put_header(&times, false);
    put_texts(&times, false, taken);
    PUT(file, "\0\0\0\x18"
              "ftypcrx \0\0\0\1crx isom");
    size_t moov = box_open(file, "moov"), uuid = box_open(file, "uuid");
    file->size += 16;
    size_t times_box = box_open(file, "CMT2");
    put_file(file, &times);
    box_close(file, times_box);
    box_close(file, uuid);
    box_close(file, moov);
    uuid = box_open(file, "uuid");
    file->size += 24;
    size_t preview = box_open(file, "PRVW");
    file->size += 12;
    put_number(file, true, (uint32_t)jpeg.size, 4);
    put_file(file, &jpeg);
    box_close(file, preview);
    box_close(file, uuid);
}

enum { PICTURE = 1, OTHER = 2, DATA = 3 };

/* How the Exif item of a HEIC is kept. */
struct keeping {
    bool is_in_idat, is_wide; /* ids of four bytes */
    uint16_t describes, extents;
    uint16_t pieces; /* more than one of the picture */
    uint32_t file;
    const char *type;
};

static void put_item(struct file *file, bool wide, uint32_t id, const char *type)
{
    size_t infe = box_open(file, "infe");
    put_number(file, true, wide ? 3u << 24 : 2u << 24, 4);
    put_number(file, true, id, wide ? 4 : 2);
    PUT(file, "\0\0");
    put(file, type, 4);
    PUT(file, "\0");
    box_close(file, infe);
}

static void put_items(struct file *file, const struct keeping *keeping)
{
    unsigned id_bytes = keeping->is_wide ? 4 : 2;
    PUT(file, "\0\0\0\16pitm\0\0\0\0\0\1");
    size_t iinf = box_open(file, "iinf");
    PUT(file, "\0\0\0\0\0\3");
    put_item(file, keeping->is_wide, PICTURE, "hvc1");
    put_item(file, keeping->is_wide, OTHER, "hvc1");
    put_item(file, keeping->is_wide, DATA, keeping->type);
    box_close(file, iinf);
    size_t iref = box_open(file, "iref");
    put_number(file, true, keeping->is_wide ? 1u << 24 : 0, 4);
    size_t thmb = box_open(file, "thmb"), cdsc;
    put_number(file, true, OTHER, id_bytes);
    PUT(file, "\0\1");
    put_number(file, true, PICTURE, id_bytes);
    box_close(file, thmb);
    cdsc = box_open(file, "cdsc");
    put_number(file, true, DATA, id_bytes);
    PUT(file, "\0\2");
    put_number(file, true, 77, id_bytes);
    put_number(file, true, keeping->describes, id_bytes);
    box_close(file, cdsc);
    box_close(file, iref);
}

/* Returns where the offset of the data has to be written. */
static size_t put_places(struct file *file, const struct keeping *keeping, uint32_t bytes)
{
    unsigned id_bytes = keeping->is_wide ? 4 : 2;
    size_t iloc = box_open(file, "iloc");
    put_number(file, true, keeping->is_wide ? 2u << 24 : 1u << 24, 4);
    PUT(file, "\x44\x40"); /* offsets, lengths and bases of four bytes */
    put_number(file, true, 2, id_bytes);
    for (uint32_t id = PICTURE; id <= DATA; id += DATA - PICTURE) {
        put_number(file, true, id, id_bytes);
        put_number(file, true, id == DATA && keeping->is_in_idat, 2);
        put_number(file, true, id == DATA ? keeping->file : 0, 2);
        put_number(file, true, id == DATA ? 4 : 0, 4); /* the base */
        put_number(file, true, id == DATA ? keeping->extents : 1 + keeping->pieces, 2);
        for (uint16_t i = 0; id == PICTURE && i < keeping->pieces; i++) {
            put_number(file, true, i, 4);
            put_number(file, true, i, 4);
        }
        put_number(file, true, 0, 4);
        put_number(file, true, id == DATA ? bytes : 2, 4);
    }
    box_close(file, iloc);
    return file->size - 8;
}

static void make_heic_with(const struct file *exif, const struct keeping *keeping, struct file *file)
{
    struct file item = {0};
    put_number(&item, true, 6, 4); /* bytes before the TIFF */
    PUT(&item, EXIF "\0");
    item.size = 10;
    put_file(&item, exif);
    PUT(file, "\0\0\0\x14"
              "ftypheic\0\0\0\0mif1");
    size_t meta = box_open(file, "meta");
    PUT(file, "\0\0\0\0");
    put_items(file, keeping);
    PUT(file, "\0\0\0\x24iprp\0\0\0\x1Cipco\0\0\0\x14ispe\0\0\0\0\0\0\0\3\0\0\0\2");
    size_t offset_at = put_places(file, keeping, (uint32_t)item.size);
    size_t idat = box_open(file, "idat"), start = keeping->is_in_idat ? 4 : file->size + 4;
    PUT(file, "pad ");
    put_file(file, &item);
    box_close(file, idat);
    box_close(file, meta);
    write_number(file->bytes + offset_at, true, (uint32_t)start - 4, 4); /* the base is 4 */
}

static const struct keeping in_file = {.describes = PICTURE, .extents = 1, .type = "Exif"},
                            in_idat = {.is_in_idat = true, .describes = PICTURE, .extents = 1, .type = "Exif"},
                            behind_pieces = {.describes = PICTURE, .extents = 1, .pieces = 7, .type = "Exif"},
                            wide = {.is_wide = true, .describes = PICTURE, .extents = 1, .type = "Exif"},
                            of_another = {.describes = OTHER, .extents = 1, .type = "Exif"},
                            elsewhere = {.describes = PICTURE, .extents = 1, .file = 1, .type = "Exif"},
                            in_pieces = {.describes = PICTURE, .extents = 2, .type = "Exif"},
                            of_words = {.describes = PICTURE, .extents = 1, .type = "mime"};

static void make_heic(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &in_file, file);
}
static void make_heic_idat(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &in_idat, file);
}
static void make_heic_wide(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &wide, file);
}
static void make_heic_behind_pieces(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &behind_pieces, file);
}
static void make_heic_of_another(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &of_another, file);
}
static void make_heic_elsewhere(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &elsewhere, file);
}
static void make_heic_in_pieces(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &in_pieces, file);
}
static void make_heic_of_words(const struct file *exif, struct file *file)
{
    make_heic_with(exif, &of_words, file);
}

static const struct carrier {
    const char *what;
    void (*make)(const struct file *exif, struct file *file);
    bool is_found;
} carriers[] = {
    {"a JPEG", make_jpeg, true},
    {"a JPEG with XMP before it", make_jpeg_behind_xmp, true},
    {"the first of two in a JPEG", make_jpeg_twice, true},
    {"a PNG", make_png, true},
    {"a PNG, with a JPEG's signature", make_png_signed, true},
    {"a WebP", make_webp, true},
    {"a TIFF", make_tiff, true},
    {"a HEIC", make_heic, true},
    {"a HEIC's idat", make_heic_idat, true},
    {"a HEIC with wide ids", make_heic_wide, true},
    {"a HEIC, behind a picture in pieces", make_heic_behind_pieces, true},
    {"the JPEG of a RAF", make_raf, true},
    {"a CR3", make_cr3, true},
    {"a JPEG, behind the picture", make_jpeg_behind_picture, false},
    {"a HEIC, of another picture", make_heic_of_another, false},
    {"a HEIC, in another file", make_heic_elsewhere, false},
    {"a HEIC, in pieces", make_heic_in_pieces, false},
    {"a HEIC, as words", make_heic_of_words, false},
};
enum { CARRIERS = sizeof carriers / sizeof carriers[0] };

static enum status probe(const void *bytes, size_t size, struct image_info *ret_info, struct text *why)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    CHECK_INT(write(fd, bytes, size), size);
    enum status status = image_probe(fd, size, &limits, ret_info, why);
    close(fd);
    return status;
}

static void finds_it_in_each_kind(void)
{
    for (size_t i = 0; i < CARRIERS; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct image_info info = {0};
        struct file file = {0};
        check_case("%s: %s", carriers[i].what, carriers[i].is_found ? "found" : "not looked for");
        const struct file exif = make_exif(i % 2, taken);
        carriers[i].make(&exif, &file);
        CHECK_INT(probe(file.bytes, file.size, &info, &why), STATUS_OK);
        CHECK_STR(text_get(&why), "");
        CHECK_INT(info.captured.is_known, carriers[i].is_found);
        CHECK_INT(info.captured.ms, carriers[i].is_found ? taken_ms + 250 : 0);
        CHECK_INT(info.captured.offset_minutes, carriers[i].is_found ? 120 : 0);
    }
}

/* What may be wrong with the data of a JPEG, which is taken as if it had none. */
static void survives_silly_data(void)
{
    enum { WORD_COUNT_AT = 26 + 2 + 4, WORD_TYPE_AT = 26 + 2 + 2, WORD_AT = 26 + 2 + 8, POINTER = FIRST_ENTRY + 8 };
    static const struct {
        const char *what;
        unsigned at, bytes;
        uint32_t value;
    } cases[] = {
        {"neither byte order", 0, 1, 'X'},
        {"a first directory behind the end", 4, 4, 60000},
        {"a first directory without end", HEADER, 2, 65535},
        {"an Exif directory behind the end", POINTER, 4, 60000},
        {"an Exif directory as far as can be", POINTER, 4, 0xFFFFFFFF},
        {"an Exif directory that is the first", POINTER, 4, HEADER},
        {"an Exif directory at 0", POINTER, 4, 0},
        {"more entries than there are", 26, 2, 4096},
        {"no entries", 26, 2, 0},
        {"a date that is no text", WORD_TYPE_AT, 2, UNDEFINED},
        {"a date of a type that is none", WORD_TYPE_AT, 2, 999},
        {"a date without end", WORD_COUNT_AT, 4, 0xFFFFFFFF},
        {"a date longer than the file", WORD_COUNT_AT, 4, 5000},
        {"a date behind the end", WORD_AT, 4, 60000},
        {"a date that lies over the end", WORD_AT, 4, 120},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct image_info info = {0};
        struct file file = {0}, exif = make_exif(false, taken);
        check_case("%s: no date", cases[i].what);
        write_number(exif.bytes + cases[i].at, false, cases[i].value, cases[i].bytes);
        make_jpeg(&exif, &file);
        CHECK_INT(probe(file.bytes, file.size, &info, &why), STATUS_OK);
        CHECK(!info.captured.is_known && info.width == 3);
    }
}

/* Cut anywhere, and with each of its bytes changed, a file is refused or taken, with the date or without; the
 * sanitizers watch. */
static void survives_damage(void)
{
    for (size_t i = 0; i < CARRIERS; i++) {
        struct file file = {0};
        const struct file exif = make_exif(true, taken);
        carriers[i].make(&exif, &file);
        check_case("%s, damaged", carriers[i].what);
        for (size_t k = 0; k < file.size; k++) {
            TEXT_CLEANUP struct text why = {0};
            struct image_info info = {0};
            uint8_t byte = file.bytes[k];
            CHECK(probe(file.bytes, k, &info, NULL) != STATUS_OK || k + 64 > file.size || !info.captured.is_known
                  || info.captured.ms == taken_ms + 250);
            file.bytes[k] = (uint8_t)~byte;
            enum status status = probe(file.bytes, file.size, &info, &why);
            CHECK(status == STATUS_OK || why.length > 0);
            file.bytes[k] = byte;
        }
    }
}

/* Extents of no bytes: counts alone would make a short file the work of minutes. */
static void passes_over_empty_extents(void)
{
    enum { ENTRIES = 65535, EXTENTS = 65535, ENTRY_BYTES = 8 };
    struct file start = {0};
    PUT(&start, "\0\0\0\x14"
                "ftypheic\0\0\0\0mif1");
    size_t meta = box_open(&start, "meta");
    PUT(&start, "\0\0\0\0");
    put_items(&start, &in_file);
    PUT(&start, "\0\0\0\x24iprp\0\0\0\x1Cipco\0\0\0\x14ispe\0\0\0\0\0\0\0\3\0\0\0\2");
    size_t iloc = box_open(&start, "iloc"), size = start.size + 8 + (size_t)ENTRIES * ENTRY_BYTES;
    PUT(&start, "\1\0\0\0\0\0\xFF\xFF"); /* sizes of 0; 65,535 entries */
    write_number(start.bytes + iloc, true, (uint32_t)(size - iloc), 4);
    write_number(start.bytes + meta, true, (uint32_t)(size - meta), 4);
    uint8_t *bytes = calloc(1, size);
    memcpy(bytes, start.bytes, start.size);
    for (size_t at = start.size; at < size; at += ENTRY_BYTES) {
        write_number(bytes + at, true, PICTURE, 2);
        write_number(bytes + at + 6, true, EXTENTS, 2);
    }
    TEXT_CLEANUP struct text why = {0};
    struct image_info info = {0};
    clock_t begin = clock();
    CHECK_INT(probe(bytes, size, &info, &why), STATUS_OK);
    CHECK((clock() - begin) / CLOCKS_PER_SEC < 10);
    CHECK_STR(text_get(&why), "");
    CHECK(!info.captured.is_known && info.width == 3);
    free(bytes);
}

CHECK_MAIN({"Exif data are found in each kind of file that carries them", finds_it_in_each_kind},
           {"silly Exif data are as good as none", survives_silly_data}, {"no byte of it does harm", survives_damage},
           {"a table of empty extents takes no time", passes_over_empty_extents})
