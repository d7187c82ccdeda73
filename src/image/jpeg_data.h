/* Whether the coded data of a JPEG without an end marker are all there. It goes through the Huffman codes block by
 * block and throws them away: an upload that broke off is refused at once, not when it is its turn to be decoded. */
#ifndef JPEG_DATA_H
#define JPEG_DATA_H

#include "prober.h"

enum { JPEG_TABLES = 4, JPEG_COMPONENTS_MAX = 4 };

struct jpeg_table {     /* Huffman codes (ITU-T T.81, C.2) */
    uint8_t counts[17]; /* of codes by length */
    uint8_t values[256];
};

/* A sequential picture's only scan. */
struct jpeg_data {
    uint64_t start, end;       /* within the prober */
    uint64_t units;            /* MCUs */
    uint32_t restart_interval; /* units; 0: none */
    uint32_t components;
    struct {
        uint32_t blocks; /* in a unit */
        uint8_t dc, ac;  /* tables */
    } parts[JPEG_COMPONENTS_MAX];
    struct jpeg_table dc[JPEG_TABLES], ac[JPEG_TABLES];
};

/* A `DHT` segment's content; false: it is broken. */
bool jpeg_data_read_tables(struct prober *prober, uint64_t offset, uint64_t length, struct jpeg_data *data);
/* True also when the codes make no sense: who decodes has to say. */
bool jpeg_data_is_whole(struct prober *prober, const struct jpeg_data *data);

#endif
