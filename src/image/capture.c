/* Exif data are a TIFF whose first directory names another one, the Exif directory. Scanners' TIFFs, and Canon's CR3,
 * have the time in the first one (TIFF/EP, ISO 12234-2). Both are read within the bounds of the Exif data alone, and no
 * further than that. */
#include "capture.h"

#include "tiff_directory.h"

#include <stdlib.h>
#include <string.h>

enum { SIGNATURE_BYTES = 6, WORDS_SIZE = 33 };

enum { ORIGINAL, OFFSET, FRACTION, DIRECTORY, FIELDS };
static const uint16_t tags[FIELDS] = {
    [ORIGINAL] = 0x9003, [OFFSET] = 0x9011, [FRACTION] = 0x9291, [DIRECTORY] = 0x8769};

/* "" for what isn't there, isn't text, or is longer than any of these. */
static void read_words(const struct tiff *tiff, const struct tiff_entry *entry, char ret_words[static WORDS_SIZE])
{
    size_t length = entry->type == TIFF_ASCII && entry->count < WORDS_SIZE ? (size_t)entry->count : 0;
    const uint8_t *data = length ? prober_get(tiff->prober, entry->offset, length) : NULL;
    memset(ret_words, 0, WORDS_SIZE);
    if (data)
        memcpy(ret_words, data, length);
}

/* Where the Exif directory is, as this one says; 0: it doesn't. */
static uint64_t read_directory(const struct tiff *tiff, uint64_t offset, struct capture_time *ret_time)
{
    struct tiff_entry fields[FIELDS];
    char words[DIRECTORY][WORDS_SIZE];
    uint64_t next;
    if (tiff_read_directory(tiff, offset, tags, FIELDS, fields, &next) != STATUS_OK)
        return 0;
    for (size_t i = 0; i < DIRECTORY; i++)
        read_words(tiff, &fields[i], words[i]);
    (void)capture_time_parse(words[ORIGINAL], words[OFFSET], words[FRACTION], ret_time);
    return tiff_read_or(tiff, &fields[DIRECTORY], 0);
}

static void read_tiff(const struct tiff *tiff, struct capture_time *ret_time)
{
    uint64_t exif = read_directory(tiff, tiff->first, ret_time);
    if (exif)
        (void)read_directory(tiff, exif, ret_time);
}

enum status capture_read(struct prober *prober, struct capture_time *ret_time)
{
    if (prober->exif.bytes == 0) {
        *ret_time = (struct capture_time){0};
        return prober->error ? prober_ends(prober) : STATUS_OK;
    }
    struct prober *within = prober_new_within(prober, prober->exif.offset, prober->exif.bytes);
    const uint8_t *data = prober_get(within, 0, SIGNATURE_BYTES);
    uint64_t base = data && memcmp(data, "Exif\0", SIGNATURE_BYTES) == 0 ? SIGNATURE_BYTES : 0;
    struct capture_time time = {0};
    struct tiff tiff;
    data = prober_get(within, base, 2);
    if (data && (memcmp(data, "II", 2) == 0 || memcmp(data, "MM", 2) == 0) && tiff_open(within, base, &tiff))
        read_tiff(&tiff, &time);
    prober->error = within->error ? within->error : prober->error;
    free(within);
    if (prober->error)
        return prober_ends(prober);
    *ret_time = time;
    return STATUS_OK;
}
