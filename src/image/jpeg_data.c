#include "jpeg_data.h"

#include <string.h>

enum { LENGTH_MAX = 16, BLOCK = 64, STUFFED = 0xFF, RST0 = 0xD0, RST7 = 0xD7 };

bool jpeg_data_read_tables(struct prober *prober, uint64_t offset, uint64_t length, struct jpeg_data *data)
{
    for (uint64_t end = offset + length; offset < end;) {
        const uint8_t *bytes = prober_get(prober, offset, 1 + LENGTH_MAX);
        if (!bytes || (bytes[0] & 15) >= JPEG_TABLES || bytes[0] >> 4 > 1)
            return false;
        struct jpeg_table *table = bytes[0] >> 4 ? &data->ac[bytes[0] & 15] : &data->dc[bytes[0] & 15];
        memcpy(table->counts + 1, bytes + 1, LENGTH_MAX);
        unsigned values = 0;
        for (unsigned i = 1; i <= LENGTH_MAX; i++)
            values += table->counts[i];
        offset += 1 + LENGTH_MAX;
        bytes = values <= sizeof table->values ? prober_get(prober, offset, values) : NULL;
        if (!bytes)
            return false;
        memcpy(table->values, bytes, values);
        offset += values;
    }
    return true;
}

enum trouble { NONE, ENDED, SENSELESS };

struct bits {
    struct prober *prober;
    uint64_t offset, end;
    const uint8_t *bytes;
    size_t left; /* of them */
    unsigned buffer, count;
    enum trouble trouble;
};

/* The next byte; -1 at the end. */
static int next_byte(struct bits *bits)
{
    if (bits->left == 0) {
        bits->bytes = bits->offset < bits->end ? prober_get_some(bits->prober, bits->offset, &bits->left) : NULL;
        if (!bits->bytes)
            return -1;
    }
    bits->offset++;
    bits->left--;
    return *bits->bytes++;
}

static unsigned next_bit(struct bits *bits)
{
    if (bits->count == 0) {
        int byte = next_byte(bits);
        if (byte < 0 || (byte == STUFFED && next_byte(bits) != 0)) { /* or a marker comes too soon */
            bits->trouble = ENDED;
            return 0;
        }
        bits->buffer = (unsigned)byte;
        bits->count = 8;
    }
    bits->count--;
    return bits->buffer >> bits->count & 1;
}

static void skip_bits(struct bits *bits, unsigned count)
{
    while (count > 0 && !bits->trouble) {
        if (bits->count == 0) {
            (void)next_bit(bits);
            count--;
            continue;
        }
        unsigned taken = count < bits->count ? count : bits->count;
        bits->count -= taken;
        count -= taken;
    }
}

static unsigned next_symbol(struct bits *bits, const struct jpeg_table *table)
{
    unsigned code = 0, first = 0, index = 0;
    for (unsigned length = 1; length <= LENGTH_MAX; length++) {
        code |= next_bit(bits);
        if (bits->trouble)
            return 0;
        unsigned count = table->counts[length];
        if (code < first + count)
            return table->values[(index + code - first) & 255];
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    bits->trouble = SENSELESS;
    return 0;
}

static void skip_block(struct bits *bits, const struct jpeg_table *dc, const struct jpeg_table *ac)
{
    enum { SIXTEEN_ZEROS = 0xF0 };
    skip_bits(bits, next_symbol(bits, dc) & 15);
    for (unsigned i = 1; i < BLOCK && !bits->trouble;) {
        unsigned symbol = next_symbol(bits, ac), zeros = symbol >> 4;
        if ((symbol & 15) == 0 && symbol != SIXTEEN_ZEROS)
            return;
        skip_bits(bits, symbol & 15);
        i += zeros + 1;
    }
}

static void skip_restart(struct bits *bits)
{
    bits->count = 0;
    int byte = next_byte(bits);
    while (byte == STUFFED)
        byte = next_byte(bits);
    if (byte < RST0 || byte > RST7)
        bits->trouble = byte < 0 ? ENDED : SENSELESS;
}

bool jpeg_data_is_whole(struct prober *prober, const struct jpeg_data *data)
{
    struct bits bits = {.prober = prober, .offset = data->start, .end = data->end};
    for (uint64_t unit = 0; unit < data->units && !bits.trouble; unit++) {
        if (data->restart_interval && unit && unit % data->restart_interval == 0)
            skip_restart(&bits);
        for (uint32_t i = 0; i < data->components; i++) {
            for (uint32_t block = 0; block < data->parts[i].blocks && !bits.trouble; block++)
                skip_block(&bits, &data->dc[data->parts[i].dc], &data->ac[data->parts[i].ac]);
        }
    }
    return bits.trouble != ENDED;
}
