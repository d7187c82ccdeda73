#include "forwarded.h"

#include "origin.h"

#include <string.h>
#include <strings.h>

struct item {
    const char *text;
    size_t length;
};

/* Takes the last item off the first *length bytes of a list. False when there is none left. */
static bool take_last(const char *list, size_t *length, struct item *ret_item)
{
    if (*length == 0)
        return false;
    size_t start = *length;
    while (start && list[start - 1] != ',')
        start--;
    const char *text = list + start, *end = list + *length;
    while (text < end && (*text == ' ' || *text == '\t'))
        text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *ret_item = (struct item){text, (size_t)(end - text)};
    *length = start ? start - 1 : 0;
    return true;
}

static bool is_port(const char *text, size_t length)
{
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    return digits == length && length > 0 && length <= 5;
}

/* "192.0.2.7", "192.0.2.7:8080", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8080" */
static bool read_address(struct item item, struct in6_addr *ret_address)
{
    if (item.length && item.text[0] == '[') {
        const char *close = memchr(item.text, ']', item.length);
        size_t inside = close ? (size_t)(close - item.text) - 1 : 0, rest = close ? item.length - inside - 2 : 0;
        if (!close || !memchr(item.text, ':', inside) || (rest && (close[1] != ':' || !is_port(close + 2, rest - 1))))
            return false;
        return address_read(item.text + 1, inside, ret_address);
    }
    const char *colon = memchr(item.text, ':', item.length);
    size_t before = colon ? (size_t)(colon - item.text) : 0, behind = colon ? item.length - before - 1 : 0;
    if (colon && !memchr(colon + 1, ':', behind))
        return is_port(colon + 1, behind) && address_read(item.text, before, ret_address);
    return address_read(item.text, item.length, ret_address);
}

/* Returns how many proxies the request came through before the one that has connected. */
static size_t find_client(const struct proxy_list *proxies, const struct forwarded_evidence *evidence,
                          struct in6_addr *ret_client)
{
    size_t length = evidence->addresses ? strlen(evidence->addresses) : 0;
    struct in6_addr address;
    struct item item;
    *ret_client = evidence->peer;
    for (size_t hops = 0;; hops++) {
        if (!take_last(evidence->addresses, &length, &item) || !read_address(item, &address))
            return hops;
        *ret_client = address;
        if (!proxy_list_has(proxies, &address))
            return hops;
    }
}

/* The item that the proxy next to the client has written: the one behind as many as there are proxies behind that one.
 * Proxies that replace the list, instead of adding to it, leave fewer: then it is the first. */
static bool find_item(const char *list, size_t hops, struct item *ret_item)
{
    size_t length = list ? strlen(list) : 0;
    if (!take_last(list, &length, ret_item))
        return false;
    while (hops-- && take_last(list, &length, ret_item))
        ;
    return true;
}

static const char *find_scheme(const char *list, size_t hops)
{
    static const char *const schemes[] = {"http", "https"};
    struct item item = {0};
    bool is_there = find_item(list, hops, &item);
    for (size_t i = 0; is_there && i < sizeof schemes / sizeof schemes[0]; i++)
        if (item.length == strlen(schemes[i]) && strncasecmp(item.text, schemes[i], item.length) == 0)
            return schemes[i];
    return NULL;
}

void forwarded_read(const struct proxy_list *proxies, const struct forwarded_evidence *evidence,
                    struct forwarded *ret_forwarded)
{
    struct item host = {0};
    *ret_forwarded = (struct forwarded){0};
    size_t hops = find_client(proxies, evidence, &ret_forwarded->client);
    ret_forwarded->scheme = find_scheme(evidence->schemes, hops);
    if (find_item(evidence->hosts, hops, &host) && origin_is_host(host.text, host.length)) {
        ret_forwarded->host = host.text;
        ret_forwarded->host_length = host.length;
    }
}
