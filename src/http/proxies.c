#include "proxies.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_BITS = 128, MAPPED_BITS = 96 };

/* ---- Addresses ---- */

static void map(const struct in_addr *address, struct in6_addr *ret_address)
{
    *ret_address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(ret_address->s6_addr + 12, address, sizeof *address);
}

bool address_read(const char *text, size_t length, struct in6_addr *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr short_address;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strlen(copy) != length)
        return false;
    if (inet_pton(AF_INET, copy, &short_address) != 1)
        return inet_pton(AF_INET6, copy, ret_address) == 1;
    map(&short_address, ret_address);
    return true;
}

void address_of_socket(const struct sockaddr *socket, struct in6_addr *ret_address)
{
    if (socket->sa_family == AF_INET6)
        *ret_address = ((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr;
    else
        map(&((const struct sockaddr_in *)(const void *)socket)->sin_addr, ret_address);
}

void address_write(const struct in6_addr *address, char ret_text[static INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        (void)inet_ntop(AF_INET, address->s6_addr + 12, ret_text, INET6_ADDRSTRLEN);
    else
        (void)inet_ntop(AF_INET6, address, ret_text, INET6_ADDRSTRLEN);
}

/* ---- Ranges ---- */

static bool get_bit(const struct in6_addr *address, unsigned index)
{
    return address->s6_addr[index / 8] >> (7 - index % 8) & 1;
}

static bool is_in(const struct proxy_range *range, const struct in6_addr *address)
{
    size_t bytes = range->bits / 8;
    if (memcmp(range->address.s6_addr, address->s6_addr, bytes) != 0)
        return false;
    for (unsigned i = (unsigned)bytes * 8; i < range->bits; i++)
        if (get_bit(&range->address, i) != get_bit(address, i))
            return false;
    return true;
}

static bool has_more_bits(const struct proxy_range *range)
{
    for (unsigned i = range->bits; i < ALL_BITS; i++)
        if (get_bit(&range->address, i))
            return true;
    return false;
}

/* What is wrong with it; NULL: nothing. */
static const char *read_range(const char *word, size_t length, struct proxy_range *ret_range)
{
    const char *slash = memchr(word, '/', length);
    size_t address_length = slash ? (size_t)(slash - word) : length;
    if (!address_read(word, address_length, &ret_range->address))
        return "is not an address (192.0.2.7, 2001:db8::1), a range of them (10.0.0.0/8), loopback or private";
    ret_range->bits = ALL_BITS;
    if (!slash)
        return NULL;
    unsigned first = memchr(word, ':', address_length) ? 0 : MAPPED_BITS;
    size_t digits = length - address_length - 1;
    char *end = NULL;
    unsigned long bits = digits && digits <= 3 && slash[1] >= '0' && slash[1] <= '9' ? strtoul(slash + 1, &end, 10) : 0;
    if (end != word + length || first + bits > ALL_BITS)
        return first ? "needs a number from 0 to 32 after its slash" : "needs a number from 0 to 128 after its slash";
    ret_range->bits = first + (unsigned)bits;
    return has_more_bits(ret_range) ? "has bits set after its prefix: "
                                      "remove the slash to name one address, or write a range such as 10.0.0.0/8"
                                    : NULL;
}

/* ---- The list ---- */

static enum status add_one(struct proxy_list *list, const char *word, size_t length, struct text *why)
{
    static const struct {
        const char *name, *ranges;
    } known[] = {
        {"loopback", "127.0.0.0/8, ::1"},
        {"private", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, fe80::/10"}, /* RFC 1918, 4193, 4291 */
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (length == strlen(known[i].name) && memcmp(word, known[i].name, length) == 0)
            return proxy_list_add(list, known[i].ranges, why);
    struct proxy_range range;
    const char *fault = read_range(word, length, &range);
    if (!fault && list->count < PROXIES_MAX) {
        list->ranges[list->count++] = range;
        return STATUS_OK;
    }
    if (fault)
        text_setf(why, "\"%.*s\" %s", (int)(length < 100 ? length : 100), word, fault);
    else
        text_setf(why, "at most %d addresses and ranges can be named", PROXIES_MAX);
    return STATUS_INVALID;
}

enum status proxy_list_add(struct proxy_list *list, const char *words, struct text *why)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && words) {
        words += strspn(words, " \t");
        size_t length = strcspn(words, ","), trimmed = length;
        while (trimmed && strchr(" \t", words[trimmed - 1]))
            trimmed--;
        status = add_one(list, words, trimmed, why);
        words = words[length] ? words + length + 1 : NULL;
    }
    return status;
}

bool proxy_list_has(const struct proxy_list *list, const struct in6_addr *address)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (is_in(&list->ranges[i], address))
            return true;
    return false;
}
