#include "json.h"

#include <stdint.h>
#include <string.h>

void json_cleanup(json_t **value)
{
    json_decref(*value);
}

/* The length of the UTF-8 sequence (RFC 3629) at `bytes`, 0 if it is none: overlong forms, surrogates and what is cut
 * off are none. */
static size_t sequence_length(const uint8_t *bytes, size_t size)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0x80, 0xbf, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (bytes[0] < forms[i].first_low || bytes[0] > forms[i].first_high)
            continue;
        size_t length = forms[i].length;
        if (length > size || (length > 1 && (bytes[1] < forms[i].second_low || bytes[1] > forms[i].second_high)))
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((bytes[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

static void add_escape(struct text *out, char character)
{
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = character ? strchr(escaped, character) : NULL;
    if (found)
        text_addf(out, "\\%c", letters[found - escaped]);
    else
        text_addf(out, "\\u%04x", (unsigned)character);
}

static bool is_plain(char character)
{
    return (unsigned char)character >= 0x20 && (unsigned char)character < 0x80 && character != '"' && character != '\\';
}

void json_add_string(struct text *out, const char *string, size_t length)
{
    text_addc(out, '"');
    for (size_t i = 0; i < length;) {
        size_t run = i;
        while (run < length && is_plain(string[run]))
            run++;
        text_append(out, string + i, run - i);
        i = run;
        if (i == length)
            break;
        size_t sequence = sequence_length((const uint8_t *)string + i, length - i);
        if (sequence == 1)
            add_escape(out, string[i]);
        else if (sequence)
            text_append(out, string + i, sequence);
        else
            text_add(out, "\xef\xbf\xbd");
        i += sequence ? sequence : 1;
    }
    text_addc(out, '"');
}

void json_add_string_or_null(struct text *out, const char *string)
{
    if (string)
        json_add_string(out, string, strlen(string));
    else
        text_add(out, "null");
}

enum status json_parse(const char *text, size_t length, json_t **ret_value, struct text *why)
{
    json_error_t error;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value) {
        text_setf(why, "line %d, column %d: %s", error.line, error.column, error.text);
        return STATUS_INVALID;
    }
    *ret_value = value;
    return STATUS_OK;
}

static int append(const char *buffer, size_t size, void *data)
{
    text_append(data, buffer, size);
    return 0;
}

void json_add(struct text *out, const json_t *value)
{
    (void)json_dump_callback(value, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
}
