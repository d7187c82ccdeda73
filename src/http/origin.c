#include "origin.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A host and its port, as they stand in an origin, in Host and in a target. */
struct place {
    const char *host; /* "[::1]" with its brackets */
    size_t length;
    unsigned port; /* 0: none */
};

static unsigned default_port(const char *scheme)
{
    return strcasecmp(scheme, "https") == 0 ? 443 : strcasecmp(scheme, "http") == 0 ? 80 : 0;
}

static bool read_port(const char *text, unsigned *ret_port)
{
    size_t length = strlen(text);
    if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
        return false;
    *ret_port = (unsigned)strtoul(text, NULL, 10);
    return *ret_port > 0 && *ret_port <= 65535;
}

static bool read_place(const char *scheme, const char *text, struct place *ret_place)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t length = text[0] == '[' ? strcspn(text, "]") + 1 : strspn(text, letters);
    if (length == 0 || length > strlen(text))
        return false;
    *ret_place = (struct place){.host = text, .length = length, .port = default_port(scheme)};
    return !text[length] || (text[length] == ':' && read_port(text + length + 1, &ret_place->port));
}

static bool are_same(const struct place *left, const struct place *right)
{
    return left->port == right->port && left->length == right->length
           && strncasecmp(left->host, right->host, left->length) == 0;
}

bool origin_is_same_host(const char *scheme, const char *left, const char *right)
{
    struct place a, b;
    return read_place(scheme, left, &a) && read_place(scheme, right, &b) && are_same(&a, &b);
}

/* Names below these belong to a machine or its own network: nobody can register one (RFC 6761, 6762, 8375; ICANN's list
 * of names that stay undelegated). */
static const char *const local_names[] = {"localhost", "local", "lan", "internal", "home.arpa", "localdomain", "home"};

static bool is_local_name(const struct place *place)
{
    if (!memchr(place->host, '.', place->length))
        return strspn(place->host, "0123456789") < place->length; /* "nas" */
    for (size_t i = 0; i < sizeof local_names / sizeof local_names[0]; i++) {
        size_t length = strlen(local_names[i]);
        const char *end = place->host + place->length - length;
        if (place->length > length + 1 && end[-1] == '.' && strncasecmp(end, local_names[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_address(const struct place *place)
{
    char host[INET6_ADDRSTRLEN + 2] = "";
    struct in6_addr address;
    if (place->length >= sizeof host)
        return false;
    memcpy(host, place->host, place->length);
    if (host[0] != '[')
        return inet_pton(AF_INET, host, &address) == 1;
    host[place->length - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, &address) == 1;
}

bool origin_is_host(const char *text, size_t length)
{
    char copy[ORIGIN_MAX];
    struct place place;
    if (length >= sizeof copy || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return read_place("http", copy, &place) && (copy[0] != '[' || is_address(&place));
}

/* What leads where it says, whoever may have made the page. */
static bool is_fixed(const struct place *place)
{
    return place->host[0] == '[' ? is_address(place) : is_address(place) || is_local_name(place);
}

/* "https://photos.example:8443" into its two parts; false for null, and for what is none. */
static bool split(const char *origin, char *ret_scheme, size_t room, const char **ret_place)
{
    size_t length = strspn(origin, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    if (length == 0 || length >= room || strncmp(origin + length, "://", 3) != 0)
        return false;
    memcpy(ret_scheme, origin, length);
    ret_scheme[length] = '\0';
    *ret_place = origin + length + 3;
    return true;
}

enum { SCHEME_ROOM = 32 };

static bool is_of_host(const struct origin_evidence *evidence)
{
    char scheme[SCHEME_ROOM];
    const char *rest;
    struct place page, host;
    if (!split(evidence->origin, scheme, sizeof scheme, &rest) || !read_place(scheme, rest, &page))
        return false;
    if (evidence->scheme && strcasecmp(scheme, evidence->scheme) != 0)
        return false;
    if (!evidence->host || !read_place(scheme, evidence->host, &host))
        return false;
    return are_same(&page, &host) && (is_fixed(&page) || strcmp(scheme, "https") == 0);
}

bool origin_is_own(const struct origin_evidence *evidence)
{
    if (evidence->fetch_site)
        return strcmp(evidence->fetch_site, "same-origin") == 0 || strcmp(evidence->fetch_site, "none") == 0;
    return !evidence->origin || is_of_host(evidence);
}

/* ---- What the operator allows ---- */

/* In small letters, without the scheme's own port. NULL: it is no origin. */
static const char *normalise(const char *origin, size_t length, struct arena *arena)
{
    char *copy = arena_copy(arena, origin, length), scheme[SCHEME_ROOM];
    const char *rest;
    struct place place;
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 32);
    if (length > ORIGIN_MAX || !split(copy, scheme, sizeof scheme, &rest) || !read_place(scheme, rest, &place))
        return NULL;
    if (place.port == default_port(scheme))
        copy[(size_t)(rest - copy) + place.length] = '\0';
    return copy;
}

static enum status add_one(struct origin_list *list, const char *word, size_t length, struct arena *arena,
                           struct text *why)
{
    if (length == 1 && *word == '*') {
        list->any = true;
        return STATUS_OK;
    }
    const char *origin = normalise(word, length, arena);
    if (origin && list->count < ORIGINS_MAX) {
        list->origins[list->count++] = origin;
        return STATUS_OK;
    }
    if (origin)
        text_setf(why, "at most %d origins can be allowed; \"*\" allows any", ORIGINS_MAX);
    else
        text_setf(why, "\"%.*s\" is not an origin: scheme://host or scheme://host:port, without a path, or * for any",
                  (int)length, word);
    return STATUS_INVALID;
}

enum status origin_list_add(struct origin_list *list, const char *words, struct arena *arena, struct text *why)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && words) {
        words += strspn(words, " \t");
        const char *comma = strchr(words, ',');
        size_t length = comma ? (size_t)(comma - words) : strlen(words);
        while (length && strchr(" \t", words[length - 1]))
            length--;
        status = add_one(list, words, length, arena, why);
        words = comma ? comma + 1 : NULL;
    }
    return status;
}

bool origin_list_has(const struct origin_list *list, const char *origin)
{
    ARENA_CLEANUP struct arena arena = {0};
    const char *normal = list->count ? normalise(origin, strlen(origin), &arena) : NULL;
    for (size_t i = 0; normal && i < list->count; i++)
        if (strcmp(list->origins[i], normal) == 0)
            return true;
    return list->any;
}
