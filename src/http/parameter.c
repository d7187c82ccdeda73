#include "parameter.h"

#include <string.h>
#include <strings.h>

bool parameter_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Browsers write a quote, CR and LF in a name as %22, %0D and %0A (HTML, multipart/form-data encoding), and nothing
 * else. */
static bool is_browser_escape(const char *text)
{
    int high = text[0] == '%' ? hex(text[1]) : -1, low = high < 0 ? -1 : hex(text[2]), c = high * 16 + low;
    return low >= 0 && (c == '"' || c == '\r' || c == '\n');
}

/* Whether the value ends here: another parameter follows, or none. */
static bool ends_value(const char *text)
{
    text += strspn(text, " \t");
    return !*text || *text == ';';
}

/* Decodes what stands between quotes, in place; returns what follows the second one, NULL when that is missing. A
 * backslash escapes a quote or a backslash alone: some clients send whole Windows paths. Some escape nothing: a quote
 * that no parameter follows is one of the value's own. */
static char *read_quoted(char *text)
{
    char *out = text++; /* the first quote makes room for the NUL */
    for (; *text != '"' || !ends_value(text + 1); text++) {
        if (!*text)
            return NULL;
        if (*text == '\\' && (text[1] == '"' || text[1] == '\\')) {
            *out++ = *++text;
        } else if (is_browser_escape(text)) {
            *out++ = (char)(hex(text[1]) * 16 + hex(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
    return text + 1;
}

/* Without quotes a value goes to the next parameter, whatever it holds. Returns what follows it. */
static char *read_plain(char *text)
{
    char *end = text + strcspn(text, ";");
    while (end > text && parameter_is_blank(end[-1]))
        end--;
    return end;
}

char *parameter_read(char *text, struct parameter *ret_parameter)
{
    char *start = text;
    while (parameter_is_blank(*text))
        text++;
    *ret_parameter = (struct parameter){0};
    if (*text && *text != ';')
        return NULL;
    bool is_last = !*text;
    *start = '\0'; /* ends the value before it */
    if (is_last)
        return text;
    text++;
    while (parameter_is_blank(*text))
        text++;
    if (!*text)
        return text; /* a semicolon at the end */
    size_t length = strcspn(text, "=;\" \t");
    ret_parameter->name = text;
    ret_parameter->name_length = length;
    text += length;
    text += strspn(text, " \t");
    if (length == 0 || *text != '=')
        return NULL;
    text++;
    text += strspn(text, " \t");
    ret_parameter->value = text;
    return *text == '"' ? read_quoted(text) : read_plain(text);
}

bool parameter_is_named(const struct parameter *parameter, const char *name)
{
    return parameter->name_length == strlen(name) && strncasecmp(parameter->name, name, parameter->name_length) == 0;
}
