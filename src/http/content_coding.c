#include "content_coding.h"

#include <string.h>
#include <strings.h>

enum { QUALITY_ABSENT = -1, QUALITY_MAX = 1000 };

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths; what is none counts as 0. */
static int read_quality(const char *text, const char *end)
{
    int value = 0, place = QUALITY_MAX;
    if (end - text < 1 || end - text > 5 || (*text != '0' && *text != '1') || (end - text > 1 && text[1] != '.'))
        return 0;
    for (const char *c = text; c < end; c++) {
        if (c == text + 1)
            continue; /* the point */
        if (*c < '0' || *c > '9')
            return 0;
        value += (*c - '0') * place;
        place /= 10;
    }
    return value > QUALITY_MAX ? 0 : value;
}

/* The weight of one member of the list, from behind its name on. */
static int read_weight(const char *text, const char *end)
{
    text = skip_blanks(text);
    if (text >= end)
        return QUALITY_MAX;
    if (*text != ';')
        return 0;
    text = skip_blanks(text + 1);
    if (strncasecmp(text, "q=", 2) != 0)
        return 0;
    text += 2;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return read_quality(text, end);
}

static int weight_of(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (*list) {
        const char *member = skip_blanks(list), *end = member + strcspn(member, ",");
        if (strcspn(member, ";, \t") == length && strncasecmp(member, name, length) == 0)
            return read_weight(member + length, end);
        list = *end ? end + 1 : end;
    }
    return QUALITY_ABSENT;
}

bool content_coding_takes_brotli(const char *accept_encoding)
{
    if (!accept_encoding)
        return false;
    int brotli = weight_of(accept_encoding, "br");
    int plain = weight_of(accept_encoding, "identity");
    if (brotli == QUALITY_ABSENT)
        brotli = weight_of(accept_encoding, "*");
    return brotli > 0 && brotli >= plain;
}
