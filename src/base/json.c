#include "json.h"

#include "utf8.h"

#include <stdint.h>
#include <string.h>

void json_cleanup(json_t **value)
{
    json_decref(*value);
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
        size_t sequence = utf8_sequence((const uint8_t *)string + i, length - i);
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
