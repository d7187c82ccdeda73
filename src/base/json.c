#include "json.h"

#include "utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The shortest decimal that reads back as the same number, and as one that is not whole. (jansson would write 17
 * digits.) */
static void add_real(struct text *out, double number)
{
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    text_add(out, digits);
    if (!strpbrk(digits, ".e"))
        text_add(out, ".0");
}

static void add_array(struct text *out, const json_t *array)
{
    text_addc(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        text_add(out, i ? "," : "");
        json_add(out, json_array_get(array, i));
    }
    text_addc(out, ']');
}

static void add_object(struct text *out, const json_t *object)
{
    const char *separator = "";
    const char *key;
    json_t *value;
    text_addc(out, '{');
    json_object_foreach((json_t *)(uintptr_t)object, key, value) /* which only walks */
    {
        text_add(out, separator);
        json_add_string(out, key, strlen(key));
        text_addc(out, ':');
        json_add(out, value);
        separator = ",";
    }
    text_addc(out, '}');
}

void json_add(struct text *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(out, value);
        break;
    case JSON_ARRAY:
        add_array(out, value);
        break;
    case JSON_STRING:
        json_add_string(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        text_add_integer(out, json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        text_add(out, "true");
        break;
    case JSON_FALSE:
        text_add(out, "false");
        break;
    case JSON_NULL:
        text_add(out, "null");
        break;
    }
}
