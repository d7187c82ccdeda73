#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct text *out, const void *bytes, size_t size)
{
    const uint8_t *in = bytes;
    for (size_t i = 0; i < size; i += 3) {
        size_t count = size - i < 3 ? size - i : 3;
        uint32_t group =
            (uint32_t)in[i] << 16 | (count > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (count > 2 ? in[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            text_addc(out, k <= count ? alphabet[group >> (18 - 6 * k) & 63] : '=');
    }
}

/* -1 for a character that stands for nothing. */
static int value_of(char character)
{
    const char *found = character ? strchr(alphabet, character) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

bool base64_decode(struct text *out, const char *encoded, size_t length)
{
    size_t before = out->length;
    size_t padding = length && encoded[length - 1] == '=' ? (length > 1 && encoded[length - 2] == '=' ? 2 : 1) : 0;
    bool is_well_formed = length % 4 == 0;
    for (size_t i = 0; is_well_formed && i < length; i += 4) {
        size_t count = i + 4 == length ? 3 - padding : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k <= count ? value_of(encoded[i + k]) : 0;
            is_well_formed = is_well_formed && value >= 0;
            group = group << 6 | (uint32_t)(value & 63);
        }
        is_well_formed =
            is_well_formed && (group & (0xffffffU >> (8 * count) & 0xffffff)) == 0; /* bits that no byte has */
        for (size_t k = 0; is_well_formed && k < count; k++)
            text_addc(out, (char)(group >> (16 - 8 * k)));
    }
    if (!is_well_formed && out->data) {
        out->length = before;
        out->data[before] = '\0';
    }
    return is_well_formed;
}
