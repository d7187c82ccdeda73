/* S3's answers are flat lists of elements without attributes that matter: a search for tags reads them. What is text in
 * them can't look like a tag, because its "<" is written "&lt;". */
#include "blob_s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    char character;
} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

/* Appends one character; returns how much of the text it took. */
static size_t decode_one(const char *text, size_t left, struct text *out)
{
    for (size_t i = 0; *text == '&' && i < sizeof entities / sizeof entities[0]; i++) {
        size_t length = strlen(entities[i].name);
        if (left < length || memcmp(text, entities[i].name, length) != 0)
            continue;
        text_addc(out, entities[i].character);
        return length;
    }
    char *end = NULL;
    bool is_hex = left > 3 && memcmp(text, "&#x", 3) == 0, is_number = left > 2 && memcmp(text, "&#", 2) == 0;
    unsigned long number = is_number ? strtoul(text + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10) : 0;
    if (number > 0 && number < 128 && *end == ';') {
        text_addc(out, (char)number);
        return (size_t)(end + 1 - text);
    }
    text_addc(out, *text);
    return 1;
}

/* Where the content of the next element begins, and its length. NULL: there is none. An empty one may be "<Name/>". */
static const char *find_element(const char **at, const char *name, size_t *ret_length)
{
    char opening[64], closing[64];
    (void)snprintf(opening, sizeof opening, "<%s", name);
    (void)snprintf(closing, sizeof closing, "</%s>", name);
    size_t length = strlen(opening);
    for (const char *found = *at; (found = strstr(found, opening)); found += length) {
        const char *end = found + length + strcspn(found + length, ">");
        if (!*end || !strchr(" />", found[length]))
            continue; /* a longer name */
        bool is_empty = end[-1] == '/';
        const char *content = end + 1, *close = is_empty ? content : strstr(content, closing);
        if (!close)
            return NULL;
        *ret_length = (size_t)(close - content);
        *at = is_empty ? content : close + strlen(closing);
        return content;
    }
    return NULL;
}

bool s3_xml_next_inner(const char **at, const char *name, struct text *ret_inner)
{
    size_t length = 0;
    const char *content = find_element(at, name, &length);
    text_clear(ret_inner);
    if (content)
        text_append(ret_inner, content, length);
    return content != NULL;
}

bool s3_xml_next(const char **at, const char *name, struct text *ret_text)
{
    size_t length = 0;
    const char *content = find_element(at, name, &length);
    text_clear(ret_text);
    for (size_t done = 0; content && done < length;)
        done += decode_one(content + done, length - done, ret_text);
    return content != NULL;
}

bool s3_xml_find(const char *xml, const char *name, struct text *ret_text)
{
    return s3_xml_next(&xml, name, ret_text);
}

int64_t s3_xml_time_s(const char *text)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    return end ? (int64_t)timegm(&parts) : 0;
}
