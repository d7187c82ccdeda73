#include "latencies_codec.h"

#include "clock.h"
#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Cookie, length, index offset, digits (4 bytes each), lowest and highest value, ratio of integer to double (8
 * each). */
enum {
    HEAD_SIZE = 40,
    OUTER_SIZE = 8, /* of the compressed form: cookie, length */
    COUNT_SIZE = 9, /* of the longest ZigZag LEB128 number of 64 bits */
    PAYLOAD_MAX = HEAD_SIZE + LATENCIES_COUNTS * COUNT_SIZE,
    ENCODED_MAX = 1 << 20,
};
static const uint32_t cookie = 0x1c849303 | 0x10, compressed_cookie = 0x1c849304 | 0x10;
static const uint64_t lowest = 1, ratio_one = 0x3ff0000000000000; /* 1.0 as IEEE 754 */

#define BYTES_CLEANUP __attribute__((cleanup(free_bytes)))
static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* ---- Numbers, most significant byte first ---- */

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

/* ZigZag LEB128, seven bits a byte; the ninth has eight. Returns the bytes written. */
static size_t put_count(uint8_t *to, int64_t count)
{
    uint64_t rest = (uint64_t)count << 1 ^ (count < 0 ? UINT64_MAX : 0);
    size_t at = 0;
    for (; at < COUNT_SIZE - 1 && rest > 0x7f; rest >>= 7)
        to[at++] = (uint8_t)(rest | 0x80);
    to[at++] = (uint8_t)rest;
    return at;
}

/* Returns the bytes read, 0 if they end before the number does. */
static size_t get_count(const uint8_t *from, size_t length, int64_t *ret_count)
{
    uint64_t value = 0;
    for (size_t at = 0; at < length && at < COUNT_SIZE; at++) {
        bool is_last = at == COUNT_SIZE - 1 || !(from[at] & 0x80);
        uint64_t bits = at == COUNT_SIZE - 1 ? from[at] : from[at] & 0x7f;
        value |= bits << (7 * at);
        if (is_last) {
            *ret_count = (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
            return at + 1;
        }
    }
    return 0;
}

/* ---- Base64 (RFC 4648 4) ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_base64(struct text *out, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t word =
            (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        text_addc(out, letters[word >> 18]);
        text_addc(out, letters[word >> 12 & 63]);
        text_addc(out, left > 1 ? letters[word >> 6 & 63] : '=');
        text_addc(out, left > 2 ? letters[word & 63] : '=');
    }
}

/* `ret_bytes` has room for three quarters of the length. False if that isn't base64. */
static bool read_base64(const char *encoded, size_t length, uint8_t *ret_bytes, size_t *ret_length)
{
    size_t at = 0;
    uint32_t word = 0, bits = 0;
    if (length % 4 != 0)
        return false;
    while (length > 0 && encoded[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++) {
        const char *letter = encoded[i] ? strchr(letters, encoded[i]) : NULL;
        if (!letter)
            return false;
        word = word << 6 | (uint32_t)(letter - letters);
        bits += 6;
        if (bits >= 8)
            ret_bytes[at++] = (uint8_t)(word >> (bits -= 8));
    }
    *ret_length = at;
    return true;
}

/* ---- Histograms ---- */

/* A run of zeros is one negative number. */
static size_t put_counts(uint8_t *to, const struct latencies *latencies)
{
    size_t at = 0;
    for (uint32_t i = 0; i < latencies->used;) {
        int64_t zeros = 0;
        for (; latencies->counts[i] == 0; i++) /* ends: the last one in use is not zero */
            zeros++;
        if (zeros)
            at += put_count(to + at, zeros > 1 ? -zeros : 0);
        at += put_count(to + at, (int64_t)latencies->counts[i++]);
    }
    return at;
}

void latencies_encode(const struct latencies *latencies, struct text *out)
{
    BYTES_CLEANUP uint8_t *payload = memory_new(HEAD_SIZE + ((size_t)latencies->used + 1) * COUNT_SIZE);
    size_t counts = put_counts(payload + HEAD_SIZE, latencies);
    put(payload, cookie, 4);
    put(payload + 4, counts, 4);
    put(payload + 12, LATENCIES_DIGITS, 4);
    put(payload + 16, lowest, 8);
    put(payload + 24, (uint64_t)LATENCIES_HIGHEST, 8);
    put(payload + 32, ratio_one, 8);

    uLongf packed = compressBound(HEAD_SIZE + counts);
    BYTES_CLEANUP uint8_t *outer = memory_new(OUTER_SIZE + packed);
    if (compress(outer + OUTER_SIZE, &packed, payload, HEAD_SIZE + counts) != Z_OK)
        abort(); /* out of memory: the room is what zlib asked for */
    put(outer, compressed_cookie, 4);
    put(outer + 4, packed, 4);
    add_base64(out, outer, OUTER_SIZE + packed);
}

static bool read_counts(const uint8_t *from, size_t length, struct latencies *ret)
{
    uint32_t index = 0;
    for (size_t at = 0; at < length;) {
        int64_t count = 0;
        size_t size = get_count(from + at, length - at, &count);
        if (size == 0 || index >= LATENCIES_COUNTS || count < -(int64_t)(LATENCIES_COUNTS - index))
            return false;
        if (count > 0)
            latencies_record_index(ret, index, (uint64_t)count);
        index += count < 0 ? (uint32_t)-count : 1;
        at += size;
    }
    return true;
}

/* What is wrong with the payload, or NULL. */
static const char *read_payload(const uint8_t *payload, size_t length, struct latencies *ret)
{
    if (length < HEAD_SIZE || get(payload, 4) != cookie || get(payload + 4, 4) != length - HEAD_SIZE)
        return "it is damaged";
    if (get(payload + 8, 4) != 0 || get(payload + 12, 4) != LATENCIES_DIGITS || get(payload + 16, 8) != lowest
        || get(payload + 24, 8) != (uint64_t)LATENCIES_HIGHEST || get(payload + 32, 8) != ratio_one)
        return "it has other limits than 1 ns to an hour with 3 digits";
    return read_counts(payload + HEAD_SIZE, length - HEAD_SIZE, ret) ? NULL : "its counts are damaged";
}

static const char *decode(const char *encoded, size_t length, struct latencies *ret)
{
    if (length > ENCODED_MAX)
        return "it is too long";
    BYTES_CLEANUP uint8_t *outer = memory_new(length + 1);
    size_t outer_length;
    if (!read_base64(encoded, length, outer, &outer_length))
        return "it is not base64";
    if (outer_length < OUTER_SIZE || get(outer, 4) != compressed_cookie
        || get(outer + 4, 4) != outer_length - OUTER_SIZE)
        return "it is not in HdrHistogram's V2 compressed encoding";
    uLongf payload_length = PAYLOAD_MAX;
    BYTES_CLEANUP uint8_t *payload = memory_new(payload_length);
    if (uncompress(payload, &payload_length, outer + OUTER_SIZE, outer_length - OUTER_SIZE) != Z_OK)
        return "it can't be unpacked";
    return read_payload(payload, payload_length, ret);
}

enum status latencies_decode(const char *encoded, size_t length, struct latencies *latencies, struct text *why)
{
    struct latencies read = {0};
    const char *fault = decode(encoded, length, &read);
    if (fault)
        text_setf(why, "a histogram can't be read: %s", fault);
    else
        latencies_add(latencies, &read);
    latencies_release(&read);
    return fault ? STATUS_INVALID : STATUS_OK;
}

/* ---- Logs ---- */

void latencies_log_begin(struct text *out, int64_t begin_ms)
{
    char begin[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(begin_ms, begin);
    text_addf(out,
              "#[Logged with cloudphotos %s]\n#[Histogram log format version 1.3]\n"
              "#[StartTime: %.3f (seconds since epoch), %s]\n"
              "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
              CLOUDPHOTOS_VERSION, (double)begin_ms / 1e3, begin);
}

void latencies_log_add(struct text *out, double at_s, double length_s, const struct latencies *latencies)
{
    text_addf(out, "%.3f,%.3f,%.3f,", at_s, length_s, (double)latencies_max(latencies) / 1e6);
    latencies_encode(latencies, out);
    text_addc(out, '\n');
}
