/* The target of a request: path and query, percent-decoding (RFC 3986 2.1), and what handlers ask of them. */
#include "server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool target_decode(const char *text, size_t length, bool plus, char *ret_text)
{
    if (!memchr(text, '%', length) && !(plus && memchr(text, '+', length))) { /* most have nothing to decode */
        memcpy(ret_text, text, length);
        ret_text[length] = '\0';
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(text[i + 2]);
            if (low < 0 || high + low == 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        *ret_text++ = c;
    }
    *ret_text = '\0';
    return true;
}

/* The path of "http://host:port/path?query" (RFC 9112 3.2.2), as of "/path?query"; NULL for any other form but "*". */
static const char *skip_authority(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    if (target[0] == '/' || strcmp(target, "*") == 0)
        return target;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) == 0 && target[length] && !strchr("/?", target[length])) {
            const char *path = target + length + strcspn(target + length, "/?");
            return path[0] == '/' ? path : NULL;
        }
    }
    return NULL;
}

const char *target_parse(struct http_request *request)
{
    const char *target = skip_authority(request->target);
    if (!target)
        return "its target isn't a path";
    if (strchr(target, '#'))
        return "its target contains a fragment";
    const char *question = strchrnul(target, '?'), *query = *question ? question + 1 : question;
    size_t length = strlen(target), path_length = (size_t)(question - target);
    char *decoded = request_room(request, length + 1);
    /* The query is decoded when it is asked for; here it is only seen to be well formed. */
    if (!target_decode(query, strlen(query), false, decoded) || !target_decode(target, path_length, false, decoded))
        return "its target contains a bad percent escape";
    request->target = target;
    request->target_path_length = path_length;
    request->path = decoded;
    request->query = query;
    return NULL;
}

static bool is_key(const char *key, size_t length, const char *name, size_t name_length)
{
    enum { KEY_ROOM = 64 }; /* ours are shorter: a longer key is none of them */
    char decoded[KEY_ROOM];
    if (length == name_length)
        return memcmp(key, name, length) == 0;
    return length > name_length /* as escapes make it */ && length < KEY_ROOM
           && target_decode(key, length, true, decoded) && strcmp(decoded, name) == 0;
}

/* The raw value of the first pair with that name. */
static bool find(const char *query, const char *name, const char **ret_value, size_t *ret_length)
{
    size_t name_length = strlen(name);
    while (*query) {
        const char *end = strchrnul(query, '&'), *equals = memchr(query, '=', (size_t)(end - query));
        if (is_key(query, (size_t)((equals ? equals : end) - query), name, name_length)) {
            *ret_value = equals ? equals + 1 : end;
            *ret_length = (size_t)(end - *ret_value);
            return true;
        }
        query = end + (*end == '&');
    }
    return false;
}

const char *http_query(const struct http_request *request, const char *name)
{
    const char *value;
    size_t length;
    if (!find(request->query, name, &value, &length))
        return NULL;
    char *decoded = request_room(&request->connection->request, length + 1);
    bool well_formed = target_decode(value, length, true, decoded);
    assert(well_formed); /* target_parse has seen the whole query */
    return decoded;
}

enum status http_query_integer(const struct http_request *request, const char *name, int64_t minimum, int64_t maximum,
                               int64_t default_value, int64_t *ret_value, struct text *why)
{
    const char *text = http_query(request, name);
    if (!text) {
        *ret_value = default_value;
        return STATUS_OK;
    }
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool digits = strspn(text + (text[0] == '-'), "0123456789") == strlen(text) - (text[0] == '-');
    if (!digits || end == text || *end || errno || value < minimum || value > maximum) {
        char least[REASON_NUMBER_SIZE], most[REASON_NUMBER_SIZE];
        reason_set(why, REASON_NUMBER_INVALID, name, reason_number(least, (uint64_t)minimum),
                   reason_number(most, (uint64_t)maximum));
        return STATUS_INVALID;
    }
    *ret_value = value;
    return STATUS_OK;
}
